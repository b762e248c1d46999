"""Certificates: issued once what the option asks for is reached, locking what they cover, superseded and revoked.

Each makes two signed statements: the snapshot, and a short one that names nobody and is printed in the QR code.
"""

import hashlib
import secrets
import unicodedata
from collections.abc import Callable, Collection, Iterable
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_person
from accounts.models import User
from common import paris
from common.changes import note_change
from common.errors import BadInput, DomainError, NotAllowed, next_state
from engagement import chain, ledger, notices, numbers, signing
from engagement.models import Certificate, HourEntry, Record, RecordEvent
from engagement.progress import Progress, progress_of_records
from engagement.services.verification import wrong_in_proof
from engagement.states import CERTIFICATE_TRANSITIONS, CertificateKind, CertificateStatus, ProgressStatus
from engagement.sums import counted_entries
from notifications import outbox
from notifications.outbox import Notice
from schools import selectors as schools

logger = structlog.get_logger("elan.certificates")


class NothingNew(DomainError):
    """409: the valid one says the same; `id` names it."""

    code = "nothing_new"
    detail = _("A valid certificate covers these hours already: use that one.")


class RevokedBefore(DomainError):
    """409: hours that a revoked certificate listed are certified again by a manager of the school alone."""

    code = "revoked_before"
    detail = _("A certificate over some of these hours was revoked: only your school can issue the next one.")


class NotAsSigned(DomainError):
    """409: what is kept under this number is not what was signed; nothing of it is told."""

    code = "not_as_signed"
    detail = _(
        "What Élan keeps under this number is not what was signed. Do not rely on the paper: ask the school, and tell "
        "the region."
    )


class NotComplete(DomainError):
    """409: the target is not reached; a school manager may issue it all the same, with a reason."""

    code = "not_complete"
    detail = _("The hours that count do not reach the target yet. See in the progress what is missing.")


@transaction.atomic
def issue_certificate(record: Record, *, reason: str = "", actor: User) -> Certificate:
    """Puts down what counts now, signs it, and locks the entries; the certificate before it is superseded.

    By the student once the option is complete; by a manager of the school, with a reason before that and over hours of
    a certificate that was revoked. Raises NotAllowed, NotComplete, RevokedBefore, BadInput (`reason_needed`),
    NothingNew.
    """
    record = locked_with_option(record)
    assert record.option is not None  # noqa: S101 the caller knows which kind it asks for
    # Whoever is a student and a manager of one lycée is the student here.
    manages = actor.pk != record.person_id and schools.manages(actor, record.option.school)
    if actor.pk != record.person_id and not manages:
        raise NotAllowed
    (progress,) = progress_of_records([record])
    is_complete = progress.status == ProgressStatus.COMPLETE
    if not is_complete and not manages:
        raise NotComplete(extra={"counted_minutes": progress.counted_minutes})
    # Under their locks: what is revoked at this moment is not covered, what is covered is not revoked.
    entries = list(counted_entries(record).select_for_update(of=("self",)).order_by("started_at", "pk"))
    if not entries:
        raise NotComplete(extra={"counted_minutes": 0})
    revoked = _revoked_over(record, entries)
    if revoked is not None and not manages:
        raise RevokedBefore(extra={"id": str(revoked.pk)})
    if (not is_complete or revoked is not None) and not reason.strip():
        why = _("Say why, before the target is reached.")
        if revoked is not None:
            why = _("Say why: a certificate over some of these hours was revoked.")
        raise BadInput(code="reason_needed", fields={"reason": why})
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


def _revoked_over(record: Record, entries: Iterable[HourEntry]) -> Certificate | None:
    """A revoked certificate of the person that lists one of these hours, or other hours of the same time."""
    revoked = Certificate.objects.filter(
        kind=CertificateKind.OPTION, status=CertificateStatus.REVOKED, record__person=record.person_id
    )
    for certificate in revoked.prefetch_related("entries").order_by("pk"):
        for listed in certificate.entries.all():
            if any(one.started_at < listed.ended_at and listed.started_at < one.ended_at for one in entries):
                return certificate
    return None


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
    """Signs these facts under that number and saves the certificate, which covers these entries; the phone follows.

    Called under the record's lock.
    """
    record, (key_id, key) = certificate.record, signing.signing_key()
    person = record.person
    certificate.number, certificate.issued_at = number, timezone.now()
    certificate.snapshot = {"number": number, "issued_at": certificate.issued_at.isoformat(), **facts}
    certificate.minutes = facts["minutes"]
    certificate.identity_salt = secrets.token_hex(16)
    certificate.identity_hash = identity_hash(certificate.identity_salt, person)
    certificate.key_id = key_id
    certificate.signature = signing.sign(key, chain.canonical(certificate.snapshot).encode())
    certificate.statement = signing.state(key_id, key, in_short(certificate))
    certificate.save(force_insert=True)
    certificate.entries.set(entries)
    ledger.append_event(
        record,
        None,
        "issue",
        actor=certificate.issued_by,
        text=certificate.reason,
        rows=[certificate],
        covers=entries,
    )
    note_change(person.pk, "certificate", certificate.pk)
    return certificate


