"""The region shuts a person out and lets them in again."""

import pytest
from django.urls import reverse

from accounts.models import DeviceSession, Suspension
from missions.models import SignUp
from notifications.models import Device, OutboxMessage
from tests.support.factories import (
    PASSWORD,
    AttendanceFactory,
    DeviceFactory,
    EnrolmentFactory,
    GuardianFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
)

pytestmark = pytest.mark.django_db
URL = "/api/v1/suspensions/"


@pytest.fixture
def region():
    return UserFactory(region=True)


def sign_in(api, person):
    return api.post("/api/v1/auth/token/", {"email": person.email, "password": PASSWORD})


def test_a_suspended_person_is_out_at_once_everywhere_and_their_places_are_released(api, region):
    minor = EnrolmentFactory(student=UserFactory(aged_17=True)).student
    guardian = GuardianFactory(student=minor)
    DeviceFactory(person=minor)
    tokens = sign_in(api, minor).json()
    phone = api.as_(minor)
    coming, past = ShiftFactory(taken_count=1), ShiftFactory(starts_at=afternoon(-3), taken_count=1)
    place, was = (AttendanceFactory(sign_up__shift=shift, sign_up__person=minor).sign_up for shift in (coming, past))
    asking = SignUpFactory(person=minor, shift__starts_at=afternoon(9))
    made = api.as_(region).post(URL, {"person": str(minor.pk), "reason": "Des menaces."})
    assert (made.status_code, made.json()["restored_at"]) == (201, None)
    assert phone.get("/api/v1/me/").status_code == 401
    assert api.post("/api/v1/auth/token/refresh/", {"refresh": tokens["refresh"]}).status_code == 401
    assert sign_in(api, minor).status_code == 401
    assert not DeviceSession.objects.filter(person=minor, revoked_at=None).exists()
    assert not Device.objects.filter(person=minor).exists()
    assert dict(SignUp.objects.values_list("pk", "status")) == {
        place.pk: "withdrawn",
        asking.pk: "withdrawn",
        was.pk: "accepted",
    }
    coming.refresh_from_db()
    assert coming.taken_count == 0
    mail = OutboxMessage.objects.get(kind="account_suspended")
    assert mail.channels == ["mail"]
    assert not OutboxMessage.objects.filter(body__contains="menaces").exists()
    assert OutboxMessage.objects.filter(kind="guardian_told_of_loss", address=guardian.email).exists()


def test_who_is_suspended_while_a_shift_runs_is_expected_there_no_more_and_who_has_come_stays(api, region):
    person = UserFactory()
    running, next_one = ShiftFactory(running=True, taken_count=1), ShiftFactory(running=True, capacity=1)
    expected = AttendanceFactory(sign_up__shift=running, sign_up__person=person)
    waiting = SignUpFactory(shift=next_one, person=person, waitlisted=True)
    came = AttendanceFactory(status="checked_in", sign_up__shift__running=True).sign_up
    for who in (person, came.person):
        assert api.as_(region).post(URL, {"person": str(who.pk), "reason": "Des menaces."}).status_code == 201
    assert dict(SignUp.objects.values_list("pk", "status")) == {
        expected.sign_up_id: "withdrawn",
        waiting.pk: "withdrawn",
        came.pk: "accepted",
    }
    organizer = OrganizationMembershipFactory(organization=running.mission.organization).person
    tick = api.as_(organizer).post(f"/api/v1/attendances/{expected.pk}/check-in/")
    assert (tick.status_code, tick.json()["code"]) == (409, "wrong_state")


def test_a_coordinator_who_is_suspended_runs_nothing_any_more(api, region):
    membership = OrganizationMembershipFactory()
    client = api.as_(membership.person)
    assert client.get("/api/v1/organization-memberships/").status_code == 200
    api.as_(region).post(URL, {"person": str(membership.person.pk), "reason": "Une plainte."})
    assert client.get("/api/v1/organization-memberships/").status_code == 401


def test_who_is_restored_comes_in_again_and_may_sign_up_again(api, region):
    person = UserFactory()
    place = AttendanceFactory(sign_up__person=person, sign_up__shift__taken_count=1).sign_up
    staff = api.as_(region)
    row = staff.post(URL, {"person": str(person.pk), "reason": "Une erreur."}).json()
    done = staff.post(f"{URL}{row['id']}/restore/")
    assert (done.status_code, done.json()["restored_at"] is None) == (200, False)
    assert staff.post(f"{URL}{row['id']}/restore/").json()["code"] == "already_restored"
    assert sign_in(api, person).status_code == 200
    assert api.as_(person).post(f"/api/v1/shifts/{place.shift_id}/sign-up/").status_code == 201
    assert OutboxMessage.objects.filter(kind="account_restored", recipient=person).exists()
    assert staff.post(URL, {"person": str(person.pk), "reason": "Encore."}).status_code == 201
    assert Suspension.objects.in_force().count() == 1


def test_what_cannot_be_suspended_says_why(api, region):
    staff = api.as_(region)
    suspended, gone = UserFactory(), UserFactory(is_active=False)
    staff.post(URL, {"person": str(suspended.pk), "reason": "Une plainte."})
    for person, status, code in (
        (suspended.pk, 409, "already_suspended"),
        (region.pk, 409, "region_staff"),
        (UserFactory(region=True).pk, 409, "region_staff"),
        (UserFactory(is_staff=True, is_superuser=True).pk, 409, "region_staff"),
        (gone.pk, 400, "person_unknown"),
        ("0192f5a0-0000-7000-8000-000000000000", 400, "person_unknown"),
    ):
        answer = staff.post(URL, {"person": str(person), "reason": "Une plainte."})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert staff.post(URL, {"person": str(UserFactory().pk), "reason": ""}).status_code == 400


def test_the_region_suspends_and_restores_in_the_admin(client):
    operator = UserFactory(is_staff=True, is_superuser=True)
    region, person = UserFactory(region=True), UserFactory()
    client.force_login(operator)
    page = reverse("admin:accounts_suspension_add")
    # An operator is not the region: the service says so and nothing is written.
    assert client.post(page, {"person": str(person.pk), "reason": "Une plainte."}).status_code == 302
    assert not Suspension.objects.exists()
    region.is_superuser = True
    region.save()
    client.force_login(region)
    client.post(page, {"person": str(person.pk), "reason": "Une plainte."})
    row = Suspension.objects.get(person=person)
    assert row.suspended_by == region
    client.post(
        reverse("admin:accounts_suspension_changelist"), {"action": "restore", "_selected_action": [str(row.pk)]}
    )
    person.refresh_from_db()
    assert person.suspended_at is None
