"""Accounts whose mails come back: who sees it, and what makes it good again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.notices import RESET_PURPOSE, VERIFY_PURPOSE
from accounts.timed_links import nonce_of
from common import links
from tests.support.factories import (
    EnrolmentFactory,
    OrganizationMembershipFactory,
    RosterLineFactory,
    StaffMembershipFactory,
    UserFactory,
    enrolled_student,
)
from tests.support.following import phone_of
from tests.support.world import PROVIDES

pytestmark = pytest.mark.django_db

API = "/api/v1/"


@pytest.fixture
def person():
    return UserFactory(email_verified_at=timezone.now() - timedelta(days=3))


def bounce(api, person, at=None, address=None):
    at = at or timezone.now()
    body = {"event": "hard_bounce", "email": address or person.email, "ts_epoch": int(at.timestamp() * 1000)}
    assert api.post(f"{API}webhooks/mail/brevo/", body, **PROVIDES).status_code == 204


def state(api, person):
    person.refresh_from_db()
    shown = api.as_(person).get(f"{API}me/").json()["email_state"]
    assert shown == person.email_state
    takes = User.objects.taking_mail().filter(pk=person.pk).exists()
    assert takes == person.takes_mail == (shown == "confirmed")
    return shown


def follow_link(api, person):
    token = links.make_token(VERIFY_PURPOSE, person.pk, nonce=person.email)
    assert api.post(f"{API}auth/email/verify/{token}/").status_code == 200


def test_mail_reaches_who_followed_its_link_until_one_comes_back(api, person):
    assert state(api, UserFactory(unverified=True)) == "unconfirmed"
    assert state(api, person) == "confirmed"
    bounce(api, person, address=person.email.upper())
    assert state(api, person) == "bouncing"


def test_a_bounce_is_noted_once_and_of_one_account(api, person):
    other, first = UserFactory(), timezone.now() - timedelta(days=1)
    bounce(api, person, first)
    bounce(api, person)
    bounce(api, person, address="nobody@example.org")
    person.refresh_from_db()
    assert abs(person.email_bounced_at - first) < timedelta(milliseconds=1)
    assert (state(api, other), person.is_active, person.email_verified_at is not None) == ("confirmed", True, True)


def test_a_bounce_from_before_the_address_was_confirmed_counts_no_more(api, person):
    bounce(api, person, person.email_verified_at - timedelta(days=1))
    assert state(api, person) == "confirmed"
    bounce(api, person, person.email_verified_at - timedelta(minutes=4))
    assert state(api, person) == "bouncing", "a provider's clock is not ours"


def test_whoever_follows_a_link_of_a_mail_again_is_written_to_again(api, person):
    bounced_at = timezone.now() - timedelta(hours=1)
    bounce(api, person, bounced_at)
    assert api.as_(person).post(f"{API}auth/email/verify/").status_code == 202
    follow_link(api, person)
    assert state(api, person) == "confirmed"
    bounce(api, person, bounced_at)
    assert state(api, person) == "confirmed", "the same bounce told again"
    assert api.as_(person).post(f"{API}auth/email/verify/").json()["code"] == "already_verified"


def test_a_password_reset_by_mail_proves_the_address_too(api, person):
    bounce(api, person)
    token = links.make_token(RESET_PURPOSE, person.pk, nonce_of(person, timezone.now()))
    answer = api.post(f"{API}auth/password/reset/confirm/{token}/", {"password": "trois hérons sur la digue"})
    assert answer.status_code == 200
    assert state(api, person) == "confirmed"


def test_an_account_never_confirmed_shows_that_its_mail_came_back(api):
    person = UserFactory(unverified=True)
    bounce(api, person)
    assert state(api, person) == "bouncing"
    follow_link(api, person)
    assert state(api, person) == "confirmed"


def test_phones_learn_of_it_by_the_sequence(api, person):
    phone = phone_of(api, person)
    phone.follow()
    bounce(api, person)
    assert [change["kind"] for change in phone.follow()] == ["settings"]
    assert phone.kept["settings", str(person.pk)]["email_state"] == "bouncing"


def shown_of(client, path):
    body = client.get(f"{API}{path}").json()
    rows = body if isinstance(body, list) else body["results"]
    return {row.get("person") or row["first_name"]: row["email_state"] for row in rows}


def test_a_school_sees_whom_of_its_students_and_staff_mail_does_not_reach(api, assert_constant_queries):
    came = enrolled_student()
    line = RosterLineFactory(class_group=came.class_group, enrolment=came, first_name="Inès")
    RosterLineFactory(class_group=came.class_group, first_name="Expected")
    manager = StaffMembershipFactory(school=came.class_group.school, manager=True)
    teacher = StaffMembershipFactory(school=came.class_group.school)
    for person in (came.student, teacher.person):
        bounce(api, person)
    client, path = api.as_(manager.person), f"classes/{came.class_group.pk}/students/"
    assert shown_of(client, path) == {line.first_name: "bouncing", "Expected": None}
    staff = shown_of(client, "staff-memberships/")
    assert (staff[str(teacher.person_id)], staff[str(manager.person_id)]) == ("bouncing", "confirmed")
    assert list(shown_of(api.as_(teacher.person), "staff-memberships/")) == [str(teacher.person_id)]

    def grow():
        for number in range(3):
            other = EnrolmentFactory(class_group=came.class_group)
            RosterLineFactory(class_group=came.class_group, enrolment=other, name_key=f"bis {number}")
            StaffMembershipFactory(school=came.class_group.school)

    assert_constant_queries(lambda: (client.get(f"{API}{path}"), client.get(f"{API}staff-memberships/")), grow=grow)


def test_an_organisations_managers_see_whom_of_its_members_mail_does_not_reach(api):
    manager = OrganizationMembershipFactory(manager=True)
    member = OrganizationMembershipFactory(organization=manager.organization)
    bounce(api, member.person)
    shown = shown_of(api.as_(manager.person), f"organizations/{manager.organization_id}/members/")
    assert shown == {str(member.person_id): "bouncing", str(manager.person_id): "confirmed"}
