"""Which kinds of notices accounts publish. A kind is part of the contract: its name never changes."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from notifications.models import Channel
from notifications.registry import Audience, NoticeKind, Topic, Urgency


class Kind(TextChoices):
    ACCOUNT_VERIFY = "account_verify", pgettext_lazy("kind of notice", "E-mail address to confirm")
    ACCOUNT_EXISTS = "account_exists", pgettext_lazy("kind of notice", "Account that exists already")
    ACCOUNT_SIGN_IN_LINK = "account_sign_in_link", pgettext_lazy("kind of notice", "Link to sign in")
    ACCOUNT_RESET = "account_reset", pgettext_lazy("kind of notice", "New password to choose")
    ACCOUNT_BIRTH_DATE_CHANGED = "account_birth_date_changed", pgettext_lazy("kind of notice", "Birth date corrected")
    ACCOUNT_PASSWORD_CHANGED = (
        "account_password_changed",
        pgettext_lazy("kind of notice", "Password changed"),
    )
    ACCOUNT_CHANGED_BY_OPERATOR = (
        "account_changed_by_operator",
        pgettext_lazy("kind of notice", "Account changed by an operator of Élan"),
    )
    ACCOUNT_NEW_SIGN_IN = "account_new_sign_in", pgettext_lazy("kind of notice", "Sign-in on a new device")
    ACCOUNT_SUSPENDED = "account_suspended", pgettext_lazy("kind of notice", "Account suspended")
    ACCOUNT_RESTORED = "account_restored", pgettext_lazy("kind of notice", "Account open again")
    INVITATION = "invitation", pgettext_lazy("kind of notice", "Invitation")


def _mail(kind: Kind, to: Audience = Audience.PERSON) -> NoticeKind:
    """A mail about an account: never held, never refused."""
    return NoticeKind(kind, (to,), (Channel.MAIL,), Urgency.NEVER_HELD, topic=Topic.ACCOUNT, may_be_refused=False)


def notice_kinds() -> tuple[NoticeKind, ...]:
    """Hook `notice_kinds`."""
    return (
        _mail(Kind.ACCOUNT_VERIFY),
        _mail(Kind.ACCOUNT_EXISTS),
        _mail(Kind.ACCOUNT_SIGN_IN_LINK),
        _mail(Kind.ACCOUNT_RESET),
        NoticeKind(
            Kind.ACCOUNT_BIRTH_DATE_CHANGED,
            (Audience.PERSON,),
            (Channel.PUSH, Channel.MAIL),
            Urgency.NEVER_HELD,
            opens=("me/",),
            topic=Topic.ACCOUNT,
            may_be_refused=False,
        ),
        _mail(Kind.ACCOUNT_PASSWORD_CHANGED),
        _mail(Kind.ACCOUNT_CHANGED_BY_OPERATOR),
        _mail(Kind.ACCOUNT_NEW_SIGN_IN),
        _mail(Kind.ACCOUNT_SUSPENDED),
        _mail(Kind.ACCOUNT_RESTORED),
        _mail(Kind.INVITATION, Audience.INVITED),
    )
