"""Schools over HTTP."""
