"""Tutors, who have no account: what was asked of them, and what is known of their addresses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q

from common.mailboxes import known_address
from common.models import Row
from engagement.models.entries import HourEntry, OfWholeEntryQuerySet
from engagement.states import PRIVATE_HOUR_ENTRY, AttestationStatus, TutorMailStatus
from notifications.bounces import CLOCKS_DIFFER

MOST_RESENDS = 3


class TutorAddress(Row):
    """A tutor's mailbox as a SHA-256, so that neither "never again" nor a teacher's word is ever lost.

    Not keyed: a new SECRET_KEY must not make us write to somebody who wants no mail.
    """

    # Of common.mailboxes.mailbox_of: dots and `+tag` make no other person.
    mailbox_sha256 = models.CharField(max_length=64, unique=True)
    # A teacher said that it is a tutor's: it may serve any number of students.
    confirmed_at = models.DateTimeField(null=True)
    # "Never again": no mail leaves for it, whoever asks.
    blocked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


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
        """Waiting for a tutor who has said meanwhile, to somebody else, that they want no mail any more."""
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


class AttestationRequest(Row):
    """What was asked about an entry: how often, until when, and what became of the mail. The link is kept nowhere."""

    entry = models.OneToOneField(HourEntry, on_delete=models.PROTECT, related_name="attestation_request")
    # Of hours outside the catalogue; those of the mission are told in their inbox.
    address = models.ForeignKey(TutorAddress, null=True, on_delete=models.PROTECT, related_name="requests")
    # Each asking has a link of its own, and ends the one before.
    ask_count = models.PositiveSmallIntegerField(default=0)
    resend_count = models.PositiveSmallIntegerField(default=0)
    reminder_count = models.PositiveSmallIntegerField(default=0)
    mail_count = models.PositiveSmallIntegerField(default=0)
    mail_status = models.CharField(max_length=8, choices=TutorMailStatus, blank=True)
    asked_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    # "This is not me": that mailbox is not asked about this entry any more.
    disowned_at = models.DateTimeField(null=True)
    disowned_by = models.ForeignKey(TutorAddress, null=True, on_delete=models.PROTECT, related_name="+")

    objects = AttestationRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="attestation_request_is_resent_at_most_3_times", condition=Q(resend_count__lte=MOST_RESENDS)
            ),
            models.CheckConstraint(
                name="attestation_request_expires_iff_asked",
                condition=Q(asked_at__isnull=True, expires_at__isnull=True, ask_count=0)
                | Q(asked_at__isnull=False, expires_at__isnull=False, ask_count__gt=0),
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(expires_at__isnull=False), name="attestation_request_to_expire"
            ),
            models.Index(fields=["id"], condition=Q(mail_status=TutorMailStatus.HELD), name="attestation_request_held"),
        ]

    def __str__(self) -> str:
        return str(self.id)
