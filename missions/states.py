"""The state machines of missions, shifts, sign-ups, attendances and reports."""

from django.db.models import TextChoices

from common.errors import Transitions


class MissionStatus(TextChoices):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    PUBLISHED = "published"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    ARCHIVED = "archived"


MISSION_TRANSITIONS: Transitions = {
    "submit": ({MissionStatus.DRAFT, MissionStatus.CHANGES_REQUESTED}, MissionStatus.IN_REVIEW),
    # What submitting is for a trusted organisation.
    "publish": ({MissionStatus.DRAFT, MissionStatus.CHANGES_REQUESTED}, MissionStatus.PUBLISHED),
    "approve": ({MissionStatus.IN_REVIEW}, MissionStatus.PUBLISHED),
    "request_changes": ({MissionStatus.IN_REVIEW}, MissionStatus.CHANGES_REQUESTED),
    "withdraw": ({MissionStatus.IN_REVIEW}, MissionStatus.DRAFT),
    "close": ({MissionStatus.PUBLISHED}, MissionStatus.CLOSED),
    "cancel": (
        {
            MissionStatus.DRAFT,
            MissionStatus.IN_REVIEW,
            MissionStatus.CHANGES_REQUESTED,
            MissionStatus.PUBLISHED,
            MissionStatus.CLOSED,
        },
        MissionStatus.CANCELLED,
    ),
    "archive": ({MissionStatus.CLOSED, MissionStatus.CANCELLED}, MissionStatus.ARCHIVED),
}
EDITABLE_MISSION = {MissionStatus.DRAFT, MissionStatus.CHANGES_REQUESTED}
UNPUBLISHED_MISSION = [MissionStatus.DRAFT, MissionStatus.IN_REVIEW, MissionStatus.CHANGES_REQUESTED]
ENDED_MISSION = [MissionStatus.CLOSED, MissionStatus.CANCELLED, MissionStatus.ARCHIVED]


class MissionRevisionStatus(TextChoices):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused"


MISSION_REVISION_TRANSITIONS: Transitions = {
    "accept": ({MissionRevisionStatus.PROPOSED}, MissionRevisionStatus.ACCEPTED),
    "refuse": ({MissionRevisionStatus.PROPOSED}, MissionRevisionStatus.REFUSED),
}


class ShiftStatus(TextChoices):
    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"


SHIFT_TRANSITIONS: Transitions = {
    "cancel": ({ShiftStatus.SCHEDULED}, ShiftStatus.CANCELLED),
}


class SignUpStatus(TextChoices):
    PENDING = "pending"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    EXPIRED = "expired"
    REMOVED = "removed"
    CANCELLED = "cancelled"


HOLDS_A_PLACE = [SignUpStatus.OFFERED, SignUpStatus.ACCEPTED]
UNDECIDED_SIGN_UP = [SignUpStatus.PENDING, SignUpStatus.WAITLISTED, SignUpStatus.OFFERED]
LIVE_SIGN_UP = [*UNDECIDED_SIGN_UP, SignUpStatus.ACCEPTED]
SIGN_UP_TRANSITIONS: Transitions = {
    "accept": ({SignUpStatus.PENDING, SignUpStatus.WAITLISTED}, SignUpStatus.ACCEPTED),
    "decline": ({SignUpStatus.PENDING}, SignUpStatus.DECLINED),
    "expire": (UNDECIDED_SIGN_UP, SignUpStatus.EXPIRED),
    "offer": ({SignUpStatus.WAITLISTED}, SignUpStatus.OFFERED),
    "take": ({SignUpStatus.OFFERED}, SignUpStatus.ACCEPTED),
    "lapse": ({SignUpStatus.OFFERED}, SignUpStatus.LAPSED),
    "withdraw": (LIVE_SIGN_UP, SignUpStatus.WITHDRAWN),
    "remove": ({SignUpStatus.ACCEPTED}, SignUpStatus.REMOVED),
    # A withdrawn one only where a rule took the place (`machine_reason`), not the person's own will.
    "restore": ({SignUpStatus.REMOVED, SignUpStatus.WITHDRAWN}, SignUpStatus.ACCEPTED),
    "cancel": (LIVE_SIGN_UP, SignUpStatus.CANCELLED),
}


class AttendanceStatus(TextChoices):
    EXPECTED = "expected"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    CONFIRMED = "confirmed"
    NO_SHOW = "no_show"
    EXCUSED = "excused"
    VOIDED = "voided"


class AttendanceVerb(TextChoices):
    """An organiser's word on an attendance."""

    CONFIRM = "confirm"
    MARK_NO_SHOW = "mark_no_show"
    EXCUSE = "excuse"
    REOPEN = "reopen"


ATTENDANCE_TRANSITIONS: Transitions = {
    "check_in": ({AttendanceStatus.EXPECTED}, AttendanceStatus.CHECKED_IN),
    # A later one may count in place of the one before (models.attendances.counted).
    "check_out": ({AttendanceStatus.CHECKED_IN, AttendanceStatus.CHECKED_OUT}, AttendanceStatus.CHECKED_OUT),
    "close": ({AttendanceStatus.CHECKED_IN}, AttendanceStatus.CHECKED_OUT),
    "confirm": (
        {AttendanceStatus.EXPECTED, AttendanceStatus.CHECKED_IN, AttendanceStatus.CHECKED_OUT},
        AttendanceStatus.CONFIRMED,
    ),
    "mark_no_show": ({AttendanceStatus.EXPECTED, AttendanceStatus.CHECKED_IN}, AttendanceStatus.NO_SHOW),
    "excuse": ({AttendanceStatus.EXPECTED, AttendanceStatus.CHECKED_IN}, AttendanceStatus.EXCUSED),
    # To the state before: expected, or where its check-ins put it (Attendance.state_of_check_ins).
    "reopen": (
        {AttendanceStatus.CONFIRMED, AttendanceStatus.NO_SHOW, AttendanceStatus.EXCUSED},
        AttendanceStatus.EXPECTED,
    ),
    "void": ({AttendanceStatus.EXPECTED}, AttendanceStatus.VOIDED),
    # The place was given back.
    "expect": ({AttendanceStatus.VOIDED}, AttendanceStatus.EXPECTED),
}


class Reason(TextChoices):
    """Why a person can or cannot have a place: the machine reasons of eligibility."""

    OK = "ok"
    WAITLIST = "waitlist"
    FULL = "full"
    COLLIDES = "collides"
    TOO_YOUNG = "too_young"
    NIGHT = "night"
    DAILY_LIMIT = "daily_limit"
    CONSENT_NEEDED = "consent_needed"
    GUARDIAN_NEEDED = "guardian_needed"
    REQUIREMENT_MISSING = "requirement_missing"
    AUDIENCE = "audience"
    TOO_MANY_PENDING = "too_many_pending"
    ALREADY_SIGNED_UP = "already_signed_up"
    UNVERIFIED = "unverified"
    BIRTH_DATE_NEEDED = "birth_date_needed"
    SUSPENDED = "suspended"
    NOT_OPEN = "not_open"
    ENDED = "ended"
    CANCELLED = "cancelled"


class ReportStatus(TextChoices):
    OPEN = "open"
    TAKEN = "taken"
    CLOSED = "closed"


REPORT_TRANSITIONS: Transitions = {
    "take": ({ReportStatus.OPEN}, ReportStatus.TAKEN),
    "close": ({ReportStatus.TAKEN}, ReportStatus.CLOSED),
}
