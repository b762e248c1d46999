"""The programs that parse what people send: each a process of its own, without Django, settings or secrets."""
