"""What is said of a place. Nothing about a minor holds a surname, an address of theirs or a birth date."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.utils.translation import gettext as _

from missions.kinds import Kind
from missions.models import Shift, SignUp
from missions.notices.reasons import because, because_suspended
from missions.notices.shared import about, facts_of, is_soon, when
from missions.states import ShiftStatus, SignUpStatus
from notifications.outbox import Notice
from notifications.unsaid import reason_in_app


def sign_up_received(sign_up: SignUp) -> Notice:
    """To the organisers: somebody asks for a place, waits for one, or in instant mode has taken one."""
    facts = {**facts_of(sign_up.shift), "name": sign_up.message_name}
    said = {
        "accepted": _("%(name)s has a place, %(when)s."),
        "waitlisted": _("%(name)s is on the waiting list, %(when)s."),
    }
    return Notice(
        kind=Kind.SIGN_UP_RECEIVED,
        title=_("A sign-up for %(mission)s") % facts_of(sign_up.shift),
        body=said.get(sign_up.status, _("%(name)s asks for a place, %(when)s.")) % facts,
        data=about(sign_up),
    )


def sign_up_accepted(sign_up: SignUp) -> Notice:
    """To the person: the place is theirs."""
    return Notice(
        kind=Kind.SIGN_UP_ACCEPTED,
        title=_("You have a place: %(mission)s") % facts_of(sign_up.shift),
        body=_("%(when)s, %(where)s.") % facts_of(sign_up.shift),
        data=about(sign_up),
    )


def _why(sign_up: SignUp) -> str:
    """The rule that stands against it, or where the organisers' own words are."""
    return reason_in_app(sign_up.reason) or because(sign_up)


def sign_up_declined(sign_up: SignUp) -> Notice:
    """To the person: no place."""
    return Notice(
        kind=Kind.SIGN_UP_DECLINED,
        title=_("No place this time: %(mission)s") % facts_of(sign_up.shift),
        body=_why(sign_up) or _("The organiser could not take you on this shift."),
        data=about(sign_up),
    )


def sign_up_removed(sign_up: SignUp) -> Notice:
    """To the person: the place is taken back, and why."""
    return Notice(
        kind=Kind.SIGN_UP_REMOVED,
        title=_("You no longer have a place: %(mission)s") % facts_of(sign_up.shift),
        body="\n".join(
            filter(None, [_("%(when)s, %(where)s.") % facts_of(sign_up.shift), _why(sign_up)])
        ),
        data=about(sign_up),
        is_urgent=is_soon(sign_up.shift),
    )


def sign_up_restored(sign_up: SignUp) -> Notice:
    """To the person: the place is theirs again."""
    return Notice(
        kind=Kind.SIGN_UP_RESTORED,
        title=_("You have your place again: %(mission)s") % facts_of(sign_up.shift),
        body=_("The organiser gave it back: %(when)s, %(where)s.") % facts_of(sign_up.shift),
        data=about(sign_up),
        is_urgent=is_soon(sign_up.shift),
    )


def sign_up_expired(sign_up: SignUp) -> Notice:
    """To the person: nobody decided, or no place was free."""
    facts = facts_of(sign_up.shift)
    said = _("The organiser did not answer, %(when)s.")
    if sign_up.queue_number is not None:
        said = _("No place became yours, %(when)s.")
    return Notice(
        kind=Kind.SIGN_UP_EXPIRED,
        title=_("Your sign-up has expired: %(mission)s") % facts,
        body=said % facts,
        data=about(sign_up),
    )


def sign_up_cancelled(sign_up: SignUp) -> Notice:
    """To the person: the shift does not take place; or it still may, and its organisation is suspended."""
    facts = facts_of(sign_up.shift)
    if sign_up.shift.status == ShiftStatus.CANCELLED:
        title, said = _("Cancelled: %(mission)s"), [_("This shift does not take place: %(when)s.")]
    else:
        title, said = _("Your sign-up has ended: %(mission)s"), [_("%(when)s, %(where)s."), because_suspended()]
        if sign_up.accepted_at:
            title = _("Your place is given up: %(mission)s")
    return Notice(
        kind=Kind.SIGN_UP_CANCELLED,
        title=title % facts,
        body="\n".join(filter(None, [*(one % facts for one in said), reason_in_app(sign_up.reason)])),
        data=about(sign_up),
        is_urgent=is_soon(sign_up.shift),
    )


def shift_changed(sign_up: SignUp) -> Notice:
    """To who stays on a shift, or waits for it: what it is now, and until when an open offer stands."""
    facts = facts_of(sign_up.shift)
    said = [_("Now: %(when)s, %(where)s.") % facts]
    if sign_up.status == SignUpStatus.OFFERED:
        said.append(_("Take your place before %(until)s.") % {"until": when(_offer(sign_up)[1])})
    return Notice(
        kind=Kind.SHIFT_CHANGED,
        title=_("Changed: %(mission)s") % facts,
        body="\n".join(said),
        data=about(sign_up),
        is_urgent=is_soon(sign_up.shift),
    )


