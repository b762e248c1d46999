"""A refusal names the field that is wrong, says what to do in `detail` alone, and its facts are typed."""

import pytest
import yaml

from common.api.words import words
from tests.support.api import SCHEMA_FILE
from tests.support.factories import (
    EnrolmentFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    StaffMembershipFactory,
)
from tests.support.refusals import ensure_told_well

HOURS = "/api/v1/hour-entries/0192f5a0-0000-7000-8000-000000000001/"
BY_HAND = {
    "organization_name": "Les Jardins",
    "tutor_email": "jeanne@jardins.example",
    "started_at": "2026-09-12T08:00:00Z",
    "ended_at": "2026-09-12T10:00:00Z",
}


@pytest.fixture(scope="module")
def problem():
    contract = yaml.load(SCHEMA_FILE.read_text(), Loader=yaml.CSafeLoader)
    return contract["components"]["schemas"]["Problem"]


def pointers(answer, status):
    assert answer.status_code == status, answer.json()
    return [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.django_db
def test_hours_that_are_too_short_point_to_their_end(api):
    student = api.as_(EnrolmentFactory().student)
    answer = student.put(HOURS, {**BY_HAND, "ended_at": "2026-09-12T08:05:00Z"})
    assert (answer.json()["code"], pointers(answer, 400)) == ("minutes_impossible", ["/ended_at"])
    assert answer.json()["errors"][0]["detail"] == answer.json()["detail"]


@pytest.mark.django_db
def test_hours_to_come_point_to_their_end(api):
    student = api.as_(EnrolmentFactory().student)
    answer = student.put(HOURS, {**BY_HAND, "started_at": "2099-09-12T08:00:00Z", "ended_at": "2099-09-12T09:00:00Z"})
    assert (answer.json()["code"], pointers(answer, 409)) == ("in_the_future", ["/ended_at"])


@pytest.mark.django_db
def test_a_name_that_is_taken_is_pointed_at(api):
    manager = StaffMembershipFactory(role="manager")
    body = {"school": str(manager.school_id), "name": "2de 4"}
    client = api.as_(manager.person)
    assert client.post("/api/v1/classes/", body).status_code == 201
    answer = client.post("/api/v1/classes/", body)
    assert (answer.json()["code"], pointers(answer, 409)) == ("class_exists", ["/name"])


@pytest.mark.django_db
def test_a_refused_address_of_a_guardian_is_pointed_at_and_the_detail_says_what_to_do(api):
    student = EnrolmentFactory().student
    answer = api.as_(student).post(
        "/api/v1/me/guardians/", {"email": student.email, "phone": ""}, HTTP_ACCEPT_LANGUAGE="en"
    )
    assert (answer.json()["code"], pointers(answer, 400)) == ("guardian_address_refused", ["/email"])
    assert "Give the one of your parent" in answer.json()["detail"]


@pytest.mark.django_db
def test_a_detail_says_what_is_wrong_with_the_field_where_nothing_else_is(api):
    member = OrganizationMembershipFactory()
    mission = ShiftFactory(mission__organization=member.organization).mission
    body = {"mission": str(mission.pk), "starts_at": "2030-01-01T10:00:00Z", "ends_at": "2030-01-01T09:00:00Z"}
    answer = api.as_(member.person).post("/api/v1/shifts/", {**body, "capacity": 5}, HTTP_ACCEPT_LANGUAGE="en")
    assert answer.json()["code"] == "shift_impossible"
    assert answer.json()["detail"] == answer.json()["errors"][0]["detail"]


@pytest.mark.django_db
def test_a_query_parameter_is_pointed_at_by_its_name(api):
    for query, pointer in [("radius_km=2", "/radius_km"), ("page_size=0", "/page_size"), ("sort=x", "/sort")]:
        assert pointers(api.get(f"/api/v1/missions/?{query}"), 400) == [pointer]


def test_every_fact_is_typed_described_and_stands_beside_codes_that_exist(problem):
    for name, fact in words().facts.items():
        assert problem["properties"][name]["description"], name
        assert {"type", "$ref"} & set(problem["properties"][name]), name
        assert set(fact["codes"]) <= set(words().codes), name
        is_time = name.endswith("_at")
        assert (problem["properties"][name].get("format") == "date-time") == is_time, name
    assert {*words().facts, "has_more_errors"} == set(problem["properties"]) - set(problem["required"])


TOLD = {"operationId": "x", "parameters": [{"name": "q"}], "requestBody": {"content": {"a": {"schema": {
    "properties": {"lines": {"items": {"properties": {"name": {}}}}}
}}}}}  # fmt: skip


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"status": 409, "code": "full", "opens_at": "x", "errors": []}, "`opens_at` stands beside full"),
        ({"status": 400, "code": "invalid", "errors": []}, "names no field"),
        ({"status": 409, "code": "full", "errors": [{"pointer": "/lines/x", "code": "x"}]}, "points to /lines/x"),
    ],
)
def test_the_suite_fails_on_a_refusal_that_does_not_help(document, said):
    with pytest.raises(AssertionError, match=said):
        ensure_told_well(TOLD, document, {})
    for pointer in ("", "/q", "/lines/3/name"):
        ensure_told_well(TOLD, {"status": 400, "code": "x", "errors": [{"pointer": pointer, "code": "x"}]}, {})
