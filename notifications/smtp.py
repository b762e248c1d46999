"""A mail server is waited for as long as it needs once it has the mail, and no longer than a moment before.

After the final dot a server may look for viruses for minutes (RFC 5321, section 4.5.3.2.6: ten). Whoever hangs up
before it answers sends a second copy later. Django's backend has one timeout for all.
"""

import smtplib
from contextlib import suppress
from socket import SHUT_RDWR, socket
from threading import Timer
from typing import Any

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend


class Patient(smtplib.SMTP):
    """Each answer comes within the connection's timeout, however it drips; that to the final dot within
    MAIL_CONFIRM_SECONDS."""

    # The answers to DATA that came: "go ahead", then whether the mail is taken. None before.
    data_answers: int | None = None

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.data_answers = 0
        try:
            return super().data(msg)
        finally:
            self.data_answers = None

    def getreply(self) -> tuple[int, bytes]:
        is_final = self.data_answers == 1
        seconds = settings.MAIL_CONFIRM_SECONDS if is_final else self.timeout
        if self.sock is not None:
            self.sock.settimeout(seconds)
        # A socket's own timeout begins anew with each byte.
        timer = Timer(seconds, self.shut)
        timer.daemon = True
        timer.start()
        try:
            return super().getreply()
        finally:
            timer.cancel()
            if self.data_answers is not None:
                self.data_answers += 1
            if self.sock is not None:
                self.sock.settimeout(self.timeout)

    def shut(self) -> None:
        """Whoever waits reads the end at once."""
        with suppress(OSError):
            if self.sock is not None:
                # The plain socket's: TLS would be said goodbye to in a thread that is not its own.
                socket.shutdown(self.sock, SHUT_RDWR)


class PatientTls(Patient, smtplib.SMTP_SSL):
    pass


class PatientBackend(EmailBackend):
    @property
    def connection_class(self) -> Any:
        return PatientTls if self.use_ssl else Patient

    def open(self) -> bool | None:
        """As Django's, which leaves the connection to a server open that refuses our password."""
        try:
            return super().open()
        except OSError:
            with suppress(OSError):
                self.close()
            raise
