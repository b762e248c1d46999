"""Organisations: a tree, what the State knows them by, and the region's word on them."""

import re

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.text import with_ascii_host
from missions.models import SignUp
from notifications.models import OutboxMessage
from organizations.api.serializers import WEB_ADDRESS
from organizations.models import Organization
from organizations.registers import is_rna, is_siren, is_siret
from organizations.services import organizations
from tests.support.factories import (
    AttendanceFactory,
    EnrolmentFactory,
    GuardianFactory,
    MissionFactory,
    OrganizationFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    enrolled_student,
)

pytestmark = pytest.mark.django_db
URL = "/api/v1/organizations/"


@pytest.fixture
def region():
    return UserFactory(region=True)


@pytest.fixture
def tree():
    """A délégation with its manager, a unit under it with its coordinator, a unit under that one."""
    top = OrganizationFactory()
    unit = OrganizationFactory(parent=top)
    post = OrganizationFactory(parent=unit)
    head = OrganizationMembershipFactory(organization=top, manager=True).person
    coordinator = OrganizationMembershipFactory(organization=unit).person
    return top, unit, post, head, coordinator


@pytest.mark.parametrize(
    ("is_right", "right", "wrong"),
    [
        (
            is_rna,
            ["W751234567", "W2A1000123", "W9R1000456"],
            ["178-236", "W2C1000123", "W9R100045", "w751234567", "W75123456", "W7512345678", "751234567", "W7512345A7"],
        ),
        (is_rna, [], ["W７5123456"]),
        (is_siren, ["356000000", "732829320"], ["732829321", "73282932", "732 829 320", "７32829320", "000000001"]),
        # La Poste's head office has a check digit, its post offices a sum that five divides.
        (
            is_siret,
            ["73282932000074", "35600000000048", "35600000049837"],
            ["73282932000075", "35600000049838", "7328293200007", "732829320 00074"],
        ),
    ],
)
def test_numbers_of_the_states_registers_are_checked(is_right, right, wrong):
    assert [number for number in right if not is_right(number)] == []
    assert [number for number in wrong if is_right(number)] == []


@pytest.mark.parametrize(
    ("numbers", "pointer"),
    [
        ({"rna": "751234567"}, "/rna"),
        ({"siren": "732829321"}, "/siren"),
        ({"siret": "73282932000075"}, "/siret"),
        ({"siren": "356000000", "siret": "73282932000074"}, "/siret"),
    ],
)
def test_a_wrong_number_is_named(api, region, numbers, pointer):
    answer = api.as_(region).post(URL, {"name": "UL", "kind": "association", **numbers})
    assert (answer.status_code, answer.json()["code"]) == (400, "register_number_wrong")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ({"rna": "w751234567"}, {"rna": "W751234567"}),
        ({"rna": "W-751-234-567"}, {"rna": "W751234567"}),
        ({"rna": "w2a 1000123"}, {"rna": "W2A1000123"}),
        ({"rna": " W9R1000456 "}, {"rna": "W9R1000456"}),
        ({"siren": "732 829 320"}, {"siren": "732829320"}),
        ({"siren": "732\u00a0829\u202f320"}, {"siren": "732829320"}),
        ({"siret": "732 829 320 00074"}, {"siret": "73282932000074"}),
        ({"siret": "732.829.320-00074"}, {"siret": "73282932000074"}),
        ({"siren": "732\u00a0829\u00a0320\u00a000074"}, {"siren": "732829320", "siret": "73282932000074"}),
    ],
)
def test_a_number_is_taken_as_people_type_it_and_found_so_in_the_admin(api, client, region, typed, written):
    made = api.as_(region).post(URL, {"name": "UL", "kind": "association", **typed})
    assert made.status_code == 201
    assert {name: made.json()[name] for name in written} == written
    path = f"{URL}{made.json()['id']}/"
    edited = api.as_(region).patch(path, {**dict.fromkeys(written, ""), "name": "UL bis"}, HTTP_IF_MATCH="*").json()
    assert [edited[name] for name in written] == [""] * len(written)
    edited = api.as_(region).patch(path, typed, HTTP_IF_MATCH="*").json()
    assert {name: edited[name] for name in written} == written
    client.force_login(UserFactory(region=True, is_superuser=True))
    (asked,) = typed.values()
    assert "UL bis" in client.get("/admin/organizations/organization/", {"q": asked}).content.decode()


