"""A student's word against a rejection, a partial approval or a denial: once per entry, and the manager decides."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_person
from accounts.models import User
from common.changes import note_change
from common.errors import BadInput, DomainError, NotAllowed, WrongState, next_state
from engagement import ledger, notices, selectors
from engagement.models import Attestation, Contest, Decision, HourEntry, RecordEvent
from engagement.services import attestation_requests, attestations
from engagement.services.overlaps import ensure_alone
from engagement.services.records import locked_entry, save_move
from engagement.states import (
    CONTEST_TRANSITIONS,
    HOUR_ENTRY_TRANSITIONS,
    PRIVATE_HOUR_ENTRY,
    AttestationStatus,
    AttestationVerb,
    ContestSubject,
    HourEntryStatus,
)
from notifications import outbox
from schools import selectors as schools

MOVED = ["status", "approved_minutes", "attestation_status", "attested_minutes"]


@transaction.atomic
def contest_entry(entry: HourEntry, *, reason: str, actor: User) -> HourEntry:
    """The author asks the school's manager to look again, within CONTEST_DAYS. Answers the entry.

    Raises NotAllowed, WrongState, DomainError (`contested_already`, `too_late`, `no_school` for a passport).
    """
    record, entry = locked_entry(entry, actor)
    if record.option is None:
        raise DomainError(_("A passport has no school that could decide: write to the organisation."), code="no_school")
    subject, since = _subject(entry)
    if Contest.objects.filter(entry=entry).exists():
        said = _("You have contested these hours once already. Talk to your school.")
        raise DomainError(said, code="contested_already")
    if timezone.now() > since + timedelta(days=settings.CONTEST_DAYS):
        raise DomainError(_("The time to contest this is over. Talk to your school."), code="too_late")
    contest = Contest.objects.create(entry=entry, subject=subject, reason=reason)
    entry.contest = contest
    save_move(
        record, entry, [], [ledger.next_event(record, entry, "contest", actor=actor, text=reason, rows=[contest])]
    )
    note_change(record.person_id, "contest", contest.pk)
    outbox.publish_many(
        outbox.Letter(notices.contest_opened, contest, manager)
        for manager in schools.managers_of(record.option.school)
    )
    return entry


def _subject(entry: HourEntry) -> tuple[ContestSubject, datetime]:
    """What can be contested in the entry as it is, and since when."""
    decided = Decision.objects.filter(entry=entry).order_by("created_at").last()
    if decided and entry.status == HourEntryStatus.REJECTED:
        return ContestSubject.REJECTION, decided.created_at
    if decided and is_approved_in_part(entry):
        return ContestSubject.PARTIAL_APPROVAL, decided.created_at
    denied = Attestation.objects.filter(entry=entry, verb=AttestationVerb.DENY).order_by("created_at").last()
    is_denied = entry.attestation_status == AttestationStatus.DENIED and entry.status not in PRIVATE_HOUR_ENTRY
    if denied and is_denied:
        return ContestSubject.DENIAL, denied.created_at
    raise WrongState("contest", entry.status)


def is_approved_in_part(entry: HourEntry) -> bool:
    """Whether the school counts less than its student claims."""
    return entry.approved_minutes is not None and entry.approved_minutes < entry.claimed_minutes


@transaction.atomic
def decide_contest(contest: Contest, verb: str, *, reason: str, actor: User) -> Contest:
    """The manager's answer: `uphold` puts the hours before the school again (for a denial: before the organisation),
    `dismiss` leaves them.

    Raises NotAllowed, WrongState (of hours that were taken back, too), BadInput (`reason_needed`), Overlaps,
    DomainError (`own_entry`, `certified`).
    """
    person = lock_person(contest.entry.record.person_id)
    record = ledger.lock_records([contest.entry.record_id])[contest.entry.record_id]
    entry = HourEntry.objects.select_for_update(of=("self",)).select_related("mission").get(pk=contest.entry_id)
    contest = Contest.objects.select_for_update(of=("self",)).get(pk=contest.pk)
    record.person, entry.record, contest.entry = person, record, entry
    if record.option is None or not schools.manages(actor, record.option.school):
        raise NotAllowed
    if record.person_id == actor.pk:
        raise DomainError(_("Somebody else must decide on your own hours."), code="own_entry")
    if entry.status in PRIVATE_HOUR_ENTRY:
        raise WrongState(verb, entry.status)
    contest.status = next_state(CONTEST_TRANSITIONS, verb, contest.status)
    if not reason.strip():
        raise BadInput(code="reason_needed", fields={"reason": _("Give the reason: the student reads it.")})
    contest.answer, contest.decided_by, contest.decided_at = reason, actor, timezone.now()
    contest.save(update_fields=["status", "answer", "decided_by", "decided_at"])
    events = _upheld(contest, actor) if verb == "uphold" else [_event(contest, "dismiss", actor)]
    save_move(record, entry, MOVED, events)
    note_change(record.person_id, "contest", contest.pk)
    outbox.publish(notices.contest_decided, contest, to=person)
    return contest


def _event(contest: Contest, verb: str, actor: User) -> RecordEvent:
    entry = contest.entry
    return ledger.next_event(entry.record, entry, verb, actor=actor, text=contest.answer, rows=[contest])


def _upheld(contest: Contest, actor: User) -> list[RecordEvent]:
    """The school looks again; against a denial, the organisation does, whatever the school has decided."""
    entry = contest.entry
    if contest.subject == ContestSubject.DENIAL:
        if entry.attestation_status != AttestationStatus.DENIED:
            raise WrongState("reset", entry.attestation_status)
        # The manager's words are the school's: organisers read the reset, not why.
        upheld = _event(contest, "uphold", actor)
        attestations.reset(entry)
        reset = ledger.next_event(entry.record, entry, "reset", actor=actor)
        return [upheld, reset, *attestation_requests.request(entry)]
    if entry.status == HourEntryStatus.APPROVED and not is_approved_in_part(entry):
        raise WrongState("reconsider", entry.status)
    entry.status = next_state(HOUR_ENTRY_TRANSITIONS, "reconsider", entry.status)
    _ensure_can_stand(entry)
    entry.approved_minutes = None
    return [_event(contest, "reconsider", actor)]


def _ensure_can_stand(entry: HourEntry) -> None:
    """No valid certificate lists what is about to be decided anew, and nothing stands where it comes back to."""
    if selectors.entries_under_certificate([entry.pk]):
        raise DomainError(_("A valid certificate lists these hours: revoke it first."), code="certified")
    ensure_alone(
        entry, _("The student has handed in other hours for this time since then. Ask them to take those back first.")
    )
