"""FCM HTTP v1 as a phone's maker runs it, with what its phones received and what a test wants it to do."""

import json
import re
import secrets
import socket
import sys
import time
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from demo.received import JSON_TYPE, Received, Step
from demo.received_page import page

HOST = "127.0.0.1"
# How long a step hangs at most.
LONGEST_HANG_SECONDS = 180
DRIP_SECONDS = 0.02
# What comes before the part that never ends.
_LINE = b"HTTP/1.1 200 OK\r\n"
DRIPS = {
    "status": b"HTTP/1.1 200 O",
    "headers": _LINE + b"X-Drip: ",
    "body": _LINE + b"Content-Length: 1000000\r\n\r\n",
    "endless body": _LINE + b"\r\n{",
}
# Status: google.rpc's name for it, and the errorCode that FCM gives with it.
FCM_ERRORS = {
    400: ("INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    401: ("UNAUTHENTICATED", ""),
    403: ("PERMISSION_DENIED", ""),
    404: ("NOT_FOUND", "UNREGISTERED"),
    429: ("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
    500: ("INTERNAL", "INTERNAL"),
    503: ("UNAVAILABLE", "UNAVAILABLE"),
}


def fcm_error(status: int, error_code: str = "", message: str = "") -> dict[str, Any]:
    """The error body of FCM HTTP v1 (https://firebase.google.com/docs/cloud-messaging/error-codes)."""
    name, usual_code = FCM_ERRORS.get(status, ("UNKNOWN", ""))
    error: dict[str, Any] = {"code": status, "message": message or f"Scripted {status}.", "status": name}
    if code := error_code or usual_code:
        kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
        error["details"] = [{"@type": kind, "errorCode": code}]
    return {"error": error}


class HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, world: Received) -> None:
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
        if step.drip:
            self.drip(step)
        elif step.cut:
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"name": "proj')
            self.close_connection = True
        elif step.status:
            body = fcm_error(step.status, step.error_code, step.message) if step.body is None else step.body
            self.answer(
                step.status,
                " " * step.flood if step.flood else body,
                content_type=step.content_type,
                retry_after=step.retry_after,
                location=step.location,
            )
        return step.cut or bool(step.drip) or bool(step.status)

    def drip(self, step: Step) -> None:
        """One byte at a time, until the caller hangs up or the world ends."""
        self.close_connection = True
        self.wfile.write(DRIPS[step.drip])
        self.wfile.flush()  # or nothing leaves before 8 KB are there
        ends = time.monotonic() + LONGEST_HANG_SECONDS
        while time.monotonic() < ends and not self.server.world.stopping.wait(DRIP_SECONDS):
            self.wfile.write(b" ")
            self.wfile.flush()
            if step.began is not None:
                step.began.set()

    def answer(
        self, status: int, body: Any, content_type: str = JSON_TYPE, retry_after: str = "", location: str = ""
    ) -> None:
        content = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(content)
