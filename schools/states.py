"""The state machine of enrolments, and the roles of staff."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from common.errors import Transitions


class EnrolmentStatus(TextChoices):
    REQUESTED = "requested", pgettext_lazy("enrolment", "Waiting for a teacher")
    ACTIVE = "active", pgettext_lazy("enrolment", "In the class")
    REFUSED = "refused", pgettext_lazy("enrolment", "Refused")
    ENDED = "ended", pgettext_lazy("enrolment", "Ended")


ENROLMENT_TRANSITIONS: Transitions = {
    "admit": ({EnrolmentStatus.REQUESTED}, EnrolmentStatus.ACTIVE),
    "refuse": ({EnrolmentStatus.REQUESTED}, EnrolmentStatus.REFUSED),
    "end": ({EnrolmentStatus.ACTIVE}, EnrolmentStatus.ENDED),
    "ask_again": ({EnrolmentStatus.REFUSED, EnrolmentStatus.ENDED}, EnrolmentStatus.REQUESTED),
}


class StaffRole(TextChoices):
    TEACHER = "teacher", pgettext_lazy("role in a school", "Teacher")
    MANAGER = "manager", pgettext_lazy("role in a school", "School manager")
