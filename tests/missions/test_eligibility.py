"""May this person have a place? Every machine reason, and the same answer from the question and from the act."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from missions import eligibility
from missions.models import SignUp
from missions.services import sign_ups
from missions.states import Reason
from tests.support.eligible import REACHED, aged_on, at, daily_limit, student, young_student
from tests.support.factories import (
    ConsentFactory,
    EnrolmentFactory,
    GuardianFactory,
    MissionFactory,
    OrganizationFactory,
    OrganizationMembershipFactory,
    QualificationFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
)

pytestmark = pytest.mark.django_db


FACTS = {"min_age", "limit_minutes", "limit", "missing_requirements", "collides_with", "collides_with_title"}


def test_every_machine_reason_has_its_case():
    assert set(REACHED) == set(Reason)


@pytest.mark.parametrize("reason", list(Reason))
def test_each_reason_is_answered_by_the_question_and_by_the_act(api, reason):
    person, shift = REACHED[reason]()
    client = api.as_(person)
    question = client.get(f"/api/v1/shifts/{shift.pk}/eligibility/")
    answer = question.json()
    assert (answer["eligible"], answer["reason"]) == (reason in eligibility.ELIGIBLE, reason)
    known = SignUp.objects.count()
    act = client.post(f"/api/v1/shifts/{shift.pk}/sign-up/")
    if reason in eligibility.ELIGIBLE:
        status = "accepted" if reason == Reason.OK else "waitlisted"
        assert (act.status_code, act.json()["status"]) == (201, status)
    else:
        assert (act.status_code, act.json()["code"]) == (409, reason)
        assert act.json()["detail"] == answer["detail"]
        assert {name: value for name, value in answer.items() if name in FACTS and value not in (None, [], "")} == {
            name: value for name, value in act.json().items() if name in FACTS
        }
        assert SignUp.objects.count() == known


@pytest.mark.parametrize(
    ("status", "organization", "reason"),
    [
        ("closed", "verified", Reason.NOT_OPEN),
        ("cancelled", "verified", Reason.CANCELLED),
        ("published", "suspended", Reason.SUSPENDED),
    ],
)
def test_who_had_a_place_is_told_why_there_is_none_any_more(api, status, organization, reason):
    now = timezone.now()
    facts = {"published": {}, "closed": {"ended_at": now}, "cancelled": {"ended_at": now, "cancel_reason": "Pluie."}}
    owner = OrganizationFactory(suspended=organization == "suspended")
    mission = MissionFactory(status=status, organization=owner, **facts[status])
    had = SignUpFactory(shift__mission=mission, status="withdrawn", ended_at=now)
    path = f"/api/v1/shifts/{had.shift_id}/"
    client = api.as_(had.person)
    assert client.get(path).status_code == 200
    assert client.get(f"{path}eligibility/").json()["reason"] == reason
    refused = client.post(f"{path}sign-up/")
    assert (refused.status_code, refused.json()["code"]) == (409, reason)
    assert api.as_(UserFactory()).get(f"{path}eligibility/").status_code == 404


def test_an_organisation_that_is_no_longer_verified_closes_its_missions():
    shift = ShiftFactory(mission__organization=OrganizationFactory(unverified=True))
    assert eligibility.reason_for(UserFactory(), shift, timezone.now()) == Reason.NOT_OPEN


def test_a_suspended_person_gets_no_place_whoever_asks_for_them():
    person = UserFactory(suspended_at=timezone.now())
    assert eligibility.reason_for(person, ShiftFactory(), timezone.now()) == Reason.SUSPENDED


@pytest.mark.parametrize(("audience", "enrolled", "reason"), [
    ("students", True, Reason.OK), ("students", False, Reason.AUDIENCE),
    ("citizens", True, Reason.AUDIENCE), ("citizens", False, Reason.OK),
    ("both", True, Reason.OK), ("both", False, Reason.OK),
])  # fmt: skip
def test_a_mission_is_for_students_for_citizens_or_for_both(audience, enrolled, reason):
    person = student() if enrolled else UserFactory()
    assert eligibility.reason_for(person, ShiftFactory(mission__audience=audience), timezone.now()) == reason


def test_a_confirmed_mailbox_is_enough_for_an_adult_and_never_for_a_minor(api):
    minor = UserFactory(aged_17=True, email_verified_at=timezone.now())
    shift = ShiftFactory()
    assert eligibility.reason_for(minor, shift, timezone.now()) == Reason.UNVERIFIED
    assert api.as_(minor).post(f"/api/v1/shifts/{shift.pk}/sign-up/").json()["code"] == "unverified"
    assert eligibility.reason_for(UserFactory(), shift, timezone.now()) == Reason.OK


def test_an_enrolment_that_waits_vouches_for_nobody():
    waiting = EnrolmentFactory(requested=True).student
    assert eligibility.reason_for(waiting, ShiftFactory(), timezone.now()) == Reason.UNVERIFIED


@pytest.mark.parametrize(("day", "start", "end", "reason"), [
    (date(2026, 3, 29), "05:59", "08:00", Reason.NIGHT), (date(2026, 3, 29), "06:00", "08:00", Reason.OK),
    (date(2026, 10, 25), "05:59", "08:00", Reason.NIGHT), (date(2026, 10, 25), "06:00", "08:00", Reason.OK),
    (date(2026, 7, 14), "20:00", "22:00", Reason.OK), (date(2026, 7, 14), "20:00", "22:01", Reason.NIGHT),
    (date(2026, 12, 14), "20:00", "22:00", Reason.OK), (date(2026, 12, 14), "20:00", "22:01", Reason.NIGHT),
])  # fmt: skip
def test_no_minor_stands_on_a_shift_between_2200_and_0600_paris_time(day, start, end, reason):
    with time_machine.travel(at(day - timedelta(days=3), "12:00"), tick=False):
        shift = ShiftFactory(starts_at=at(day, start), ends_at=at(day, end))
        minor = aged_on(date(2026, 6, 1), 17)
        adult = aged_on(date(2026, 1, 1), 18)
        assert eligibility.reason_for(minor, shift, timezone.now()) == reason
        assert eligibility.reason_for(adult, shift, timezone.now()) == Reason.OK


def test_who_turns_18_before_the_shift_is_no_minor_on_it():
    with time_machine.travel(at(date(2026, 11, 1), "12:00"), tick=False):
        shift = ShiftFactory(starts_at=at(date(2026, 11, 20), "21:30"))
        for birthday, reason in ((20, Reason.OK), (21, Reason.NIGHT)):
            person = aged_on(date(2026, 11, birthday), 18)
            assert eligibility.reason_for(person, shift, timezone.now()) == reason


@pytest.mark.parametrize(("minutes", "reason"), [(120, Reason.OK), (121, Reason.DAILY_LIMIT)])
def test_eight_hours_a_day_over_all_shifts_of_a_minor(minutes, reason):
    person, day = student(), timezone.now().date() + timedelta(days=9)
    for clock in ("07:00", "11:00"):
        start = at(day, clock)
        taken = ShiftFactory(starts_at=start, ends_at=start + timedelta(hours=3))
        SignUpFactory(person=person, accepted=True, shift=taken)
    SignUpFactory(person=person, shift=ShiftFactory(starts_at=at(day, "19:00")))  # pending holds no time
    tomorrow = at(day + timedelta(days=1), "07:00")
    SignUpFactory(person=person, accepted=True, shift=ShiftFactory(starts_at=tomorrow))
    shift = ShiftFactory(starts_at=at(day, "15:00"), ends_at=at(day, "15:00") + timedelta(minutes=minutes))
    assert eligibility.reason_for(person, shift, timezone.now()) == reason
    person.birth_date = date(1990, 1, 1)
    assert eligibility.reason_for(person, shift, timezone.now()) == Reason.OK


def test_accepting_a_pending_minor_counts_the_day_again(api):
    person, shift = daily_limit()
    shift.mission.sign_up_mode = "review"
    shift.mission.save()
    row = SignUpFactory(person=person, shift=shift)
    organizer = OrganizationMembershipFactory(organization=shift.mission.organization).person
    answer = api.as_(organizer).post(f"/api/v1/sign-ups/{row.pk}/accept/")
    assert (answer.status_code, answer.json()["code"]) == (409, "daily_limit")


@pytest.mark.parametrize(("days_before_birthday", "reason"), [(1, Reason.TOO_YOUNG), (0, Reason.OK), (-1, Reason.OK)])
def test_the_minimum_age_is_that_on_the_day_of_the_shift(days_before_birthday, reason):
    with time_machine.travel(at(date(2026, 11, 1), "12:00"), tick=False):
        person = EnrolmentFactory(student=UserFactory(birth_date=date(2010, 11, 20))).student
        day = date(2026, 11, 20) - timedelta(days=days_before_birthday)
        shift = ShiftFactory(starts_at=at(day, "08:00"), mission__min_age=16)
        assert eligibility.reason_for(person, shift, timezone.now()) == reason


@pytest.mark.parametrize(("day", "reason"), [(19, Reason.GUARDIAN_NEEDED), (20, Reason.OK)])
def test_consent_is_needed_below_16_on_the_day_of_the_shift(day, reason):
    with time_machine.travel(at(date(2026, 11, 1), "12:00"), tick=False):
        person = EnrolmentFactory(student=UserFactory(birth_date=date(2010, 11, 20))).student
        shift = ShiftFactory(starts_at=at(date(2026, 11, day), "08:00"))
        assert eligibility.reason_for(person, shift, timezone.now()) == reason


def test_one_guardian_is_enough_and_any_refusal_prevails():
    person, shift = young_student(), ShiftFactory()

    def reason():
        return eligibility.reason_for(person, shift, timezone.now())

    GuardianFactory(student=person, verified_at=None)
    assert reason() == Reason.GUARDIAN_NEEDED
    silent = ConsentFactory(guardian__student=person)
    assert reason() == Reason.CONSENT_NEEDED
    ConsentFactory(guardian__student=person, granted=True)
    assert reason() == Reason.OK
    silent.status, silent.decided_at = "refused", timezone.now()
    silent.save()
    assert reason() == Reason.CONSENT_NEEDED


def test_the_sixteenth_pending_sign_up_is_one_too_many_and_an_accepted_one_does_not_count(api):
    person = UserFactory()
    SignUpFactory(person=person, accepted=True, shift=ShiftFactory(starts_at=afternoon(40)))
    mission = MissionFactory(reviewed_sign_ups=True)
    shifts = [ShiftFactory(mission=mission, starts_at=afternoon(7 + day)) for day in range(16)]
    client = api.as_(person)
    answers = [client.post(f"/api/v1/shifts/{shift.pk}/sign-up/") for shift in shifts]
    assert [answer.status_code for answer in answers] == [201] * 15 + [409]
    assert answers[-1].json()["code"] == "too_many_pending"
    client.post(f"/api/v1/sign-ups/{answers[0].json()['id']}/withdraw/")
    assert client.post(f"/api/v1/shifts/{shifts[-1].pk}/sign-up/").status_code == 201


# --- The question and the act agree, for anybody -------------------------------------------------------------------
def often(usual, *others):
    """Mostly the usual value, so that several rules seldom stand in each other's way."""
    return st.sampled_from([usual] * (2 * len(others)) + list(others))


