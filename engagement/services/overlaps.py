"""An hour counts once: of a person's entries that stand, no two cover the same time.

Asked under the person's lock, and held by PostgreSQL as well (engagement/overlap_constraint.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from engagement.models import HourEntry
from engagement.states import STANDING_HOUR_ENTRY


class Overlaps(DomainError):
    """409 with `conflicting_entry`: two entries cannot cover the same time."""

    code = "overlaps"
    detail = _("Another entry of the same person covers this time. Change the times of one of the two.")

    def __init__(self, other: HourEntry, detail: Any = None) -> None:
        super().__init__(detail, extra={"conflicting_entry": str(other.pk)})


def ensure_alone(entry: HourEntry, detail: Any) -> None:
    """Raises Overlaps, with that sentence, when another entry stands where this one is about to."""
    other = HourEntry.objects.sharing_time_with(entry).first()
    if other is not None:
        raise Overlaps(other, detail)


@contextmanager
def held_alone(entry: HourEntry) -> Iterator[None]:
    """Around the write that makes an entry stand: what the database refuses is Overlaps, too."""
    if entry.status not in STANDING_HOUR_ENTRY:
        yield
        return
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        ensure_alone(entry, None)
        raise
