"""The world outside the product, for tests and the demo: FCM with its phones, a mail server with boxes."""

import argparse
import asyncio
import json
import os
import re
import secrets
import signal
import socket
import sys
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HOST = "127.0.0.1"
JSON_TYPE = "application/json; charset=utf-8"
# How long a step hangs at most, and how long its servers may take to start and to end.
LONGEST_HANG_SECONDS = 180
# Status: google.rpc's name for it, and the errorCode that FCM gives with it.
FCM_ERRORS = {
    400: ("INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    401: ("UNAUTHENTICATED", ""),
    403: ("PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
    404: ("NOT_FOUND", "UNREGISTERED"),
    429: ("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
    500: ("INTERNAL", "INTERNAL"),
    503: ("UNAVAILABLE", "UNAVAILABLE"),
}


@dataclass
class Step:
    """What the next `times` requests meet; `path` is "send" or "token", `phone` keeps the step for one phone.

    A hang, for so long or until told, ends in the usual answer: the push is delivered, even when its sender gave up.
    A cut answer stops in its middle and delivers nothing.
    """

    status: int = 0
    retry_after: str = ""
    hang_seconds: float = 0
    hang_until: threading.Event | None = None
    cut: bool = False
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


def fcm_error(status: int, error_code: str = "", message: str = "") -> dict[str, Any]:
    """The error body of FCM HTTP v1 (https://firebase.google.com/docs/cloud-messaging/error-codes)."""
    name, usual_code = FCM_ERRORS.get(status, ("UNKNOWN", ""))
    error: dict[str, Any] = {"code": status, "message": message or f"Scripted {status}.", "status": name}
    if code := error_code or usual_code:
        kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
        error["details"] = [{"@type": kind, "errorCode": code}]
    return {"error": error}


class OutsideWorld:
    """Both servers and all they received; a context manager. Port 0 picks a free one.

    `phones` lists pushes by registration token, `mails` every mail, `counts` the requests by path. With a file
    (`received`), mails and pushes are there again after a new start.
    """

    def __init__(self, http_port: int = 0, smtp_port: int = 0, received: Path | None = None) -> None:
        self.phones: dict[str, list[dict[str, Any]]] = {}
        self.mails: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()
        self.access_tokens: set[str] = set()
        self.steps: list[Step] = []
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.received = received
        self.read_received()
        self.http = HttpServer(http_port, self)
        self.smtp = SmtpServer(smtp_port, self)
        self.url = f"http://{HOST}:{self.http.server_address[1]}"
        self.smtp_port = self.smtp.port

    def __enter__(self) -> Self:
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()
        self.smtp.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stopping.set()
        self.http.stop()
        self.smtp.stop()

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


class HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, world: OutsideWorld) -> None:
        self.world = world
        self.connections: set[socket.socket] = set()
        super().__init__((HOST, port), HttpHandler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a caller that hung up is part of the game
            super().handle_error(request, client_address)

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class HttpHandler(BaseHTTPRequestHandler):
    server: HttpServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the page shows what came."""

    def do_GET(self) -> None:
        world, url = self.server.world, urlsplit(self.path)
        if url.path == "/":
            self.answer(200, page(world), content_type="text/html; charset=utf-8")
        elif url.path == "/mailbox/":
            address = parse_qs(url.query).get("to", [""])[0].lower()
            mails = list(world.mails)
            self.answer(200, [mail for mail in mails if not address or address in map(str.lower, mail["to"])])
        elif phone := re.fullmatch(r"/phones/([^/]+)/", url.path):
            self.answer(200, world.phones.get(unquote(phone[1]), []))
        else:
            self.answer(404, {"error": "not found"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        if path == "/token":
            self.give_access_token(parse_qs(body.decode()))
        elif re.fullmatch(r"/v1/projects/[^/]+/messages:send", path):
            self.take_push(body)
        elif path == "/script":
            try:
                self.server.world.script(**json.loads(body))
            except (TypeError, ValueError) as error:
                self.answer(400, {"error": str(error)})
            else:
                self.answer(200, {"queued": asdict(self.server.world.steps[-1])})
        else:
            self.answer(404, {"error": "not found"})

    def give_access_token(self, form: dict[str, list[str]]) -> None:
        world = self.server.world
        if self.play(world.next_step("token")):
            return
        if not form.get("assertion"):
            self.answer(400, {"error": "invalid_grant", "error_description": "no assertion"})
            return
        token = secrets.token_urlsafe(24)
        world.access_tokens.add(token)
        self.answer(200, {"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    def take_push(self, body: bytes) -> None:
        world = self.server.world
        try:
            message = dict(json.loads(body)["message"])
        except (ValueError, TypeError, KeyError):
            message = {}
        phone = str(message.get("token", ""))
        if self.play(world.next_step("send", phone)):
            return
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in world.access_tokens:
            self.answer(401, fcm_error(401, message="Request had invalid authentication credentials."))
        elif not phone:
            self.answer(400, fcm_error(400, message="Recipient of the message is not set."))
        elif phone.startswith("dead-"):
            self.answer(404, fcm_error(404, message="Requested entity was not found."))
        else:
            world.deliver(message)
            project = self.path.split("/")[3]
            self.answer(200, {"name": f"projects/{project}/messages/{secrets.token_hex(8)}"})

    def play(self, step: Step) -> bool:
        """Plays a step; returns whether the request has had its answer."""
        self.server.world.stopping.wait(step.hang_seconds)
        if step.hang_until is not None:
            step.hang_until.wait(LONGEST_HANG_SECONDS)
        if step.cut:
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"name": "proj')
            self.close_connection = True
        elif step.status:
            body = fcm_error(step.status, step.error_code, step.message) if step.body is None else step.body
            self.answer(step.status, body, content_type=step.content_type, retry_after=step.retry_after)
        return step.cut or bool(step.status)

    def answer(self, status: int, body: Any, content_type: str = JSON_TYPE, retry_after: str = "") -> None:
        content = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(content)


class SmtpServer:
    """Takes every mail, on a loop in a thread of its own (aiosmtpd's controller cannot use port 0)."""

    def __init__(self, port: int, world: OutsideWorld) -> None:
        self.world = world
        self.socket = socket.create_server((HOST, port))
        self.port: int = self.socket.getsockname()[1]
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)

    def start(self) -> None:
        self.thread.start()
        assert self.ready.wait(LONGEST_HANG_SECONDS), "the mail server did not start"

    async def serve(self) -> None:
        self.loop, self.stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await self.loop.create_server(lambda: SMTP(self, hostname="localhost"), sock=self.socket)
        self.ready.set()
        await self.stopping.wait()
        server.close()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.thread.join(LONGEST_HANG_SECONDS)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(
            bytes(envelope.original_content or b""), EmailMessage, policy=policy.default
        )
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        self.world.take(
            {
                "mail": {
                    "to": list(envelope.rcpt_tos),
                    "from": str(mail["From"] or envelope.mail_from),
                    "subject": str(mail["Subject"] or ""),
                    "text": text.get_content().replace("\r\n", "\n") if text else "",
                    "html": html.get_content() if html else None,
                    "received_at": now(),
                }
            }
        )
        return "250 OK"


def with_links(text: str) -> str:
    """HTML of a plain text: all escaped, web addresses clickable."""
    parts = re.split(r"(https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]])", text)
    return "".join(
        f'<a href="{escape(part)}" rel="noreferrer">{escape(part)}</a>' if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )


def article(title: str, where: str, text: str) -> str:
    return f"<article><h3>{escape(title)}</h3><p>{escape(where)}</p><pre>{with_links(text)}</pre></article>"


def in_paris(received_at: str) -> str:
    return f"{datetime.fromisoformat(received_at).astimezone(ZoneInfo('Europe/Paris')):%d/%m/%Y à %H:%M:%S}"


def page(world: OutsideWorld) -> str:
    """What a person running the demo reads: the mails, then the pushes, newest first."""
    mails = "".join(
        article(mail["subject"], f"à {', '.join(mail['to'])}, {in_paris(mail['received_at'])}", mail["text"])
        for mail in reversed(world.mails)
    )
    pushes = [push for received in list(world.phones.values()) for push in list(received)]
    pushes.sort(key=lambda push: push["received_at"], reverse=True)
    phones = "".join(
        article(
            str(push.get("notification", {}).get("title", "")),
            f"téléphone {push['token'][:40]}, {in_paris(push['received_at'])}",
            str(push.get("notification", {}).get("body", "")),
        )
        for push in pushes
    )
    return (
        '<!doctype html><html lang="fr"><meta charset="utf-8"><meta http-equiv="refresh" content="5">'
        "<title>Élan : le monde extérieur</title>"
        "<style>body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}"
        "article{border:1px solid #ccc;padding:0 1rem;margin:1rem 0}pre{white-space:pre-wrap}</style>"
        "<h1>Le monde extérieur</h1><p>Ce que la démonstration envoie : rien ne quitte cette machine.</p>"
        f"<h2>Courriels ({len(world.mails)})</h2>{mails or '<p>Aucun courriel.</p>'}"
        f"<h2>Notifications sur les téléphones ({len(pushes)})</h2>"
        f"{phones or '<p>Aucune notification.</p>'}</html>"
    )


def write_service_account(path: str | Path, base_url: str) -> None:
    """Writes a Google service account whose tokens come from `base_url`; keeps a file that is there."""
    if Path(path).exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {
        "type": "service_account",
        "project_id": "elan-demo",
        "private_key_id": secrets.token_hex(20),
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "client_email": "push@elan-demo.example",
        "client_id": "1",
        "token_uri": base_url.rstrip("/") + "/token",
    }
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "x", opener=for_its_owner) as file:
        json.dump(account, file, indent=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--http-port", type=int, default=8025)
    parser.add_argument("--smtp-port", type=int, default=1025)
    parser.add_argument("--service-account", type=Path, help="write a service account here if there is none")
    parser.add_argument("--received", type=Path, help="keep mails and pushes here, for the next start too")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with OutsideWorld(options.http_port, options.smtp_port, options.received) as world:
        if options.service_account:
            write_service_account(options.service_account, world.url)
        sys.stdout.write(f"Monde extérieur : {world.url}/ (courriels sur le port {world.smtp_port})\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main()
