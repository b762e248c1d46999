"""Reads everything the suite's product logs, test by test and in its real processes, for what must never be there.
And every message it writes: none tells a minor's surname or birth date, of whatever kind it is and to whomever.

Things that have a shape are found by it: addresses, tokens, links. The others are remembered: the passwords that tests
sent, the birth dates, surnames and phones' tokens of the people they made.
"""

import io
import logging
import re
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models.signals import post_init, post_save
from django.utils import timezone, translation

from accounts.models import User
from common import logs, paris, readable
from notifications.models import Device, OutboxMessage
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
        self.messages: set[tuple[str, str]] = set()
        self.minors: list[User] = []
        self.surnames_of_adults: set[str] = set()
        post_init.connect(self._hear_message, sender=OutboxMessage)
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

        if isinstance(instance, User):
            # A row that was just made may hold its birth date as it was typed.
            born = instance.birth_date
            is_date = born is None or isinstance(born, date)
            if is_date and instance.is_minor_on(paris.day_of(timezone.now())):
                self.minors.append(instance)
            elif is_date:
                self.surnames_of_adults.add(instance.last_name)

    def _hear_message(self, instance: OutboxMessage, **_facts: Any) -> None:
        # A row that is read in part has not all of its columns.
        said = [instance.__dict__.get(name) or "" for name in ("title", "body")]
        self.messages.add((instance.kind if "kind" in instance.__dict__ else "", "\n".join(said)))

    def told_of_minors(self) -> list[str]:
        """The messages that hold a minor's name in full, their surname where no adult has the same, or birth date."""
        found = []
        for minor in self.minors:
            secrets = {f"{minor.first_name} {minor.last_name}"} if minor.first_name and minor.last_name else set()
            if len(minor.last_name) >= SHORTEST and minor.last_name not in self.surnames_of_adults:
                secrets.add(minor.last_name)
            if minor.birth_date and self.messages:
                secrets |= {minor.birth_date.isoformat(), f"{minor.birth_date:%d/%m/%Y}"}
                for code, _name in settings.LANGUAGES:
                    with translation.override(code):
                        secrets.add(readable.day(minor.birth_date))
            for kind, text in self.messages:
                found += [f"{kind}: {secret!r} in {text!r}" for secret in secrets if _stands_in(secret, text)]
        return found

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
        found, told = self.found_in(text), self.told_of_minors()
        self.secrets.clear()
        self.messages.clear()
        self.minors.clear()
        self.surnames_of_adults.clear()
        assert not found, "logged:\n" + "\n".join(found)
        assert not told, "told of a minor:\n" + "\n".join(told)


def _stands_in(secret: str, text: str) -> bool:
    text = text.replace(readable.NO_BREAK, " ")
    return re.search(rf"(?<!\w){re.escape(secret.replace(readable.NO_BREAK, ' '))}(?!\w)", text) is not None


watch = Discretion()
LISTENERS.append(watch.hear)
