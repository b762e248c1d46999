"""Erasing what people wrote in a ledger: its chains say who asked for it and why, and still verify."""

from django.db import transaction
from django.db.models import TextChoices

from accounts.locks import lock_person
from accounts.models import User
from common.files import drop_file
from engagement import ledger
from engagement.models import (
    Attestation,
    Certificate,
    Contest,
    Decision,
    Evidence,
    HourEntry,
    RecordEvent,
)
from engagement.states import HourEntryStatus

# Stands where something must: an entry has a title, a revocation a reason.
ERASED = "…"
BLANK = ("", ERASED)


class Why(TextChoices):
    """A request under RGPD art. 17, or the end of the time for which data are kept."""

    REQUEST = "request"
    PURGE = "purge"


@transaction.atomic
def erase_ledger(person: User, *, why: Why, actor: User | None) -> None:
    """Takes out of a person's records what anybody wrote, what was shown, and their name.

    Times, minutes, states and authors stay, and so does the short statement of each certificate, which names nobody.
    """
    lock_person(person.pk)
    records = ledger.lock_records_of([person.pk])
    shown = list(Evidence.objects.filter(entry__record__in=records).select_related("entry"))
    events = [
        ledger.next_event(
            record, None, "erase", actor=actor, why=why, gone=[one for one in shown if one.entry.record_id == record.pk]
        )
        for record in records.values()
    ]
    RecordEvent.objects.filter(record__in=records).update(text="", details={}, salt="")
    ledger.write_events(records.values(), events)
    Evidence.objects.filter(entry__record__in=records).delete()
    for one in shown:
        drop_file(str(one.file.name))
    entries = HourEntry.objects.filter(record__in=records)
    entries.update(reflection="", tutor_name="", tutor_email="")
    entries.exclude(status=HourEntryStatus.DELETED).update(title=ERASED)
    entries.exclude(organization_name="").update(organization_name=ERASED)
    Attestation.objects.filter(entry__in=entries).update(reason="")
    Decision.objects.filter(entry__in=entries).update(reason="")
    Contest.objects.filter(entry__in=entries).update(reason="", answer="")
    certificates = Certificate.objects.filter(record__in=records)
    certificates.update(snapshot=None, reason="")
    certificates.exclude(revocation_reason="").update(revocation_reason=ERASED)
