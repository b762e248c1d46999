"""Servers that do not answer, and what is told to many."""

import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Self

from common.models import uuid7
from engagement.kinds import Kind
from notifications import outbox
from notifications.models import Channel
from notifications.outbox import Notice
from tests.support.notices import notice
from tests.support.patience import join


class SilentServer:
    """Accepts every connection and says nothing, until it is let go; then it hangs up. A context manager."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self.listening.getsockname()[1]
        self.connections: list[socket.socket] = []
        self.is_over = False
        self.thread = threading.Thread(target=self._accept, daemon=True)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _address = self.listening.accept()
                self.connections.append(connection)
                if self.is_over:
                    connection.close()

    def let_go(self) -> None:
        """Hangs up on everybody, and at once on whoever comes later."""
        self.is_over = True
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *facts: object) -> None:
        self.let_go()
        self.listening.shutdown(socket.SHUT_RDWR)
        join(self.thread)
        for one in (self.listening, *self.connections):
            one.close()


def tell_all(people: Iterable[Any], *channels: Channel) -> None:
    """One thing to each of them, in as few statements as may be."""
    _tell(people, lambda _about: notice("Une place", "Samedi", *channels))


def tell_many(people: Iterable[Any]) -> None:
    """What can wait for what is about accounts: by push, or by mail to people without a phone."""
    _tell(people, lambda _about: Notice(Kind.APPROVED, "Vos heures", "Samedi"))


def _tell(people: Iterable[Any], say: Any) -> None:
    outbox.publish_many(outbox.Letter(say, person, person, uuid7()) for person in people)
