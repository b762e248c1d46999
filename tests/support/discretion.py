"""Reads everything the suite's product logs, test by test and in its real processes, for what must never be there.

Things that have a shape are found by it: addresses, tokens, links. The others are remembered: the passwords that tests
sent, the birth dates, surnames and phones' tokens of the people they made.
"""

import io
import logging
import re
from typing import Any

from django.db.models.signals import post_save

from accounts.models import User
from common import logs
from notifications.models import Device
from schools.models import RosterLine
from tests.support.processes import LISTENERS

SHAPES = {
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b", re.IGNORECASE),
    "a token of a session": re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"),
    # common.links: 36 bytes in base64.
    "a public link": re.compile(r"(?<![\w-])[\w-]{48}(?![\w-])"),
}
SECRET_FIELDS = {"password", "new_password", "current_password"}
# Shorter ones (the hostile tests send some) are words that any line may hold.
SHORTEST = 6
# The tests' own: their HTTP client, their mail server, what makes their data.
NOT_OURS = ("httpx", "httpcore", "mail.", "aiosmtpd", "factory", "faker", "hypothesis", "schemathesis", "asyncio")


class Discretion(logging.Handler):
    """Keeps the lines as a machine would get them, and the secrets they must not hold."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        formatter = logs.logging_settings("INFO", as_json=True)["formatters"]["structured"]
        factory = formatter.pop("()")
        self.setFormatter(factory(**formatter))
        self.text = io.StringIO()
        self.secrets: dict[str, str] = {}
        for model in (User, RosterLine, Device):
            post_save.connect(self._remember_row, sender=model)

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(NOT_OURS):
            self.hear(self.format(record) + "\n")

    def hear(self, text: str) -> None:
        """The output of real processes is held to the same silence."""
        self.text.write(text)

    def _remember_row(self, instance: Any, **_facts: Any) -> None:
        self.remember("a birth date", getattr(instance, "birth_date", None))
        self.remember("a surname", getattr(instance, "last_name", None))
        self.remember("a phone's token", getattr(instance, "token", None))

    def remember(self, what: str, value: Any) -> None:
        """A secret that no line may hold from now on."""
        if value is not None and len(str(value)) >= SHORTEST:
            self.secrets[str(value)] = what

    def remember_body(self, body: Any) -> None:
        """The passwords of a request's body."""
        if isinstance(body, dict):
            for name in SECRET_FIELDS & body.keys():
                if isinstance(body[name], str):
                    self.remember("a password", body[name])

    def found_in(self, text: str) -> list[str]:
        """What must not be there, with the line that holds it."""
        found = [
            f"{what}: {line}"
            for line in text.splitlines()
            for what, shape in SHAPES.items()
            if shape.search(line)
        ]
        for secret, what in self.secrets.items():
            if secret in text:
                found += [f"{what} ({secret}): {line}" for line in text.splitlines() if secret in line]
        return found

    def ensure_nothing_personal(self) -> None:
        """Fails with what was logged since the last time; forgets lines and secrets."""
        text, self.text = self.text.getvalue(), io.StringIO()
        found = self.found_in(text)
        self.secrets.clear()
        assert not found, "logged:\n" + "\n".join(found)


watch = Discretion()
LISTENERS.append(watch.hear)
