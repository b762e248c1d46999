"""What a tutor reads on their page: the hours, of whom the first name and an initial, and what was answered."""

from typing import Any

from common.links import fingerprint
from engagement.chain import canonical
from engagement.models import Attestation, AttestationRequest
from engagement.notices import minutes_as_text, when_given
from engagement.states import PRIVATE_HOUR_ENTRY, AttestationStatus, TutorMailStatus, TutorPageStatus


def facts_of(request: AttestationRequest) -> dict[str, Any]:
    """What is asked: who, for whom, when, how long, what."""
    entry, person = request.entry, request.entry.record.person
    return {
        "first_name": person.first_name,
        "initial": person.last_name[:1],
        "name": person.short_name,
        "organization": entry.organization_name,
        "title": entry.title,
        "started_at": entry.started_at,
        "ended_at": entry.ended_at,
        "break_minutes": entry.break_minutes,
        "claimed_minutes": entry.claimed_minutes,
    }


NOTHING: dict[str, Any] = {
    "first_name": "",
    "initial": "",
    "name": "",
    "organization": "",
    "title": "",
    "started_at": None,
    "ended_at": None,
    "break_minutes": 0,
    "claimed_minutes": 0,
}


def seen_of(request: AttestationRequest) -> str:
    """A digest of what is asked: an answer carries it, and is refused when something else is asked by then."""
    facts = {name: str(value) for name, value in facts_of(request).items()}
    return fingerprint(canonical({**facts, "request": str(request.pk), "ask": request.ask_count}))


def word_of(request: AttestationRequest) -> Attestation | None:
    """What the tutor said since they were asked."""
    said = Attestation.objects.filter(entry=request.entry, by_tutor=True, created_at__gte=request.asked_at)
    return said.order_by("created_at", "id").last()


def is_blocked(request: AttestationRequest) -> bool:
    """Whether the mailbox wants no mail any more."""
    return request.address is not None and request.address.blocked_at is not None


def status_of(request: AttestationRequest) -> TutorPageStatus | None:
    """What the page is about; None when there is nothing behind the link any more."""
    said = _status_of_hours(request)
    return TutorPageStatus.BLOCKED if said is None and is_blocked(request) else said


def _status_of_hours(request: AttestationRequest) -> TutorPageStatus | None:
    status = request.entry.attestation_status
    if request.entry.status in PRIVATE_HOUR_ENTRY:
        return None
    if status == AttestationStatus.REQUESTED:
        return TutorPageStatus.OPEN
    if status == AttestationStatus.BOUNCED and request.mail_status == TutorMailStatus.DISOWNED:
        return TutorPageStatus.DISOWNED
    if status == AttestationStatus.BOUNCED and request.mail_status == TutorMailStatus.BLOCKED:
        return TutorPageStatus.BLOCKED
    word = word_of(request)
    said = {"confirm": TutorPageStatus.CONFIRMED, "amend": TutorPageStatus.AMENDED, "deny": TutorPageStatus.DENIED}
    return said[word.verb] if word is not None and status not in _WITHOUT_WORD else None


_WITHOUT_WORD = (AttestationStatus.NONE, AttestationStatus.EXPIRED, AttestationStatus.BOUNCED)
_NOT_THEIRS = (TutorPageStatus.DISOWNED, TutorPageStatus.BLOCKED)


def tutor_page(request: AttestationRequest) -> dict[str, Any]:
    """Behind the link: the facts and the state. A person who said that it is not them reads nothing more of it."""
    entry, status = request.entry, status_of(request)
    is_theirs = status not in _NOT_THEIRS
    return {
        "status": status,
        **(facts_of(request) if is_theirs else NOTHING),
        "when": when_given(entry) if is_theirs else "",
        "time": minutes_as_text(entry.claimed_minutes) if is_theirs else "",
        "attested_minutes": entry.attested_minutes,
        "attested_time": minutes_as_text(entry.attested_minutes) if entry.attested_minutes else "",
        "expires_at": request.expires_at,
        "is_blocked": is_blocked(request),
        "seen": seen_of(request) if status == TutorPageStatus.OPEN else "",
    }
