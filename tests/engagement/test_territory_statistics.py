"""The hours given in each territory, for the region: what counts and where, as of when, and what is hidden."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import combinations, product

import pytest
import time_machine
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from common import paris
from config.beat import BEAT_SCHEDULE
from engagement import tasks
from engagement.gauges import gauges_of_statistics
from engagement.models import HourEntry, Priority, TerritoryTotal
from engagement.services.statistics import CELLS, PARTS, count_territories
from engagement.states import AttestationStatus, HourEntryStatus
from engagement.statistics import FEWEST_PEOPLE, hidden_of
from missions.models import Mission
from missions.services.missions import edit_mission
from schools.models import Commune, SchoolYear, Territory
from schools.services.classes import ensure_school_year
from tests.support.factories import (
    EngagementOptionFactory,
    HourEntryFactory,
    MissionFactory,
    RecordFactory,
    UserFactory,
)
from tests.support.races import at_once, seeded
from tests.support.world import API

NOW = datetime(2026, 11, 30, 11, tzinfo=UTC)
URL = f"{API}statistics/territories/"
TOWN, CITY, ESTATE, VILLAGE, NOWHERE = "75056", "78646", "93066", "77999", "91999"


@pytest.fixture(autouse=True)
def a_day_in_november():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def communes(db):
    """Two urban ones, a third with a priority neighbourhood, a rural one, one whose density nobody said."""
    for code, density, neighbourhoods in (
        (TOWN, 1, []),
        (CITY, 4, []),
        (ESTATE, 2, ["QN09301M"]),
        (VILLAGE, 5, []),
        (NOWHERE, None, []),
    ):
        Commune.objects.create(
            code=code,
            name=code,
            name_key=code,
            department_code=code[:2],
            density_class=density,
            priority_neighbourhoods=neighbourhoods,
        )


def mission_in(commune_code):
    found = Mission.objects.filter(commune_code=commune_code, is_remote=False).first()
    return found or MissionFactory(commune_code=commune_code)


def give(commune_code, people, **facts):
    """So many people, or these, each give 90 attested and approved minutes there."""
    people = UserFactory.create_batch(people) if isinstance(people, int) else people
    for person in people:
        record = person.records.first() or RecordFactory(person=person)
        HourEntryFactory(record=record, mission=mission_in(commune_code), **{"approved": True, **facts})
    return people


@pytest.fixture
def told(api, db):
    """What the region is told now, the totals counted anew: the answer, its territories by name."""
    region = UserFactory(region=True)

    def ask(query="", *, counted=True):
        if counted:
            TerritoryTotal.objects.update(computed_at=NOW - timedelta(hours=1))
            tasks.count_territories()
        response = api.as_(region).get(f"{URL}{query}")
        assert response.status_code == 200, response.content
        body = response.json()
        body["territories"] = {row.pop("territory"): row for row in body["territories"]}
        return body

    return ask


def shown(body):
    """The attested minutes of each territory and of all; None where they are hidden."""
    return {name: row["attested_minutes"] for name, row in body["territories"].items()} | {
        "all": body["total"]["attested_minutes"]
    }


# --- What is told ------------------------------------------------------------------------------------------------
def test_the_region_sees_people_minutes_and_shares_beside_what_it_promised(told, communes, settings):
    settings.RURAL_SHARE_PROMISED = Fraction(1, 6)
    give(TOWN, 6)
    give(ESTATE, 6, attested_minutes=60, approved_minutes=30)
    give(VILLAGE, 5)
    give(NOWHERE, 5, attested_minutes=15)
    body = told()
    year = SchoolYear.objects.get(pk=body["school_year"])
    assert (year.starts_on.year, body["school_year_label"]) == (2026, "2026-2027")
    assert body["computed_at"] == "2026-11-30T11:00:00Z"
    assert body["total"] == {"is_hidden": False, "attested_minutes": 1425, "approved_minutes": 1620}
    empty = {"is_hidden": False, "promised_share": None}
    assert body["territories"] == {
        "urban": empty | {"people_count": 12, "attested_minutes": 900, "approved_minutes": 720, "share": 0.6316},
        "rural": empty
        | {"people_count": 5, "attested_minutes": 450, "approved_minutes": 450, "share": 0.3158}
        | {"promised_share": 0.1667},
        "priority": empty | {"people_count": 6, "attested_minutes": 360, "approved_minutes": 180, "share": 0.2526},
        "unknown": empty | {"people_count": 5, "attested_minutes": 75, "approved_minutes": 450, "share": 0.0526},
    }


def test_nothing_given_is_told_as_nothing(told, communes):
    body = told()
    assert body["total"] == {"is_hidden": False, "attested_minutes": 0, "approved_minutes": 0}
    assert {row["share"] for row in body["territories"].values()} == {None}
    assert shown(body) == dict.fromkeys(["urban", "rural", "priority", "unknown", "all"], 0)


def test_a_year_that_is_not_counted_yet_says_so(told, communes):
    ensure_school_year(NOW.date())
    body = told(counted=False)
    assert body["computed_at"] is None
    assert set(shown(body).values()) == {None}
    assert not any(row["is_hidden"] for row in [body["total"], *body["territories"].values()])


def test_one_person_is_one_however_many_hours_and_records(told, communes):
    people = give(VILLAGE, 5)
    for person in people:
        under_option = RecordFactory(person=person, option=EngagementOptionFactory())
        HourEntryFactory(record=under_option, mission=mission_in(TOWN), submitted=True)
    give(VILLAGE, people)
    body = told()
    assert body["territories"]["rural"]["people_count"] == 5
    assert shown(body) == {"urban": 450, "rural": 900, "priority": 0, "unknown": 0, "all": 1350}


# --- What counts, and where --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("facts", "attested", "approved"),
    [
        ({}, 450, 450),
        # By hand, and taken back: it may be rewritten.
        ({"approved": False}, 0, 0),
        ({"approved": False, "submitted": True}, 450, 0),
        ({"approved": False, "submitted": True, "status": "rejected"}, 450, 0),
        ({"approved_minutes": 60}, 450, 300),
        # The organisation's word changed and the student has not agreed yet.
        ({"attestation_status": "amended", "attested_minutes": 40}, 0, 450),
        ({"attestation_status": "denied", "attested_minutes": None}, 0, 450),
        ({"attestation_status": "requested", "attested_minutes": None}, 0, 450),
        ({"approved": False, "submitted": True, "attestation_status": "none", "attested_minutes": None}, 0, 0),
        ({"approved": False, "status": "deleted"}, 0, 0),
    ],
)
def test_attested_for_good_and_approved_are_what_counts(told, communes, facts, attested, approved):
    give(VILLAGE, 5, **facts)
    rural = told()["territories"]["rural"]
    assert (rural["attested_minutes"], rural["approved_minutes"]) == (attested, approved)


def test_hours_are_counted_where_they_were_given_and_else_are_unknown(told, communes):
    give(VILLAGE, 5)
    give("", 5)
    give(NOWHERE, 5)
    give("00000", 5)
    remote = MissionFactory(is_remote=True, latitude=None, longitude=None)
    for person in UserFactory.create_batch(5):
        record = RecordFactory(person=person)
        HourEntryFactory(record=record, mission=remote, submitted=True)
        HourEntryFactory(
            record=record,
            outside=True,
            submitted=True,
            started_at=NOW - timedelta(days=2),
            attestation_status=AttestationStatus.CONFIRMED,
            attested_minutes=30,
        )
    assert shown(told()) == {"urban": 0, "rural": 450, "priority": 0, "unknown": 3 * 450 + 600, "all": 450 * 4 + 600}


def test_hours_follow_their_mission_and_its_commune(told, communes):
    give(VILLAGE, 5)
    give(CITY, 6)
    mission = mission_in(VILLAGE)
    coordinator = UserFactory()
    mission.organization.memberships.create(person=coordinator, role="coordinator")
    mission.organization.status = "trusted"
    mission.organization.save()
    edit_mission(mission, {"commune_code": CITY}, expected=None, actor=coordinator)
    assert shown(told()) == {"urban": 990, "rural": 0, "priority": 0, "unknown": 0, "all": 990}
    Commune.objects.filter(code=CITY).update(density_class=6, priority_neighbourhoods=["QN07801M"])
    assert shown(told()) == {"urban": 0, "rural": 990, "priority": 990, "unknown": 0, "all": 990}


def test_a_suspended_person_has_given_their_hours(told, communes):
    people = give(VILLAGE, 5)
    type(people[0]).objects.filter(pk=people[0].pk).update(is_active=False)
    assert told()["territories"]["rural"]["people_count"] == 5


# --- Of when -----------------------------------------------------------------------------------------------------
def test_a_school_year_is_asked_for_by_its_id_and_begins_at_midnight_in_paris(told, communes):
    first = paris.midnight(datetime(2026, 9, 1, tzinfo=UTC).date())
    give(VILLAGE, 5, started_at=first)
    give(TOWN, 6, started_at=first - timedelta(seconds=1))
    assert shown(told())["all"] == 450
    former = SchoolYear.objects.get(starts_on__year=2025)
    body = told(f"?school_year={former.pk}")
    assert (body["school_year_label"], shown(body)["urban"], shown(body)["all"]) == ("2025-2026", 540, 540)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?school_year=0192f5a0-0000-7000-8000-000000000000", 404),
        ("?school_year=2026", 400),
        ("?school_year=2026-2027", 400),
        ("?school_year=", 400),
        ("?school_year=%00", 400),
        ("?school_year=a&school_year=b", 400),
        ("?year=2026", 400),
        ("?territory=rural", 400),
        ("?page_size=2", 400),
    ],
)
def test_what_is_no_school_year_is_refused(api, communes, query, status):
    ensure_school_year(NOW.date())
    assert api.as_(UserFactory(region=True)).get(f"{URL}{query}").status_code == status


def test_without_a_present_year_there_is_nothing_to_see(api, communes):
    assert api.as_(UserFactory(region=True)).get(URL).status_code == 404


def test_who_left_the_region_sees_nothing(api, communes):
    ensure_school_year(NOW.date())
    former, inactive = UserFactory(region=True), UserFactory(region=True)
    former.groups.clear()
    type(inactive).objects.filter(pk=inactive.pk).update(is_active=False)
    assert api.as_(former).get(URL).status_code == 403
    assert api.as_(inactive).get(URL).status_code == 401
    assert TerritoryTotal.objects.visible_to(former).count() == 0


def test_an_answer_takes_as_many_statements_however_much_there_is(api, communes, assert_constant_queries):
    region = UserFactory(region=True)
    count_territories()
    client = api.as_(region)
    assert_constant_queries(lambda: client.get(URL), grow=lambda: [give(VILLAGE, 7), count_territories()])


# --- The totals --------------------------------------------------------------------------------------------------
def random_ledger(chance):
    """Entries in every state, of people with several records, over three years and all kinds of places."""
    ensure_school_year(datetime(2024, 9, 1, tzinfo=UTC).date())
    missions = [mission_in(code) for code in (TOWN, CITY, ESTATE, VILLAGE, NOWHERE, "", "00000")]
    Commune.objects.create(
        code="77888", name="b", name_key="b", department_code="77", density_class=7, priority_neighbourhoods=["QN1"]
    )
    missions += [MissionFactory(commune_code="77888"), MissionFactory(is_remote=True, latitude=None, longitude=None)]
    options = [EngagementOptionFactory(), EngagementOptionFactory()]
    records = [
        RecordFactory(person=person, option=option)
        for person in UserFactory.create_batch(25)
        for option in [None, *chance.sample(options, chance.randint(0, 2))]
    ]
    standing = defaultdict(list)
    edges = [paris.midnight(datetime(year, 9, 1, tzinfo=UTC).date()) for year in (2024, 2025, 2026)]
    for _number in range(200):
        mission = chance.choice([*missions, None])
        attestation = chance.choice([*AttestationStatus, AttestationStatus.CONFIRMED])
        status = chance.choice([*HourEntryStatus, HourEntryStatus.APPROVED, HourEntryStatus.APPROVED])
        started_at = chance.choice(edges) + timedelta(minutes=chance.choice([-1, 0, 1, chance.randint(0, 500_000)]))
        attested = attestation in ("confirmed", "amended")
        record = chance.choice(records)
        if status in ("submitted", "approved"):
            # Of a person these never overlap each other.
            near = any(abs(started_at - other) < timedelta(hours=12) for other in standing[record.person_id])
            status = "rejected" if near else status
            standing[record.person_id].append(started_at)
        HourEntryFactory(
            record=record,
            mission=mission,
            title="Aide",
            domain="sante",
            organization_name="" if mission else "Les Voisins",
            started_at=started_at,
            status=status,
            submitted_at=None if status == "draft" else NOW,
            attestation_status=attestation,
            attested_minutes=chance.randint(1, 720) if attested else None,
            approved_minutes=chance.randint(1, 720) if status == "approved" else None,
        )


def counted_once():
    """The attested entries, the longest first, less what another of the same record covers."""
    kept = defaultdict(list)
    handed_in = HourEntry.objects.exclude(status__in=["deleted", "draft", "returned"])
    for entry in sorted(
        handed_in.filter(attestation_status="confirmed"), key=lambda one: (-one.attested_within, one.pk)
    ):
        others = kept[entry.record_id]
        if all(entry.ended_at <= other.started_at or other.ended_at <= entry.started_at for other in others):
            others.append(entry)
    return {entry.pk for entries in kept.values() for entry in entries}


def direct_count():
    """The same by hand, entry by entry: year, density and side of priority to people and minutes."""
    attested_ones = counted_once()
    communes = {commune.code: commune for commune in Commune.objects.all()}
    people, minutes = defaultdict(lambda: (set(), set())), defaultdict(lambda: [0, 0])
    for entry in HourEntry.objects.exclude(status="deleted").select_related("mission", "record"):
        day = paris.day_of(entry.started_at)
        year = day.year if (day.month, day.day) >= (9, 1) else day.year - 1
        commune = communes.get(entry.mission.commune_code) if entry.mission else None
        density = commune.density_class if commune else None
        territory = "unknown" if density is None else "rural" if density >= 5 else "urban"
        priority = "inside" if commune and commune.priority_neighbourhoods else "outside"
        for axis, counts, given_minutes in (
            (0, entry.pk in attested_ones, entry.attested_within),
            (1, entry.status == "approved", entry.approved_minutes),
        ):
            if counts:
                for cell in product(("", territory), ("", priority)):
                    people[year, *cell][axis].add(entry.record.person_id)
                    minutes[year, *cell][axis] += given_minutes
    return {
        key: (len(attested | approved), len(attested), len(approved), *minutes[key])
        for key, (attested, approved) in people.items()
    }


def rolled_up():
    rows = TerritoryTotal.objects.values_list(
        "school_year__starts_on__year",
        "territory",
        "priority",
        "people_count",
        "attested_people_count",
        "approved_people_count",
        "attested_minutes",
        "approved_minutes",
    )
    return {row[:3]: row[3:] for row in rows if any(row[3:])}


def test_the_totals_are_what_a_count_by_hand_finds(communes):
    random_ledger(seeded())
    count_territories()
    assert rolled_up() == direct_count()
    assert {key[0] for key in rolled_up()} == {2023, 2024, 2025, 2026}


def test_counted_again_after_everything_moved_they_are_still(communes):
    chance = seeded()
    random_ledger(chance)
    count_territories()
    for entry in chance.sample(list(HourEntry.objects.exclude(status="deleted")), 60):
        entry.status, entry.approved_minutes, entry.attestation_status = "returned", None, "none"
        entry.attested_minutes, entry.submitted_at = None, NOW
        entry.save()
    Mission.objects.filter(commune_code__in=[CITY, ""]).update(commune_code=VILLAGE)
    Commune.objects.filter(code=TOWN).update(density_class=None)
    with time_machine.travel(NOW + timedelta(minutes=4)):
        count_territories()
    assert rolled_up() == direct_count()
    years = SchoolYear.objects.count()
    assert TerritoryTotal.objects.count() == years * len(CELLS)
    HourEntry.objects.update(status="draft", approved_minutes=None, attestation_status="none", attested_minutes=None)
    with time_machine.travel(NOW + timedelta(minutes=8)):
        count_territories()
    assert rolled_up() == {}


def test_the_count_that_began_later_stays(told, communes):
    give(VILLAGE, 5)
    with time_machine.travel(NOW + timedelta(minutes=4), tick=False):
        count_territories()
    give(VILLAGE, 5)
    count_territories()  # began at NOW and comes last
    assert shown(told(counted=False))["rural"] == 450
    assert {row.computed_at for row in TerritoryTotal.objects.all()} == {NOW + timedelta(minutes=4)}


@pytest.mark.django_db(transaction=True)
def test_counts_that_run_side_by_side_write_each_total_once(communes):
    give(VILLAGE, 5)
    assert at_once([count_territories] * 6) == [None] * 6
    assert TerritoryTotal.objects.count() == SchoolYear.objects.count() * len(CELLS)
    assert rolled_up() == direct_count()


def test_a_count_holds_no_lock_while_it_reads(communes, monkeypatch):
    """On SQLite a transaction would keep every writer waiting."""
    depth, seen = len(transaction.get_connection().savepoint_ids), []
    given_entries = type(HourEntry.objects.all()).given

    def look(rows):
        seen.append(len(transaction.get_connection().savepoint_ids))
        return given_entries(rows)

    monkeypatch.setattr(type(HourEntry.objects.all()), "given", look)
    count_territories()
    assert seen == [depth]


def test_no_figure_is_older_than_five_minutes():
    entry = BEAT_SCHEDULE["count-territories"]
    assert (entry["task"], entry["schedule"] < 300) == ("engagement.count_territories", True)


def test_a_monitor_sees_how_old_the_figures_are(communes):
    assert [gauge.value for gauge in gauges_of_statistics()] == [0]
    count_territories()
    with time_machine.travel(NOW + timedelta(minutes=6), tick=False):
        assert [(gauge.name, gauge.value) for gauge in gauges_of_statistics()] == [
            ("elan_territory_totals_age_seconds", 360)
        ]


# --- What is hidden ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("urban", "estate", "rural", "unknown", "hidden"),
    [
        (5, 0, 5, 5, ""),
        (5, 0, 5, 0, ""),
        (0, 0, 0, 0, ""),
        # With a second one where the sum would tell the first: always the same, and rural last.
        (9, 0, 4, 0, "urban rural"),
        (9, 0, 4, 7, "urban rural"),
        (7, 0, 4, 9, "urban rural"),
        (90, 0, 9, 4, "urban unknown"),
        (4, 0, 9, 9, "urban unknown"),
        (4, 0, 9, 0, "urban rural"),
        # Two small ones together are told by the sum, so that a third goes as well.
        (2, 0, 9, 2, "urban rural unknown"),
        (1, 0, 1, 99, "urban rural unknown"),
        # Four in all: there is nothing to hide them in.
        (1, 0, 3, 0, "urban rural all"),
        (0, 0, 4, 0, "rural all"),
        (0, 4, 0, 0, "urban priority all"),
        # Priority beside: what few gave in it, or of the same density outside it.
        (9, 4, 9, 0, "priority"),
        (4, 9, 9, 0, "priority"),
        (0, 9, 9, 0, ""),
        (9, 9, 9, 0, ""),
        # All urban hours are in priority communes, rural ones are few: the sum less priority would be those.
        (0, 9, 4, 0, "urban rural priority"),
    ],
)
def test_what_few_people_gave_is_hidden_and_what_would_tell_it(told, communes, urban, estate, rural, unknown, hidden):
    for code, people in ((TOWN, urban), (ESTATE, estate), (VILLAGE, rural), (NOWHERE, unknown)):
        give(code, people)
    body = told()
    rows = body["territories"] | {"all": body["total"]}
    assert {name for name, row in rows.items() if row["is_hidden"]} == set(hidden.split())
    for name, row in rows.items():
        figures = {key: value for key, value in row.items() if key not in ("is_hidden", "promised_share", "share")}
        assert all((value is None) == (name in hidden.split()) for value in figures.values())
        assert row.get("share") is None or name not in hidden.split()


def test_priority_is_hidden_where_few_people_gave_no_hour_in_it(told, communes):
    """Five gave hours outside, but only two of them gave none inside: 9 people less 7."""
    inside = give(ESTATE, 7)
    give(TOWN, [*inside[:3], *UserFactory.create_batch(2)])
    rows = told()["territories"]
    assert (rows["urban"]["people_count"], rows["priority"]["is_hidden"]) == (9, True)


def test_few_approved_do_not_hide_what_many_had_attested(told, communes):
    give(VILLAGE, 9, approved=False, submitted=True)
    give(VILLAGE, 2)
    give(TOWN, 9)
    give(NOWHERE, 9, approved=False, submitted=True)
    rows = told()["territories"]
    assert [rows["rural"][name] for name in ("attested_minutes", "approved_minutes", "is_hidden")] == [990, None, True]
    assert [rows["urban"][name] for name in ("attested_minutes", "approved_minutes", "is_hidden")] == [810, None, True]
    assert [rows["unknown"][name] for name in ("attested_minutes", "approved_minutes", "is_hidden")] == [810, 0, False]


def rank(rows):
    rows, found = [[Fraction(value) for value in row] for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows[found:] if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows.insert(found, pivot)
        found += 1
        for row in rows[found:]:
            factor = row[column] / pivot[column]
            row[:] = [one - factor * other for one, other in zip(row, pivot, strict=True)]
    return found


def can_be_worked_out(wanted, told):
    """Whether it is a sum of multiples of what is told."""
    return rank([*told, wanted]) == rank(told)


EVERYWHERE = st.lists(st.tuples(st.integers(1, 9), st.sets(st.sampled_from(PARTS), min_size=1)), max_size=8)


@settings(deadline=None)
@given(EVERYWHERE, EVERYWHERE)
def test_nothing_that_few_people_gave_can_be_worked_out_of_what_is_told(groups, others):
    """Whoever knows which territories hold hours at all, and adds and takes away what is told as they like, never gets
    at a sum of minutes that one to four people gave. `groups` gave hours of the kind, `others` only of the other."""
    people_in = defaultdict(set)
    for number, (size, parts) in enumerate(groups):
        for part in parts:
            people_in[part] |= {(number, one) for one in range(size)}
    also_in = defaultdict(set)
    for number, (size, parts) in enumerate(others):
        for part in parts:
            also_in[part] |= {(-number, one) for one in range(size)}

    def within(cell, given_by):
        parts = [part for part in PARTS if all(a in ("", b) for a, b in zip(cell, part, strict=True))]
        return set().union(*(given_by[part] for part in parts))

    counts = {cell: len(within(cell, people_in)) for cell in CELLS}
    people = {cell: len(within(cell, people_in) | within(cell, also_in)) for cell in CELLS}
    hidden = hidden_of(counts, people)
    held = [part for part in PARTS if people_in[part]]
    cells = {"": ("", ""), "priority": ("", Priority.INSIDE)} | {str(one): (one, "") for one, _side in PARTS}
    told = [
        [all(a in ("", b) for a, b in zip(cell, part, strict=True)) for part in held]
        for name, cell in cells.items()
        if name not in hidden
    ]
    for size in range(1, len(held) + 1):
        for some in combinations(held, size):
            few = len(set().union(*(people_in[part] for part in some)))
            assert few >= FEWEST_PEOPLE or not can_be_worked_out([part in some for part in held], told), some
    for name, cell in cells.items():
        assert name in hidden or people[cell] == 0 or people[cell] >= FEWEST_PEOPLE


@settings(deadline=None)
@given(st.lists(st.sampled_from([0, 5, 6, 50]), min_size=6, max_size=6))
def test_nothing_is_hidden_where_enough_people_are_everywhere(sizes):
    by_part = dict(zip(PARTS, sizes, strict=True))
    counts = {
        cell: sum(size for part, size in by_part.items() if all(a in ("", b) for a, b in zip(cell, part, strict=True)))
        for cell in CELLS
    }
    assert hidden_of(counts, counts) == set()


def test_the_territories_of_statistics_are_those_by_which_missions_are_found(api, communes):
    give(VILLAGE, 5)
    found = api.get(f"{API}missions/?territory={Territory.RURAL}").json()["results"]
    assert [row["id"] for row in found] == [str(mission_in(VILLAGE).pk)]
