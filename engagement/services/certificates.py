"""Certificates: issued once what the option asks for is reached, locking what they cover, superseded and revoked."""

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common import paris
from common.changes import note_change
from common.errors import BadInput, DomainError, NotAllowed, next_state
from engagement import ledger, notices, numbers, signing
from engagement.models import Certificate, HourEntry, Record
from engagement.progress import Progress, counted_entries, progress_of_records
from engagement.states import CERTIFICATE_TRANSITIONS, CertificateKind, ProgressStatus
from missions.services.locks import lock_person
from notifications import outbox
from notifications.outbox import Notice
from schools import selectors as schools


class NothingNew(DomainError):
    """409: the valid one says the same; `id` names it."""

    code = "nothing_new"
    detail = _("A valid certificate covers these hours already.")


class NotComplete(DomainError):
    """409: the target is not reached; a school manager may issue it all the same, with a reason."""

    code = "not_complete"
    detail = _("The hours that count do not reach the target yet.")


@transaction.atomic
def issue_certificate(record: Record, *, reason: str = "", actor: Any) -> Certificate:
    """Puts down what counts now, signs it, and locks the entries; the certificate before it is superseded.

    By the student once the option is complete; by a manager of the school, before that with a reason. Raises
    NotAllowed, NotComplete, BadInput (`reason_needed`), NothingNew.
    """
    record = locked_with_option(record)
    assert record.option is not None  # noqa: S101 the caller knows which kind it asks for
    manages = schools.manages(actor, record.option.school)
    if actor.pk != record.person_id and not manages:
        raise NotAllowed
    (progress,) = progress_of_records([record])
    if progress.status != ProgressStatus.COMPLETE:
        if not manages:
            raise NotComplete(extra={"counted_minutes": progress.counted_minutes})
        if not reason.strip():
            raise BadInput(code="reason_needed", fields={"reason": _("Say why, before the target is reached.")})
    # Under their locks: what is revoked at this moment is not covered, what is covered is not revoked.
    entries = list(counted_entries(record).select_for_update(of=("self",)).order_by("started_at", "pk"))
    if not entries:
        raise NotComplete(extra={"counted_minutes": 0})
    facts, former = _facts(record, progress, entries), valid_one_of(record, CertificateKind.OPTION)
    if former is not None:
        if says(former, facts):
            raise NothingNew(extra={"id": str(former.pk)})
        end(former, "supersede", actor=actor)
        tell(notices.certificate_superseded, former)
    year = record.option.school_year
    certificate = put_down(
        Certificate(
            record=record, kind=CertificateKind.OPTION, school_year_label=year.label, reason=reason, issued_by=actor
        ),
        facts,
        entries,
        number=numbers.drawn(f"E{year.starts_on.year % 100:02d}{year.ends_on.year % 100:02d}"),
    )
    tell(notices.certificate_issued, certificate)
    return certificate


def locked_with_option(record: Record) -> Record:
    """The record with its person and option, under the locks of both."""
    person = lock_person(record.person_id)
    ledger.lock_records([record.pk])
    locked = Record.objects.select_related("option__school", "option__school_year").get(pk=record.pk)
    locked.person = person
    return locked


def valid_one_of(record: Record, kind: str) -> Certificate | None:
    """The valid certificate of that kind, locked."""
    found = Certificate.objects.valid().select_for_update(of=("self",)).filter(record=record, kind=kind).first()
    if found is not None:
        found.record = record
    return found


def says(certificate: Certificate, facts: dict[str, Any]) -> bool:
    """Whether the certificate says these facts already."""
    return certificate.snapshot is not None and facts.items() <= certificate.snapshot.items()


