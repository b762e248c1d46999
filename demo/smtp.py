"""The mail server of the world outside: it takes every mail that no test has it refuse."""

import asyncio
import socket
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.received import Received, now

HOST = "127.0.0.1"
# How long it may take to start and to end.
PATIENCE_SECONDS = 180


class SmtpServer:
    """Takes every mail, on a loop in a thread of its own (aiosmtpd's controller cannot use port 0)."""

    def __init__(self, port: int, world: Received) -> None:
        self.world = world
        self.socket = socket.create_server((HOST, port))
        # Its connections have it from here: asyncio knows them for no TCP, and each greeting would wait 40 ms.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self.socket.getsockname()[1]
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)

    def start(self) -> None:
        self.thread.start()
        assert self.ready.wait(PATIENCE_SECONDS), "the mail server did not start"

    async def serve(self) -> None:
        self.loop, self.stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await self.loop.create_server(lambda: SMTP(self, hostname="localhost"), sock=self.socket)
        self.ready.set()
        await self.stopping.wait()
        server.close()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.thread.join(PATIENCE_SECONDS)

    async def meet(self, path: str) -> str:
        """What a test wants it to answer here, after a wait, or nothing."""
        step = self.world.next_step(path)
        if step.began is not None:
            step.began.set()
        if step.hang_until is not None:
            await asyncio.to_thread(step.hang_until.wait, PATIENCE_SECONDS)
        return f"{step.status} {step.message}" if step.status else ""

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := await self.meet("sender"):
            return refusal
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := await self.meet("recipient"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if refusal := await self.meet("text"):
            return refusal
        mail = message_from_bytes(bytes(envelope.original_content or b""), EmailMessage, policy=policy.default)
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        self.world.take(
            {
                "mail": {
                    "to": list(envelope.rcpt_tos),
                    "from": str(mail["From"] or envelope.mail_from),
                    "subject": str(mail["Subject"] or ""),
                    "text": text.get_content().replace("\r\n", "\n") if text else "",
                    "html": html.get_content() if html else None,
                    "headers": {name: str(value) for name, value in mail.items()},
                    "received_at": now(),
                }
            }
        )
        return "250 OK"
