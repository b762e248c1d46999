"""Every refusal is one problem document (RFC 9457), in the reader's language, and says which request it was."""

import pytest
import time_machine
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from notifications import services
from notifications.models import Device
from tests.support.factories import (
    ConsentFactory,
    EnrolmentFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    UserFactory,
)
from tests.support.guardians import consent_token

pytestmark = pytest.mark.django_db

PROBLEM = "application/problem+json"
MEMBERS = {"type", "title", "status", "detail", "code", "errors", "request_id"}
NOBODY = "/api/v1/notifications/0192f5a0-0000-7000-8000-000000000000/"


def problem_of(answer, status):
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM), answer.content
    document = answer.json()
    assert set(document) >= MEMBERS
    assert document["status"] == status
    assert document["type"] == f"https://elan.example/problems/{document['code'].replace('_', '-')}"
    assert document["request_id"] == answer["X-Request-ID"]
    assert document["title"]
    assert document["detail"]
    return document


def test_wrong_fields_are_listed_with_a_pointer_a_code_and_a_sentence(api):
    answer = api.as_(UserFactory()).post("/api/v1/devices/", {"platform": "fax", "nothing": 1})
    document = problem_of(answer, 400)
    assert document["code"] == "invalid"
    assert {(error["pointer"], error["code"]) for error in document["errors"]} == {("/nothing", "unknown_field")}
    answer = api.as_(UserFactory()).post("/api/v1/devices/", {"platform": "fax"})
    errors = {error["pointer"]: error for error in problem_of(answer, 400)["errors"]}
    assert {pointer: error["code"] for pointer, error in errors.items()} == {
        "/platform": "invalid_choice",
        "/token": "required",
    }
    assert all(error["detail"] for error in errors.values())


def test_a_pointer_leads_into_lists(api):
    person = EnrolmentFactory().class_group
    manager = UserFactory()
    person.school.staff_memberships.create(person=manager, role="manager")
    lines = [{"first_name": "A", "last_name": "B", "birth_date": "2010-01-01"}, {"first_name": 1}]
    answer = api.as_(manager).post(f"/api/v1/classes/{person.pk}/students/", {"students": lines})
    pointers = [error["pointer"] for error in problem_of(answer, 400)["errors"]]
    assert sorted(pointers) == ["/students/1/birth_date", "/students/1/first_name"]


def test_without_a_token_a_401_says_how_to_sign_in(api):
    answer = api.get("/api/v1/me/")
    assert problem_of(answer, 401)["code"] == "not_authenticated"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_another_kind_of_person_gets_a_403(api):
    assert problem_of(api.as_(UserFactory()).post("/api/v1/classes/"), 403)["code"] == "permission_denied"


def test_a_row_that_is_not_yours_and_a_row_that_is_none_get_the_same_404(api):
    entry = MissionFactory(draft=True)
    reader = api.as_(UserFactory())
    hidden, absent = (
        problem_of(reader.get(path), 404)
        for path in (f"/api/v1/missions/{entry.pk}/", f"/api/v1/missions/{UserFactory().pk}/")
    )
    assert {**hidden, "request_id": ""} == {**absent, "request_id": ""}


def test_a_405_lists_what_is_allowed(api):
    answer = api.as_(UserFactory()).put("/api/v1/me/", {})
    assert problem_of(answer, 405)["code"] == "method_not_allowed"
    assert answer["Allow"] == "GET, HEAD, PATCH"


def test_a_wrong_state_is_a_409_that_names_the_state(api):
    member = OrganizationMembershipFactory()
    mission = MissionFactory(organization=member.organization)
    document = problem_of(api.as_(member.person).post(f"/api/v1/missions/{mission.pk}/withdraw/"), 409)
    assert (document["code"], document["state"]) == ("wrong_state", "published")


@pytest.mark.parametrize(("language", "said"), [("fr", "Reconnectez-vous."), ("en", "Sign in again.")])
@pytest.mark.parametrize("token", [None, "Bearer of-another-day"])
def test_people_who_are_not_signed_in_read_what_to_do_in_their_language(client, token, language, said):
    headers = {"HTTP_AUTHORIZATION": token} if token else {}
    answer = client.get("/api/v1/me/", HTTP_ACCEPT_LANGUAGE=language, **headers)
    assert problem_of(answer, 401)["detail"].endswith(said)


