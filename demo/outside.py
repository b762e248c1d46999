"""The world outside the product, for tests and the demo: FCM with its phones, a mail server with boxes."""

import argparse
import json
import secrets
import signal
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from demo.fcm import HOST, HttpServer
from demo.received import Received, for_its_owner
from demo.smtp import SmtpServer


class OutsideWorld(Received):
    """Both servers and all they received; a context manager. Port 0 picks a free one."""

    def __init__(self, http_port: int = 0, smtp_port: int = 0, received: Path | None = None) -> None:
        super().__init__(received)
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
