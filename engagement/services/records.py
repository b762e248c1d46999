"""Which record a day's hours go to, and the locks under which it grows.

Lock order: the person (overlaps concern all their records), then the records by id (their chains), then the entry.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_person
from accounts.models import User
from common import paris
from common.changes import Noted, note_change, note_changes
from common.errors import BadInput, NotAllowed
from common.sql import Columns, SqlText, has_texts
from engagement import ledger
from engagement.models import EngagementOption, HourEntry, Record, RecordEvent
from engagement.services.options import ensure_options
from engagement.services.overlaps import held_alone
from schools import selectors as schools
from schools.models import SchoolYear


class OutsideSchoolYear(BadInput):
    """400: hours under a school's option lie in its year, from Paris midnight to Paris midnight."""

    code = "outside_school_year"


RECORD, OPTION, YEAR = Columns(Record, "record"), Columns(EngagementOption, "option"), Columns(SchoolYear, "year")
# Of `record_for`, what most hours ask: a student's record that is there already.
SCHOOL_RECORD = SqlText(
    f"""
    SELECT {RECORD.selected}, {OPTION.selected}, {YEAR.selected}
    FROM (
        SELECT class.school_id, class.school_year_id
        FROM schools_enrolment enrolment
        JOIN schools_classgroup class ON class.id = enrolment.class_group_id
        JOIN schools_schoolyear held ON held.id = class.school_year_id
        WHERE enrolment.student_id = %(person)s AND enrolment.status = 'active'
            AND %(day)s BETWEEN held.starts_on AND held.ends_on
        ORDER BY enrolment.id DESC LIMIT 1
    ) AS home
    JOIN engagement_engagementoption option
        ON option.school_id = home.school_id AND option.school_year_id = home.school_year_id
    JOIN schools_schoolyear year ON year.id = option.school_year_id
    JOIN engagement_record record ON record.option_id = option.id AND record.person_id = %(person)s
    FOR UPDATE OF record
    """,
    types={"person": "uuid", "day": "date"},
)


def record_for(person: User, day: date) -> Record:
    """The ledger that a day's hours go to, locked: the enrolment's option of that school year, else the passport.

    Made when it is not there. Called under the person's lock.
    """
    for row in SCHOOL_RECORD.rows(person=person.pk, day=day) if has_texts() else ():
        record = RECORD.instance(row[: len(RECORD)])
        record.option = OPTION.instance(row[len(RECORD) : -len(YEAR)])
        record.option.school_year = YEAR.instance(row[-len(YEAR) :])
        return record
    return records_for([(person, day)], ledger.lock_records_of([person.pk]))[person.pk, day]


def records_for(days: Collection[tuple[Any, date]], locked: dict[Any, Record]) -> dict[tuple[UUID, date], Record]:
    """`record_for` many people and days, by the person's id and the day, in a constant number of queries.

    `locked` are all records of these people, under their locks (`ledger.lock_records_of`).
    """
    enrolments = schools.enrolments_on({(person.pk, day) for person, day in days})
    classes = {key: enrolment.class_group for key, enrolment in enrolments.items()}
    known: dict[tuple[UUID, Any], Record] = {}
    for row in locked.values():
        known[row.person_id, row.option and (row.option.school_id, row.option.school_year_id)] = row
    homes: dict[tuple[UUID, date], tuple[UUID, Any]] = {}
    missing: dict[tuple[UUID, Any], Any] = {}
    for person, day in days:
        class_group = classes.get((person.pk, day))
        home = (person.pk, class_group and (class_group.school_id, class_group.school_year_id))
        homes[person.pk, day] = home
        if home not in known:
            missing[home] = (person, class_group)
    known |= _make(missing)
    return {key: known[home] for key, home in homes.items()}


def _make(missing: dict[tuple[UUID, Any], Any]) -> dict[tuple[UUID, Any], Record]:
    if not missing:
        return {}
    classes = [class_group for _person, class_group in missing.values() if class_group]
    wanted = [(class_group.school_id, class_group.school_year) for class_group in classes]
    options = ensure_options(wanted)
    made = {
        home: Record(person=person, option=options[home[1]] if class_group else None)
        for home, (person, class_group) in missing.items()
    }
    Record.objects.bulk_create(made.values())
    note_changes(Noted(record.person_id, "record", record.pk) for record in made.values())
    return made


def ensure_in_year(record: Record, started_at: datetime, ended_at: datetime) -> None:
    """Raises OutsideSchoolYear for hours that reach out of the year of the record's option."""
    if record.option is None:
        return
    year = record.option.school_year
    first, last = paris.midnight(year.starts_on), paris.midnight(year.ends_on + timedelta(days=1))
    if not (first <= started_at and ended_at <= last):
        raise OutsideSchoolYear(fields={"started_at": _("These hours reach out of the school year. Check the dates.")})


def locked_entry(entry: HourEntry, actor: User) -> tuple[Record, HourEntry]:
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
    """Saves what a move changed: the entry as its next version, the events, the head, and the change to follow.

    Raises Overlaps where the database knows of another entry that stands in its place.
    """
    entry.version += 1
    with held_alone(entry):
        entry.save(update_fields=[*fields, "version"])
    ledger.write_events([record], events)
    note_change(record.person_id, "hour_entry", entry.pk, is_removed=is_removed)