def put_down(
    certificate: Certificate, facts: dict[str, Any], entries: Collection[HourEntry], *, number: str
) -> Certificate:
    """Signs these facts under that number and saves the certificate, which covers these entries; the phone follows."""
    person, (key_id, key) = certificate.record.person, signing.signing_key()
    certificate.number, certificate.issued_at = number, timezone.now()
    certificate.snapshot = {"number": number, "issued_at": certificate.issued_at.isoformat(), **facts}
    certificate.minutes = facts["minutes"]
    certificate.identity_salt = secrets.token_hex(16)
    certificate.identity_hash = identity_hash(certificate.identity_salt, person)
    certificate.key_id = key_id
    certificate.signature = signing.sign(key, ledger.canonical(certificate.snapshot).encode())
    certificate.save(force_insert=True)
    certificate.entries.set(entries)
    note_change(person.pk, "certificate", certificate.pk)
    return certificate


def identity_hash(salt: str, person: Any) -> str:
    """What proves, once the name is erased, that a certificate is this person's: they bring name and birth date."""
    return hashlib.sha256(f"{salt}\n{person.full_name}\n{person.birth_date or ''}".encode()).hexdigest()


def _facts(record: Record, progress: Progress, entries: Iterable[HourEntry]) -> dict[str, Any]:
    option = record.option
    assert option is not None  # noqa: S101 the caller has asked
    return {
        "kind": CertificateKind.OPTION.value,
        **named(record.person),
        "school": option.school.name,
        "school_uai": option.school.uai,
        "school_year": option.school_year.label,
        "target_minutes": option.target_minutes,
        "minutes": progress.counted_minutes,
        "by_domain": [
            {"domain": domain.domain, "minutes": domain.counted_minutes}
            for domain in progress.by_domain
            if domain.counted_minutes
        ],
        "entries": [line_of(entry, entry.approved_minutes) for entry in entries],
    }


def named(person: Any) -> dict[str, str]:
    """Whose it is, as signed."""
    return {"first_name": person.first_name, "last_name": person.last_name}


def line_of(entry: HourEntry, minutes: int | None) -> dict[str, Any]:
    """An entry as it is signed, with the minutes that are certified of it."""
    return {
        "on": paris.day_of(entry.started_at).isoformat(),
        "title": entry.title,
        "organization": entry.organization_name or (entry.mission.organization.name if entry.mission else ""),
        "minutes": minutes,
    }


def certificate_of_number(text: str) -> Certificate | None:
    """The certificate of a number as people type it."""
    number = numbers.read(text)
    return Certificate.objects.filter(number=number).first() if number else None


@transaction.atomic
def revoke_certificate(certificate: Certificate, *, reason: str, actor: Any) -> Certificate:
    """Ends it, with a reason that the student reads; its entries are free again. Raises NotAllowed, WrongState,
    BadInput (`reason_needed`)."""
    lock_person(certificate.record.person_id)
    locked = (
        Certificate.objects.select_for_update(of=("self",))
        .select_related("record__person", "record__option__school")
        .get(pk=certificate.pk)
    )
    option = locked.record.option
    if option is None or not schools.manages(actor, option.school):
        raise NotAllowed
    next_state(CERTIFICATE_TRANSITIONS, "revoke", locked.status)
    if not reason.strip():
        raise BadInput(code="reason_needed", fields={"reason": _("Give the reason: the student reads it.")})
    locked.revocation_reason = reason
    end(locked, "revoke", actor=actor)
    tell(notices.certificate_revoked, locked)
    return locked


def end(certificate: Certificate, verb: str, *, actor: Any) -> None:
    """`supersede` or `revoke`, by the table; the phone follows. Raises WrongState."""
    certificate.status = next_state(CERTIFICATE_TRANSITIONS, verb, certificate.status)
    certificate.ended_at, certificate.ended_by = timezone.now(), actor
    certificate.save(update_fields=["status", "ended_at", "ended_by", "revocation_reason"])
    note_change(certificate.record.person_id, "certificate", certificate.pk)


def tell(say: Callable[[Any], Notice], certificate: Certificate) -> None:
    """Has its person told, once."""
    dedupe_key = f"{say.__name__}:{certificate.pk}"
    outbox.publish(say, certificate, to=certificate.record.person, dedupe_key=dedupe_key)


def erase_snapshot(certificate: Certificate) -> None:
    """Takes the person out of a certificate; number, year, minutes, status and the hash of who it was stay."""
    certificate.snapshot = None
    certificate.save(update_fields=["snapshot"])
