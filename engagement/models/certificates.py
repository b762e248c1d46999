"""What was done, put down once and for all: for a school's option, or in a passport."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from accounts.models import Reader
from common.models import Row
from common.querysets import related
from engagement.models.entries import HourEntry
from engagement.models.records import Record
from engagement.states import CertificateKind, CertificateStatus
from schools.models import School


class CertificateQuerySet(QuerySet[Any]):
    def valid(self) -> CertificateQuerySet:
        return self.filter(status=CertificateStatus.ISSUED)

    def own(self, person: Reader) -> CertificateQuerySet:
        return self.filter(record__person=person)

    def managed_by(self, person: Reader) -> CertificateQuerySet:
        """Of the schools the person manages; a passport is its person's alone."""
        managed = School.objects.managed_by(person).values("pk")
        return self.filter(kind=CertificateKind.OPTION, record__option__school__in=managed)

    def visible_to(self, person: Reader) -> CertificateQuerySet:
        """As the record it belongs to, but of passports one's own: they list hours that nobody else may see yet."""
        records = related(self, "record")
        return self.filter(
            Q(kind=CertificateKind.OPTION, record__in=records.visible_to(person).values("pk"))
            | Q(record__in=records.owned_by(person).values("pk"))
        )


class Certificate(Row):
    """A snapshot of a record, which stays open: of what a school approved, whose entries are locked while it is valid,
    or, in a passport, of what organisations attested.

    `snapshot` is what is signed, with the person's name in it; `statement` is the short signed one, which names nobody
    and stays once the snapshot is erased.
    """

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="certificates")
    kind = models.CharField(
        max_length=8, choices=CertificateKind, default=CertificateKind.OPTION, db_default=CertificateKind.OPTION
    )
    number = models.CharField(max_length=24, unique=True)
    status = models.CharField(max_length=10, choices=CertificateStatus, default=CertificateStatus.ISSUED)
    minutes = models.PositiveIntegerField()
    school_year_label = models.CharField(max_length=9, blank=True)
    snapshot = models.JSONField(null=True)
    # SHA-256 of a salt, the full name and the birth date.
    identity_salt = models.CharField(max_length=32)
    identity_hash = models.CharField(max_length=64)
    key_id = models.CharField(max_length=64)
    signature = models.CharField(max_length=100)
    # Number, UAI, year, minutes, day and the hash of who it is, as a JSON Web Signature: what the paper's QR carries.
    statement = models.CharField(max_length=1000, blank=True, default="")
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    # Why it was issued before the target was reached.
    reason = models.CharField(max_length=1000, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    revocation_reason = models.CharField(max_length=1000, blank=True)
    entries = models.ManyToManyField(HourEntry, related_name="certificates")

    objects = CertificateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record", "kind"],
                condition=Q(status=CertificateStatus.ISSUED),
                name="certificate_one_valid_per_record_and_kind",
            ),
            models.CheckConstraint(
                name="certificate_ended_iff_dated",
                condition=Q(status=CertificateStatus.ISSUED, ended_at__isnull=True)
                | (~Q(status=CertificateStatus.ISSUED) & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="certificate_revoked_says_why",
                condition=~Q(status=CertificateStatus.REVOKED) | ~Q(revocation_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.number
