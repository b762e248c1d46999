"""Which record a day's hours go to, and the locks under which it grows.

Lock order: the person (overlaps concern all their records), then the records by id (their chains), then the entry.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from common import paris
from common.changes import note_change
from common.errors import BadInput, NotAllowed
from engagement import ledger
from engagement.models import HourEntry, Record, RecordEvent
from engagement.services.options import ensure_option
from missions.services.locks import lock_person
from schools import selectors as schools


class OutsideSchoolYear(BadInput):
    """400: hours under a school's option lie in its year, from Paris midnight to Paris midnight."""

    code = "outside_school_year"


def record_for(person: Any, day: date) -> Record:
    """The ledger that a day's hours go to, locked: the enrolment's option of that school year, else the passport.

    Made when it is not there. Called under the person's lock.
    """
    enrolment = schools.enrolment_on(person, day)
    class_group = enrolment.class_group if enrolment else None
    found = Record.objects.select_for_update(of=("self",)).filter(person=person)
    if class_group is None:
        found = found.filter(option=None)
    else:
        found = found.filter(option__school=class_group.school_id, option__school_year=class_group.school_year_id)
        found = found.select_related("option__school_year")
    record = found.first()
    if record is None:
        option = ensure_option(class_group.school, class_group.school_year) if class_group else None
        record, _created = Record.objects.get_or_create(person=person, option=option)
        note_change(person.pk, "record", record.pk)
    return record


def ensure_in_year(record: Record, started_at: datetime, ended_at: datetime) -> None:
    """Raises OutsideSchoolYear for hours that reach out of the year of the record's option."""
    if record.option is None:
        return
    year = record.option.school_year
    first, last = paris.midnight(year.starts_on), paris.midnight(year.ends_on + timedelta(days=1))
    if not (first <= started_at and ended_at <= last):
        raise OutsideSchoolYear(fields={"started_at": _("These hours reach out of the school year.")})


def locked_entry(entry: HourEntry, actor: Any) -> tuple[Record, HourEntry]:
    """An author's entry and its record under their locks. Raises NotAllowed for anybody else."""
    person = lock_person(actor.pk)
    record = ledger.lock_records([entry.record_id])[entry.record_id]
    if record.person_id != actor.pk:
        raise NotAllowed
    record.person = person
    locked = HourEntry.objects.select_for_update(of=("self",)).select_related("mission").get(pk=entry.pk)
    locked.record = record
    return record, locked


def save_move(
    record: Record, entry: HourEntry, fields: list[str], events: list[RecordEvent], *, is_removed: bool = False
) -> None:
    """Saves what a move changed: the entry as its next version, the events, the head, and the change to follow."""
    entry.version += 1
    entry.save(update_fields=[*fields, "version"])
    ledger.write_events([record], events)
    note_change(record.person_id, "hour_entry", entry.pk, is_removed=is_removed)
