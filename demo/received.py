"""What the world outside received, and what the next requests to it meet."""

import json
import os
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

JSON_TYPE = "application/json; charset=utf-8"


@dataclass
class Step:
    """What the next `times` requests meet; `path` is "send" or "token", or of a mail "sender", "recipient"
    or "text"; `phone` keeps the step for one phone.

    `drip` sends a byte now and then of one part of an answer, "status", "headers", "body" or "endless body", and never
    comes to an end; `began` is set once it does. `flood` answers with so many bytes, `location` leads elsewhere.
    A hang, for so long or until told, ends in the usual answer: the push is delivered, even when its sender gave up.
    A cut answer stops in its middle and delivers nothing.
    """

    status: int = 0
    retry_after: str = ""
    hang_seconds: float = 0
    hang_until: threading.Event | None = None
    cut: bool = False
    drip: str = ""
    began: threading.Event | None = None
    flood: int = 0
    location: str = ""
    error_code: str = ""
    message: str = ""
    body: str | None = None
    content_type: str = JSON_TYPE
    path: str = "send"
    phone: str = ""
    times: int = 1


def now() -> str:
    return datetime.now(UTC).isoformat()


def for_its_owner(name: str, flags: int) -> int:
    """Opens a file that nobody else may read."""
    return os.open(name, flags, 0o600)


class Received:
    """`phones` lists pushes by registration token, `mails` every mail, `counts` the requests by path.

    With a file (`received`), mails and pushes are there again after a new start.
    """

    def __init__(self, received: Path | None = None) -> None:
        self.phones: dict[str, list[dict[str, Any]]] = {}
        self.mails: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()
        self.access_tokens: set[str] = set()
        self.steps: list[Step] = []
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.received = received
        self.read_received()

    def script(self, **step: Any) -> None:
        """Queues a Step, given by its fields; raises TypeError for an unknown field."""
        with self.lock:
            self.steps.append(Step(**step))

    def next_step(self, path: str, phone: str = "") -> Step:
        """Counts a request; the first queued step that fits it, used up by one, or one that does nothing."""
        with self.lock:
            self.counts[path] += 1
            for step in self.steps:
                if step.path == path and step.phone in ("", phone):
                    step.times -= 1
                    if step.times < 1:
                        self.steps.remove(step)
                    return step
        return Step()

    def deliver(self, message: dict[str, Any]) -> None:
        self.take({"push": {**message, "received_at": now()}})

    def take(self, thing: dict[str, Any]) -> None:
        """Keeps a mail or a push."""
        with self.lock:
            if self.received is not None:
                with open(self.received, "a", opener=for_its_owner) as file:
                    file.write(f"\n{json.dumps(thing)}")  # the line before may be cut
            self.show(thing)

    def show(self, thing: dict[str, Any]) -> None:
        if mail := thing.get("mail"):
            self.mails.append(mail)
        elif push := thing.get("push"):
            self.phones.setdefault(push["token"], []).append(push)

    def read_received(self) -> None:
        if self.received is None:
            return
        self.received.parent.mkdir(parents=True, exist_ok=True)
        for line in self.received.read_text().splitlines() if self.received.exists() else ():
            with suppress(ValueError):
                self.show(json.loads(line))