def sign_up_undecided(sign_up: SignUp) -> Notice:
    """To the organisers: somebody has waited for their answer for a week."""
    facts = {**facts_of(sign_up.shift), "name": sign_up.message_name}
    return Notice(
        kind=Kind.SIGN_UP_UNDECIDED,
        title=_("A sign-up waits for you: %(mission)s") % facts,
        body=_("%(name)s asked for a place a week ago, %(when)s. Accept or decline.") % facts,
        data=about(sign_up),
    )


def _offer(sign_up: SignUp) -> tuple[datetime, datetime]:
    """When the offer was made and when it ends: an offered row has both (`sign_up_offered_has_its_end`)."""
    return cast(datetime, sign_up.offered_at), cast(datetime, sign_up.offer_expires_at)


def place_offered(sign_up: SignUp) -> Notice:
    """To the person in line: a place is free, and until when it is kept for them."""
    _offered_at, expires_at = _offer(sign_up)
    facts = {**facts_of(sign_up.shift), "until": when(expires_at)}
    return Notice(
        kind=Kind.PLACE_OFFERED,
        title=_("A place is free for you: %(mission)s") % facts,
        body=_("%(when)s, %(where)s. Take it before %(until)s.") % facts,
        data=about(sign_up),
        expires_at=expires_at,
    )


def offer_lapses_soon(sign_up: SignUp) -> Notice:
    """To the person: the offer ends in two hours."""
    _offered_at, expires_at = _offer(sign_up)
    facts = {**facts_of(sign_up.shift), "until": when(expires_at)}
    return Notice(
        kind=Kind.OFFER_LAPSES_SOON,
        title=_("Your place is kept until %(until)s: %(mission)s") % facts,
        body=_("%(when)s, %(where)s. After that it goes to the next in line.") % facts,
        data=about(sign_up),
        expires_at=expires_at,
    )


def offer_lapsed(sign_up: SignUp) -> Notice:
    """To the person: the offer is over, by time or because a rule now stands against it."""
    facts = facts_of(sign_up.shift)
    return Notice(
        kind=Kind.OFFER_LAPSED,
        title=_("The offered place is gone: %(mission)s") % facts,
        body=because(sign_up) or _("It was not taken in time, %(when)s.") % facts,
        data=about(sign_up),
    )


def passed_over(sign_up: SignUp) -> Notice:
    """To the person in line: a place went to somebody behind them, and why; they keep their number."""
    facts = facts_of(sign_up.shift)
    return Notice(
        kind=Kind.PASSED_OVER,
        title=_("A place was free, but not for you: %(mission)s") % facts,
        body=_("%(why)s You stay on the waiting list.") % {"why": because(sign_up)},
        data=about(sign_up),
    )


def place_withdrawn(sign_up: SignUp) -> Notice:
    """To the organisers: a place or a request is given up by the person."""
    return _withdrawn(sign_up, _("%(name)s withdrew, %(when)s."))


def place_released(sign_up: SignUp) -> Notice:
    """To the organisers: a place or a request has ended by a rule, or by somebody else's right to end it."""
    if sign_up.machine_reason:
        return _withdrawn(sign_up, _("%(name)s no longer fits, %(when)s."))
    return _withdrawn(sign_up, _("%(name)s no longer takes part, %(when)s."))


def _withdrawn(sign_up: SignUp, said: str) -> Notice:
    held_a_place = sign_up.accepted_at or sign_up.offered_at
    title = _("A place is free again: %(mission)s") if held_a_place else _("A sign-up has ended: %(mission)s")
    return Notice(
        kind=Kind.PLACE_WITHDRAWN,
        title=title % facts_of(sign_up.shift),
        body="\n".join(
            filter(
                None,
                [
                    said % {**facts_of(sign_up.shift), "name": sign_up.message_name},
                    reason_in_app(sign_up.reason),
                ],
            )
        ),
        data=about(sign_up),
    )


@dataclass(frozen=True)
class ClassOnShift:
    """That a class was signed up: how many of it, and whether they still wait for the organiser."""

    shift: Shift
    class_name: str
    count: int
    is_pending: bool


def class_signed_up(fact: ClassOnShift) -> Notice:
    """To the organisers, or to the class's referents: one line for the whole class."""
    facts = {**facts_of(fact.shift), "class": fact.class_name, "count": fact.count}
    said = _("%(class)s has %(count)d places, %(when)s.")
    if fact.is_pending:
        said = _("%(class)s asks for %(count)d places, %(when)s.")
    return Notice(
        kind=Kind.CLASS_SIGNED_UP,
        title=_("A class on a shift: %(mission)s") % facts,
        body=said % facts,
        data={"shift": str(fact.shift.pk), "mission": str(fact.shift.mission_id)},
    )
