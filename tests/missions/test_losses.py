"""A change that costs somebody their place is asked about first, and a place taken back can be given back."""

from datetime import timedelta

import pytest

from consents.models import Consent
from missions.models import Attendance, MissionRevision, Shift, SignUp
from notifications.models import OutboxMessage
from tests.support.factories import (
    AttendanceFactory,
    ConsentFactory,
    GuardianFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
    enrolled_student,
)
from tests.support.guardians import decision_path

pytestmark = pytest.mark.django_db


@pytest.fixture
def organizer():
    return OrganizationMembershipFactory(organization__trusted=True)


@pytest.fixture
def shift(organizer):
    return ShiftFactory(mission=MissionFactory(organization=organizer.organization), capacity=3)


def accepted(shift, person):
    row = SignUpFactory(shift=shift, person=person, accepted=True)
    AttendanceFactory(sign_up=row)
    Shift.objects.filter(pk=shift.pk).update(taken_count=SignUp.objects.holding_a_place().filter(shift=shift).count())
    return row


def minor(**facts):
    student = enrolled_student(student=UserFactory(aged_17=True, **facts)).student
    GuardianFactory(student=student, email="parent@example.org")
    return student


def at(shift, hour):
    start = shift.starts_at.replace(hour=hour, minute=0)
    return {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()}


def patch(api, organizer, shift, body):
    return api.as_(organizer.person).patch(f"/api/v1/shifts/{shift.pk}/", body, HTTP_IF_MATCH="*")


def test_a_shift_moved_into_the_night_by_mistake_costs_no_minor_their_place(api, organizer, shift):
    student = minor(first_name="Inès", last_name="Martin")
    held, adult = accepted(shift, student), accepted(shift, UserFactory())
    before = OutboxMessage.objects.count()
    answer = patch(api, organizer, shift, at(shift, 21))
    assert (answer.status_code, answer.json()["code"]) == (409, "would_lose")
    assert answer.json()["losses"] == [
        {
            "sign_up": str(held.pk),
            "shift": str(shift.pk),
            "person_name": "Inès Martin",
            "reason": "night",
            "detail": "La personne est mineure, et les mineurs ne participent pas entre 22\u00a0h et 6\u00a0h.",
        }
    ]
    shift.refresh_from_db()
    assert shift.starts_at.hour != 21
    assert {row.status for row in SignUp.objects.all()} == {"accepted"}
    assert OutboxMessage.objects.count() == before
    assert patch(api, organizer, shift, {**at(shift, 21), "accept_losses": True}).status_code == 200
    held.refresh_from_db()
    adult.refresh_from_db()
    assert (held.status, held.machine_reason, adult.status) == ("removed", "night", "accepted")


def test_a_change_that_costs_nobody_anything_is_made_at_once(api, organizer, shift):
    accepted(shift, minor())
    assert patch(api, organizer, shift, at(shift, 12)).status_code == 200


def test_who_is_only_asking_is_named_by_first_name_and_initial(api, organizer, shift):
    SignUpFactory(shift=shift, person=minor(first_name="Inès", last_name="Martin"))
    (loss,) = patch(api, organizer, shift, at(shift, 21)).json()["losses"]
    assert loss["person_name"] == "Inès M."


def test_a_place_taken_back_is_given_back_before_the_waiting_list(api, organizer, shift):
    student = minor()
    held = accepted(shift, student)
    times = {name: getattr(shift, name).isoformat() for name in ("starts_at", "ends_at")}
    patch(api, organizer, shift, {**at(shift, 21), "accept_losses": True})
    patch(api, organizer, shift, times)
    SignUpFactory(shift=shift, waitlisted=True)
    answer = api.as_(organizer.person).post(f"/api/v1/sign-ups/{held.pk}/restore/")
    assert (answer.status_code, answer.json()["status"], answer.json()["machine_reason"]) == (200, "accepted", None)
    assert Attendance.objects.get(sign_up=held).status == "expected"
    assert Shift.objects.get(pk=shift.pk).taken_count == SignUp.objects.holding_a_place().filter(shift=shift).count()
    kinds = list(OutboxMessage.objects.filter(recipient=student).order_by("id").values_list("kind", flat=True))
    assert kinds[-1] == "sign_up_restored"
    assert OutboxMessage.objects.filter(address="parent@example.org", kind="guardian_told_of_place").exists()
    again = api.as_(organizer.person).post(f"/api/v1/sign-ups/{held.pk}/restore/")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


