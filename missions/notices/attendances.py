"""Notices of comings and leavings: to the person who came or is expected, and to those who confirm it."""

from django.utils.translation import gettext as _

from missions.kinds import Kind
from missions.models import AttendanceEvent, Shift, SignUp
from missions.notices.shared import about, facts_of
from notifications.outbox import Notice
from notifications.unsaid import reason_in_app


def _and_why(said: str, event: AttendanceEvent) -> str:
    return " ".join(filter(None, [said, reason_in_app(event.reason)]))


def shift_in_a_day(sign_up: SignUp) -> Notice:
    """To the person, 24 hours before the start: in time to withdraw."""
    facts = facts_of(sign_up.shift)
    return Notice(
        kind=Kind.SHIFT_IN_A_DAY,
        title=_("Coming up: %(mission)s") % facts,
        body=_("%(when)s, %(where)s. If you cannot come, withdraw now: somebody else may take the place.") % facts,
        data=about(sign_up),
        expires_at=sign_up.shift.starts_at,
    )


def shift_in_two_hours(sign_up: SignUp) -> Notice:
    """To the person, two hours before the start."""
    facts = facts_of(sign_up.shift)
    return Notice(
        kind=Kind.SHIFT_IN_TWO_HOURS,
        title=_("Starting soon: %(mission)s") % facts,
        body=_("%(when)s, %(where)s. You are expected.") % facts,
        data=about(sign_up),
        expires_at=sign_up.shift.starts_at,
    )


def check_in_open(sign_up: SignUp) -> Notice:
    """To the person, 15 minutes before the start."""
    facts = facts_of(sign_up.shift)
    return Notice(
        kind=Kind.CHECK_IN_OPEN,
        title=_("Check in now: %(mission)s") % facts,
        body=_("It starts %(when)s, %(where)s. Scan the organiser's QR when you arrive.") % facts,
        data=about(sign_up),
    )


def check_out_forgotten(sign_up: SignUp) -> Notice:
    """To the person, half an hour after the end."""
    return Notice(
        kind=Kind.CHECK_OUT_FORGOTTEN,
        title=_("Did you leave? %(mission)s") % facts_of(sign_up.shift),
        body=_(
            "You have not checked out. Without a check-out, your time is counted to the end of the shift and your "
            "organiser checks it."
        ),
        data=about(sign_up),
    )


def volunteers_needed(shift: Shift) -> Notice:
    """To people nearby who asked to hear of it: too few have a place."""
    facts = facts_of(shift)
    return Notice(
        kind=Kind.VOLUNTEERS_NEEDED,
        title=_("Volunteers needed: %(mission)s") % facts,
        body=_("%(when)s, %(where)s: there are not enough of us yet. Will you come?") % facts,
        data={"shift": str(shift.pk), "mission": str(shift.mission_id)},
        expires_at=shift.starts_at,
    )


def attendances_to_confirm(shift: Shift) -> Notice:
    """To the organisers, days after the end: of somebody they have said nothing yet."""
    facts = facts_of(shift)
    return Notice(
        kind=Kind.ATTENDANCES_TO_CONFIRM,
        title=_("Attendances to confirm: %(mission)s") % facts,
        body=_(
            "On the shift of %(when)s, somebody still waits for your word: confirm how long they were there, or mark "
            "them as absent. Without it, their hours do not count."
        )
        % facts,
        data={"shift": str(shift.pk), "mission": str(shift.mission_id)},
    )


def marked_no_show(event: AttendanceEvent) -> Notice:
    """To the person: the organiser says that they did not come."""
    sign_up = event.attendance.sign_up
    facts = facts_of(sign_up.shift)
    return Notice(
        kind=Kind.MARKED_NO_SHOW,
        title=_("Marked as absent: %(mission)s") % facts,
        body=_and_why(_("The organiser did not see you there, %(when)s. If you came, tell them.") % facts, event),
        data=about(sign_up),
    )


def excused(event: AttendanceEvent) -> Notice:
    """To the person: the organiser knows why they did not come."""
    sign_up = event.attendance.sign_up
    facts = facts_of(sign_up.shift)
    return Notice(
        kind=Kind.EXCUSED,
        title=_("Excused: %(mission)s") % facts,
        body=_and_why(_("The organiser excused your absence, %(when)s.") % facts, event),
        data=about(sign_up),
    )


def attendance_reopened(event: AttendanceEvent) -> Notice:
    """To the person: the organiser took their word back, and why."""
    sign_up = event.attendance.sign_up
    return Notice(
        kind=Kind.ATTENDANCE_REOPENED,
        title=_("Looked at again: %(mission)s") % facts_of(sign_up.shift),
        body=_and_why(_("The organiser took back what they had noted of your presence."), event),
        data=about(sign_up),
    )
