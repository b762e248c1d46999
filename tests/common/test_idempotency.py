"""A write sent twice happens once: the second sender gets the first answer."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from common.models import IdempotencyKey
from common.tasks import forget_old_keys
from missions.models import SignUp
from notifications.models import Device, OutboxMessage
from tests.support.api import ContractClient, schema
from tests.support.factories import (
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    StaffMembershipFactory,
    UserFactory,
)
from tests.support.races import at_once
from tests.support.world import API, World, calls

pytestmark = pytest.mark.django_db

POSTS = {
    f"POST {path.removeprefix(API)}": methods["post"]
    for path, methods in schema()["paths"].items()
    if "post" in methods
}
KEYED = [
    key
    for key, operation in POSTS.items()
    if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", []))
]
PHONE = {"platform": "android", "token": "a-token"}


def sign_up_path(shift):
    return f"/api/v1/shifts/{shift.pk}/sign-up/"


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content


def test_a_repeat_answers_the_first_answer_and_does_nothing(api):
    shift = ShiftFactory()
    person = api.as_(UserFactory())
    first = person.post(sign_up_path(shift), key="k")
    told = OutboxMessage.objects.count()
    again = person.post(sign_up_path(shift), key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert again["Content-Type"] == first["Content-Type"]
    assert (SignUp.objects.count(), OutboxMessage.objects.count()) == (1, told)


@pytest.mark.parametrize("key", KEYED)
def test_a_repeat_of_any_operation_with_a_key_answers_the_first_answer(key):
    world = World()
    call = calls(world)[key]
    client = ContractClient().as_(world.person(call.by))
    first = call.send(client, key="k")
    again = call.send(client, key="k")
    if "/end/" in key and again.status_code in (403, 404):
        return  # who ended their own membership has no longer the right to read it
    assert (again.status_code, bool(again.content)) == (first.status_code, bool(first.content))
    if first.content:  # PostgreSQL keeps an answer's fields in an order of its own
        assert again.json() == first.json()
    assert again.headers.get("ETag") == first.headers.get("ETag")
    assert again["Idempotency-Replayed"] == "true"


def test_who_lost_the_answer_edits_the_version_that_the_replay_names(api):
    membership = OrganizationMembershipFactory()
    member = api.as_(membership.person)
    mission = {
        "organization": str(membership.organization.pk),
        "title": "Maraude du soir",
        "description": "Aller vers les personnes.",
        "domain": "sport",
        "is_remote": True,
    }
    member.post(f"{API}missions/", mission, key="k")
    replayed = member.post(f"{API}missions/", mission, key="k")
    path = f"{API}missions/{replayed.json()['id']}/"
    assert member.patch(path, {"title": "Maraude"}, HTTP_IF_MATCH=replayed["ETag"]).status_code == 200
    late = member.post(f"{API}missions/", mission, key="k")
    refused(member.patch(path, {"title": "Tournée"}, HTTP_IF_MATCH=late["ETag"]), 412, "stale")


@pytest.mark.parametrize("key", KEYED)
def test_an_operation_that_keeps_keys_needs_one(key):
    world = World()
    call = calls(world)[key]
    refused(call.send(ContractClient().as_(world.person(call.by)), key=None), 400, "idempotency_key_required")
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("key", sorted(set(POSTS) - set(KEYED)))
def test_coming_in_and_public_links_refuse_a_key(key):
    world = World()
    call = calls(world)[key]
    refused(call.send(ContractClient().as_(world.person(call.by)), key="k"), 400, "idempotency_key_unexpected")


def test_the_order_of_a_bodys_names_does_not_matter(api):
    person = api.as_(UserFactory())
    first = person.post("/api/v1/devices/", PHONE, key="k")
    again = person.post("/api/v1/devices/", dict(reversed(PHONE.items())), key="k")
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"


def test_the_same_key_with_another_body_is_refused_and_does_nothing(api):
    person = api.as_(UserFactory())
    person.post("/api/v1/devices/", PHONE, key="k")
    refused(person.post("/api/v1/devices/", {**PHONE, "token": "b"}, key="k"), 422, "idempotency_key_reused")
    assert Device.objects.count() == 1


def test_the_same_key_at_another_address_is_refused_and_does_nothing(api):
    person, shifts = api.as_(UserFactory()), ShiftFactory.create_batch(2)
    person.post(sign_up_path(shifts[0]), key="k")
    refused(person.post(sign_up_path(shifts[1]), key="k"), 422, "idempotency_key_reused")
    assert SignUp.objects.count() == 1


def test_a_refusal_by_the_state_is_replayed_even_when_the_state_has_changed(api):
    held, shift = ShiftFactory.create_batch(2)
    person = api.as_(UserFactory())
    place = person.post(sign_up_path(held)).json()["id"]
    first = person.post(sign_up_path(shift), key="k")
    refused(first, 409, "collides")
    person.post(f"/api/v1/sign-ups/{place}/withdraw/")
    again = person.post(sign_up_path(shift), key="k")
    assert (again.status_code, again.json()) == (409, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert again["Content-Type"] == "application/problem+json"
    assert person.post(sign_up_path(shift), key="another").status_code == 201


def test_a_refusal_for_want_of_sign_in_is_not_kept(api):
    refused(api.post("/api/v1/devices/", PHONE, key="k"), 401, "not_authenticated")
    assert not IdempotencyKey.objects.exists()
    assert api.as_(UserFactory()).post("/api/v1/devices/", PHONE, key="k").status_code == 201


def test_a_refusal_for_want_of_rights_is_not_kept(api):
    member, comrade = OrganizationMembershipFactory.create_batch(2)
    comrade.organization = member.organization
    comrade.save()
    client, path = api.as_(member.person), f"/api/v1/organization-memberships/{comrade.pk}/end/"
    refused(client.post(path, key="k"), 403, "permission_denied")
    assert not IdempotencyKey.objects.exists()
    OrganizationMembershipFactory(organization=member.organization, person=member.person, manager=True)
    answer = client.post(path, key="k")
    assert answer.status_code == 200
    assert "Idempotency-Replayed" not in answer


def test_another_persons_same_key_is_another_key(api):
    shift = ShiftFactory()
    answers = [api.as_(UserFactory()).post(sign_up_path(shift), key="k") for _person in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]


def test_a_key_belongs_to_the_person_whatever_session_carries_it(api):
    person, shift = UserFactory(), ShiftFactory()
    first = api.as_(person).post(sign_up_path(shift), key="k")
    again = api.as_(person).post(sign_up_path(shift), key="k")
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("verb", ["accept", "decline"])
def test_a_repeat_checks_the_rights_again(api, verb):
    member = OrganizationMembershipFactory()
    elsewhere = OrganizationMembershipFactory(person=member.person)
    sign_up = SignUpFactory(shift__mission__organization=member.organization)
    client, path = api.as_(member.person), f"/api/v1/sign-ups/{sign_up.pk}/{verb}/"
    assert client.post(path, key="done").status_code == 200
    refused(client.post(path, key="refused"), 409, "wrong_state")
    member.delete()
    refused(client.post(path, key="done"), 404, "not_found")
    refused(client.post(path, key="refused"), 404, "not_found")
    elsewhere.delete()
    refused(client.post(path, key="done"), 403, "permission_denied")


def test_a_row_that_was_not_visible_is_still_not_there_for_a_repeat(api):
    sign_up = SignUpFactory()
    member = OrganizationMembershipFactory()
    path = f"/api/v1/sign-ups/{sign_up.pk}/accept/"
    for _time in range(2):
        refused(api.as_(member.person).post(path, key="k"), 404, "not_found")


def test_the_answers_kept_hold_no_registration_token_and_go_with_the_person(api):
    person = UserFactory()
    api.as_(person).post("/api/v1/devices/", PHONE, key="k")
    kept = IdempotencyKey.objects.get()
    assert PHONE["token"] not in f"{kept.answer} {kept.body_sha256} {kept.path}"
    person.delete()
    assert not IdempotencyKey.objects.exists()


def test_keys_are_forgotten_after_30_days(api, settings):
    person = api.as_(UserFactory())
    for key in ("old", "young"):
        person.post("/api/v1/devices/", {**PHONE, "token": key}, key=key)
    days = settings.IDEMPOTENCY_KEY_DAYS
    assert days == 30
    for key, age in (("old", timedelta(days=days, minutes=1)), ("young", timedelta(days=days - 1))):
        IdempotencyKey.objects.filter(key=key).update(created_at=timezone.now() - age)
    forget_old_keys()
    forget_old_keys()
    assert [row.key for row in IdempotencyKey.objects.all()] == ["young"]


@pytest.mark.django_db(transaction=True)
def test_two_sends_at_once_with_one_key_have_one_effect_and_one_answer(api):
    member = StaffMembershipFactory(manager=True)
    person = UserFactory()
    for turn in range(5):
        shift = ShiftFactory(starts_at=timezone.now() + timedelta(days=3 + turn))
        clients = [api.as_(person) for _time in range(2)]
        answers = at_once([partial(client.post, sign_up_path(shift), key=f"k{turn}") for client in clients])
        assert [answer.status_code for answer in answers] == [201, 201], answers
        assert answers[0].json() == answers[1].json()
        assert sorted("Idempotency-Replayed" in answer for answer in answers) == [False, True]
        assert SignUp.objects.filter(shift=shift).count() == 1
    body = {"email": "nina@example.org", "role": "teacher"}
    path = f"/api/v1/schools/{member.school_id}/invitations/"
    told = OutboxMessage.objects.count()
    answers = at_once([partial(api.as_(member.person).post, path, body, key="k") for _time in range(4)])
    assert [answer.status_code for answer in answers] == [201] * 4, answers
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert OutboxMessage.objects.count() == told + 1


@pytest.mark.django_db(transaction=True)
def test_without_a_shared_key_the_same_two_sends_have_two_effects(api):
    """The control of the race above: it is the key that makes one of two."""
    member = StaffMembershipFactory(manager=True)
    path = f"/api/v1/schools/{member.school_id}/invitations/"
    body = {"email": "nina@example.org", "role": "teacher"}
    told = OutboxMessage.objects.count()
    answers = at_once([partial(api.as_(member.person).post, path, body) for _time in range(2)])
    assert [answer.status_code for answer in answers] == [201, 201], answers
    assert OutboxMessage.objects.count() == told + 2


@pytest.mark.django_db(transaction=True)
def test_two_different_writes_at_once_with_one_key_have_one_effect_and_one_refusal(api):
    person = UserFactory()
    bodies = [{**PHONE, "token": token} for token in ("a", "b")]
    answers = at_once([partial(api.as_(person).post, "/api/v1/devices/", body, key="k") for body in bodies])
    assert sorted(answer.status_code for answer in answers) == [201, 422], answers
    assert Device.objects.count() == 1