def test_the_same_number_typed_another_way_is_no_change_that_the_region_reads(api, region, tree):
    top, _unit, _post, head, _coordinator = tree
    path = f"{URL}{top.pk}/"
    api.as_(region).patch(path, {"siren": "732829320"}, HTTP_IF_MATCH="*")
    OutboxMessage.objects.all().delete()
    api.as_(head).patch(path, {"siren": "732 829 320"}, HTTP_IF_MATCH="*")
    assert not OutboxMessage.objects.filter(kind="organization_renamed").exists()


def test_a_manager_makes_units_below_and_the_region_is_asked_to_verify_them(api, region, tree):
    top, unit, _post, head, coordinator = tree
    made = api.as_(head).post(URL, {"name": "UL de Pantin", "kind": "croix_rouge", "parent": str(unit.pk)})
    assert (made.status_code, made.json()["status"], made.json()["parent"]) == (201, "unverified", str(unit.pk))
    assert OutboxMessage.objects.get(kind="organization_to_verify").recipient == region
    foreign, unknown = str(OrganizationFactory().pk), str(UserFactory().pk)
    for parent in (foreign, unknown, None):
        answer = api.as_(head).post(URL, {"name": "UL", "kind": "croix_rouge", "parent": parent})
        assert (answer.status_code, answer.json()["code"]) == (400, "parent_unknown")
    refused = api.as_(coordinator).post(URL, {"name": "UL", "kind": "croix_rouge", "parent": str(unit.pk)})
    assert refused.status_code == 403
    assert Organization.objects.get(pk=made.json()["id"]).path.startswith(top.path)


def test_a_tree_has_a_depth(region):
    row = None
    for level in range(12):
        row = organizations.create_organization(name=f"{level}", kind="public", parent=row, actor=region)
    with pytest.raises(organizations.TreeTooDeep):
        organizations.create_organization(name="12", kind="public", parent=row, actor=region)


def test_rights_reach_down_the_tree_and_never_up_or_aside(api, tree):
    top, unit, post, head, coordinator = tree
    aside = OrganizationFactory(parent=top)
    for person, organization, status in (
        (head, post, 200),
        (head, aside, 200),
        (coordinator, unit, 200),
        (coordinator, post, 404),
        (coordinator, top, 404),
        (coordinator, aside, 404),
    ):
        mission = MissionFactory(organization=organization, draft=True)
        assert api.as_(person).get(f"/api/v1/missions/{mission.pk}/").status_code == status
        assert api.as_(person).get(f"{URL}{organization.pk}/members/").status_code == status


def test_members_are_those_of_now(api, tree):
    _top, unit, _post, head, coordinator = tree
    OrganizationMembershipFactory(organization=unit, status="ended", ended_at="2026-01-01T00:00:00Z")
    rows = api.as_(head).get(f"{URL}{unit.pk}/members/").json()
    assert [(row["person"], row["role"]) for row in rows] == [(str(coordinator.pk), "coordinator")]


def test_an_organisation_above_that_one_cannot_see_is_not_named(api, tree):
    top, unit, _post, head, _coordinator = tree
    Organization.objects.filter(pk=top.pk).update(status="unverified", decided_at=None)
    assert api.get(f"{URL}{unit.pk}/").json()["parent"] is None
    assert api.as_(head).get(f"{URL}{unit.pk}/").json()["parent"] == str(top.pk)
    assert api.get(f"{URL}?parent={top.pk}").json()["results"] == []


