"""The whole region, or a part of it, written into PostgreSQL by PostgreSQL itself.

Each kind of row is one INSERT … SELECT FROM generate_series. An expression is SQL over `n`, from 1 to the count; a
column that no expression names takes the model's default, so that a column added to a model needs nothing here.
Rows find each other by arithmetic: `pk(Mission, "n / 3 + 1")` is the id of the mission of that number.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import DatabaseError, connections, models, transaction
from django.utils import timezone

from accounts.models import User
from engagement.models import EngagementOption, HourEntry, Record
from missions.models import Attendance, Mission, MissionSearch, Shift, SignUp
from organizations.models import Organization, OrganizationMembership
from schools.models import ClassGroup, ClassReferent, Commune, Enrolment, School, SchoolYear, StaffMembership

# UUIDv7 of 2024: older than anything the product makes, and in the order of n.
FIRST_MILLISECOND = 0x018D00000000
MODELS: list[type[models.Model]] = [
    School, SchoolYear, ClassGroup, ClassReferent, Enrolment, StaffMembership, User, Organization,
    OrganizationMembership, Mission, Shift, SignUp, Attendance, EngagementOption, Record, HourEntry, Commune,
]  # fmt: skip
CHUNK = 250_000
COMMUNES = 1287
PER_STUDENT = {"sign_ups": 25, "entries": 50}

DEEDS = ["Aider", "Accompagner", "Accueillir", "Animer", "Collecter", "Distribuer", "Préparer", "Ranger", "Visiter"]
THINGS = [
    "à la maraude du soir", "à la banque alimentaire", "les personnes âgées", "un atelier numérique", "des vêtements",
    "les enfants à la lecture", "une course solidaire", "des jouets", "un jardin partagé", "les premiers secours",
    "la vestiboutique", "un refuge pour animaux", "le nettoyage des berges", "une collecte de sang",
]  # fmt: skip
CITIES = ["Saint-Denis", "Créteil", "Versailles", "Évry", "Cergy", "Melun", "Nanterre", "Paris", "Meaux", "Pontoise"]
DESCRIPTION = (
    "Une équipe de bénévoles vous accueille et vous explique tout. Prévoyez des vêtements chauds et une gourde. "
    "La mission convient à celles et ceux qui commencent : on travaille toujours à deux. "
)


@dataclass(frozen=True)
class Sizes:
    """How many of each, at a scale: 1 is the whole region."""

    schools: int
    classes: int
    students: int
    teachers: int
    organizations: int
    missions: int
    shifts: int
    sign_ups: int
    entries: int

    @classmethod
    def at(cls, scale: float) -> "Sizes":
        students = max(60, round(60_000 * scale / 60) * 60)
        missions = max(10, round(50_000 * scale))
        return cls(
            schools=max(1, round(634 * scale)),
            classes=students // 30,
            students=students,
            teachers=max(2, round(8_000 * scale)),
            organizations=max(2, round(1_500 * scale)),
            missions=missions,
            shifts=missions * 3,
            sign_ups=students * PER_STUDENT["sign_ups"],
            entries=students * PER_STUDENT["entries"],
        )


def pk(model: type[models.Model], number: str) -> str:
    """SQL of the id of the row of that number."""
    kind = f"{MODELS.index(model):03x}"
    milliseconds = f"lpad(to_hex({FIRST_MILLISECOND} + ({number})::bigint), 12, '0')"
    return f"({milliseconds} || '70008{kind}' || lpad(to_hex(({number})::bigint), 12, '0'))::uuid"


def one_of(words: list[str], number: str) -> str:
    """SQL of one of the words."""
    listed = ", ".join("'" + word.replace("'", "''") + "'" for word in words)
    return f"(ARRAY[{listed}])[({number})::bigint % {len(words)} + 1]"


def _default(field: Any, connection: Any) -> tuple[str, list[Any]]:
    if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
        return "now()", []
    if field.null and not field.has_default():
        return "NULL", []
    if field.has_default() or field.blank:
        return "%s", [field.get_db_prep_save(field.get_default(), connection)]
    raise TypeError(f"benchmarks/region.py must say what {field} is")


def fill(alias: str, model: type[models.Model], count: int, **expressions: str) -> None:
    """Writes `count` rows; `expressions` are SQL by field name, `id` is the number's unless given."""
    connection = connections[alias]
    expressions = {"id": pk(model, "n"), **expressions}
    columns, values, params = [], [], []
    for field in model._meta.concrete_fields:
        if field.has_db_default() or field.generated:
            continue
        sql, given = (expressions.pop(field.name), []) if field.name in expressions else _default(field, connection)
        columns.append(connection.ops.quote_name(field.column))
        values.append(sql if given else sql.replace("%", "%%"))
        params += given
    assert not expressions, f"{model.__name__} has no {', '.join(expressions)}"
    statement = (
        f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) "  # noqa: S608 our own names
        f"SELECT {', '.join(values)} FROM generate_series(%s::bigint, %s) AS n"
    )
    started = time.perf_counter()
    with connection.cursor() as cursor:
        for first in range(1, count + 1, CHUNK):
            cursor.execute(statement, [*params, first, min(count, first + CHUNK - 1)])
    print(f"    {count:>9,} {model.__name__} ({time.perf_counter() - started:.0f} s)")


