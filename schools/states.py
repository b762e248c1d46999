"""The state machines of enrolments and staff memberships."""

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


class MembershipStatus(TextChoices):
    ACTIVE = "active"
    ENDED = "ended"


MEMBERSHIP_TRANSITIONS: Transitions = {
    "end": ({MembershipStatus.ACTIVE}, MembershipStatus.ENDED),
}


class StaffRole(TextChoices):
    TEACHER = "teacher"
    MANAGER = "manager"
