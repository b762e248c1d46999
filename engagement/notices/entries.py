"""What is said of hours."""

from django.utils.translation import gettext as _

from common.readable import duration as minutes_as_text
from engagement.kinds import Kind
from engagement.models import Attestation, Contest, Decision, HourEntry
from engagement.states import DecisionVerb
from notifications.outbox import Notice
from notifications.unsaid import reason_in_app


def about(entry: HourEntry) -> dict[str, str]:
    """The ids by which the app finds it."""
    return {"hour_entry": str(entry.pk)}


def _and_why(said: str, reason: str) -> str:
    return " ".join(filter(None, [said, reason_in_app(reason)]))


def _attested_title(entry: HourEntry) -> str:
    return _("%(time)s attested: %(title)s") % {
        "time": minutes_as_text(entry.attested_minutes or 0),
        "title": entry.title,
    }


def attested(entry: HourEntry) -> Notice:
    """To a student: the organisation confirmed; write a reflection and submit."""
    return Notice(
        kind=Kind.ATTESTED,
        title=_attested_title(entry),
        body=_("Add what you learned, then submit the hours to your teacher."),
        data=about(entry),
    )


def attested_in_passport(entry: HourEntry) -> Notice:
    """To a citizen: the organisation confirmed; it counts."""
    return Notice(
        kind=Kind.ATTESTED,
        title=_attested_title(entry),
        body=_("They are in your volunteer passport."),
        data=about(entry),
    )


def to_attest(entry: HourEntry) -> Notice:
    """To those who run the mission: somebody logged hours by hand, and asks for their word. No name: the app has it."""
    return Notice(
        kind=Kind.TO_ATTEST,
        title=_("Hours to attest: %(title)s") % {"title": entry.title},
        body=_("Somebody logged %(time)s for this mission: confirm them, correct the minutes, or say no.")
        % {"time": minutes_as_text(entry.claimed_minutes)},
        data=about(entry),
    )


def attested_by_hand(attestation: Attestation) -> Notice:
    """To the author: the organisation confirmed hours that were logged by hand."""
    entry = attestation.entry
    return Notice(
        kind=Kind.ATTESTED,
        title=_attested_title(entry),
        body=_("Your tutor has confirmed these hours.")
        if attestation.by_tutor
        else _("The organisation has confirmed these hours."),
        data=about(entry),
    )


def amended(attestation: Attestation) -> Notice:
    """To the author: the organisation corrected the minutes; to be acknowledged."""
    entry = attestation.entry
    return Notice(
        kind=Kind.AMENDED,
        title=_("Corrected to %(time)s: %(title)s")
        % {"time": minutes_as_text(attestation.minutes or 0), "title": entry.title},
        body=_and_why(_("The minutes were corrected. Say in the app that you have seen it."), attestation.reason),
        data=about(entry),
    )


def denied(attestation: Attestation) -> Notice:
    """To the author: the organisation says no, and why."""
    entry = attestation.entry
    return Notice(
        kind=Kind.DENIED,
        title=_("Not confirmed: %(title)s") % {"title": entry.title},
        body=reason_in_app(attestation.reason) or _("Your tutor says that this did not happen. Talk to them."),
        data=about(entry),
    )


def decided(decision: Decision) -> Notice:
    """To the student: what the school decided, with the reason."""
    entry = decision.entry
    kind = {
        DecisionVerb.APPROVE: Kind.APPROVED,
        DecisionVerb.RETURN: Kind.RETURNED,
        DecisionVerb.REJECT: Kind.REJECTED,
        DecisionVerb.REVOKE: Kind.REVOKED,
    }[DecisionVerb(decision.verb)]
    # The minutes that the organisation corrected are those there were to approve.
    given = entry.attested_minutes or entry.claimed_minutes
    if kind == Kind.APPROVED and (decision.minutes or 0) < min(given, entry.claimed_minutes):
        kind = Kind.PARTLY_APPROVED
    time = minutes_as_text(decision.minutes or 0)
    title = {
        Kind.APPROVED: _("%(time)s approved: %(title)s") % {"time": time, "title": entry.title},
        Kind.PARTLY_APPROVED: _("%(time)s approved in part: %(title)s") % {"time": time, "title": entry.title},
        Kind.RETURNED: _("To complete: %(title)s") % {"title": entry.title},
        Kind.REJECTED: _("Not counted: %(title)s") % {"title": entry.title},
        Kind.REVOKED: _("No longer counted: %(title)s") % {"title": entry.title},
    }[kind]
    said = _("Approved by your school's rules.") if decision.by_policy else _("Your teacher decided on your hours.")
    return Notice(kind=kind, title=title, body=_and_why(said, decision.reason), data=about(entry))


def contest_opened(contest: Contest) -> Notice:
    """To the school's managers: a student asks them to look again. No name: the app has it."""
    return Notice(
        kind=Kind.CONTEST_OPENED,
        title=_("A student contests: %(title)s") % {"title": contest.entry.title},
        body=_("Read what they say, then uphold or dismiss it with a reason."),
        data={**about(contest.entry), "contest": str(contest.pk)},
    )


def contest_decided(contest: Contest) -> Notice:
    """To the student: what the manager answered, and why."""
    entry = contest.entry
    title = {
        "upheld": _("Your contest was upheld: %(title)s") % {"title": entry.title},
        "dismissed": _("Your contest was dismissed: %(title)s") % {"title": entry.title},
    }[contest.status]
    return Notice(
        kind=Kind.CONTEST_DECIDED,
        title=title,
        body=_("Read the answer in the app."),
        data={**about(entry), "contest": str(contest.pk)},
    )