HISTORY = st.lists(st.tuples(st.integers(-1, 1), st.integers(6, 20), st.integers(1, 8), st.booleans()), max_size=3)
PEOPLE = {
    "days_from_birthday": st.integers(-2, 2),
    "age": st.sampled_from([14, 15, 16, 17, 18, 40, None]),
    "is_verified": st.booleans(),
    "is_suspended": often(False, True),
    "is_enrolled": st.booleans(),
    "guardians": st.lists(st.sampled_from(["unverified", "requested", "granted", "refused"]), max_size=2),
    "pending": often(0, 14, 15),
    "training": st.sampled_from(["none", "stated", "verified", "expired"]),
    "on_this_shift": often("nothing", "pending", "waitlisted", "accepted", "declined", "removed"),
}
SHIFTS = {
    "hour": st.integers(0, 23),
    "hours": st.integers(1, 12),
    "when": often("later", "soon", "running", "over"),
    "taken_count": st.integers(0, 2),
    "waiting": often(0, 1, 2),
    "min_age": often(0, 16, 18),
    "audience": often("both", "students", "citizens"),
    "requirements": often([], ["psc"]),
    "sign_up_mode": st.sampled_from(["instant", "review"]),
    "organization": often("verified", "trusted", "unverified", "suspended"),
    "mission": often("published", "draft", "cancelled", "closed"),
    "is_cancelled": often(False, True),
}
# An adult with nothing against them, and a shift that takes anybody.
ANYBODY = {
    "days_from_birthday": 0, "age": 40, "is_verified": True, "is_suspended": False, "is_enrolled": False,
    "guardians": [], "pending": 0, "training": "none", "on_this_shift": "nothing",
}  # fmt: skip
ANY_SHIFT = {
    "hour": 14, "hours": 2, "when": "later", "taken_count": 0, "waiting": 0, "min_age": 0, "audience": "both",
    "requirements": [], "sign_up_mode": "instant", "organization": "verified", "mission": "published",
    "is_cancelled": False,
}  # fmt: skip
PUPIL = {"age": 17, "is_enrolled": True}
CHILD = {"age": 14, "is_enrolled": True}
# One way to each reason at least, whatever chance brings.
WAYS = [
    (Reason.OK, {}, [], {}),
    (Reason.WAITLIST, {}, [], {"taken_count": 2}),
    (Reason.WAITLIST, {}, [], {"waiting": 1, "sign_up_mode": "review"}),
    (Reason.FULL, {}, [], {"taken_count": 2, "when": "soon"}),
    (Reason.COLLIDES, {}, [(0, 13, 2, True)], {}),
    (Reason.TOO_YOUNG, PUPIL, [], {"min_age": 18}),
    (Reason.NIGHT, PUPIL, [], {"hour": 21}),
    (Reason.DAILY_LIMIT, PUPIL, [(0, 6, 7, True)], {}),
    (Reason.CONSENT_NEEDED, {**CHILD, "guardians": ["requested"]}, [], {}),
    (Reason.GUARDIAN_NEEDED, CHILD, [], {}),
    (Reason.REQUIREMENT_MISSING, {"training": "stated"}, [], {"requirements": ["psc"]}),
    (Reason.AUDIENCE, {}, [], {"audience": "students"}),
    (Reason.TOO_MANY_PENDING, {"pending": 15}, [], {}),
    (Reason.ALREADY_SIGNED_UP, {"on_this_shift": "removed"}, [], {}),
    (Reason.UNVERIFIED, {"is_verified": False}, [], {}),
    (Reason.BIRTH_DATE_NEEDED, {"age": None}, [], {"hour": 21}),
    (Reason.SUSPENDED, {"is_suspended": True}, [], {}),
    (Reason.NOT_OPEN, {}, [], {"mission": "draft"}),
    (Reason.ENDED, {}, [], {"when": "over"}),
    (Reason.CANCELLED, {}, [], {"is_cancelled": True}),
]


