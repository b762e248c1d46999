"""What the entries of records add up to, in minutes: of each domain, before the caps of an option.

An option says whether hours from before the student came count, and what another school approved is carried over.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Least

from engagement.models import HourEntry, Record
from engagement.models.entries import ATTESTED_WITHIN, COUNTS_AS_ATTESTED
from engagement.selectors import counted_elsewhere_in
from engagement.states import HourEntryStatus
from schools.models import Enrolment


@dataclass
class DomainSums:
    """What a record's entries of one domain add up to."""

    approved: int = 0
    carried: int = 0
    attested: int = 0
    pending: int = 0
    waiting: int = 0


@dataclass
class RecordSums:
    """What one record's entries add up to."""

    domains: dict[str, DomainSums] = field(default_factory=lambda: defaultdict(DomainSums))
    last_at: datetime | None = None


def membership_of(record: Record) -> tuple[Any, ...]:
    option = record.option
    return (record.person_id, option.school_id, option.school_year_id) if option else ()


def first_enrolments(records: Iterable[Record]) -> dict[tuple[Any, ...], datetime]:
    """When each person first came into the school of their option that year."""
    wanted = {membership_of(record) for record in records}
    if not wanted:
        return {}
    rows = (
        Enrolment.objects.filter(
            student__in={person for person, _school, _year in wanted},
            class_group__school_year__in={year for _person, _school, year in wanted},
            activated_at__isnull=False,
        )
        .values_list("student", "class_group__school", "class_group__school_year")
        .annotate(first_at=Min("activated_at"))
    )
    return {tuple(key): first_at for *key, first_at in rows if tuple(key) in wanted}


def sums_of(records: Sequence[Record], enrolled_at: dict[tuple[Any, ...], datetime]) -> dict[UUID, RecordSums]:
    totals: dict[UUID, RecordSums] = defaultdict(RecordSums)
    starts = {
        record.pk: enrolled_at[membership_of(record)]
        for record in records
        if record.option and not record.option.counts_before_enrolment and membership_of(record) in enrolled_at
    }
    kept = [record.pk for record in records if not record.is_unsaved]
    entries = HourEntry.objects.filter(record__in=kept)
    if starts:
        # Where the option says so, what was given before the student came does not count.
        entries = entries.exclude(reduce(or_, (Q(record=pk, started_at__lt=start) for pk, start in starts.items())))
    concerned: set[UUID] = set()
    waits = Q(status=HourEntryStatus.SUBMITTED)
    # A draft is its author's alone, but for what an organiser saw.
    known = ~Q(status=HourEntryStatus.DRAFT) | Q(attendance__isnull=False)
    for row in (
        entries.exclude(status=HourEntryStatus.DELETED)
        .values("record", "domain")
        .annotate(
            approved=Coalesce(Sum("approved_minutes"), 0),
            attested=Coalesce(Sum(ATTESTED_WITHIN, filter=COUNTS_AS_ATTESTED), 0),
            loose=Count("pk", filter=entries.is_loose()),
            pending=Coalesce(
                Sum(Least("claimed_minutes", Coalesce("attested_minutes", F("claimed_minutes"))), filter=waits), 0
            ),
            waiting=Count("pk", filter=waits),
            last_at=Max("ended_at", filter=known),
        )
        .order_by("domain")
    ):
        total = totals[row["record"]]
        sums = total.domains[row["domain"]]
        if row["loose"]:
            concerned.add(row["record"])
        sums.approved, sums.attested = row["approved"], row["attested"]
        sums.pending, sums.waiting = row["pending"], row["waiting"]
        total.last_at = max(filter(None, [total.last_at, row["last_at"]]), default=None)
    for entry in counted_elsewhere_in(concerned):
        start = starts.get(entry.record_id)
        if start is None or entry.started_at >= start:
            totals[entry.record_id].domains[entry.domain].attested -= entry.attested_within
    _add_carried(records, totals, enrolled_at)
    return totals


def _add_carried(
    records: Sequence[Record], totals: dict[UUID, RecordSums], enrolled_at: dict[tuple[Any, ...], datetime]
) -> None:
    """What another school approved in the same year before the student came, where the option lets it count."""
    takers = [record for record in records if record.option and record.option.counts_before_enrolment]
    if not takers:
        return
    by_person: dict[Any, list[Record]] = defaultdict(list)
    for record in takers:
        by_person[record.person_id].append(record)
    # A student's only record takes nothing from itself; of several, each may take from the others.
    alone = [own[0].pk for own in by_person.values() if len(own) == 1]
    elsewhere = HourEntry.objects.filter(
        person__in=by_person,
        record__option__school_year__in={record.option.school_year_id for record in takers if record.option},
        status=HourEntryStatus.APPROVED,
    ).exclude(record__in=alone)
    for entry in elsewhere.values(
        "record", "person", "record__option__school_year", "domain", "started_at", "approved_minutes"
    ):
        for taker in by_person[entry["person"]]:
            came_at = enrolled_at.get(membership_of(taker))
            if (
                taker.option
                and taker.pk != entry["record"]
                and taker.option.school_year_id == entry["record__option__school_year"]
                and came_at is not None
                and entry["started_at"] < came_at
            ):
                totals[taker.pk].domains[entry["domain"]].carried += entry["approved_minutes"] or 0


def counted_entries(record: Record) -> QuerySet[HourEntry]:
    """What `counted_minutes` of a record under an option is made of, before caps."""
    option = record.option
    if option is None:
        return HourEntry.objects.none()
    came_at = first_enrolments([record]).get(membership_of(record))
    own = Q(record=record)
    if came_at is not None:
        carried = Q(person=record.person_id, record__option__school_year=option.school_year_id)
        own = (
            own | carried & ~Q(record=record) & Q(started_at__lt=came_at)
            if option.counts_before_enrolment
            else own & Q(started_at__gte=came_at)
        )
    return HourEntry.objects.filter(own, status=HourEntryStatus.APPROVED).select_related("mission__organization")
