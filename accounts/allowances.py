"""How often a thing may be done for one mailbox, device or person: counted exactly, in the database.

A window begins with the first use. Rows, not the cache: the limits hold over all replicas and without it. Marks are
HMACs, so that no address is kept.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models import Allowance
from common.errors import DomainError
from common.mailboxes import mailbox_of

LONGEST_WINDOW = timedelta(days=1)


@dataclass(frozen=True)
class Rule:
    """At most `most` uses in a window of time, for each subject."""

    name: str
    most: int
    window: timedelta = LONGEST_WINDOW


class TooOften(DomainError):
    """429 with Retry-After: this was done as often as it may be for now."""

    status = 429
    code = "too_often"
    detail = _("This was done too often. Try again later.")

    def __init__(self, rule: Rule, detail: object = None) -> None:
        super().__init__(detail)
        self.retry_after_seconds = int(rule.window.total_seconds())


class _NothingLeft(Exception):
    """Takes back what was counted beside it."""


def of_mailbox(email: str) -> str:
    """What a limit for each mailbox counts by: every way to write one address is one subject."""
    return f"mailbox:{mailbox_of(email)}"


def take(*wanted: tuple[Rule, str]) -> bool:
    """Counts one more use of each rule and subject, or of none when one of them has no more left.

    Called in the transaction of what is limited: rolled back, it was not used. Others who take the same wait.
    """
    try:
        with transaction.atomic():
            for rule, subject in wanted:
                if not _take(rule, subject):
                    raise _NothingLeft
    except _NothingLeft:
        return False
    return True


def take_or_refuse(rule: Rule, subject: str, detail: object = None) -> None:
    """`take` of one; raises TooOften."""
    if not take((rule, subject)):
        raise TooOften(rule, detail)


def is_left(rule: Rule, subject: str) -> bool:
    """Whether `take` would count one more. Exact for a caller who holds what the rule is about."""
    if rule.most < 1:
        return False
    used_up = Allowance.objects.filter(rule=rule.name, mark=_mark(subject), used_count__gte=rule.most)
    return not used_up.filter(began_at__gt=timezone.now() - rule.window).exists()


def _mark(subject: str) -> str:
    return salted_hmac("elan.allowance", subject, algorithm="sha256").hexdigest()


def _take(rule: Rule, subject: str) -> bool:
    now = timezone.now()
    if rule.most < 1:
        return False
    row, _created = Allowance.objects.get_or_create(rule=rule.name, mark=_mark(subject), defaults={"began_at": now})
    counted = Allowance.objects.filter(pk=row.pk)
    # Two conditional updates: whoever comes second waits for the row, then sees what the first has left.
    if counted.filter(began_at__lte=now - rule.window).update(began_at=now, used_count=1):
        return True
    return bool(counted.filter(used_count__lt=rule.most).update(used_count=F("used_count") + 1))


def forget_old() -> None:
    """Deletes what no rule looks at any more. Safe to run twice."""
    Allowance.objects.filter(began_at__lt=timezone.now() - LONGEST_WINDOW).delete()
