"""Which kinds of notices accounts publish. A kind is part of the contract: its name never changes."""

from django.db.models import TextChoices

from notifications.models import Channel
from notifications.registry import Audience, NoticeKind, Topic, Urgency


class Kind(TextChoices):
    ACCOUNT_VERIFY = "account_verify"
    ACCOUNT_EXISTS = "account_exists"
    ACCOUNT_SIGN_IN_LINK = "account_sign_in_link"
    ACCOUNT_RESET = "account_reset"
    ACCOUNT_BIRTH_DATE_CHANGED = "account_birth_date_changed"
    ACCOUNT_PASSWORD_CHANGED = "account_password_changed"  # noqa: S105 no password
    ACCOUNT_CHANGED_BY_OPERATOR = "account_changed_by_operator"
    ACCOUNT_NEW_SIGN_IN = "account_new_sign_in"
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_RESTORED = "account_restored"
    INVITATION = "invitation"


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