def test_a_place_that_is_lost_given_back_and_lost_again_is_told_of_twice(api, organizer, shift):
    student = minor()
    held = accepted(shift, student)
    client = api.as_(organizer.person)
    for _time in range(2):
        assert client.post(f"/api/v1/sign-ups/{held.pk}/remove/", {"reason": "Trop de monde."}).status_code == 200
        assert client.post(f"/api/v1/sign-ups/{held.pk}/restore/").status_code == 200
    assert OutboxMessage.objects.filter(recipient=student, kind="sign_up_removed").count() == 2
    assert OutboxMessage.objects.filter(address="parent@example.org", kind="guardian_told_of_loss").count() == 2


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ({"capacity": 1, "taken_count": 1}, "full"),
        ({"starts_at": afternoon(-3), "ends_at": afternoon(-2)}, "ended"),
    ],
)
def test_a_place_is_not_given_back_against_the_rules(api, organizer, shift, spoil, code):
    row = accepted(shift, UserFactory())
    api.as_(organizer.person).post(f"/api/v1/sign-ups/{row.pk}/remove/", {"reason": "Erreur."})
    Shift.objects.filter(pk=shift.pk).update(**spoil)
    answer = api.as_(organizer.person).post(f"/api/v1/sign-ups/{row.pk}/restore/")
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert SignUp.objects.get(pk=row.pk).status == "removed"


def test_a_consent_that_would_lapse_is_a_loss_and_giving_back_asks_the_guardian_anew(api, organizer, shift):
    student = enrolled_student(student=UserFactory(aged_15=True)).student
    guardian = GuardianFactory(student=student, email="parent@example.org")
    agreed = {
        "shifts": {str(shift.pk): [shift.starts_at.isoformat(), shift.ends_at.isoformat()]},
        "place": [shift.mission.latitude, shift.mission.longitude],
    }
    consent = ConsentFactory(guardian=guardian, mission=shift.mission, granted=True, agreed_to=agreed)
    held = accepted(shift, student)
    later = at(shift, shift.starts_at.hour + 3)
    (loss,) = patch(api, organizer, shift, later).json()["losses"]
    assert (loss["sign_up"], loss["reason"]) == (str(held.pk), "consent_needed")
    assert Consent.objects.get(pk=consent.pk).status == "granted"
    times = {name: getattr(shift, name).isoformat() for name in ("starts_at", "ends_at")}
    patch(api, organizer, shift, {**later, "accept_losses": True})
    patch(api, organizer, shift, times)
    answer = api.as_(organizer.person).post(f"/api/v1/sign-ups/{held.pk}/restore/")
    assert (answer.status_code, answer.json()["status"]) == (202, "withdrawn")
    assert Consent.objects.get(pk=consent.pk).status == "requested"
    assert OutboxMessage.objects.filter(address="parent@example.org", kind="consent_asked").exists()
    assert api.post(decision_path(Consent.objects.get()), {"decision": "grant"}).json()["status"] == "granted"
    answer = api.as_(organizer.person).post(f"/api/v1/sign-ups/{held.pk}/restore/")
    assert (answer.status_code, answer.json()["status"]) == (200, "accepted")


def test_who_gave_the_place_up_themselves_is_given_none_back(api, organizer, shift):
    person = UserFactory()
    row = accepted(shift, person)
    assert api.as_(person).post(f"/api/v1/sign-ups/{row.pk}/withdraw/").status_code == 200
    answer = api.as_(organizer.person).post(f"/api/v1/sign-ups/{row.pk}/restore/")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


def test_what_the_region_reads_first_is_asked_about_when_it_is_proposed(api):
    member = OrganizationMembershipFactory()
    mission = MissionFactory(organization=member.organization)
    held = accepted(ShiftFactory(mission=mission), minor())
    url = f"/api/v1/missions/{mission.pk}/"
    answer = api.as_(member.person).patch(url, {"min_age": 18}, HTTP_IF_MATCH="*")
    assert (answer.status_code, [loss["reason"] for loss in answer.json()["losses"]]) == (409, ["too_young"])
    assert not MissionRevision.objects.exists()
    answer = api.as_(member.person).patch(url, {"min_age": 18, "accept_losses": True}, HTTP_IF_MATCH="*")
    assert answer.status_code == 200
    assert MissionRevision.objects.get().changes == {"min_age": 18}
    assert SignUp.objects.get(pk=held.pk).status == "accepted"
