"""A person's place on a shift."""


from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from common import paris
from common.changes import note_change
from common.models import Row
from missions.models.missions import Shift
from missions.querysets import (
    SignUpQuerySet,
)
from missions.states import (
    LIVE_SIGN_UP,
    UNDECIDED_SIGN_UP,
    SignUpStatus,
)
from schools.models import ClassGroup


class SignUp(Row):
    """A person's place on a shift, asked for or held."""

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="sign_ups")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ups")
    status = models.CharField(max_length=10, choices=SignUpStatus)
    reason = models.CharField(max_length=500, blank=True)
    # Signed up with their whole class: what follows is a class session.
    class_group = models.ForeignKey(ClassGroup, null=True, on_delete=models.PROTECT, related_name="+")
    # Came without a place and was let in: stands beside the places, never counted in the shift's taken_count.
    is_walk_in = models.BooleanField(default=False)
    # A states.Reason, where a rule ended the sign-up or has a waiting one passed over.
    machine_reason = models.CharField(max_length=20, blank=True)
    # The place in the shift's waiting list: given under the shift's lock, never given twice.
    queue_number = models.PositiveIntegerField(null=True)
    offered_at = models.DateTimeField(null=True)
    offer_expires_at = models.DateTimeField(null=True)
    # Of what still waits for somebody: the organiser's decision, or the person's answer to an offer.
    reminded_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = SignUpQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shift", "person"],
                condition=Q(status__in=LIVE_SIGN_UP),
                name="sign_up_once_live_per_person_and_shift",
            ),
            models.CheckConstraint(
                name="sign_up_accepted_has_its_instant",
                condition=~Q(status=SignUpStatus.ACCEPTED) | Q(accepted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="sign_up_ended_iff_not_live",
                condition=Q(status__in=LIVE_SIGN_UP, ended_at__isnull=True)
                | (~Q(status__in=LIVE_SIGN_UP) & Q(ended_at__isnull=False)),
            ),
            models.UniqueConstraint(fields=["shift", "queue_number"], name="sign_up_waits_alone_at_its_number"),
            models.CheckConstraint(
                name="sign_up_waiting_has_its_number",
                condition=~Q(status__in=[SignUpStatus.WAITLISTED, SignUpStatus.OFFERED])
                | Q(queue_number__isnull=False),
            ),
            models.CheckConstraint(
                name="sign_up_offered_has_its_end",
                condition=~Q(status=SignUpStatus.OFFERED)
                | Q(offered_at__isnull=False, offer_expires_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["shift", "queue_number"],
                condition=Q(status__in=UNDECIDED_SIGN_UP),
                name="sign_up_undecided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Notes the change for the person's phones, whoever moves the place."""
        super().save(*args, **kwargs)
        note_change(self.person_id, "sign_up", self.pk)

    @property
    def display_name(self) -> str:
        """The name organisers read in the app: a minor's surname is an initial until the place is theirs."""
        if self.status == SignUpStatus.ACCEPTED or not self._hides_surname:
            return self.person.full_name
        return self.person.short_name

    @property
    def message_name(self) -> str:
        """The name that may leave in a push or a mail: never a minor's surname."""
        return self.person.first_name if self._hides_surname else self.person.full_name

    @property
    def _hides_surname(self) -> bool:
        """Of a minor on the day of the shift, or still one today."""
        return self.is_of_a_minor or self.person.is_minor_on(paris.day_of(timezone.now()))

    @property
    def is_of_a_minor(self) -> bool:
        """Under 18 on the Paris day the shift starts."""
        return self.person.is_minor_on(paris.day_of(self.shift.starts_at))