def make_person(facts, history, day):
    birthday = day + timedelta(days=facts["days_from_birthday"])
    age = facts["age"]
    person = UserFactory(
        birth_date=None if age is None else date(birthday.year - age, birthday.month, min(birthday.day, 28)),
        email_verified_at=timezone.now() if facts["is_verified"] else None,
        suspended_at=timezone.now() if facts["is_suspended"] else None,
    )
    if facts["is_enrolled"]:
        EnrolmentFactory(student=person)
    for state in facts["guardians"]:
        guardian = GuardianFactory(student=person, verified_at=None if state == "unverified" else timezone.now())
        if state != "unverified":
            ConsentFactory(guardian=guardian, **({} if state == "requested" else {state: True}))
    if facts["training"] != "none":
        expires_on = day - timedelta(days=1) if facts["training"] == "expired" else None
        QualificationFactory(person=person, verified=facts["training"] != "stated", expires_on=expires_on)
    for offset, hour, hours, is_accepted in history:
        start = at(day + timedelta(days=offset), f"{hour:02d}:00")
        other = ShiftFactory(starts_at=start, ends_at=start + timedelta(hours=hours))
        SignUpFactory(person=person, shift=other, accepted=is_accepted)
    for _row in range(facts["pending"]):
        SignUpFactory(person=person, shift__starts_at=afternoon(60))
    return person