def write_region(alias: str, scale: float) -> Sizes:
    """Fills an empty database."""
    sizes = Sizes.at(scale)
    _write_schools(alias, sizes)
    _write_missions(alias, sizes)
    _write_ledger(alias, sizes)
    return sizes


def _write_schools(alias: str, sizes: Sizes) -> None:
    first_name, last_name = one_of(["Inès", "Adam", "Lina", "Noé"], "n"), one_of(["Bâ", "Roy", "Kaci"], "n")
    people = sizes.students + sizes.teachers + sizes.organizations
    fill(
        alias, User, people,
        email="'person' || n || '@example.org'", mailbox="'person' || n || '@example.org'",
        first_name=first_name, last_name=last_name,
        password=f"'{make_password(None)}'", email_verified_at="now()",
        # Students are numbered first: 15 to 18 years old; then teachers, then coordinators.
        birth_date=f"CASE WHEN n <= {sizes.students} THEN current_date - 5500 - (n % 1000)::int END",
    )  # fmt: skip
    now = timezone.now()
    first_year = now.year if now.month >= 9 else now.year - 1
    fill(alias, SchoolYear, 1, starts_on=f"'{first_year}-09-01'::date", ends_on=f"'{first_year + 1}-08-31'::date")
    fill(
        alias, School, sizes.schools,
        uai="lpad((9000000 + n)::text, 7, '0') || 'A'", name="'Lycée ' || n", search_text="'lycee ' || n",
        department_code=one_of(["75", "77", "78", "91", "92", "93", "94", "95"], "n"),
        latitude="48.1 + 1.1 * ((n * 0.6180339887) % 1)", longitude="1.4 + 2.2 * ((n * 0.7548776662) % 1)",
    )  # fmt: skip
    fill(
        alias, ClassGroup, sizes.classes,
        school=pk(School, f"n % {sizes.schools} + 1"), school_year=pk(SchoolYear, "1"), name="'2nde ' || n",
    )  # fmt: skip
    fill(
        alias, StaffMembership, sizes.teachers,
        school=pk(School, f"n % {sizes.schools} + 1"), person=pk(User, f"{sizes.students} + n"),
        role=f"CASE WHEN n <= {sizes.schools} THEN 'manager' ELSE 'teacher' END",
    )  # fmt: skip
    # Class n and staff n are of the same school, whatever the sizes.
    fill(
        alias, ClassReferent, min(sizes.classes, sizes.teachers),
        class_group=pk(ClassGroup, "n"), membership=pk(StaffMembership, "n"),
    )  # fmt: skip
    fill(
        alias, Enrolment, sizes.students,
        class_group=pk(ClassGroup, "(n - 1) / 30 + 1"), student=pk(User, "n"), status="'active'", activated_at="now()",
    )  # fmt: skip