def test_a_bound_is_said_in_the_language_of_each_reader_whoever_read_it_first(api):
    member = OrganizationMembershipFactory()
    client, mission = api.as_(member.person), MissionFactory(organization=member.organization)
    body = {"mission": str(mission.pk), "starts_at": "2030-01-01T10:00:00Z", "ends_at": "2030-01-01T12:00:00Z"}
    for language, word in (("fr", "cette valeur"), ("en", "this value"), ("fr", "cette valeur")):
        answer = client.post("/api/v1/shifts/", {**body, "capacity": 501}, HTTP_ACCEPT_LANGUAGE=language)
        (error,) = answer.json()["errors"]
        assert (error["pointer"], word in error["detail"]) == ("/capacity", True), error["detail"]


def test_a_used_up_link_is_a_410_and_a_page_for_a_browser(client):
    path = "/api/v1/consents/nothing/"
    assert problem_of(client.get(path), 410)["code"] == "gone"
    page = client.get(path, HTTP_ACCEPT="text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
    assert (page.status_code, page["Content-Type"]) == (410, "text/html; charset=utf-8")
    assert page["Cache-Control"] == "no-store"


def test_a_public_link_decides_nothing_when_it_is_only_read(client):
    consent = ConsentFactory()
    token = consent_token(consent)
    for accept in ("application/json", "text/html"):
        assert client.get(f"/api/v1/consents/{token}/", HTTP_ACCEPT=accept).status_code == 200
        assert client.head(f"/api/v1/consents/{token}/", HTTP_ACCEPT=accept).status_code == 200
    consent.refresh_from_db()
    assert consent.status == "requested"


def test_an_edit_says_its_version_and_a_stale_one_is_refused(api):
    member = OrganizationMembershipFactory()
    mission = MissionFactory(organization=member.organization, draft=True)
    client, path = api.as_(member.person), f"/api/v1/missions/{mission.pk}/"
    assert problem_of(client.patch(path, {"title": "Autre"}), 428)["code"] == "if_match_required"
    assert problem_of(client.patch(path, {"title": "Autre"}, HTTP_IF_MATCH='"99"'), 412)["code"] == "stale"


def test_another_media_type_is_a_415(api):
    answer = api.as_(UserFactory()).patch("/api/v1/me/", "language=en", content_type="text/plain", HTTP_IF_MATCH="*")
    assert problem_of(answer, 415)["code"] == "unsupported_media_type"


def test_too_many_requests_are_a_429_that_says_when_to_come_back(api):
    person = api.as_(UserFactory())
    with time_machine.travel(timezone.now(), tick=False):
        answers = [person.post("/api/v1/check-ins/") for _time in range(31)]
    assert [answer.status_code for answer in answers[:30]] == [400] * 30
    assert problem_of(answers[30], 429)["code"] == "throttled"
    assert 0 < int(answers[30]["Retry-After"]) <= 61


@pytest.mark.parametrize("host", ["evil.example", "", "testserver@evil.example", "[::1"])
def test_a_foreign_host_name_is_a_400(client, host):
    answer = client.get("/api/v1/shifts/?page_size=1", HTTP_HOST=host)
    assert problem_of(answer, 400)["code"] == "unknown_host"


# --- Language ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "sentence"),
    [
        (None, "Votre connexion manque ou est terminée. Reconnectez-vous."),
        ("fr", "Votre connexion manque ou est terminée. Reconnectez-vous."),
        ("de", "Votre connexion manque ou est terminée. Reconnectez-vous."),
        ("en", "You are not signed in, or no longer. Sign in again."),
        ("en-GB,fr;q=0.5", "You are not signed in, or no longer. Sign in again."),
        ("de,en;q=0.8,fr;q=0.5", "You are not signed in, or no longer. Sign in again."),
        ("zz-ÿ;q=x", "Votre connexion manque ou est terminée. Reconnectez-vous."),
    ],
)
def test_a_problem_is_in_french_unless_the_reader_prefers_english(api, accepted, sentence):
    headers = {"HTTP_ACCEPT_LANGUAGE": accepted} if accepted else {}
    document = problem_of(api.get("/api/v1/me/", **headers), 401)
    assert document["detail"] == sentence


