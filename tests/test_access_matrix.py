"""Who may do what: every route and method of the API for every kind of person, allowed and denied, run for real."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from missions.models import SignUp
from missions.states import SignUpStatus
from tests.support.access_matrix import TABLE
from tests.support.api import ContractClient, schema
from tests.support.factories import SignUpFactory
from tests.support.gate import once_on, one_of_each, room_of
from tests.support.world import API, CONTACT, PEOPLE, REFLECTION, World, calls, operations, undone

pytestmark = pytest.mark.django_db

# Which rows each list holds, by the names of tests/support/world.py; people who are not named get none.
ORGANIZATIONS = "other_organization organization parent trusted"
PUBLIC_MISSIONS = "mission other_mission"
PUBLIC_SHIFTS = "free_shift other_shift running_shift shift"
OURS = "draft_mission reviewed_mission"
MEMBERSHIPS = "comrade_membership membership"
SCHOOL_STAFF = "colleague_membership manager_membership referent_membership"
GUARDIANS = "father guardian mother"
CONSENTS = "consent refusal"
# The student's, by whose mission they name.
OURS_ENTRIES = "amended_entry asked_entry entry"
OTHER_ENTRIES = "certified_entry approved_entry contested_entry rejected_entry"
OUTSIDE_ENTRIES = "bounced_entry tutor_entry"
EVERYBODY = "*"
LISTS: dict[str, dict[str, str]] = {
    "schools/": {
        EVERYBODY: "other_school school",
        "region": "closed_school other_school school",
    },
    "school-years/": {EVERYBODY: "year"},
    "classes/": {
        "student": "class_group",
        "other_student": "other_class",
        "referent": "class_group",
        "colleague": "neighbour_class",
        "other_teacher": "other_class",
        "manager": "class_group neighbour_class",
        "other_manager": "other_class",
    },
    "enrolments/": {
        "student": "enrolment",
        "other_student": "other_enrolment",
        "referent": "enrolment waiting_enrolment",
        "colleague": "neighbour_enrolment",
        "other_teacher": "other_enrolment",
        "manager": "enrolment neighbour_enrolment waiting_enrolment",
        "other_manager": "other_enrolment",
    },
    "staff-memberships/": {
        "referent": "referent_membership",
        "colleague": "colleague_membership",
        "other_teacher": "other_teacher_membership",
        "manager": SCHOOL_STAFF,
        "other_manager": "other_manager_membership other_teacher_membership",
    },
    "me/favourites/": {"student": "mission", "other_student": "other_mission"},
    "me/guardians/": {"student": GUARDIANS, "other_student": "other_guardian"},
    "guardians/": {
        "referent": GUARDIANS,
        "other_teacher": "other_guardian",
        "manager": GUARDIANS,
        "other_manager": "other_guardian",
    },
    "consents/": {
        "student": CONSENTS,
        "other_student": "other_consent",
        "referent": CONSENTS,
        "other_teacher": "other_consent",
        "manager": CONSENTS,
        "other_manager": "other_consent",
        "coordinator": CONSENTS,
        "head": CONSENTS,
    },
    "emergency-number-views/": {"manager": "number_view"},
    "organizations/": {
        EVERYBODY: ORGANIZATIONS,
        "head": f"{ORGANIZATIONS} suspended unverified",
        "region": f"{ORGANIZATIONS} suspended unverified",
    },
    "organization-memberships/": {
        "coordinator": MEMBERSHIPS,
        "other_coordinator": "other_membership",
        "head": f"{MEMBERSHIPS} head_membership",
        "region": f"{MEMBERSHIPS} head_membership other_membership",
    },
    "partner-missions/": {EVERYBODY: "partner_mission"},
    "missions/": {
        EVERYBODY: PUBLIC_MISSIONS,
        "coordinator": f"{PUBLIC_MISSIONS} {OURS}",
        "other_coordinator": f"{PUBLIC_MISSIONS} other_draft_mission",
        "head": f"{PUBLIC_MISSIONS} {OURS} suspended_mission unverified_mission",
        "region": f"{PUBLIC_MISSIONS} {OURS} other_draft_mission suspended_mission unverified_mission",
    },
    "mission-revisions/": {
        "coordinator": "revision",
        "other_coordinator": "other_revision",
        "head": "revision",
        "region": "other_revision revision",
    },
    "messages/": {"student": "message", "manager": "message", "coordinator": "message", "head": "message"},
    "missions/{id}/messages/": {
        "student": "message",
        "manager": "message",
        "coordinator": "message",
        "head": "message",
    },
    "shifts/{id}/messages/": {
        "student": "message",
        "manager": "message",
        "coordinator": "message",
        "head": "message",
    },
    "reports/": {
        "student": "report",
        "citizen": "report_of_coordinator",
        "coordinator": "report_of_student",
        "manager": "report report_of_student",
        "region": "report report_of_coordinator report_of_student",
    },
    "suspensions/": {"region": "suspension"},
    "shifts/": {
        EVERYBODY: PUBLIC_SHIFTS,
        "coordinator": f"{PUBLIC_SHIFTS} draft_shift",
        "other_coordinator": f"{PUBLIC_SHIFTS} other_draft_shift",
        "head": f"{PUBLIC_SHIFTS} draft_shift",
        "region": f"{PUBLIC_SHIFTS} draft_shift other_draft_shift",
    },
    "sign-ups/": {
        "student": "offer pending place",
        "other_student": "other_pending",
        "citizen": "citizen_pending citizen_place",
        "referent": "offer pending place",
        "colleague": "neighbour_pending",
        "other_teacher": "other_pending",
        "manager": "neighbour_pending offer pending place",
        "other_manager": "other_pending",
        "coordinator": "citizen_pending pending place removed",
        "other_coordinator": "citizen_place neighbour_pending offer other_pending",
        "head": "citizen_pending pending place removed",
    },
    "me/qualifications/": {"student": "training", "other_student": "other_training"},
    "qualifications/": {
        "referent": "training",
        "other_teacher": "other_training",
        "manager": "training",
        "other_manager": "other_training",
        "coordinator": "training",
        "other_coordinator": "other_training training",
        "head": "training",
    },
    "attendances/": {
        "student": "attendance",
        "citizen": "citizen_attendance",
        "referent": "attendance",
        "manager": "attendance",
        "coordinator": "attendance",
        "other_coordinator": "citizen_attendance confirmed_attendance present_attendance",
        "head": "attendance",
    },
    "engagement-options/": {
        "student": "option",
        "other_student": "other_option",
        "referent": "option",
        "colleague": "option",
        "other_teacher": "other_option",
        "manager": "option",
        "other_manager": "other_option",
    },
    "records/": {
        "student": "record",
        "other_student": "other_record",
        "citizen": "passport",
        "referent": "record",
        "colleague": "neighbour_record",
        "other_teacher": "other_record",
        "manager": "neighbour_record record",
        "other_manager": "other_record",
    },
    "certificates/": {"student": "certificate", "referent": "certificate", "manager": "certificate"},
    "hour-entries/": {
        "student": f"draft_entry {OURS_ENTRIES} {OTHER_ENTRIES} {OUTSIDE_ENTRIES}",
        "other_student": "other_entry",
        "citizen": "passport_entry",
        "referent": f"{OURS_ENTRIES} {OTHER_ENTRIES} {OUTSIDE_ENTRIES}",
        "colleague": "neighbour_entry",
        "other_teacher": "other_entry",
        "manager": f"{OURS_ENTRIES} {OTHER_ENTRIES} {OUTSIDE_ENTRIES} neighbour_entry",
        "other_manager": "other_entry",
        "coordinator": f"{OURS_ENTRIES} passport_entry",
        "other_coordinator": f"{OTHER_ENTRIES} neighbour_entry other_entry",
        "head": f"{OURS_ENTRIES} passport_entry",
    },
    "exports/": {"referent": "export", "manager": "export"},
    "contests/": {"student": "contest", "referent": "contest", "manager": "contest"},
    "devices/": {"student": "phone", "other_student": "other_phone"},
    "notifications/": {"student": "notification", "other_student": "other_notification"},
    "auth/sessions/": {"student": "session"},
}


@pytest.fixture
def client_of(world) -> Callable[[str], ContractClient]:
    known: dict[str, ContractClient] = {}

    def client(name: str) -> ContractClient:
        return known.setdefault(name, ContractClient().as_(world.person(name)))

    return client


def test_every_operation_of_the_resolver_stands_in_the_matrix_and_no_other():
    listed = {" ".join(key.split()[:2]) for key in TABLE}
    assert sorted(set(operations()) - listed) == [], "operations that the matrix does not know"
    assert sorted(listed - set(operations())) == [], "lines of the matrix whose operation is gone"


def test_every_line_of_the_matrix_has_its_call_and_every_call_its_line(world):
    assert sorted(TABLE) == sorted(calls(world))


@pytest.mark.parametrize("key", one_of_each(TABLE, room_of))
def test_each_kind_of_person_gets_the_status_of_the_matrix(key, world, client_of):
    call = calls(world)[key]
    got = {}
    for name in PEOPLE:
        client = client_of(name)
        with undone():
            got[name] = call.send(client).status_code
    assert got == TABLE[key]


# Not PUT: it makes what is not there.
KIND_REFUSED = [
    key
    for key, row in TABLE.items()
    if 403 in row.values() and "{id}" in key and " comrade" not in key and not key.startswith("PUT")
]


@pytest.mark.parametrize("key", one_of_each(KIND_REFUSED, room_of))
def test_a_kind_that_never_does_this_is_refused_before_any_row_is_read(key, world, client_of):
    call = calls(world)[key]
    route = key.split()[1]
    path = API + route.replace("{id}", "0192f5a0-0000-7000-8000-000000000000")
    for name, status in TABLE[key].items():
        client = client_of(name)
        with undone():
            answer = call.send(client, path=path)
        assert answer.status_code == (status if status in (401, 403) else 404), name


def _names(world: World, answer: Any) -> str:
    """The rows of a list, by name; sessions that tests open for signing in have none."""
    assert answer.status_code == 200, answer.json()
    known = world.names
    return " ".join(sorted(filter(None, (known.get(row["id"]) for row in answer.json()["results"]))))


# Read by pages, and no list of rows: one's own changes (test_sync), and our missions in the exchange's words.
OF_NO_ROWS = {"sync/", "exchange/missions.json"}


def _listing_routes() -> Iterator[str]:
    for path, methods in schema()["paths"].items():
        is_list = any(parameter["name"] == "cursor" for parameter in methods.get("get", {}).get("parameters", []))
        if is_list and path.removeprefix(API) not in OF_NO_ROWS:
            yield path.removeprefix(API)


def test_every_list_of_the_contract_says_who_gets_which_rows():
    assert sorted(LISTS) == sorted(_listing_routes())


@pytest.mark.parametrize("route", LISTS)
def test_each_person_lists_exactly_their_rows(route, world, client_of):
    expected, got, path = {}, {}, calls(world)[f"GET {route}"].path
    for name, status in TABLE[f"GET {route}"].items():
        if status == 200:
            expected[name] = LISTS[route].get(name, LISTS[route].get(EVERYBODY, ""))
            got[name] = _names(world, client_of(name).get(f"{path}?page_size=100"))
    assert got == {name: " ".join(sorted(names.split())) for name, names in expected.items()}


FILTER_VALUES = {
    "parent": "parent unverified",
    "student": "student other_student neighbour citizen",
    "class_group": "class_group neighbour_class other_class",
    "shift": "shift running_shift other_shift draft_shift other_draft_shift",
    "mission": "mission draft_mission other_mission other_draft_mission unverified_mission",
    "organization": "organization other_organization unverified parent",
    "school": "school other_school closed_school",
    "school_year": "year",
    "record": "record neighbour_record other_record passport",
    "organization_tree": "organization other_organization unverified parent",
}
FILTER_TEXTS = {
    "near": ["48.93,2.36"],
    "radius_km": ["5"],
    "q": ["collecte", "Lou"],
    "sort": ["newest", "soonest"],
    "weekday": ["monday,tuesday,wednesday,thursday", "friday,saturday,sunday"],
    "age": ["0", "99"],
    "date_from": ["2000-01-01", "2999-12-31"],
    "date_to": ["2000-01-01", "2999-12-31"],
    "commune_code": ["75056"],
    "department_code": ["93"],
}


def _filters() -> list[tuple[str, str]]:
    return [
        (route, parameter["name"])
        for route in LISTS
        for parameter in schema()["paths"][API + route]["get"]["parameters"]
        if parameter["in"] == "query" and parameter["name"] not in ("cursor", "page_size")
    ]


def _values(world: World, route: str, name: str) -> list[str]:
    if name in FILTER_VALUES:
        return [str(getattr(world, row).pk) for row in FILTER_VALUES[name].split()]
    parameters = schema()["paths"][API + route]["get"]["parameters"]
    described = next(row["schema"] for row in parameters if row["name"] == name)
    if described.get("type") == "boolean":
        return ["true", "false"]
    if "$ref" in described:
        described = schema()["components"]["schemas"][described["$ref"].rsplit("/", 1)[1]]
    if texts := FILTER_TEXTS.get(route + name, FILTER_TEXTS.get(name)):
        return texts
    if "items" in described:
        described = schema()["components"]["schemas"][described["items"]["$ref"].rsplit("/", 1)[1]]
    return described.get("enum") or ["Lou", "093"]


@once_on("postgresql")
@pytest.mark.parametrize(("route", "name"), _filters())
def test_a_filter_never_reveals_a_row_that_the_list_hides(route, name, world, client_of):
    for person, status in TABLE[f"GET {route}"].items():
        if status == 200:
            seen = set(LISTS[route].get(person, LISTS[route].get(EVERYBODY, "")).split())
            for value in _values(world, route, name):
                beside = {"near": "48.93,2.36"} if name == "radius_km" else {}
                answer = client_of(person).get(f"{API}{route}", {**beside, name: value, "page_size": 100})
                assert set(_names(world, answer).split()) <= seen, (person, value)


@pytest.mark.parametrize("filtered", ["status=submitted", "stage=waiting", "student={student.pk}"])
@pytest.mark.parametrize("person", ["coordinator", "head"])
def test_an_organiser_cannot_sort_entries_by_what_is_left_out_for_them(world, client_of, person, filtered):
    answer = client_of(person).get(f"{API}hour-entries/?{filtered.format(student=world.student)}")
    assert _names(world, answer) == ""


def test_a_teacher_sorts_their_own_students_entries_by_class_student_and_state(world, client_of):
    manager = client_of("manager")
    for filtered in (f"student={world.student.pk}", f"class_group={world.class_group.pk}"):
        listed = " ".join(sorted(f"{OURS_ENTRIES} {OTHER_ENTRIES} {OUTSIDE_ENTRIES}".split()))
        assert _names(world, manager.get(f"{API}hour-entries/?{filtered}")) == listed
    submitted = _names(world, manager.get(f"{API}hour-entries/?status=submitted"))
    assert submitted == " ".join(sorted(f"{OURS_ENTRIES} {OUTSIDE_ENTRIES} neighbour_entry".split()))


def test_organisers_read_of_an_entry_only_time_minutes_and_attestation(world, client_of):
    for person in ("coordinator", "head"):
        entry = client_of(person).get(f"{API}hour-entries/{world.entry.pk}/")
        assert set(entry.json()) == {
            "id",
            "mission",
            "attendance",
            "title",
            "domain",
            "started_at",
            "ended_at",
            "break_minutes",
            "claimed_minutes",
            "organization_name",
            "attestation_status",
            "attested_minutes",
            "attestations",
        }
        assert REFLECTION not in client_of(person).get(f"{API}hour-entries/").content.decode()
    for person in ("student", "referent", "manager"):
        assert client_of(person).get(f"{API}hour-entries/{world.entry.pk}/").json()["reflection"] == REFLECTION


def test_organisers_read_a_minors_surname_initial_until_the_place_is_theirs_and_an_adults_name_at_once(
    world, client_of
):
    for person in ("coordinator", "head"):
        listed = client_of(person).get(f"{API}shifts/{world.shift.pk}/list/").json()
        assert sorted(row["person_name"] for row in listed) == ["Alice Durand", "Inès B."]
        rows = client_of(person).get(f"{API}sign-ups/").json()["results"]
        assert {row["id"]: row["person_name"] for row in rows} == {
            str(world.pending.pk): "Inès B.",
            str(world.place.pk): "Inès Bâ",
            str(world.citizen_pending.pk): "Alice Durand",
            str(world.removed.pk): world.removed.person.full_name,
        }
    accepted = client_of("coordinator").post(f"{API}sign-ups/{world.pending.pk}/accept/").json()
    assert accepted["person_name"] == "Inès Bâ"


def test_the_name_is_an_initial_again_once_the_minor_gave_the_place_up(world, client_of):
    client_of("coordinator").post(f"{API}sign-ups/{world.pending.pk}/accept/")
    client_of("student").post(f"{API}sign-ups/{world.pending.pk}/withdraw/")
    (attendance,) = (
        row for row in client_of("coordinator").get(f"{API}attendances/?shift={world.shift.pk}").json()["results"]
    )
    assert attendance["person_name"] == "Inès B."


def test_the_contact_is_shown_to_who_was_accepted_and_the_organisers_and_to_nobody_else(world, client_of):
    gone = {"status": SignUpStatus.WITHDRAWN, "ended_at": world.shift.starts_at}
    SignUpFactory(shift=world.free_shift, person=world.student, **gone)
    assert CONTACT not in client_of("referent").get(f"{API}sign-ups/").content.decode()
    for person in ("student", "coordinator"):
        rows = client_of(person).get(f"{API}sign-ups/").json()["results"]
        accepted = {str(pk) for pk in SignUp.objects.accepted().values_list("pk", flat=True)}
        assert {row["id"] for row in rows if row["contact"] == CONTACT} == accepted & {row["id"] for row in rows}
        assert all(row["contact"] == "" for row in rows if row["id"] not in accepted)
    for path in ("missions/", "shifts/", f"shifts/{world.shift.pk}/"):
        for person in PEOPLE:
            assert CONTACT not in client_of(person).get(API + path).content.decode()
    readers = {name for name in PEOPLE if client_of(name).get(f"{API}missions/{world.mission.pk}/").json()["contact"]}
    assert readers == {"coordinator", "head", "region"}


def test_the_join_code_is_shown_only_to_those_who_lead_the_class(world, client_of):
    code = world.class_group.join_code
    for person, shown in (("student", None), ("referent", code), ("manager", code)):
        alone = client_of(person).get(f"{API}classes/{world.class_group.pk}/").json()
        (listed,) = (
            row for row in client_of(person).get(f"{API}classes/").json()["results"] if row["id"] == alone["id"]
        )
        assert (alone["join_code"], listed["join_code"]) == (shown, shown)
        assert (alone["join_code_expires_at"] is None) == (shown is None)


def test_a_registration_token_goes_in_and_never_comes_out(world, client_of):
    student = client_of("student")
    made = student.post(f"{API}devices/", {"platform": "ios", "token": "the-secret-registration-token"})
    for answer in (made, student.get(f"{API}devices/"), student.get(f"{API}devices/{made.json()['id']}/")):
        assert "the-secret-registration-token" not in answer.content.decode()
        assert world.phone.token not in answer.content.decode()
        assert "token" not in answer.content.decode()


def test_who_waits_for_the_class_sees_nothing_of_it(world, api):
    newcomer = api.as_(world.newcomer)
    assert newcomer.get(f"{API}classes/").json()["results"] == []
    assert newcomer.get(f"{API}engagement-options/").json()["results"] == []
    assert [row["id"] for row in newcomer.get(f"{API}enrolments/").json()["results"]] == [
        str(world.waiting_enrolment.pk)
    ]


def test_a_decision_in_bulk_on_another_class_answers_as_if_the_entry_did_not_exist(world, client_of):
    for person in ("colleague", "other_teacher", "other_manager"):
        call = calls(world)["POST hour-entries/bulk-decisions/"]
        (outcome,) = call.send(client_of(person)).json()["results"]
        assert (outcome["status"], outcome["code"]) == (None, "not_found")
    world.entry.refresh_from_db()
    assert world.entry.status == "submitted"


def test_the_links_of_guardians_and_the_invited_show_only_what_they_are_for(world, client_of):
    table = calls(world)
    consent = table["GET consents/{token}/"].send(client_of("anonymous"))
    text = {"text_version", "opening", "points"}
    assert set(consent.json()) == {"first_name", "status", "missions", "expires_at", "decided_at", *text}
    assert world.student.last_name not in consent.content.decode()
    invitation = table["GET invitations/{token}/"].send(client_of("anonymous"))
    assert set(invitation.json()) == {"email", "kind", "target_name", "role", "status", "expires_at"}


def test_teachers_and_organisers_read_the_state_of_a_consent_and_nothing_else(world, client_of):
    for person in ("referent", "coordinator", "head", "student", "manager"):
        seen = person in ("student", "manager")
        rows = {row["id"]: row for row in client_of(person).get(f"{API}consents/").json()["results"]}
        row = rows[str(world.refusal.pk)]
        assert (row["student"], row["status"]) == (str(world.student.pk), "refused")
        hidden = ("guardian", "text_version", "asked_at", "expires_at", "decided_at", "is_settled")
        assert {name: row[name] is not None for name in hidden} == dict.fromkeys(hidden, seen), person
        assert row["has_bounced"] is (None if person in ("coordinator", "head") else False)


def test_rights_end_with_the_membership_at_the_next_request(world, client_of):
    coordinator, referent = client_of("coordinator"), client_of("referent")
    client_of("head").post(f"{API}organization-memberships/{world.membership.pk}/end/")
    client_of("manager").post(f"{API}staff-memberships/{world.referent_membership.pk}/end/")
    assert coordinator.get(f"{API}missions/{world.draft_mission.pk}/").status_code == 404
    assert coordinator.get(f"{API}shifts/{world.shift.pk}/list/").status_code == 403
    assert coordinator.get(f"{API}sign-ups/").json()["results"] == []
    assert referent.get(f"{API}hour-entries/").json()["results"] == []
    assert referent.post(f"{API}hour-entries/{world.entry.pk}/approve/").status_code == 403