def _write_missions(alias: str, sizes: Sizes) -> None:
    coordinators = sizes.students + sizes.teachers
    fill(
        alias, Organization, sizes.organizations,
        path=f"replace({pk(Organization, 'n')}::text, '-', '') || '/'", name="'Unité locale ' || n",
        kind=one_of(["croix_rouge", "association"], "n"), status="'verified'", decided_at="now()",
    )  # fmt: skip
    fill(
        alias, OrganizationMembership, sizes.organizations,
        organization=pk(Organization, "n"), person=pk(User, f"{coordinators} + n"), role="'coordinator'",
    )  # fmt: skip
    # As in Île-de-France: of seven communes three are rural, one in ten holds a priority neighbourhood.
    fill(
        alias, Commune, COMMUNES,
        code="(77000 + n)::text", name="'Commune ' || n", name_key="'commune ' || n", department_code="'77'",
        density_class="n % 7 + 1",
        priority_neighbourhoods="CASE WHEN n % 10 = 0 THEN '[\"QN07701M\"]' ELSE '[]' END::jsonb",
    )  # fmt: skip
    fill(
        alias, Mission, sizes.missions,
        organization=pk(Organization, f"n % {sizes.organizations} + 1"),
        title=f"{one_of(DEEDS, 'n')} || ' ' || {one_of(THINGS, 'n / 9')}",
        description=f"repeat('{DESCRIPTION}', (n % 4 + 1)::int) || {one_of(THINGS, 'n * 7')}",
        domain=one_of(["humanitaire", "sante", "solidarite-insertion", "education", "environnement", "sport"], "n"),
        city=one_of(CITIES, "n"), postal_code=one_of(["93200", "94000", "78000", "91000", "95000"], "n"),
        department_code=one_of(["93", "94", "78", "91", "95"], "n"),
        # One in twenty is of no commune that could be told.
        commune_code=f"CASE WHEN n % 20 > 0 THEN (77001 + n % {COMMUNES})::text ELSE '' END",
        latitude="48.1 + 1.1 * ((n * 0.6180339887) % 1)", longitude="1.4 + 2.2 * ((n * 0.7548776662) % 1)",
        status="'published'", published_at="now() - interval '1 day'",
    )  # fmt: skip
    missions = Mission.objects.using(alias).select_related("organization")
    MissionSearch.objects.using(alias).write(missions.iterator(500))
    # A mission's three shifts are a week apart; a third of all are still to come.
    day = "((n - 1) / 3 * 37) % 540 - 360 + (n - 1) % 3 * 7"
    starts_at = f"date_trunc('day', now()) + make_interval(days => ({day})::int, hours => 13)"
    fill(
        alias, Shift, sizes.shifts,
        mission=pk(Mission, "(n - 1) / 3 + 1"), starts_at=starts_at, ends_at=f"{starts_at} + interval '3 hours'",
        capacity=f"{max(12, 2 * sizes.sign_ups // sizes.shifts)}",
    )  # fmt: skip
    # 25 different shifts for each student, because 7919 divides no number of shifts.
    status = "CASE n % 10 WHEN 0 THEN 'withdrawn' WHEN 1 THEN 'pending' ELSE 'accepted' END"
    fill(
        alias, SignUp, sizes.sign_ups,
        shift=pk(Shift, f"(n - 1) * 7919 % {sizes.shifts} + 1"),
        person=pk(User, f"(n - 1) / {PER_STUDENT['sign_ups']} + 1"), status=status,
        accepted_at="CASE WHEN n % 10 > 1 THEN now() - interval '1 day' END",
        ended_at="CASE WHEN n % 10 = 0 THEN now() - interval '1 day' END",
    )  # fmt: skip
    # Of ten sign-ups in a row the last eight are accepted.
    fill(alias, Attendance, sizes.sign_ups // 10 * 8, sign_up=pk(SignUp, "n + (n - 1) / 8 * 2 + 1"))
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"UPDATE {Shift._meta.db_table} AS shift SET taken_count = taken.count"  # noqa: S608 our own names
            f" FROM (SELECT shift_id, count(*) FROM {SignUp._meta.db_table}"
            " WHERE status = 'accepted' GROUP BY shift_id) AS taken WHERE taken.shift_id = shift.id"
        )