def in_short(certificate: Certificate) -> dict[str, Any]:
    """What the short statement says: all that is left of a person whose name is erased."""
    return {
        "number": certificate.number,
        "uai": (certificate.snapshot or {}).get("school_uai", ""),
        "year": certificate.school_year_label,
        "minutes": certificate.minutes,
        "day": paris.day_of(certificate.issued_at).isoformat(),
        "salt": certificate.identity_salt,
        "identity": certificate.identity_hash,
    }


def identity_hash(salt: str, person: User) -> str:
    """What proves that a certificate is this person's: they bring name and birth date. Capitals do not matter."""
    name = " ".join(unicodedata.normalize("NFC", person.full_name).casefold().split())
    return hashlib.sha256(f"{salt}\n{name}\n{person.birth_date or ''}".encode()).hexdigest()


def ensure_as_signed(certificate: Certificate) -> None:
    """Raises NotAsSigned unless both statements are signed, the row says what they say, and the chain bears it out.

    Asked each time before anybody is told that a certificate holds.
    """
    keys = signing.public_keys()
    short = signing.stated(keys, certificate.statement)
    snapshot = certificate.snapshot
    row = {name: value for name, value in in_short(certificate).items() if name != "uai" or snapshot is not None}
    if snapshot is not None:
        signed = chain.canonical(snapshot).encode()
        is_whole = signing.is_signed(keys, certificate.key_id, signed, certificate.signature)
        is_one = (snapshot.get("number"), snapshot.get("minutes")) == (certificate.number, certificate.minutes)
    else:
        is_whole = is_one = True
    is_short = short is not None and row.items() <= short.items()
    if not (is_whole and is_one and is_short and _is_borne_out(certificate)):
        logger.error("certificate.not_as_signed", certificate=str(certificate.pk))
        raise NotAsSigned


def _is_borne_out(certificate: Certificate) -> bool:
    """Whether the last event of the chain about the certificate says what its row says: status and reasons, too."""
    events = RecordEvent.objects.filter(record=certificate.record_id, entry__isnull=True).order_by("-sequence")
    for event in events:
        if ledger.key_of(certificate) in event.facts.get("rows", {}):
            return chain.is_as_hashed(event) and not wrong_in_proof(certificate, event)
    return False


def _facts(record: Record, progress: Progress, entries: Iterable[HourEntry]) -> dict[str, Any]:
    option = record.option
    assert option is not None  # noqa: S101 the caller has asked
    return {
        "kind": CertificateKind.OPTION.value,
        **named(record.person),
        "region": settings.REGION_NAME,
        "class_name": schools.class_name_of(record.person_id, option.school_id, option.school_year_id),
        **({"head_name": option.head_name} if option.head_name else {}),
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


def named(person: User) -> dict[str, str]:
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
def revoke_certificate(certificate: Certificate, *, reason: str, actor: User) -> Certificate:
    """Ends it, with a reason that the student reads; its entries are free again. Raises NotAllowed, WrongState,
    BadInput (`reason_needed`)."""
    record = locked_with_option(certificate.record)
    locked = Certificate.objects.select_for_update(of=("self",)).get(pk=certificate.pk)
    locked.record = record
    option = record.option
    if option is None or not schools.manages(actor, option.school):
        raise NotAllowed
    next_state(CERTIFICATE_TRANSITIONS, "revoke", locked.status)
    if not reason.strip():
        raise BadInput(code="reason_needed", fields={"reason": _("Give the reason: the student reads it.")})
    locked.revocation_reason = reason
    end(locked, "revoke", actor=actor)
    tell(notices.certificate_revoked, locked)
    return locked


def end(certificate: Certificate, verb: str, *, actor: User | None) -> None:
    """`supersede` or `revoke`, by the table, under the record's lock; the phone follows. Raises WrongState."""
    certificate.status = next_state(CERTIFICATE_TRANSITIONS, verb, certificate.status)
    certificate.ended_at, certificate.ended_by = timezone.now(), actor
    certificate.save(update_fields=["status", "ended_at", "ended_by", "revocation_reason"])
    ledger.append_event(
        certificate.record, None, verb, actor=actor, text=certificate.revocation_reason, rows=[certificate]
    )
    note_change(certificate.record.person_id, "certificate", certificate.pk)


def tell(say: Callable[[Any], Notice], certificate: Certificate) -> None:
    """Has its person told, once."""
    outbox.publish(say, certificate, to=certificate.record.person)