def test_a_manager_edits_the_version_they_read(api, tree):
    _top, unit, _post, head, _coordinator = tree
    client = api.as_(head)
    tag = client.get(f"{URL}{unit.pk}/")["ETag"]
    path, facts = f"{URL}{unit.pk}/", {"description": "Nous aidons.", "url": "https://ul.example", "rna": "W931234567"}
    assert client.patch(path, facts).status_code == 428
    done = client.patch(path, facts, HTTP_IF_MATCH=tag)
    assert done.status_code == 200
    assert facts.items() <= done.json().items()
    assert client.patch(path, facts, HTTP_IF_MATCH=tag).status_code == 412
    for url in ("javascript:alert(1)", "ftp://ul.example", "ul.example"):
        assert client.patch(path, {"url": url}, HTTP_IF_MATCH="*").status_code == 400
    for fixed in ("kind", "parent", "status"):
        assert client.patch(path, {fixed: "public"}, HTTP_IF_MATCH="*").status_code == 400


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://associations-île.fr", "https://xn--associations-le-xpb.fr"),
        ("https://www.Œuvres-de-l-Été.asso.fr:8443/adhérer?nom=é#là", None),
        ("https://ul.example/adhérer", "https://ul.example/adhérer"),
    ],
)
def test_a_web_address_with_accents_is_kept_as_the_dns_knows_it(api, tree, written, kept):
    _top, unit, _post, head, _coordinator = tree
    kept = kept or written.replace("www.Œuvres-de-l-Été", "www." + "œuvres-de-l-été".encode("idna").decode())
    answer = api.as_(head).patch(f"{URL}{unit.pk}/", {"url": written}, HTTP_IF_MATCH="*")
    assert (answer.status_code, answer.json()["url"]) == (200, kept)
    assert "associations-île".encode("idna") == b"xn--associations-le-xpb"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.from_regex(WEB_ADDRESS, fullmatch=True).filter(lambda text: len(text) <= 200))
def test_every_web_address_that_the_contract_allows_can_be_kept(written):
    kept = with_ascii_host(written)
    assert len(kept) <= Organization._meta.get_field("url").max_length
    assert re.split("[:/?#]", kept.partition("://")[2])[0].isascii()
    assert with_ascii_host(kept) == kept


def test_the_region_is_told_when_a_public_organisation_takes_another_name(api, region, tree):
    _top, unit, _post, head, _coordinator = tree
    client = api.as_(head)
    client.patch(f"{URL}{unit.pk}/", {"description": "Nous aidons."}, HTTP_IF_MATCH="*")
    assert not OutboxMessage.objects.filter(kind="organization_renamed").exists()
    client.patch(f"{URL}{unit.pk}/", {"name": "Secours"}, HTTP_IF_MATCH="*")
    assert OutboxMessage.objects.get(kind="organization_renamed").recipient == region


def test_a_new_mission_takes_the_sign_up_mode_of_its_organisation(api, tree):
    _top, unit, _post, _head, coordinator = tree
    Organization.objects.filter(pk=unit.pk).update(default_sign_up_mode="instant")
    facts = {
        "organization": str(unit.pk),
        "title": "Maraude",
        "description": "Aller vers.",
        "domain": "sport",
        "is_remote": True,
    }
    client = api.as_(coordinator)
    assert client.post("/api/v1/missions/", facts).json()["sign_up_mode"] == "instant"
    assert client.post("/api/v1/missions/", {**facts, "sign_up_mode": "review"}).json()["sign_up_mode"] == "review"


def test_a_trusted_organisation_is_public_as_a_verified_one(api, region, tree):
    _top, unit, _post, _head, _coordinator = tree
    mission = MissionFactory(organization=unit)
    assert api.as_(region).post(f"{URL}{unit.pk}/trust/").json()["status"] == "trusted"
    assert api.get(f"{URL}{unit.pk}/").status_code == 200
    assert api.get(f"/api/v1/missions/{mission.pk}/").status_code == 200
    shift = ShiftFactory(mission=mission)
    assert api.as_(UserFactory()).post(f"/api/v1/shifts/{shift.pk}/sign-up/").status_code == 201
    assert api.as_(region).post(f"{URL}{unit.pk}/distrust/").json()["status"] == "verified"


@pytest.mark.parametrize("former", ["unverified", "verified", "trusted"])
def test_restoring_gives_the_state_from_before(api, region, former):
    row = OrganizationFactory(status=former, decided_at=None if former == "unverified" else "2026-01-01T00:00:00Z")
    client = api.as_(region)
    assert client.post(f"{URL}{row.pk}/suspend/", {"reason": ""}).status_code == 400
    assert client.post(f"{URL}{row.pk}/suspend/", {"reason": "Une plainte."}).json()["status"] == "suspended"
    assert client.post(f"{URL}{row.pk}/suspend/", {"reason": "Encore."}).status_code == 409
    assert client.post(f"{URL}{row.pk}/restore/").json()["status"] == former


