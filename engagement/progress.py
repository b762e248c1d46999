"""How far a record has come: what counts after caps, what waits, what is expected so far. Computed, never stored.

Minutes are whole. A changed option is followed at the next reading, for nothing here is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from common import paris
from engagement.models import EngagementOption, Record
from engagement.selectors import option_of, options_of
from engagement.states import ProgressStatus
from engagement.sums import DomainSums, RecordSums, first_enrolments, membership_of, sums_of
from schools.models import ClassGroup, Enrolment

# Below this share of what is expected a student is at risk, not only behind.
BEHIND_FROM = 0.7
QUIET_AFTER = timedelta(weeks=6)


@dataclass(frozen=True)
class DomainProgress:
    """Minutes of one domain. `counted` never passes the cap, `approved` is all that the school approved."""

    domain: str
    counted_minutes: int
    approved_minutes: int
    cap_minutes: int | None


@dataclass(frozen=True)
class Progress:
    """Minutes of one record. `counted`: approved under an option, after caps; attested in a passport.

    `carried` is the part of what counts that another school approved in the same year. `pending` is what could still
    be counted of what waits for the school. `expected` and `status` are None in a passport.
    """

    record: Record
    target_minutes: int | None
    counted_minutes: int
    carried_minutes: int
    pending_minutes: int
    attested_minutes: int
    waiting_count: int
    last_entry_on: date | None
    expected_minutes: int | None
    status: ProgressStatus | None
    by_domain: list[DomainProgress]


def progress_of(person: User) -> list[Progress]:
    """The progress of each of a person's records, newest first, in five queries; one more finds the option of a
    student who has no hour under it yet: it stands first, as a record that is not saved."""
    rows = Record.objects.filter(person=person).select_related("option__school_year", "option__school")
    records = list(rows.order_by("-id"))
    return progress_of_records([*_records_to_come(person, records), *records])


def _records_to_come(person: User, records: Sequence[Record]) -> list[Record]:
    """Of each school where the person is a student today without a record of the year, the one of their first hour."""
    known = {(record.option.school_id, record.option.school_year_id) for record in records if record.option}
    enrolments = Enrolment.objects.active().filter(student=person).on_day(paris.day_of(timezone.now()))
    classes = [row.class_group for row in enrolments.select_related("class_group__school", "class_group__school_year")]
    options = options_of([one for one in classes if (one.school_id, one.school_year_id) not in known])
    return [Record(person=person, option=option) for option in options.values()]


def progress_of_records(records: Sequence[Record]) -> list[Progress]:
    """The progress of each record, in their order, in three queries; their options are read already.

    A record that is not saved yet (a student without any hour) has come nowhere, and is expected to like the others.
    """
    return _progress_of(records, first_enrolments([record for record in records if record.option]), timezone.now())


def _progress_of(
    records: Sequence[Record], enrolled_at: dict[tuple[Any, ...], datetime], now: datetime
) -> list[Progress]:
    totals = sums_of(records, enrolled_at)
    return [_progress(record, totals[record.pk], enrolled_at.get(membership_of(record)), now) for record in records]


@dataclass(frozen=True)
class ClassProgress:
    """The active students of a class by name, and how many stand where."""

    target_minutes: int
    students: list[Progress]

    def count(self, status: ProgressStatus) -> int:
        return sum(student.status == status for student in self.students)

    @property
    def on_track_count(self) -> int:
        return self.count(ProgressStatus.ON_TRACK)

    @property
    def behind_count(self) -> int:
        return self.count(ProgressStatus.BEHIND)

    @property
    def at_risk_count(self) -> int:
        return self.count(ProgressStatus.AT_RISK)

    @property
    def complete_count(self) -> int:
        return self.count(ProgressStatus.COMPLETE)


def progress_of_class(class_group: ClassGroup) -> ClassProgress:
    """The progress of every active student of a class, in four queries however many they are; one more where attested
    hours overlap."""
    enrolments = list(Enrolment.objects.of_students_of(class_group).select_related("student"))
    students = {one.student_id: one.student for one in enrolments if one.class_group_id == class_group.pk}
    found = Record.objects.filter(
        person__in=students, option__school=class_group.school_id, option__school_year=class_group.school_year_id
    )
    known = {record.person_id: record for record in found.select_related("option")}
    option = next((record.option for record in known.values()), None)
    option = option or option_of(class_group.school, class_group.school_year)
    option.school_year = class_group.school_year
    records = []
    for student in sorted(students.values(), key=lambda one: (one.last_name, one.first_name, one.pk)):
        record = known.get(student.pk) or Record(person=student)
        record.person, record.option = student, option
        records.append(record)
    enrolled_at: dict[tuple[Any, ...], datetime] = {}
    for one in enrolments:
        key = (one.student_id, option.school_id, option.school_year_id)
        enrolled_at[key] = min(enrolled_at.get(key, one.activated_at), one.activated_at)
    return ClassProgress(option.target_minutes, _progress_of(records, enrolled_at, timezone.now()))


def _progress(record: Record, totals: RecordSums, enrolled_at: datetime | None, now: datetime) -> Progress:
    option = record.option
    domains = [_domain(domain, sums, option) for domain, sums in sorted(totals.domains.items())]
    counted = sum(domain.counted_minutes for domain in domains)
    pending = sum(_pending(domain, totals.domains[domain.domain]) for domain in domains) if option else 0
    expected = expected_minutes(option, enrolled_at, now) if option else None
    return Progress(
        record=record,
        target_minutes=option.target_minutes if option else None,
        counted_minutes=counted,
        carried_minutes=sum(sums.carried for sums in totals.domains.values()) if option else 0,
        pending_minutes=pending,
        attested_minutes=sum(sums.attested for sums in totals.domains.values()),
        waiting_count=sum(sums.waiting for sums in totals.domains.values()),
        last_entry_on=paris.day_of(totals.last_at) if totals.last_at else None,
        expected_minutes=expected,
        status=_status(option, counted, pending, expected or 0, totals.last_at or enrolled_at, now) if option else None,
        by_domain=[domain for domain in domains if domain.approved_minutes or domain.counted_minutes],
    )


def _domain(domain: str, sums: DomainSums, option: EngagementOption | None) -> DomainProgress:
    if option is None:
        return DomainProgress(domain, sums.attested, 0, None)
    approved, cap = sums.approved + sums.carried, option.domain_caps.get(domain)
    return DomainProgress(domain, approved if cap is None else min(approved, cap), approved, cap)


def _pending(domain: DomainProgress, sums: DomainSums) -> int:
    """What could still be counted of what waits: no more than the cap leaves."""
    if domain.cap_minutes is None:
        return sums.pending
    return max(0, min(sums.pending, domain.cap_minutes - domain.counted_minutes))


def expected_minutes(option: EngagementOption, enrolled_at: datetime | None, now: datetime) -> int:
    """The share of the target that falls on the days since the student came, of all days up to the deadline.

    A student who arrives in the middle of the year is expected to have given what falls on the days they were there.
    """
    year = option.school_year
    deadline = option.deadline_on or year.ends_on
    days = (deadline - year.starts_on).days + 1
    first = max(year.starts_on, paris.day_of(enrolled_at)) if enrolled_at else year.starts_on
    passed = (min(paris.day_of(now), deadline + timedelta(days=1)) - first).days
    return option.target_minutes * max(0, passed) // days


def _status(
    option: EngagementOption, counted: int, pending: int, expected: int, last_at: datetime | None, now: datetime
) -> ProgressStatus:
    if counted >= option.target_minutes:
        return ProgressStatus.COMPLETE
    reached = counted + pending
    if reached >= expected:
        return ProgressStatus.ON_TRACK
    is_quiet = last_at is None or now - last_at > QUIET_AFTER
    return ProgressStatus.AT_RISK if is_quiet or reached < BEHIND_FROM * expected else ProgressStatus.BEHIND
