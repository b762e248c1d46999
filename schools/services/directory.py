"""Brings the directory of schools up to date with what a file of the Ministry says, all or nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from common import paris
from common.errors import BadInput, DomainError
from common.text import fold
from schools.directory import DirectoryLine, RowProblem, SchoolRow, Severity
from schools.directory.names import shown_name
from schools.models import School
from schools.services.territories import place_schools

BATCH_SIZE = 500
# What School and SchoolRow call by the same name: a cell that says nothing leaves what is known.
SAID_BY_CELLS = [
    "name",
    "sector",
    "nature_code",
    "address",
    "postal_code",
    "commune_code",
    "commune_name",
    "department_code",
    "academy_name",
    "region_name",
    "siret",
    "phone",
    "email",
    "website",
    "latitude",
    "longitude",
    "is_closing",
]


class TooManyClosings(DomainError):
    """More schools are absent from the file than is believable: the file is more likely to be incomplete."""

    code = "too_many_closings"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What the import did, or in a dry run would have done, in numbers of schools; and all that was wrong.

    Rows are created, updated, unchanged, skipped (no lycée, or said twice) or refused (an error). Those
    attached to another mother school than before and those reopened are among the created and the updated.
    `closing_refused` tells that closing was asked and not done, because the file is damaged.
    """

    created: int
    updated: int
    unchanged: int
    skipped: int
    refused: int
    attached: int
    closed: int
    reopened: int
    closing_refused: bool
    problems: tuple[RowProblem, ...]


@dataclass(slots=True)
class _Plan:
    """Everything decided before anything is written."""

    created: list[School] = field(default_factory=list)
    updated: list[School] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    unchanged: int = 0
    attached: int = 0
    reopened: int = 0
    closed: list[UUID] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)


@transaction.atomic
def import_directory(
    lines: Sequence[DirectoryLine],
    *,
    complete: bool = False,
    max_closed_percent: float = 2,
    dry_run: bool = False,
    progress: Callable[[int], object] = lambda count: None,
) -> ImportReport:
    """Creates and updates the schools of the file, found by UAI; closes those absent from a complete one.

    An empty cell erases nothing; a closed school that the file holds is reopened. `complete` closes the open
    schools of the file's departments that no row of it names, unless any row is damaged, for then absence
    proves nothing. Raises TooManyClosings, with nothing written, when that would close over
    `max_closed_percent` percent of the open schools of these departments; BadInput for a percentage outside
    0 to 100. A dry run does the same and takes it back. `progress` is told the number of lines done.
    """
    if not 0 <= max_closed_percent <= 100:
        raise BadInput(_("The share of schools that may close is a percentage from 0 to 100."))
    now = timezone.now()
    plan = _plan([line.school for line in lines if line.school], now)
    problems = tuple(sorted(chain(plan.problems, *(line.problems for line in lines)), key=_by_line))
    closing_refused = complete and any(problem.is_damage for problem in problems)
    if complete and not closing_refused:
        plan.closed = _absent_schools(lines, max_closed_percent)
    progress(len(lines) - len(plan.created) - len(plan.updated))
    _write(plan, now, progress)
    place_schools()
    if dry_run:
        transaction.set_rollback(True)
    return ImportReport(
        created=len(plan.created),
        updated=len(plan.updated),
        unchanged=plan.unchanged,
        skipped=_count_lines(problems, Severity.SKIPPED),
        refused=_count_lines(problems, Severity.ERROR),
        attached=plan.attached,
        closed=len(plan.closed),
        reopened=plan.reopened,
        closing_refused=closing_refused,
        problems=problems,
    )


def _by_line(problem: RowProblem) -> int:
    return problem.line


def _count_lines(problems: Sequence[RowProblem], severity: Severity) -> int:
    return len({problem.line for problem in problems if problem.severity == severity})


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + BATCH_SIZE] for start in range(0, len(items), BATCH_SIZE))


def _plan(rows: Sequence[SchoolRow], now: datetime) -> _Plan:
    plan = _Plan()
    known = _lock_known({row.uai for row in rows} | {row.mother_uai for row in rows if row.is_section})
    schools = known | {row.uai: School(uai=row.uai) for row in rows if row.uai not in known and row.name}
    for row in rows:
        school = schools.get(row.uai)
        if school is None:
            plan.problems.append(RowProblem(row.line, row.uai, "Nom_etablissement", "name_missing"))
            continue
        mother = schools.get(row.mother_uai)
        if row.is_section and row.mother_uai and mother is None:
            plan.problems.append(RowProblem(row.line, row.uai, "etablissement_mere", "mother_absent", row.mother_uai))
        changes = _changes(school, row, mother)
        plan.attached += changes.get("mother_school_id") is not None
        plan.reopened += "closed_on" in changes
        for name, value in changes.items():
            setattr(school, name, value)
        if row.uai not in known:
            plan.created.append(school)
        elif changes:
            school.updated_at = now
            plan.updated.append(school)
            plan.fields |= {*changes, "updated_at"}
        else:
            plan.unchanged += 1
    return plan


def _lock_known(uais: set[str]) -> dict[str, School]:
    """Those of the UAIs that the database has, locked in one order so that two imports cannot deadlock."""
    schools = School.objects.select_for_update(of=("self",), no_key=True).order_by("uai")
    return {school.uai: school for batch in _batches(sorted(uais)) for school in schools.filter(uai__in=batch)}


def _changes(school: School, row: SchoolRow, mother: School | None) -> dict[str, Any]:
    said = {name: value for name in SAID_BY_CELLS if (value := getattr(row, name)) not in ("", None)}
    said["closed_on"] = None
    if row.name:
        said["directory_name"] = row.name
        if school.is_name_corrected:  # the school knows its name better
            del said["name"]
        else:
            said["name"] = shown_name(row.name)
    if any(said.get(name, getattr(school, name)) != getattr(school, name) for name in ("postal_code", "commune_name")):
        # It has moved: the commune known until now is that of the old place.
        said.setdefault("commune_code", "")
    if row.is_section and mother is not None:
        said["mother_school_id"] = mother.pk
    elif row.nature_code and not row.is_section:
        said["mother_school_id"] = None
    known = {name: said.get(name, getattr(school, name)) for name in ("name", "commune_name", "postal_code")}
    said["search_text"] = fold(" ".join([*known.values(), school.uai]))[:500]
    return {name: value for name, value in said.items() if getattr(school, name) != value}


def _absent_schools(lines: Sequence[DirectoryLine], max_closed_percent: float) -> list[UUID]:
    departments = {line.school.department_code for line in lines if line.school} - {""}
    named = {line.uai for line in lines}
    open_schools = School.objects.open().filter(department_code__in=departments).values_list("pk", "uai")
    absent = [pk for pk, uai in open_schools if uai not in named]
    if len(absent) * 100 > max_closed_percent * len(open_schools):
        raise TooManyClosings(
            _(
                "%(absent)d of the %(open)d open schools of these departments are absent from the file, more "
                "than %(percent)s %%: nothing is imported. Check that the file is whole, or allow more."
            )
            % {"absent": len(absent), "open": len(open_schools), "percent": f"{max_closed_percent:g}"}
        )
    return absent


def _write(plan: _Plan, now: datetime, progress: Callable[[int], object]) -> None:
    for batch in _batches(plan.created):
        School.objects.bulk_create(batch)
        progress(len(batch))
    for batch in _batches(plan.updated):
        School.objects.bulk_update(batch, sorted(plan.fields))
        progress(len(batch))
    for batch in _batches(plan.closed):
        School.objects.filter(pk__in=batch).update(closed_on=paris.day_of(now), updated_at=now)