def make_shift(wanted, day):
    dated = {"ended_at": timezone.now()} if wanted["mission"] in ("cancelled", "closed") else {}
    mission = MissionFactory(
        organization=organization_in(wanted["organization"]),
        status=wanted["mission"],
        published_at=None if wanted["mission"] == "draft" else timezone.now(),
        cancel_reason="Pluie." if wanted["mission"] == "cancelled" else "",
        **dated,
        **{name: wanted[name] for name in ("min_age", "audience", "requirements", "sign_up_mode")},
    )
    length = timedelta(hours=wanted["hours"])
    start = {
        "later": at(day, f"{wanted['hour']:02d}:00"),
        "soon": timezone.now() + timedelta(minutes=20),
        "running": timezone.now() - length / 2,
        "over": timezone.now() - length - timedelta(minutes=1),
    }[wanted["when"]]
    shift = ShiftFactory(
        mission=mission, starts_at=start, ends_at=start + length, capacity=2, taken_count=wanted["taken_count"],
        cancelled=wanted["is_cancelled"],
    )  # fmt: skip
    for _one in range(wanted["waiting"]):
        SignUpFactory(shift=shift, waitlisted=True)
    return shift


def organization_in(state):
    facts = {"suspended_at": timezone.now(), "former_status": "verified"} if state == "suspended" else {}
    return OrganizationFactory(status=state, decided_at=None if state == "unverified" else timezone.now(), **facts)


