"""The state machines of organisations, missions, shifts, sign-ups, attendances and consents."""

from django.db.models import TextChoices

from common.errors import Transitions


class MembershipStatus(TextChoices):
    ACTIVE = "active"
    ENDED = "ended"


MEMBERSHIP_TRANSITIONS: Transitions = {
    "end": ({MembershipStatus.ACTIVE}, MembershipStatus.ENDED),
}


class OrganizationRole(TextChoices):
    COORDINATOR = "coordinator"
    MANAGER = "manager"


class OrganizationStatus(TextChoices):
    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    REFUSED = "refused"


ORGANIZATION_TRANSITIONS: Transitions = {
    "verify": ({OrganizationStatus.UNVERIFIED}, OrganizationStatus.VERIFIED),
    "refuse": ({OrganizationStatus.UNVERIFIED}, OrganizationStatus.REFUSED),
}


class MissionStatus(TextChoices):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    PUBLISHED = "published"


MISSION_TRANSITIONS: Transitions = {
    "submit": ({MissionStatus.DRAFT, MissionStatus.CHANGES_REQUESTED}, MissionStatus.IN_REVIEW),
    "approve": ({MissionStatus.IN_REVIEW}, MissionStatus.PUBLISHED),
    "request_changes": ({MissionStatus.IN_REVIEW}, MissionStatus.CHANGES_REQUESTED),
    "withdraw": ({MissionStatus.IN_REVIEW}, MissionStatus.DRAFT),
}
EDITABLE_MISSION = {MissionStatus.DRAFT, MissionStatus.CHANGES_REQUESTED}


class SignUpStatus(TextChoices):
    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


LIVE_SIGN_UP = [SignUpStatus.PENDING, SignUpStatus.ACCEPTED]
SIGN_UP_TRANSITIONS: Transitions = {
    "accept": ({SignUpStatus.PENDING}, SignUpStatus.ACCEPTED),
    "decline": ({SignUpStatus.PENDING}, SignUpStatus.DECLINED),
    "withdraw": ({SignUpStatus.PENDING, SignUpStatus.ACCEPTED}, SignUpStatus.WITHDRAWN),
}


class AttendanceStatus(TextChoices):
    EXPECTED = "expected"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    CONFIRMED = "confirmed"
    VOIDED = "voided"


ATTENDANCE_TRANSITIONS: Transitions = {
    "check_in": ({AttendanceStatus.EXPECTED}, AttendanceStatus.CHECKED_IN),
    "check_out": ({AttendanceStatus.CHECKED_IN}, AttendanceStatus.CHECKED_OUT),
    "confirm": (
        {AttendanceStatus.EXPECTED, AttendanceStatus.CHECKED_IN, AttendanceStatus.CHECKED_OUT},
        AttendanceStatus.CONFIRMED,
    ),
    "void": ({AttendanceStatus.EXPECTED}, AttendanceStatus.VOIDED),
}


class ConsentStatus(TextChoices):
    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"


CONSENT_TRANSITIONS: Transitions = {
    "grant": ({ConsentStatus.REQUESTED}, ConsentStatus.GRANTED),
    "refuse": ({ConsentStatus.REQUESTED}, ConsentStatus.REFUSED),
}


class Reason(TextChoices):
    """Why a person can or cannot have a place: the machine reasons of eligibility."""

    OK = "ok"
    FULL = "full"
    COLLIDES = "collides"
    TOO_YOUNG = "too_young"
    NIGHT = "night"
    DAILY_LIMIT = "daily_limit"
    CONSENT_NEEDED = "consent_needed"
    GUARDIAN_NEEDED = "guardian_needed"
    AUDIENCE = "audience"
    TOO_MANY_PENDING = "too_many_pending"
    ALREADY_SIGNED_UP = "already_signed_up"
    UNVERIFIED = "unverified"
    NOT_OPEN = "not_open"
    ENDED = "ended"
