"""Passports: what organisations attested of a record, put down for its person, and revoked when they no longer do."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from common import paris
from common.errors import DomainError, NotAllowed
from engagement import ledger, notices, numbers, selectors
from engagement.models import Certificate, HourEntry, Record
from engagement.services.certificates import (
    NothingNew,
    end,
    line_of,
    locked_with_option,
    named,
    put_down,
    says,
    tell,
    valid_one_of,
)
from engagement.states import CertificateKind


class NothingAttested(DomainError):
    """409: there is nothing that a passport could say yet."""

    code = "nothing_attested"
    detail = gettext_lazy("No organisation has attested any of these hours yet. Ask for it first.")


@transaction.atomic
def issue_passport(record: Record, *, actor: User) -> tuple[Certificate, bool]:
    """The record's passport as of now, and whether it is a new one: what says the same already is not issued again.

    For the record's own person alone, who is told nothing that they have just asked for. Raises NotAllowed,
    NothingAttested.
    """
    record = locked_with_option(record)
    if actor.pk != record.person_id:
        raise NotAllowed
    entries = selectors.attested_in(record)
    if not entries:
        raise NothingAttested
    facts, former = _facts(record, entries), valid_one_of(record, CertificateKind.PASSPORT)
    if former is not None:
        if says(former, facts):
            return former, False
        end(former, "supersede", actor=actor)
    year = paris.day_of(timezone.now()).year
    passport = Certificate(record=record, kind=CertificateKind.PASSPORT, issued_by=actor)
    return put_down(passport, facts, entries, number=numbers.drawn(f"P{year}")), True


def issue_new_passport(record: Record, *, actor: User) -> Certificate:
    """As `issue_passport`. Raises NothingNew when the valid one says the same."""
    passport, is_new = issue_passport(record, actor=actor)
    if not is_new:
        raise NothingNew(extra={"id": str(passport.pk)})
    return passport


def _facts(record: Record, entries: Sequence[HourEntry]) -> dict[str, Any]:
    minutes: Counter[str] = Counter()
    for entry in entries:
        minutes[entry.domain] += entry.attested_within
    return {
        "kind": CertificateKind.PASSPORT.value,
        **named(record.person),
        "region": settings.REGION_NAME,
        "minutes": minutes.total(),
        "by_domain": [{"domain": domain, "minutes": minutes[domain]} for domain in sorted(minutes)],
        "entries": [line_of(entry, entry.attested_within) for entry in entries],
    }


def word_taken_back(entry: HourEntry) -> None:
    """Revokes passports that list hours which are no longer attested; their person is told.

    Called under the locks of the entry's person and record, whose chain grows here.
    """
    listing = Certificate.objects.valid().filter(kind=CertificateKind.PASSPORT, entries=entry)
    for passport in listing.select_related("record__person").select_for_update(of=("self",)):
        if passport.record_id == entry.record_id:
            passport.record = entry.record
        else:  # the entry has gone to another record since; nobody locks records without their person's lock
            passport.record = ledger.lock_records([passport.record_id])[passport.record_id]
        with translation.override(passport.record.person.language):
            passport.revocation_reason = _("Some of the hours that it lists are no longer attested.")
        end(passport, "revoke", actor=None)
        tell(notices.certificate_revoked, passport)
