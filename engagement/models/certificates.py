"""What a school's option was completed with, put down once and for all."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import Row
from engagement.models.entries import HourEntry, Record
from engagement.querysets import CertificateQuerySet
from engagement.states import CertificateStatus


class Certificate(Row):
    """A snapshot of a record: the entries it covers are locked while it is valid, the record stays open.

    `snapshot` is what is signed, with the person's name in it; once it is erased, `number`, `minutes`, the year and
    `identity_hash` still say that it is genuine.
    """

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="certificates")
    number = models.CharField(max_length=24, unique=True)
    status = models.CharField(max_length=10, choices=CertificateStatus, default=CertificateStatus.ISSUED)
    minutes = models.PositiveIntegerField()
    school_year_label = models.CharField(max_length=9)
    snapshot = models.JSONField(null=True)
    # SHA-256 of a salt, the full name and the birth date.
    identity_salt = models.CharField(max_length=32)
    identity_hash = models.CharField(max_length=64)
    key_id = models.CharField(max_length=64)
    signature = models.CharField(max_length=100)
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    # Why it was issued before the target was reached.
    reason = models.CharField(max_length=1000, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    revocation_reason = models.CharField(max_length=1000, blank=True)
    entries = models.ManyToManyField(HourEntry, related_name="certificates")

    objects = CertificateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record"], condition=Q(status=CertificateStatus.ISSUED), name="certificate_one_valid_per_record"
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
