"""A way in that nobody can close: a mailed link that admits the device that opens it, which still needs the password.

Anyone may try wrong passwords until an account takes no more of them. Whoever reads the person's mailbox then makes
their own device a known one (accounts.attempts), which others' tries do not shut out.
"""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import allowances, attempts, notices, timed_links
from accounts.allowances import Rule
from accounts.models import User
from common.mailboxes import known_address
from common.models import uuid7
from notifications import outbox

# The limits below look back exactly as long as a link lives: whoever is refused has one that opens in their mailbox.
LIVES = timedelta(minutes=30)
OF_DEVICE = Rule("sign-in-link of a device", 2, LIVES)
OF_MAILBOX = Rule("sign-in-link of a mailbox", 4, LIVES)
# One place asks for many mailboxes; a lycée is one place.
OF_PLACE = Rule("sign-in-links from a place", 60, timedelta(hours=1))


@transaction.atomic
def ask_for_link(email: str, *, address: str, key: str = "") -> None:
    """Mails the link, twice for each device that asks and four times in all in half an hour.

    Does the same work, and says the same, without an owner and when no mail leaves: none is needed then, for links
    that were sent live on. Raises TooOften for a place that asks for too many mailboxes.
    """
    user = User.objects.filter(email=known_address(email)).first()
    place = attempts.place_of(user, address=address, key=key)
    allowances.take_or_refuse(OF_PLACE, place)
    mailbox = allowances.of_mailbox(email)
    due = allowances.take((OF_DEVICE, f"{mailbox} {place}"), (OF_MAILBOX, mailbox))
    if due and user is not None and user.is_active and user.suspended_at is None:
        outbox.publish(notices.sign_in_link, user, to=user, occasion=outbox.occasion_of(uuid7()))
    else:
        outbox.publish_nothing(notices.sign_in_link, user or User(email=outbox.NOBODY))


def person_of_link(token: str) -> User:
    """The person whose devices this link admits; raises Gone."""
    return timed_links.person_of(token, notices.SIGN_IN_PURPOSE, LIVES)


def admit_device(token: str) -> str:
    """The key of a known device, for the one that opened the link; again answers the same. Raises Gone."""
    return attempts.device_key(person_of_link(token))


SAID = _("If this address has an account, a mail with a link is in its mailbox. The link lives 30 minutes.")
