"""What accounts say to people."""

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import timed_links
from accounts.kinds import Kind
from accounts.models import BirthDateChange, DeviceSession, Invitation, Suspension, User
from common import readable
from notifications.outbox import Link, Notice, in_every_language

VERIFY_PURPOSE = "verify-email"
RESET_PURPOSE = "reset-password"
INVITATION_PURPOSE = "invitation"
SIGN_IN_PURPOSE = "sign-in-link"


def verify_email(user: User) -> Notice:
    """Asks a new person to prove that the address is theirs."""
    return Notice(
        kind=Kind.ACCOUNT_VERIFY,
        title=_("Confirm your e-mail address"),
        body=_("Welcome to Élan. Open this link and confirm your address:\n\n{link}\n"),
        link=Link(VERIFY_PURPOSE, user.pk, "/api/v1/auth/email/verify/{token}/", nonce=user.email),
    )


def address_already_known(user: User) -> Notice:
    """Tells the owner of an address that somebody, perhaps they, tried to open a second account with it."""
    return Notice(
        kind=Kind.ACCOUNT_EXISTS,
        title=_("You already have an account"),
        body=_(
            "Somebody asked to open an Élan account with this address, which already has one. "
            "If it was you, sign in with your password. If not, you need do nothing.\n"
        ),
    )


def sign_in_link(user: User) -> Notice:
    """The link that lets a device in which others' wrong passwords shut out."""
    return Notice(
        kind=Kind.ACCOUNT_SIGN_IN_LINK,
        title=_("Let a device in"),
        body=_(
            "Somebody asked for a link that lets a device sign in to your Élan account, although wrong passwords were "
            "tried too often. If it was you, open this link within 30 minutes, on the device with which you want to "
            "sign in:\n\n{link}\n\nYour password is then asked as always. If it was not you, you need do nothing, and "
            "do not pass the link on.\n"
        ),
        link=_timed_link(SIGN_IN_PURPOSE, user, "/api/v1/auth/sign-in-link/{token}/"),
    )


def _timed_link(purpose: str, user: User, path: str) -> Link:
    return Link(purpose, user.pk, path, nonce=timed_links.nonce_of(user, timezone.now()))


def reset_password(user: User) -> Notice:
    """The link that sets a new password."""
    return Notice(
        kind=Kind.ACCOUNT_RESET,
        title=_("Choose a new password"),
        body=_(
            "Somebody asked to reset the password of your Élan account. If it was you, open this link within "
            "two hours:\n\n{link}\n\nIf not, you need do nothing.\n"
        ),
        link=_timed_link(RESET_PURPOSE, user, "/api/v1/auth/password/reset/confirm/{token}/"),
    )


def birth_date_changed(change: BirthDateChange) -> Notice:
    """To a person whose birth date was corrected. The date is not said."""
    return Notice(
        kind=Kind.ACCOUNT_BIRTH_DATE_CHANGED,
        title=_("Your birth date has been corrected"),
        body=_("It was corrected on your account. To learn why, or if it is wrong now, ask your school."),
    )


def password_changed(user: User) -> Notice:
    """Tells the owner that the password is new, in case it was not they."""
    return Notice(
        kind=Kind.ACCOUNT_PASSWORD_CHANGED,
        title=_("Your password has changed"),
        body=_(
            "The password of your Élan account has just been changed and every other device signed out. "
            "If it was not you, ask for a new password at once.\n"
        ),
    )


@in_every_language
def changed_by_operator(user: User) -> Notice:
    """To the address that an account had: an operator changed its address, its rights, or closed it."""
    return Notice(
        kind=Kind.ACCOUNT_CHANGED_BY_OPERATOR,
        title=_("Your account was changed"),
        body=_(
            "An operator of Élan changed how you sign in: your address, your rights, or whether your account is open. "
            "You are signed out everywhere. If you did not expect it, write to the region at once.\n"
        ),
    )


def new_sign_in(session: DeviceSession) -> Notice:
    """Tells the owner that a device came in which has not been here before. The device's own words are not repeated."""
    return Notice(
        kind=Kind.ACCOUNT_NEW_SIGN_IN,
        title=_("A new device has signed in to your account"),
        body=_(
            "A device that had not been here before signed in to your Élan account on %(day)s at %(time)s (Paris time)"
            ". If it was you, there is nothing to do. If not, sign that device out in the app and change your "
            "password.\n"
        )
        % {
            "day": readable.day(session.created_at),
            "time": readable.clock(session.created_at),
        },
    )


def account_suspended(suspension: Suspension) -> Notice:
    """To a person whom the region shut out. Why is not said: it may be somebody else's word."""
    return Notice(
        kind=Kind.ACCOUNT_SUSPENDED,
        title=_("Your account is suspended"),
        body=_(
            "The region has suspended your Élan account. You are signed out and your places to come are released. "
            "To learn why, or to contest it, write to the region.\n"
        ),
    )


def account_restored(suspension: Suspension) -> Notice:
    """To a person who may sign in again."""
    return Notice(
        kind=Kind.ACCOUNT_RESTORED,
        title=_("Your account is open again"),
        body=_("You can sign in again. Places that were released do not come back by themselves.\n"),
    )


def invited(invitation: Invitation) -> Notice:
    """To an address: the link by which a school's staff or an organisation's members come in."""
    return Notice(
        kind=Kind.INVITATION,
        title=_("You are invited: %(name)s") % {"name": invitation.target_name},
        body=_(
            "%(name)s invites you to work with it on Élan. Open this link before %(until)s:\n\n{link}\n\n"
            "If you do not know why, you need do nothing.\n"
        )
        % {
            "name": invitation.target_name,
            "until": readable.moment(invitation.expires_at),
        },
        link=Link(INVITATION_PURPOSE, invitation.pk, "/api/v1/invitations/{token}/"),
    )
