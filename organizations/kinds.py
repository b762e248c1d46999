"""Which kinds of notices organizations publish. A kind is part of the contract: its name never changes."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from notifications.models import Digest
from notifications.registry import Audience, NoticeKind, Topic, Urgency


class Kind(TextChoices):
    ORGANIZATION_TO_VERIFY = "organization_to_verify", pgettext_lazy("kind of notice", "Organisation to verify")
    ORGANIZATION_RENAMED = "organization_renamed", pgettext_lazy("kind of notice", "Verified organisation renamed")
    ORGANIZATION_UNVERIFIED = (
        "organization_unverified",
        pgettext_lazy("kind of notice", "Organisation waiting for verification"),
    )
    ORGANIZATION_VERIFIED = "organization_verified", pgettext_lazy("kind of notice", "Organisation verified")
    ORGANIZATION_TRUSTED = "organization_trusted", pgettext_lazy("kind of notice", "Organisation trusted")
    ORGANIZATION_REFUSED = "organization_refused", pgettext_lazy("kind of notice", "Organisation refused")
    ORGANIZATION_SUSPENDED = "organization_suspended", pgettext_lazy("kind of notice", "Organisation suspended")


def _of_organization(
    kind: Kind, to: Audience, *, urgency: Urgency = Urgency.WAITS, digest: Digest | None = None
) -> NoticeKind:
    return NoticeKind(
        kind,
        (to,),
        urgency=urgency,
        data=("organization",),
        opens=("organizations/{organization}/",),
        topic=Topic.ORGANIZATIONS,
        reaches_everyone=True,
        may_be_refused=urgency != Urgency.NEVER_HELD,
        digest=digest,
    )


ORGANIZERS, REGION = Audience.ORGANIZERS, Audience.REGION


def notice_kinds() -> tuple[NoticeKind, ...]:
    """Hook `notice_kinds`."""
    return (
        _of_organization(Kind.ORGANIZATION_TO_VERIFY, REGION, digest=Digest.DAILY),
        _of_organization(Kind.ORGANIZATION_RENAMED, REGION, digest=Digest.DAILY),
        _of_organization(Kind.ORGANIZATION_UNVERIFIED, ORGANIZERS),
        _of_organization(Kind.ORGANIZATION_VERIFIED, ORGANIZERS),
        _of_organization(Kind.ORGANIZATION_TRUSTED, ORGANIZERS),
        _of_organization(Kind.ORGANIZATION_REFUSED, ORGANIZERS),
        _of_organization(Kind.ORGANIZATION_SUSPENDED, ORGANIZERS, urgency=Urgency.NEVER_HELD),
    )