def on_the_shift(person, shift, state):
    ended = {"ended_at": timezone.now()} if state in ("declined", "removed") else {}
    traits = {state: True} if state in ("waitlisted", "accepted") else {"status": state}
    if state != "nothing":
        SignUpFactory(person=person, shift=shift, **traits, **ended)


def test_the_question_and_the_act_agree_for_anybody_on_any_shift_whatever_the_reason(db):
    day = timezone.now().date() + timedelta(days=10)
    reached = set()

    @hypothesis_settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.fixed_dictionaries(PEOPLE), HISTORY, st.fixed_dictionaries(SHIFTS), st.none())
    def ask_and_act(facts, history, wanted, expected):
        with transaction.atomic():
            person, shift = make_person(facts, history, day), make_shift(wanted, day)
            on_the_shift(person, shift, facts["on_this_shift"])
            asked = eligibility.reason_for(person, shift, timezone.now())
            note(f"asked: {asked}")
            try:
                done = sign_ups.sign_up(shift, actor=person).status
            except sign_ups.NotEligible as refusal:
                done = refusal.code
            given_place = "accepted" if wanted["sign_up_mode"] == "instant" else "pending"
            assert done == {Reason.OK: given_place, Reason.WAITLIST: "waitlisted"}.get(asked, asked)
            assert expected in (None, asked)
            reached.add(asked)
            transaction.set_rollback(True)

    for expected, facts, history, wanted in WAYS:
        ask_and_act = example({**ANYBODY, **facts}, history, {**ANY_SHIFT, **wanted}, expected)(ask_and_act)
    ask_and_act()
    assert reached == set(Reason)