def test_a_field_error_and_an_unknown_address_speak_the_readers_language_too(api):
    for language, sentence in (("fr", "Ce champ est obligatoire."), ("en", "This field is required.")):
        answer = api.post("/api/v1/auth/token/", {"email": "x"}, HTTP_ACCEPT_LANGUAGE=language)
        assert [error["detail"] for error in problem_of(answer, 400)["errors"]] == [sentence]
    english = problem_of(api.get("/api/v1/nothing/", HTTP_ACCEPT_LANGUAGE="en"), 404)
    assert (english["title"], english["detail"]) == ("Not found", "There is nothing at this address. Check it.")


def test_the_code_does_not_change_with_the_language(api):
    documents = [api.get("/api/v1/me/", HTTP_ACCEPT_LANGUAGE=language).json() for language in ("fr", "en")]
    assert documents[0]["code"] == documents[1]["code"]
    assert documents[0]["detail"] != documents[1]["detail"]


# --- The request's id --------------------------------------------------------------------------------------------


def test_each_request_has_an_id_of_its_own_and_the_clients_is_not_trusted(api):
    answers = [api.get("/api/v1/me/", HTTP_X_REQUEST_ID="mine") for _time in range(2)]
    ids = [problem_of(answer, 401)["request_id"] for answer in answers]
    assert len({*ids, "mine"}) == 3
    assert api.get("/api/v1/missions/")["X-Request-ID"] not in ids


# --- Our own failures --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("path", ["/api/v1/missions/", "/api/v1/me/"])
def test_without_its_database_the_service_answers_503_and_when_to_come_back(api, error, path):
    client = api.as_(UserFactory())

    def fail(*_query):
        raise error("connection to 10.0.0.1 refused for user elan")

    with connection.execute_wrapper(fail):
        answer = client.get(path)
    document = problem_of(answer, 503)
    assert document["code"] == "unavailable"
    assert int(answer["Retry-After"]) > 0
    assert "10.0.0.1" not in answer.content.decode()
    assert client.get(path).status_code == 200


def test_a_write_without_its_database_answers_503_and_may_be_sent_again(api, monkeypatch):
    client = api.as_(UserFactory())

    def fail(**_facts):
        raise OperationalError("deadlock detected")

    body = {"platform": "ios", "token": "t"}
    with monkeypatch.context() as patch:
        patch.setattr(services, "register_device", fail)
        answer = client.post("/api/v1/devices/", body, key="the-same-key")
    assert problem_of(answer, 503)["code"] == "unavailable"
    assert client.post("/api/v1/devices/", body, key="the-same-key").status_code == 201
    assert Device.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_write_whose_connection_is_cut_answers_503_and_leaves_nothing(api):
    if connection.vendor != "postgresql":
        pytest.skip("needs a server that can cut a connection")
    client = api.as_(UserFactory())
    cut = []

    def cut_once(execute, sql, params, many, context):
        if "notifications_device" in sql and not cut:
            cut.append(True)
            context["connection"].connection.close()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(cut_once):
        answer = client.post("/api/v1/devices/", {"platform": "ios", "token": "t"}, key="the-same-key")
    assert cut
    assert problem_of(answer, 503)["code"] == "unavailable"
    connection.close()
    assert Device.objects.count() == 0
    assert client.post("/api/v1/devices/", {"platform": "ios", "token": "t"}, key="the-same-key").status_code == 201


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_our_own_fault_is_a_500_problem_without_its_secrets(api, monkeypatch, accept):
    def fail(**_facts):
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(services, "register_device", fail)
    client = api.as_(UserFactory())
    client.raise_request_exception = False
    answer = client.post("/api/v1/devices/", {"platform": "ios", "token": "t"}, HTTP_ACCEPT=accept)
    assert problem_of(answer, 500)["code"] == "server_error"
    assert "secret" not in answer.content.decode()
    assert "RuntimeError" not in answer.content.decode()


def test_the_api_needs_no_cookie_and_sets_none(api):
    person = UserFactory()
    for client, path in ((api.as_(person), "/api/v1/me/"), (APIClient(), "/api/v1/missions/"), (Client(), NOBODY)):
        answer = client.get(path)
        assert not answer.cookies
    assert User.objects.count() == 1


def test_a_body_that_is_no_object_is_pointed_at_as_a_whole(api):
    answer = api.as_(UserFactory()).patch("/api/v1/me/", [1], HTTP_IF_MATCH="*")
    assert [error["pointer"] for error in problem_of(answer, 400)["errors"]] == [""]
