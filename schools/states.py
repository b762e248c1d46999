"""The state machine of enrolments, and the roles of staff."""

from django.db.models import TextChoices

from common.errors import Transitions


class EnrolmentStatus(TextChoices):
    REQUESTED = "requested"
    ACTIVE = "active"
    REFUSED = "refused"
    ENDED = "ended"


ENROLMENT_TRANSITIONS: Transitions = {
    "admit": ({EnrolmentStatus.REQUESTED}, EnrolmentStatus.ACTIVE),
    "refuse": ({EnrolmentStatus.REQUESTED}, EnrolmentStatus.REFUSED),
    "end": ({EnrolmentStatus.ACTIVE}, EnrolmentStatus.ENDED),
    "ask_again": ({EnrolmentStatus.REFUSED, EnrolmentStatus.ENDED}, EnrolmentStatus.REQUESTED),
}


class StaffRole(TextChoices):
    TEACHER = "teacher"
    MANAGER = "manager"
