"""Sentences say no more than the fact: of places that a suspension ends, and of what somebody may do now."""

import re

import pytest
from django.utils import translation

from consents.notices import consent_decided
from missions.models import SignUp
from missions.notices import mission_reviewed
from notifications.models import OutboxMessage
from organizations.notices import organization_decided
from schools.notices import join_accepted
from tests.support.factories import (
    AttendanceFactory,
    ConsentFactory,
    EnrolmentFactory,
    GuardianFactory,
    MissionFactory,
    OrganizationFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    enrolled_student,
    years_ago,
)
from tests.support.guardians import decision_path, page_path

pytestmark = pytest.mark.django_db
API = "/api/v1/"
# That the shift itself does not take place.
CANCELLED = re.compile(r"n’aura pas lieu|annulé|does not take place|cancelled", re.IGNORECASE)
# That the student gave it up.
BY_THE_STUDENT = re.compile(r"rendu sa place|désisté|gave up|withdrew", re.IGNORECASE)
# That somebody may do it now.
MAY_NOW = re.compile(r"vous pouvez (maintenant )?vous inscrire|you can (now )?sign up", re.IGNORECASE)


@pytest.fixture(autouse=True)
def _in_french():
    """Whatever language the test before has left active."""
    with translation.override("fr"):
        yield


@pytest.fixture
def region():
    return UserFactory(region=True)


@pytest.fixture
def student():
    return enrolled_student(student=UserFactory(aged_15=True, first_name="Inès")).student


def act(api, guardian, action):
    return api.post(page_path(guardian), {"action": action})


def texts(**about):
    return [f"{row.title}\n{row.body}" for row in OutboxMessage.objects.filter(**about).order_by("id")]


def test_at_an_organisations_suspension_nobody_reads_that_the_shift_is_cancelled(api, region):
    minor = enrolled_student(student=UserFactory(aged_17=True)).student
    guardian = GuardianFactory(student=minor)
    shift = ShiftFactory(capacity=2, taken_count=2)
    AttendanceFactory(sign_up__shift=shift, sign_up__person=minor)
    others = [
        SignUpFactory(shift=shift),
        SignUpFactory(shift=shift, waitlisted=True),
        SignUpFactory(shift=shift, offered=True),
        SignUpFactory(shift=shift, person__language="en"),
    ]
    suspend = f"{API}organizations/{shift.mission.organization_id}/suspend/"
    assert api.as_(region).post(suspend, {"reason": "Une plainte."}).status_code == 200
    assert not [said for said in texts() if CANCELLED.search(said)]
    [to_minor], [to_guardian] = texts(recipient=minor), texts(address=guardian.email)
    assert "Votre place est libérée" in to_minor
    assert "L’organisation est suspendue pour le moment" in to_minor
    assert "L’organisation est suspendue pour le moment" in to_guardian
    assert "The organisation is suspended for now" in to_guardian
    for other in others:  # they had none
        assert "place est libérée" not in texts(recipient=other.person)[0].partition("\n")[0]


def test_a_shift_or_a_mission_that_is_cancelled_is_still_said_to_be(api):
    for path, place in (("shifts/{0.pk}", ShiftFactory()), ("missions/{0.mission_id}", ShiftFactory())):
        minor = enrolled_student(student=UserFactory(aged_17=True)).student
        guardian = GuardianFactory(student=minor)
        AttendanceFactory(sign_up__shift=place, sign_up__person=minor)
        place.__class__.objects.filter(pk=place.pk).update(taken_count=1)
        organizer = OrganizationMembershipFactory(organization=place.mission.organization).person
        answer = api.as_(organizer).post(f"{API}{path.format(place)}/cancel/", {"reason": "Orage."})
        assert answer.status_code == 200
        assert all(CANCELLED.search(said) for said in [*texts(recipient=minor), *texts(address=guardian.email)])


@pytest.mark.parametrize("how", ["suspended", "consent_withdrawn"])
def test_a_place_that_others_end_is_not_said_to_be_given_up_by_the_student(api, region, student, how):
    guardian = GuardianFactory(student=student)
    ConsentFactory(guardian=guardian, granted=True)
    shift = ShiftFactory(taken_count=1)
    organizer = OrganizationMembershipFactory(organization=shift.mission.organization).person
    AttendanceFactory(sign_up__shift=shift, sign_up__person=student, sign_up__accepted=True)
    if how == "suspended":
        facts = {"person": str(student.pk), "reason": "Des menaces."}
        assert api.as_(region).post(f"{API}suspensions/", facts).status_code == 201
    else:
        assert act(api, guardian, "withdraw").status_code == 200
    assert SignUp.objects.get().status == "withdrawn"
    told = [*texts(address=guardian.email, kind__startswith="guardian_told"), *texts(recipient=organizer)]
    assert [bool(BY_THE_STUDENT.search(said)) for said in told] == [False] * len(told)
    assert len(told) >= 2


def test_a_request_that_ends_frees_no_place(api):
    asking = SignUpFactory(shift__mission__reviewed_sign_ups=True)
    organizer = OrganizationMembershipFactory(organization=asking.shift.mission.organization).person
    assert api.as_(asking.person).post(f"{API}sign-ups/{asking.pk}/withdraw/").status_code == 200
    [said] = texts(recipient=organizer)
    assert said.startswith("Une inscription a pris fin")


def test_a_student_of_15_is_told_that_they_may_sign_up_only_when_they_may(api, student):
    """Whoever says yes first, and whatever class lets them in: as eligibility has it."""
    mother, father = GuardianFactory(student=student), GuardianFactory(student=student)
    shift = ShiftFactory()

    def last_said():
        may = api.as_(student).get(f"{API}shifts/{shift.pk}/eligibility/").json()["reason"] == "ok"
        return may, bool(MAY_NOW.search(texts(recipient=student)[-1]))

    theirs, ours = ConsentFactory(guardian=father), ConsentFactory(guardian=mother)
    for consent, decision, may_now in ((theirs, "refuse", False), (ours, "grant", False)):
        assert api.post(decision_path(consent), {"decision": decision}).status_code == 200
        assert last_said() == (may_now, may_now)
    assert act(api, father, "grant").status_code == 200
    assert last_said() == (True, True)


def test_a_class_that_lets_somebody_in_says_what_their_age_still_asks_for():
    said = {}
    for age in (15, 16, 17):
        student = UserFactory(birth_date=years_ago(age))
        said[age] = join_accepted(EnrolmentFactory(student=student)).body
    assert [bool(MAY_NOW.search(said[age])) for age in (15, 16, 17)] == [False, True, True]
    assert "16\u00a0ans" in said[15]


def test_a_yes_to_somebody_whom_no_class_has_let_in_opens_nothing():
    student = EnrolmentFactory(student=UserFactory(aged_15=True), requested=True).student
    consent = ConsentFactory(guardian=GuardianFactory(student=student), granted=True)
    assert not MAY_NOW.search(consent_decided(consent).body)


def test_a_verified_organisation_does_not_read_that_it_publishes_by_itself():
    """At `verify`, `distrust` and `restore` alike."""
    assert organization_decided(OrganizationFactory(status="verified")).body == (
        "Vos missions sont publiées dès que la région les a acceptées."
    )


def test_a_published_mission_without_a_shift_to_come_is_not_said_to_take_people():
    with_one = ShiftFactory().mission
    assert [mission_reviewed(mission).body for mission in (with_one, MissionFactory())] == [
        "On peut maintenant la trouver et s’y inscrire.",
        "Elle n’a pas de créneau à venir\u00a0: ajoutez-en un.",
    ]
