"""Invitations and memberships, over HTTP: how staff and members come, and how they go."""

import re
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts.models import User
from notifications import relay
from organizations.models import OrganizationMembership
from schools.models import StaffMembership
from tests.support.api import ContractClient
from tests.support.factories import (
    PASSWORD,
    OrganizationFactory,
    OrganizationMembershipFactory,
    SchoolFactory,
    StaffMembershipFactory,
    UserFactory,
)
from tests.support.races import at_once

pytestmark = pytest.mark.django_db

NEWCOMER = {"password": "une phrase pour entrer", "first_name": "Maya", "last_name": "Diop"}


def last_link():
    relay.run()
    return re.search(r"https?://[^/]+(/api/v1/invitations/\S+)", mail.outbox[-1].body).group(1)


def invite_to_school(api, actor, school, email="maya@example.org", role="teacher"):
    return api.as_(actor).post(f"/api/v1/schools/{school.pk}/invitations/", {"email": email, "role": role})


def test_a_manager_invites_a_teacher_who_joins_by_the_link_in_the_mail_once(api):
    membership = StaffMembershipFactory(manager=True)
    assert invite_to_school(api, membership.person, membership.school).status_code == 201
    link = last_link()
    assert api.get(link).json()["target_name"] == membership.school.name
    assert api.get(link, HTTP_ACCEPT="text/html").content.count(b"<form") == 1
    assert api.post(link, NEWCOMER).json()["status"] == "active"
    assert api.post(link, NEWCOMER).status_code == 410
    newcomer = User.objects.get(email="maya@example.org")
    assert newcomer.email_verified_at is not None
    assert StaffMembership.objects.active().get(person=newcomer).role == "teacher"
    signed_in = api.post("/api/v1/auth/token/", {"email": newcomer.email, "password": NEWCOMER["password"]})
    assert signed_in.status_code == 200


def test_who_has_an_account_joins_with_its_password_and_nobody_without_it(api):
    person = UserFactory(email="maya@example.org")
    membership = StaffMembershipFactory(manager=True)
    invite_to_school(api, membership.person, membership.school)
    link = last_link()
    wrong = api.post(link, NEWCOMER)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "password_wrong")
    assert api.post(link, {**NEWCOMER, "password": PASSWORD}).status_code == 200
    assert StaffMembership.objects.active().filter(person=person).count() == 1


def test_the_link_is_no_way_around_the_limits_of_a_sign_in(api):
    UserFactory(email="maya@example.org")
    membership = StaffMembershipFactory(manager=True)
    invite_to_school(api, membership.person, membership.school)
    link = last_link()
    assert [api.post(link, NEWCOMER).status_code for _guess in range(5)] == [400] * 5
    answer = api.post(link, {**NEWCOMER, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"], "Retry-After" in answer) == (429, "too_many_attempts", True)
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1), tick=False):
        assert api.post(link, {**NEWCOMER, "password": PASSWORD}).status_code == 200


def test_no_password_is_hashed_while_a_transaction_is_open(api, no_hash_under_locks):
    membership = StaffMembershipFactory(manager=True)
    invite_to_school(api, membership.person, membership.school)
    link, before = last_link(), no_hash_under_locks()
    assert api.post(link, NEWCOMER).status_code == 200
    assert no_hash_under_locks() == before + 1


def test_the_region_invites_a_schools_first_manager_but_no_teacher(api):
    region, school = UserFactory(region=True), SchoolFactory()
    assert invite_to_school(api, region, school, role="manager").status_code == 201
    assert invite_to_school(api, region, school, role="teacher").status_code == 403


def test_nobody_invites_to_a_school_they_do_not_manage(api):
    teacher, manager, elsewhere = StaffMembershipFactory(), StaffMembershipFactory(manager=True), SchoolFactory()
    assert invite_to_school(api, teacher.person, teacher.school).status_code == 403
    assert invite_to_school(api, manager.person, elsewhere).status_code == 404
    assert invite_to_school(api, UserFactory(), elsewhere).status_code == 403


def test_an_invitation_ends_after_seven_days_and_a_tampered_link_opens_nothing(api):
    membership = StaffMembershipFactory(manager=True)
    invite_to_school(api, membership.person, membership.school)
    link = last_link()
    assert api.get(link[:-3] + "A=/").status_code == 410
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1), tick=False):
        assert api.post(link, NEWCOMER).status_code == 410


def test_an_invitation_to_a_mistyped_address_is_taken_back_before_anybody_uses_it(api):
    membership = StaffMembershipFactory(manager=True)
    sent = invite_to_school(api, membership.person, membership.school, role="manager").json()
    link, path = last_link(), f"/api/v1/schools/{membership.school.pk}"
    other = StaffMembershipFactory(manager=True)
    for person, school, status in ((other.person, membership.school, 404), (other.person, other.school, 404)):
        answer = api.as_(person).post(f"/api/v1/schools/{school.pk}/withdraw-invitation/", {"invitation": sent["id"]})
        assert answer.status_code == status
    manager = api.as_(membership.person)
    assert manager.post(f"{path}/withdraw-invitation/", {"invitation": sent["id"]}).status_code == 204
    assert manager.get(f"{path}/invitations/").json() == []
    assert (api.get(link).status_code, api.post(link, NEWCOMER).status_code) == (410, 410)
    assert manager.post(f"{path}/withdraw-invitation/", {"invitation": sent["id"]}).status_code == 404


