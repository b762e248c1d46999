"""The state machines of missions, shifts, sign-ups, attendances and reports."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from common.errors import Transitions


class MissionStatus(TextChoices):
    DRAFT = "draft", pgettext_lazy("mission", "Draft")
    IN_REVIEW = "in_review", pgettext_lazy("mission", "Being reviewed by the region")
    CHANGES_REQUESTED = "changes_requested", pgettext_lazy("mission", "Changes are asked for")
    PUBLISHED = "published", pgettext_lazy("mission", "Published")
    CLOSED = "closed", pgettext_lazy("mission", "Closed")
    CANCELLED = "cancelled", pgettext_lazy("mission", "Cancelled")
    ARCHIVED = "archived", pgettext_lazy("mission", "Archived")


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
    PROPOSED = "proposed", pgettext_lazy("change of a mission", "Waiting for the region")
    ACCEPTED = "accepted", pgettext_lazy("change of a mission", "Accepted")
    REFUSED = "refused", pgettext_lazy("change of a mission", "Refused")


MISSION_REVISION_TRANSITIONS: Transitions = {
    "accept": ({MissionRevisionStatus.PROPOSED}, MissionRevisionStatus.ACCEPTED),
    "refuse": ({MissionRevisionStatus.PROPOSED}, MissionRevisionStatus.REFUSED),
}


class ShiftStatus(TextChoices):
    SCHEDULED = "scheduled", pgettext_lazy("shift", "Planned")
    CANCELLED = "cancelled", pgettext_lazy("shift", "Cancelled")


SHIFT_TRANSITIONS: Transitions = {
    "cancel": ({ShiftStatus.SCHEDULED}, ShiftStatus.CANCELLED),
}


class SignUpStatus(TextChoices):
    PENDING = "pending", pgettext_lazy("sign-up", "Waiting for the organiser’s answer")
    WAITLISTED = "waitlisted", pgettext_lazy("sign-up", "On the waiting list")
    OFFERED = "offered", pgettext_lazy("sign-up", "A place is offered")
    ACCEPTED = "accepted", pgettext_lazy("sign-up", "Accepted")
    DECLINED = "declined", pgettext_lazy("sign-up", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("sign-up", "Withdrawn")
    LAPSED = "lapsed", pgettext_lazy("sign-up", "Offer not taken in time")
    EXPIRED = "expired", pgettext_lazy("sign-up", "Left without an answer")
    REMOVED = "removed", pgettext_lazy("sign-up", "Place taken back by the organiser")
    CANCELLED = "cancelled", pgettext_lazy("sign-up", "Cancelled")


HOLDS_A_PLACE = [SignUpStatus.OFFERED, SignUpStatus.ACCEPTED]
UNDECIDED_SIGN_UP = [SignUpStatus.PENDING, SignUpStatus.WAITLISTED, SignUpStatus.OFFERED]
LIVE_SIGN_UP = [*UNDECIDED_SIGN_UP, SignUpStatus.ACCEPTED]
class SignUpDecision(TextChoices):
    """What an organiser says to somebody who asks for a place."""

    ACCEPT = "accept"
    DECLINE = "decline"


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


class Stage(TextChoices):
    """What an app lists apart, of sign-ups and of attendances: `in_stage` of their querysets says which is where."""

    TO_COME = "to_come"
    WAITING = "waiting"
    PAST = "past"


class AttendanceStatus(TextChoices):
    EXPECTED = "expected", pgettext_lazy("attendance", "Expected")
    CHECKED_IN = "checked_in", pgettext_lazy("attendance", "Arrived")
    CHECKED_OUT = "checked_out", pgettext_lazy("attendance", "Left")
    CONFIRMED = "confirmed", pgettext_lazy("attendance", "Attendance confirmed")
    NO_SHOW = "no_show", pgettext_lazy("attendance", "Absent")
    EXCUSED = "excused", pgettext_lazy("attendance", "Absence excused")
    VOIDED = "voided", pgettext_lazy("attendance", "Place given up")


# Of which the organiser has said nothing.
UNSAID_ATTENDANCE = [AttendanceStatus.EXPECTED, AttendanceStatus.CHECKED_IN, AttendanceStatus.CHECKED_OUT]


class AttendanceVerb(TextChoices):
    """An organiser's word on an attendance."""

    CONFIRM = "confirm", pgettext_lazy("attendance", "Confirm the attendance")
    MARK_NO_SHOW = "mark_no_show", pgettext_lazy("attendance", "Note an absence")
    EXCUSE = "excuse", pgettext_lazy("attendance", "Excuse the absence")
    REOPEN = "reopen", pgettext_lazy("attendance", "Reopen")


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

    OK = "ok", pgettext_lazy("eligibility", "You can sign up")
    WAITLIST = "waitlist", pgettext_lazy("eligibility", "You can join the waiting list")
    FULL = "full", pgettext_lazy("eligibility", "No place is left")
    COLLIDES = "collides", pgettext_lazy("eligibility", "You already have something at that time")
    TOO_YOUNG = "too_young", pgettext_lazy("eligibility", "You are too young on that day")
    NIGHT = "night", pgettext_lazy("eligibility", "Too late or too early for a minor")
    DAILY_LIMIT = "daily_limit", pgettext_lazy("eligibility", "Too many hours that day for a minor")
    CONSENT_NEEDED = "consent_needed", pgettext_lazy("eligibility", "A parent or guardian has to agree")
    GUARDIAN_NEEDED = "guardian_needed", pgettext_lazy("eligibility", "Name a parent or guardian first")
    REQUIREMENT_MISSING = "requirement_missing", pgettext_lazy("eligibility", "A qualification is missing")
    AUDIENCE = "audience", pgettext_lazy("eligibility", "This mission is for other people")
    TOO_MANY_PENDING = (
        "too_many_pending",
        pgettext_lazy("eligibility", "Too many of your sign-ups wait for an answer"),
    )
    ALREADY_SIGNED_UP = "already_signed_up", pgettext_lazy("eligibility", "You have signed up already")
    UNVERIFIED = "unverified", pgettext_lazy("eligibility", "Confirm your address first")
    BIRTH_DATE_NEEDED = "birth_date_needed", pgettext_lazy("eligibility", "Your birth date is missing")
    SUSPENDED = "suspended", pgettext_lazy("eligibility", "Suspended")
    NOT_OPEN = "not_open", pgettext_lazy("eligibility", "Not open for signing up")
    ENDED = "ended", pgettext_lazy("eligibility", "Over")
    CANCELLED = "cancelled", pgettext_lazy("eligibility", "Cancelled")


class ReportStatus(TextChoices):
    OPEN = "open", pgettext_lazy("report", "Open")
    TAKEN = "taken", pgettext_lazy("report", "Being looked at")
    CLOSED = "closed", pgettext_lazy("report", "Closed")


# The region has not closed it.
OPEN_REPORT = (ReportStatus.OPEN, ReportStatus.TAKEN)
REPORT_TRANSITIONS: Transitions = {
    "take": ({ReportStatus.OPEN}, ReportStatus.TAKEN),
    "close": ({ReportStatus.TAKEN}, ReportStatus.CLOSED),
}
