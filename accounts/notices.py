"""What accounts say to people."""

from django.utils.translation import gettext as _

from accounts.models import User
from notifications.models import Channel
from notifications.outbox import Link, Notice

VERIFY_PURPOSE = "verify-email"


def verify_email(user: User) -> Notice:
    """Asks a new person to prove that the address is theirs."""
    return Notice(
        kind="account_verify",
        title=_("Confirm your e-mail address"),
        body=_("Welcome to Élan. Open this link and confirm your address:\n\n{link}\n"),
        channels=(Channel.MAIL,),
        link=Link(VERIFY_PURPOSE, user.pk, "/api/v1/auth/email/verify/{token}/", nonce=user.email),
    )


def address_already_known(user: User) -> Notice:
    """Tells the owner of an address that somebody, perhaps they, tried to open a second account with it."""
    return Notice(
        kind="account_exists",
        title=_("You already have an account"),
        body=_(
            "Somebody asked to open an Élan account with this address, which already has one. "
            "If it was you, sign in with your password. If not, you need do nothing.\n"
        ),
        channels=(Channel.MAIL,),
    )
