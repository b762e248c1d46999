"""Which kinds of notices are about other notices. A kind is part of the contract: its name never changes."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from notifications.registry import STAFF, NoticeKind, Topic


class Kind(TextChoices):
    DIGEST = "digest", pgettext_lazy("kind of notice", "Digest of what waits")


def notice_kinds() -> tuple[NoticeKind, ...]:
    """Hook `notice_kinds`."""
    return (
        NoticeKind(
            Kind.DIGEST,
            tuple(sorted(STAFF)),
            opens=("notifications/",),
            topic=Topic.ORGANIZATIONS,
            reaches_everyone=True,
        ),
    )
