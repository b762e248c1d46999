"""One HTTP request: one try, no redirect, a bounded answer, and a slot that is free when its time is over.

A socket's own timeout begins anew with each byte: a server that sends one a second would hold the slot for minutes. So
the sockets of a request are shut when its time is over, in whatever it waits: TLS, status, headers or body.
"""

import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from io import BytesIO
from socket import SHUT_RDWR, socket
from threading import Lock, Timer
from typing import Any

from requests import Session, Timeout
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Timeout as SocketTimeout
from urllib3.util import create_urllib3_context

# What FCM and Google's token endpoint say is a few hundred bytes.
LONGEST_ANSWER_BYTES = 256 * 1024
_PIECE_BYTES = 16 * 1024
# Of what is left, for each address of a host: one that begins just in time ends a quarter late.
ADDRESS_SHARE = 4

_deadline: ContextVar[float] = ContextVar("one_try_deadline")
_watch: ContextVar["Watch"] = ContextVar("one_try_watch")


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """All requests inside share this time; none is sent outside of one."""
    running = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(running)


class Watch:
    """The sockets of one request, shut when its time is over. Its thread is the request's; the timer's another."""

    def __init__(self, seconds: float) -> None:
        self.sockets: list[socket] = []
        self.is_over = False
        self.lock = Lock()
        self.timer = Timer(seconds, self.shut)
        self.timer.daemon = True

    def add(self, opened: socket | None) -> None:
        """One more socket of this request. Raises TimeoutError when it comes too late."""
        with self.lock:
            if self.is_over:
                raise TimeoutError("no time left")
            if opened is not None:
                self.sockets.append(opened)

    def shut(self) -> None:
        """Whoever waits for one of them reads its end at once."""
        with self.lock:
            self.is_over = True
            for opened in self.sockets:
                with suppress(OSError):
                    # The plain socket's: TLS would be said goodbye to in a thread that is not its own.
                    socket.shutdown(opened, SHUT_RDWR)

    def __enter__(self) -> "Watch":
        self.running = _watch.set(self)
        self.timer.start()
        return self

    def __exit__(self, *facts: object) -> None:
        self.timer.cancel()
        _watch.reset(self.running)
        with self.lock:
            # They are the pool's again, and another request's.
            self.sockets.clear()


class OptionsInTime(Sequence[Any]):
    """A socket's options, asked for at each address of a host: after the deadline no other address is tried."""

    def __init__(self, options: Sequence[Any]) -> None:
        self.options = options

    def __len__(self) -> int:
        return len(self.options)

    def __getitem__(self, index: Any) -> Any:
        _watch.get().add(None)
        return self.options[index]


class WatchedConnection(HTTPConnection):
    def connect(self) -> None:
        options: Any = OptionsInTime(list(self.socket_options or ()))
        self.socket_options = options
        super().connect()

    def request(self, *args: Any, **options: Any) -> None:
        if self.sock is not None:  # an open one of the pool
            _watch.get().add(self.sock)
        super().request(*args, **options)

    def getresponse(self) -> Any:
        _watch.get().add(self.sock)
        return super().getresponse()


class WatchedTlsConnection(WatchedConnection, HTTPSConnection):
    pass


class WatchedTlsSocket(ssl.SSLSocket):
    def do_handshake(self, block: bool = False) -> None:
        _watch.get().add(self)
        super().do_handshake(block)


class WatchedPool(HTTPConnectionPool):
    ConnectionCls = WatchedConnection


class WatchedTlsPool(HTTPSConnectionPool):
    ConnectionCls = WatchedTlsConnection  # type: ignore[assignment]


class OneTryAdapter(HTTPAdapter):
    """Without retries, within `time_limit`; given `other_url`, sends there instead."""

    def __init__(self, other_url: str = "") -> None:
        self.other_url = other_url
        self.tls = create_urllib3_context()
        self.tls.sslsocket_class = WatchedTlsSocket
        super().__init__(pool_maxsize=100, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self.tls, **options)
        _watch_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self.tls, **options)
        _watch_pools(manager)
        return manager

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        """Raises Timeout when no time is left, and whatever a socket that was shut makes of it."""
        if self.other_url:
            request.url = self.other_url + request.path_url
            options["proxies"] = get_environ_proxies(request.url)
        left = _deadline.get() - time.monotonic()
        if left <= 0:
            raise Timeout("no time left", request=request)
        options["timeout"] = SocketTimeout(connect=left / ADDRESS_SHARE, read=left, total=left)
        with Watch(left) as watch:
            response = super().send(request, *args, **options)
            # Read here, where the time is watched and the length counted.
            response.raw = BytesIO(_whole_answer(response.raw))
        if watch.is_over:  # and what was read may be half an answer that does not say how long it is
            raise Timeout("no time left", request=request)
        return response


def _watch_pools(manager: Any) -> None:
    manager.pool_classes_by_scheme = {"http": WatchedPool, "https": WatchedTlsPool}


def _whole_answer(answer: Any) -> bytes:
    pieces, length = [], 0
    while piece := answer.read(_PIECE_BYTES, decode_content=True):
        pieces.append(piece)
        length += len(piece)
        if length > LONGEST_ANSWER_BYTES:
            answer.close()
            raise Timeout("an answer without an end")
    return b"".join(pieces)


def allow_one_try(session: Session) -> None:
    """One try, no redirect, and the deadline of the running send, whatever the address."""
    session.max_redirects = 0
    session.mount("https://", OneTryAdapter())
    session.mount("http://", OneTryAdapter())
