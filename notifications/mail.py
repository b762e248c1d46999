"""Sends one letter through Django's mail settings, and says whether trying again may help."""

import re
import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from notifications.letters import Letter

# "Come back later", and what says so with a 5: a full mailbox, a policy, what we did not prove (RFC 3463).
_PASSING = re.compile(rb"(^|\s)(4\.\d+\.\d+|5\.2\.2|5\.7\.\d+)\b")
# The server is about to close (RFC 5321, section 3.8).
_CLOSING = 421
LOCAL_HOST = "elan.invalid"


class MailError(Exception):
    """The mail was not sent; the subclass says what to do about it. Its text holds no address and no word of it."""


class MailRefused(MailError):
    """The server refused the address for good."""


class ContentRefused(MailError):
    """The server read this mail and refused it for good; the address may be a good one."""


class MailLater(MailError):
    """The server did not take this mail now; others it may."""


class ServerAway(MailLater):
    """No mail leaves now: no connection, no greeting, no right to send, or no answer in time."""


def send(*, to: str, letter: Letter, message_id: str) -> None:
    """Sends a letter; raises a MailError. `message_id` repeats on a duplicate, and so does the mail's own."""
    try:
        _mail(to, letter, message_id).send()
    except smtplib.SMTPRecipientsRefused as error:
        raise _of_recipients(error) from None
    except smtplib.SMTPDataError as error:
        reason = f"{error.smtp_code} after the text"
        if error.smtp_code == _CLOSING:
            raise ServerAway(reason) from None
        raise (ContentRefused if error.smtp_code >= 500 else MailLater)(reason) from None
    except smtplib.SMTPResponseException as error:  # greeting, TLS, right to send, sender
        raise ServerAway(f"{type(error).__name__} {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise ServerAway(type(error).__name__) from None
    except ValueError as error:  # what no mail can say, in a header or an address
        raise ContentRefused(type(error).__name__) from None


def _of_recipients(refused: smtplib.SMTPRecipientsRefused) -> MailError:
    ((code, said),) = list(refused.recipients.values())[:1]
    reason = f"{code} of the address"
    if code == _CLOSING:
        return ServerAway(reason)
    is_passing = code < 500 or _PASSING.search(said if isinstance(said, bytes) else str(said).encode())
    return (MailLater if is_passing else MailRefused)(reason)


def _mail(to: str, letter: Letter, message_id: str) -> EmailMultiAlternatives:
    headers = {
        "Message-ID": f"<{message_id}@{_own_host()}>",
        "X-Elan-Message": message_id,
        # RFC 3834: no answering machine answers.
        "Auto-Submitted": "auto-generated",
    }
    if letter.language:
        headers["Content-Language"] = letter.language
    if letter.unsubscribe_url:
        # RFC 8058: one click in the mail program.
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        to=[to],
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers=headers,
    )
    if letter.html:
        mail.attach_alternative(letter.html, "text/html")
    return mail


def _own_host() -> str:
    """The host of the sender's address."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or LOCAL_HOST
