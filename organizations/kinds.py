"""Which kinds of notices organizations publish. A kind is part of the contract: its name never changes."""

from django.db.models import TextChoices

from notifications.models import Channel
from notifications.registry import Audience, NoticeKind, Urgency


class Kind(TextChoices):
    ORGANIZATION_TO_VERIFY = "organization_to_verify"
    ORGANIZATION_RENAMED = "organization_renamed"
    ORGANIZATION_UNVERIFIED = "organization_unverified"
    ORGANIZATION_VERIFIED = "organization_verified"
    ORGANIZATION_TRUSTED = "organization_trusted"
    ORGANIZATION_REFUSED = "organization_refused"
    ORGANIZATION_SUSPENDED = "organization_suspended"


def _of_organization(
    kind: Kind, to: Audience, *channels: Channel, urgency: Urgency = Urgency.WAITS
) -> NoticeKind:
    return NoticeKind(
        kind, (to,), (Channel.PUSH, *channels), urgency, ("organization",), ("organizations/{organization}/",)
    )


ORGANIZERS, REGION = Audience.ORGANIZERS, Audience.REGION


def notice_kinds() -> tuple[NoticeKind, ...]:
    """Hook `notice_kinds`."""
    return (
        _of_organization(Kind.ORGANIZATION_TO_VERIFY, REGION),
        _of_organization(Kind.ORGANIZATION_RENAMED, REGION),
        _of_organization(Kind.ORGANIZATION_UNVERIFIED, ORGANIZERS, Channel.MAIL),
        _of_organization(Kind.ORGANIZATION_VERIFIED, ORGANIZERS, Channel.MAIL),
        _of_organization(Kind.ORGANIZATION_TRUSTED, ORGANIZERS, Channel.MAIL),
        _of_organization(Kind.ORGANIZATION_REFUSED, ORGANIZERS, Channel.MAIL),
        _of_organization(Kind.ORGANIZATION_SUSPENDED, ORGANIZERS, Channel.MAIL, urgency=Urgency.NEVER_HELD),
    )