def test_a_suspended_organisation_leaves_the_feed_and_its_places_to_come_are_released(api, region, tree):
    _top, unit, post, _head, coordinator = tree
    mission = MissionFactory(organization=unit)
    coming = ShiftFactory(mission=mission, taken_count=1)
    minor = EnrolmentFactory(student=UserFactory(aged_17=True)).student
    guardian = GuardianFactory(student=minor)
    place = AttendanceFactory(sign_up__shift=coming, sign_up__person=minor).sign_up
    pending = SignUpFactory(shift=coming)
    under_way = ShiftFactory(mission=mission, running=True, taken_count=1)
    present = AttendanceFactory(sign_up__shift=under_way, status="checked_in").sign_up
    below = SignUpFactory(shift__mission__organization=post)
    api.as_(region).post(f"{URL}{unit.pk}/suspend/", {"reason": "Une plainte."})
    states = dict(SignUp.objects.values_list("pk", "status"))
    assert states == {
        place.pk: "cancelled",
        pending.pk: "cancelled",
        present.pk: "accepted",  # who is there has their hours confirmed
        below.pk: "pending",  # what is under it is another organisation
    }
    coming.refresh_from_db()
    assert (coming.taken_count, coming.status) == (0, "scheduled")
    told = {(message.kind, message.recipient or message.address) for message in OutboxMessage.objects.all()}
    assert told == {
        ("organization_suspended", coordinator),
        ("sign_up_cancelled", minor),
        ("sign_up_cancelled", pending.person),
        ("guardian_told_of_loss", guardian.email),
    }
    assert "plainte" in OutboxMessage.objects.get(kind="organization_suspended").body
    assert not OutboxMessage.objects.exclude(kind="organization_suspended").filter(body__contains="plainte").exists()
    for path in (f"{URL}{unit.pk}/", f"/api/v1/missions/{mission.pk}/", f"/api/v1/shifts/{coming.pk}/"):
        assert api.get(path).status_code == 404
        assert api.as_(coordinator).get(path).status_code == 200
    # A person who had a place may still look up where it was.
    assert api.as_(minor).get(f"/api/v1/missions/{mission.pk}/").status_code == 200
    feed = api.as_(minor).get("/api/v1/missions/").json()["results"]
    assert [row["id"] for row in feed] == [str(below.shift.mission_id)]
    refused = api.as_(minor).post(f"/api/v1/shifts/{coming.pk}/sign-up/")
    assert (refused.status_code, refused.json()["code"]) == (409, "suspended")
    assert api.as_(UserFactory()).post(f"/api/v1/shifts/{coming.pk}/sign-up/").status_code == 404
    api.as_(region).post(f"{URL}{unit.pk}/restore/")
    assert api.get(f"/api/v1/missions/{mission.pk}/").status_code == 200
    assert set(SignUp.objects.filter(shift=coming).values_list("status", flat=True)) == {"cancelled"}
    assert api.as_(minor).post(f"/api/v1/shifts/{coming.pk}/sign-up/").status_code == 201


def test_a_unit_without_members_is_answered_for_by_the_managers_of_the_nearest_one_above(api):
    top = OrganizationFactory()
    above = OrganizationFactory(parent=top)
    unit = OrganizationFactory(parent=above)
    beside = OrganizationFactory(parent=above)
    at_the_top = OrganizationMembershipFactory(organization=top, manager=True).person
    OrganizationMembershipFactory(organization=above)
    OrganizationMembershipFactory(organization=beside, manager=True)
    shift = ShiftFactory(mission=MissionFactory(organization=unit, reviewed_sign_ups=True))

    def told_by_a_sign_up():
        student = enrolled_student().student
        asked = api.as_(student).post(f"/api/v1/shifts/{shift.pk}/sign-up/").json()
        told = OutboxMessage.objects.filter(kind="sign_up_received", subject_id=asked["id"])
        people = {message.recipient for message in told}
        for person in people:
            assert api.as_(person).get(f"/api/v1/sign-ups/{asked['id']}/").status_code == 200
        return people

    assert told_by_a_sign_up() == {at_the_top}
    near = OrganizationMembershipFactory(organization=above, manager=True).person
    assert told_by_a_sign_up() == {near}
    OrganizationMembershipFactory(organization=unit, status="ended", ended_at=timezone.now())
    assert told_by_a_sign_up() == {near}
    own = OrganizationMembershipFactory(organization=unit).person
    assert told_by_a_sign_up() == {own}


def test_the_list_of_organisations_costs_the_same_however_long(api, region, assert_constant_queries):
    client = api.as_(region)
    parent = OrganizationFactory()
    assert_constant_queries(
        lambda: client.get(URL), grow=lambda: [OrganizationFactory(parent=parent) for _one in range(5)]
    )
