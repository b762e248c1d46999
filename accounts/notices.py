"""What accounts say to people."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Invitation, User
from common.links import fingerprint
from common.paris import PARIS
from notifications.models import Channel
from notifications.outbox import Link, Notice

VERIFY_PURPOSE = "verify-email"
RESET_PURPOSE = "reset-password"
INVITATION_PURPOSE = "invitation"


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


def reset_nonce(user: User) -> str:
    """What a reset link depends on: used, overtaken or overridden, it opens nothing any more."""
    asked_at = user.password_reset_asked_at
    return fingerprint(f"{asked_at.isoformat() if asked_at else ''}:{user.password}:{user.email}")


def reset_password(user: User) -> Notice:
    """The link that sets a new password."""
    return Notice(
        kind="account_reset",
        title=_("Choose a new password"),
        body=_(
            "Somebody asked to reset the password of your Élan account. If it was you, open this link within "
            "two hours:\n\n{link}\n\nIf not, you need do nothing.\n"
        ),
        channels=(Channel.MAIL,),
        link=Link(RESET_PURPOSE, user.pk, "/api/v1/auth/password/reset/confirm/{token}/", nonce=reset_nonce(user)),
    )


def password_changed(user: User) -> Notice:
    """Tells the owner that the password is new, in case it was not they."""
    return Notice(
        kind="account_password_changed",
        title=_("Your password has changed"),
        body=_(
            "The password of your Élan account has just been changed and every other device signed out. "
            "If it was not you, ask for a new password at once.\n"
        ),
        channels=(Channel.MAIL,),
    )


def invited(invitation: Invitation) -> Notice:
    """To an address: the link by which a school's staff or an organisation's members come in."""
    return Notice(
        kind="invitation",
        title=_("You are invited: %(name)s") % {"name": invitation.target_name},
        body=_(
            "%(name)s invites you to work with it on Élan. Open this link before %(until)s:\n\n{link}\n\n"
            "If you do not know why, you need do nothing.\n"
        )
        % {
            "name": invitation.target_name,
            "until": date_format(invitation.expires_at.astimezone(PARIS), "DATETIME_FORMAT"),
        },
        link=Link(INVITATION_PURPOSE, invitation.pk, "/api/v1/invitations/{token}/"),
    )