def _write_ledger(alias: str, sizes: Sizes) -> None:
    fill(
        alias, EngagementOption, sizes.schools,
        school=pk(School, "n"), school_year=pk(SchoolYear, "1"), target_minutes="2160",
    )  # fmt: skip
    # The school of student n is the one of class (n - 1) / 30 + 1.
    fill(
        alias, Record, sizes.students,
        person=pk(User, "n"), option=pk(EngagementOption, f"((n - 1) / 30 + 1) % {sizes.schools} + 1"),
    )  # fmt: skip
    line = f"((n - 1) % {PER_STUDENT['entries']} + 1)"
    # From the year's first day to now; in its first days so close that none overlaps the next.
    passed = f"now() - (SELECT starts_on FROM {SchoolYear._meta.db_table})"  # noqa: S608 our own name
    step = f"greatest(({passed}) / {PER_STUDENT['entries'] + 1}, interval '31 minutes')"
    started_at = f"now() - {step} * ({PER_STUDENT['entries'] + 1} - {line})"
    fill(
        alias, HourEntry, sizes.entries,
        record=pk(Record, f"(n - 1) / {PER_STUDENT['entries']} + 1"),
        person=pk(User, f"(n - 1) / {PER_STUDENT['entries']} + 1"),
        mission=pk(Mission, f"n * 31 % {sizes.missions} + 1"),
        title=f"{one_of(DEEDS, 'n')} || ' ' || {one_of(THINGS, 'n / 9')}",
        domain=one_of(["humanitaire", "sante", "solidarite-insertion", "education", "environnement", "sport"], "n"),
        started_at=started_at, ended_at=f"{started_at} + interval '30 minutes'", claimed_minutes="30",
        status="CASE n % 10 WHEN 0 THEN 'draft' WHEN 1 THEN 'returned' WHEN 2 THEN 'submitted' ELSE 'approved' END",
        submitted_at="CASE WHEN n % 10 > 0 THEN now() END", approved_minutes="CASE WHEN n % 10 > 2 THEN 30 END",
        attestation_status="'confirmed'", attested_minutes="30",
    )  # fmt: skip


def ensure_filled() -> None:
    """Makes, migrates and fills the databases of benchmarks.settings; what is filled already is kept."""
    for alias, scale in {"default": settings.SCALE, "small": settings.SCALE / 100}.items():
        _ensure_database(alias)
        call_command("migrate", database=alias, verbosity=0)
        if School.objects.using(alias).exists():
            continue
        print(f"Writing {scale:g} of the region into {connections[alias].settings_dict['NAME']}:")
        with transaction.atomic(using=alias):
            # Checking three million foreign keys one by one takes longer than all the rest; a test checks them.
            with suppress(DatabaseError), transaction.atomic(using=alias), connections[alias].cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
            write_region(alias, scale)
        with connections[alias].cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _ensure_database(alias: str) -> None:
    facts = connections[alias].get_connection_params()
    with psycopg.connect(**{**facts, "dbname": "postgres"}, autocommit=True) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [facts["dbname"]]).fetchone() is None:
            server.execute(f"CREATE DATABASE {connections[alias].ops.quote_name(facts['dbname'])}")
