"""Which requests for a word wait, for what, and for whom they exist."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from common.mailboxes import known_address
from engagement.querysets.records import OfWholeEntryQuerySet
from engagement.states import PRIVATE_HOUR_ENTRY, AttestationStatus, TutorMailStatus
from notifications.bounces import CLOCKS_DIFFER


class AttestationRequestQuerySet(OfWholeEntryQuerySet):
    def waiting(self) -> AttestationRequestQuerySet:
        """Nobody has answered yet, on hours that are handed in."""
        asked = self.filter(entry__attestation_status=AttestationStatus.REQUESTED, asked_at__isnull=False)
        return asked.exclude(entry__status__in=PRIVATE_HOUR_ENTRY)

    def to_remind(self, count: int, days: int, now: datetime) -> AttestationRequestQuerySet:
        """Waiting for so many days, and reminded less than `count` times."""
        since = now - timedelta(days=days)
        return self.waiting().filter(reminder_count__lt=count, asked_at__lte=since, expires_at__gt=now)

    def blocked(self) -> AttestationRequestQuerySet:
        """Waiting for who has said meanwhile, to somebody else, that they want no mail any more."""
        return self.waiting().filter(address__blocked_at__isnull=False)

    def overdue(self, now: datetime) -> AttestationRequestQuerySet:
        """Nobody has answered in time."""
        return self.filter(entry__attestation_status=AttestationStatus.REQUESTED, expires_at__lte=now)

    def bounced_by(self, address: str, at: datetime) -> AttestationRequestQuerySet:
        """Waiting for the tutor of an address of which it was known then that it takes no mail."""
        asked = self.filter(entry__attestation_status=AttestationStatus.REQUESTED)
        return asked.filter(entry__tutor_email=known_address(address), asked_at__lte=at + CLOCKS_DIFFER)

    def held(self) -> AttestationRequestQuerySet:
        """Not sent, for the address must be confirmed first."""
        asks = [AttestationStatus.NONE, AttestationStatus.EXPIRED, AttestationStatus.BOUNCED]
        waiting = self.filter(mail_status=TutorMailStatus.HELD, entry__attestation_status__in=asks)
        return waiting.exclude(entry__status__in=PRIVATE_HOUR_ENTRY)

    def students_served_by(self, address: Any) -> Any:
        """The students for whom mails went to this address."""
        served = self.filter(address=address, asked_at__isnull=False).exclude(mail_status=TutorMailStatus.HELD)
        return served.values("entry__person").distinct()
