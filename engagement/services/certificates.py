"""Certificates: issued once what the option asks for is reached, locking what they cover, superseded and revoked."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common import paris
from common.changes import note_change
from common.errors import BadInput, DomainError, NotAllowed, next_state
from engagement import ledger, notices, signing
from engagement.models import Certificate, HourEntry, Record
from engagement.progress import Progress, counted_entries, progress_of_records
from engagement.states import CERTIFICATE_TRANSITIONS, CertificateStatus, ProgressStatus
from missions.services.locks import lock_person
from notifications import outbox
from schools import selectors as schools

# Crockford's alphabet: no I, L, O, U, so that a number can be read aloud.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
READ_AS = str.maketrans("ILOU", "110V")
GROUPS = 3


class NotComplete(DomainError):
    """409: the target is not reached; a school manager may issue it all the same, with a reason."""

    code = "not_complete"
    detail = _("The hours that count do not reach the target yet.")


class NoOption(DomainError):
    """409: a passport has no school to issue a certificate."""

    code = "no_option"
    detail = _("Only the record of a school's option has a certificate.")


@transaction.atomic
def issue_certificate(record: Record, *, reason: str = "", actor: Any) -> Certificate:
    """Puts down what counts now, signs it, and locks the entries; the certificate before it is superseded.

    By the student once the option is complete; by a manager of the school, before that with a reason. Raises
    NotAllowed, NoOption, NotComplete, BadInput (`reason_needed`), DomainError (`nothing_new`).
    """
    person = lock_person(record.person_id)
    ledger.lock_records([record.pk])
    record = Record.objects.select_related("option__school", "option__school_year").get(pk=record.pk)
    record.person = person
    if record.option is None:
        raise NoOption
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
    former = Certificate.objects.valid().select_for_update(of=("self",)).filter(record=record).first()
    if former is not None and set(former.entries.values_list("pk", flat=True)) == {entry.pk for entry in entries}:
        raise DomainError(
            _("A valid certificate covers these hours already."), code="nothing_new", extra={"id": str(former.pk)}
        )
    if former is not None:
        _end(former, "supersede", actor=actor)
    certificate = _put_down(record, progress, entries, reason=reason, actor=actor)
    _tell(notices.certificate_issued, certificate)
    return certificate


def _put_down(
    record: Record, progress: Progress, entries: list[HourEntry], *, reason: str, actor: Any
) -> Certificate:
    now = timezone.now()
    number, salt = _number(record), secrets.token_hex(16)
    facts = _snapshot(record, progress, entries, number=number, now=now)
    key_id, key = signing.signing_key()
    certificate = Certificate.objects.create(
        record=record,
        number=number,
        minutes=progress.counted_minutes,
        school_year_label=facts["school_year"],
        snapshot=facts,
        identity_salt=salt,
        identity_hash=identity_hash(salt, record.person),
        key_id=key_id,
        signature=signing.sign(key, ledger.canonical(facts).encode()),
        issued_at=now,
        issued_by=actor,
        reason=reason,
    )
    certificate.entries.set(entries)
    return certificate


def identity_hash(salt: str, person: Any) -> str:
    """What proves, once the name is erased, that a certificate is this person's: they bring name and birth date."""
    return hashlib.sha256(f"{salt}\n{person.full_name}\n{person.birth_date or ''}".encode()).hexdigest()


def _snapshot(
    record: Record, progress: Progress, entries: list[HourEntry], *, number: str, now: datetime
) -> dict[str, Any]:
    option, person = record.option, record.person
    assert option is not None  # noqa: S101 the caller has asked
    return {
        "number": number,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "school": option.school.name,
        "school_uai": option.school.uai,
        "school_year": option.school_year.label,
        "issued_at": now.isoformat(),
        "target_minutes": option.target_minutes,
        "minutes": progress.counted_minutes,
        "by_domain": [
            {"domain": domain.domain, "minutes": domain.counted_minutes}
            for domain in progress.by_domain
            if domain.counted_minutes
        ],
        "entries": [
            {
                "on": paris.day_of(entry.started_at).isoformat(),
                "title": entry.title,
                "organization": entry.organization_name
                or (entry.mission.organization.name if entry.mission else ""),
                "minutes": entry.approved_minutes,
            }
            for entry in entries
        ],
    }


def _number(record: Record) -> str:
    assert record.option is not None  # noqa: S101 the caller has asked
    year = record.option.school_year
    return numbered(year.starts_on.year, year.ends_on.year)


def numbered(first_year: int, last_year: int) -> str:
    """`E2627-XXXX-XXXX-XXXX`: the school year and 55 random bits, the last character a check of the others."""
    drawn = "".join(secrets.choice(ALPHABET) for _n in range(GROUPS * 4 - 1))
    body = drawn + _check(drawn)
    groups = "-".join(body[start : start + 4] for start in range(0, len(body), 4))
    return f"E{first_year % 100:02d}{last_year % 100:02d}-{groups}"


def _check(characters: str) -> str:
    return ALPHABET[sum(n * ALPHABET.index(one) for n, one in enumerate(characters, start=1)) % 31]


def certificate_of_number(text: str) -> Certificate | None:
    """The certificate of a number as people type it: case, hyphens and look-alike characters aside."""
    plain = "".join(character for character in text.upper() if character.isascii() and character.isalnum())
    head, body = plain[:5], plain[5:].translate(READ_AS)
    if len(body) != GROUPS * 4 or not set(body) <= set(ALPHABET) or _check(body[:-1]) != body[-1]:
        return None
    groups = "-".join(body[start : start + 4] for start in range(0, len(body), 4))
    return Certificate.objects.filter(number=f"{head}-{groups}").first()


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
    _end(locked, "revoke", actor=actor)
    return locked


def _end(certificate: Certificate, verb: str, *, actor: Any) -> None:
    certificate.status = next_state(CERTIFICATE_TRANSITIONS, verb, certificate.status)
    certificate.ended_at, certificate.ended_by = timezone.now(), actor
    certificate.save(update_fields=["status", "ended_at", "ended_by", "revocation_reason"])
    say = {
        CertificateStatus.SUPERSEDED: notices.certificate_superseded,
        CertificateStatus.REVOKED: notices.certificate_revoked,
    }[CertificateStatus(certificate.status)]
    _tell(say, certificate)


def _tell(say: Any, certificate: Certificate) -> None:
    person = certificate.record.person
    outbox.publish(say, certificate, to=person, dedupe_key=f"{say.__name__}:{certificate.pk}")
    note_change(person.pk, "certificate", certificate.pk)


def erase_snapshot(certificate: Certificate) -> None:
    """Takes the person out of a certificate; number, year, minutes, status and the hash of who it was stay."""
    certificate.snapshot = None
    certificate.save(update_fields=["snapshot"])