def test_inviting_again_mails_the_same_invitation_again(api):
    membership = StaffMembershipFactory(manager=True)
    first = invite_to_school(api, membership.person, membership.school).json()
    second = invite_to_school(api, membership.person, membership.school).json()
    assert first["id"] == second["id"]
    relay.run()
    assert len(mail.outbox) == 2


def test_an_organisation_manager_invites_a_coordinator_anywhere_in_the_subtree(api):
    parent = OrganizationFactory()
    unit = OrganizationFactory(parent=parent)
    manager = OrganizationMembershipFactory(organization=parent, manager=True).person
    coordinator = OrganizationMembershipFactory(organization=unit).person
    url, body = f"/api/v1/organizations/{unit.pk}/invitations/", {"email": "maya@example.org", "role": "coordinator"}
    assert api.as_(coordinator).post(url, body).status_code == 403
    assert api.as_(manager).post(url, body).status_code == 201
    assert api.post(last_link(), NEWCOMER).status_code == 200
    member = OrganizationMembership.objects.active().get(person__email="maya@example.org")
    assert (member.organization, member.role) == (unit, "coordinator")


def test_leaving_ends_access_at_the_next_request(api):
    membership = StaffMembershipFactory()
    client = api.as_(membership.person)
    assert client.get("/api/v1/staff-memberships/").status_code == 200
    assert client.post(f"/api/v1/staff-memberships/{membership.pk}/end/").json()["status"] == "ended"
    assert client.get("/api/v1/staff-memberships/").status_code == 403


@pytest.mark.parametrize(
    ("factory", "path"),
    [
        (StaffMembershipFactory, "staff-memberships"),
        (OrganizationMembershipFactory, "organization-memberships"),
    ],
)
def test_the_last_manager_cannot_leave(api, factory, path):
    last = factory(manager=True)
    answer = api.as_(last.person).post(f"/api/v1/{path}/{last.pk}/end/")
    assert (answer.status_code, answer.json()["code"]) == (409, "last_manager")


def test_a_colleague_cannot_end_anothers_membership(api):
    mine = StaffMembershipFactory()
    other = StaffMembershipFactory(school=mine.school)
    assert api.as_(mine.person).post(f"/api/v1/staff-memberships/{other.pk}/end/").status_code == 404
    member = OrganizationMembershipFactory()
    fellow = OrganizationMembershipFactory(organization=member.organization)
    assert api.as_(member.person).post(f"/api/v1/organization-memberships/{fellow.pk}/end/").status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("factory", "place", "path"),
    [
        (StaffMembershipFactory, {"school": SchoolFactory}, "staff-memberships"),
        (OrganizationMembershipFactory, {"organization": OrganizationFactory}, "organization-memberships"),
    ],
)
def test_two_last_managers_leaving_at_once_leave_one_behind(factory, place, path):
    at = {name: make() for name, make in place.items()}
    managers = [factory(**at, manager=True) for _person in range(2)]
    clients = [ContractClient().as_(manager.person) for manager in managers]
    pairs = zip(clients, managers, strict=True)
    answers = at_once([partial(one.post, f"/api/v1/{path}/{row.pk}/end/") for one, row in pairs])
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert type(managers[0]).objects.active().managers().filter(**at).count() == 1


def test_the_page_asks_for_one_name_and_a_new_account_needs_it(api):
    membership = StaffMembershipFactory(manager=True)
    invite_to_school(api, membership.person, membership.school)
    link = last_link()
    page = api.get(link, HTTP_ACCEPT="text/html").content.decode()
    assert page.count(" required") == 1, "the password alone"
    nameless = api.post(link, {"password": NEWCOMER["password"]})
    assert (nameless.status_code, nameless.json()["code"]) == (400, "name_needed")
    assert api.post(link, {"password": NEWCOMER["password"], "last_name": "Suharto"}).status_code == 200
    newcomer = User.objects.get(email="maya@example.org")
    assert (newcomer.first_name, newcomer.last_name, newcomer.full_name) == ("Suharto", "", "Suharto")


def test_one_mailbox_gets_so_many_invitations_a_day_whoever_sends_them_and_however_it_is_written(api):
    answers = []
    for number in range(40):
        membership = StaffMembershipFactory(manager=True)
        email = f"ma{'.' * (number % 2)}ya+{number}@example.org"
        answers.append(invite_to_school(api, membership.person, membership.school, email=email))
    assert [answer.status_code for answer in answers] == [201] * 5 + [429] * 35
    assert (answers[-1].json()["code"], int(answers[-1]["Retry-After"]) > 0) == ("too_often", True)
    relay.run()
    assert len(mail.outbox) == 5
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1), tick=False):
        membership = StaffMembershipFactory(manager=True)
        assert invite_to_school(api, membership.person, membership.school).status_code == 201


def test_a_school_and_a_person_send_so_many_invitations_a_day(api, settings):
    settings.MAX_INVITATIONS_OF_TARGET_PER_DAY = 3
    settings.MAX_INVITATIONS_BY_PERSON_PER_DAY = 5
    region, schools = UserFactory(region=True), SchoolFactory.create_batch(3)

    def statuses(school, first):
        return [
            invite_to_school(api, region, school, email=f"p{first + number}@example.org", role="manager").status_code
            for number in range(4)
        ]

    assert statuses(schools[0], 0) == [201] * 3 + [429]
    assert statuses(schools[1], 10) == [201] * 2 + [429] * 2
    other = UserFactory(region=True)
    answer = invite_to_school(api, other, schools[2], email="p20@example.org", role="manager")
    assert answer.status_code == 201
