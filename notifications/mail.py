"""Sends one mail through Django's mail settings, and says whether trying again may help."""

import re
import smtplib

from django.core.mail import EmailMessage

# A subject is one line; the spaces that hold its words together stay.
FOLDS = re.compile(r"[^\S\u00a0]+")


class MailRefused(Exception):
    """The server refused the address for good."""


class MailLater(Exception):
    """The server did not take it now."""


def send(*, to: str, subject: str, body: str, message_id: str) -> None:
    """Sends plain text; raises MailRefused or MailLater. `message_id` repeats on a duplicate."""
    mail = EmailMessage(
        subject=FOLDS.sub(" ", subject).strip(), body=body, to=[to], headers={"X-Elan-Message": message_id}
    )
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise (MailRefused if all(code >= 500 for code in codes) else MailLater)("recipient refused") from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailLater(type(error).__name__) from error
