"""Did it happen, does it count: the organisation's word on hours by hand, the school's, a student's against them."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.utils import timezone

from common.globe import distance_km
from engagement import chain
from engagement.models import Decision, HourEntry, Record
from engagement.services import certificates, verification
from missions.models import CheckIn, SignUp
from notifications.models import OutboxMessage
from tests.support.attesting import DAY, HOUR, MINUTE, act, axes, log, student_of_a_mission
from tests.support.factories import (
    AttendanceFactory,
    ClassReferentFactory,
    EnrolmentFactory,
    EvidenceFactory,
    GuardianFactory,
    HourEntryFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    RecordFactory,
    StaffMembershipFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(DAY + timedelta(days=2)):
        yield


@pytest.fixture
def s(api):
    return student_of_a_mission(api)


def told(person):
    return list(OutboxMessage.objects.filter(recipient=person).order_by("id").values_list("kind", flat=True))


# --- The organisation's word -------------------------------------------------------------------------------------
@pytest.mark.parametrize(("verb", "body", "expected", "kind"), [
    ("confirm", {}, ("submitted", "confirmed", 60, None), "attested"),
    ("amend", {"minutes": 45}, ("submitted", "amended", 45, None), "amended"),
    ("deny", {"reason": "Personne ce jour-là."}, ("submitted", "denied", None, None), "denied"),
])  # fmt: skip
def test_who_runs_the_mission_gives_their_word_on_hours_by_hand_and_the_student_is_told(s, verb, body, expected, kind):
    entry = log(s)
    assert axes(entry) == ("submitted", "requested", None, None)
    assert "to_attest" in told(s.coordinator)
    answer = s.organiser.post(f"/api/v1/hour-entries/{entry.pk}/{verb}/", body)
    assert answer.status_code == 200
    assert "status" not in answer.json()
    assert answer.json()["attestations"][0]["verb"] == verb
    assert axes(entry) == expected
    assert told(s.student)[-1] == kind
    assert act(s.organiser, entry, "confirm") == (409, "wrong_state")


def test_amended_minutes_are_acknowledged_by_the_student(s):
    entry = log(s)
    assert act(s.organiser, entry, "amend", minutes=60) == (400, "minutes_needed")
    assert act(s.organiser, entry, "amend", minutes=45, reason="Parti à 9 h 45.") == (200, None)
    assert act(s.phone, entry, "acknowledge") == (200, None)
    assert axes(entry) == ("submitted", "confirmed", 45, None)
    assert act(s.phone, entry, "acknowledge") == (409, "wrong_state")


def test_nobody_attests_their_own_hours_nor_their_familys(api, s):
    entry = log(s)
    OrganizationMembershipFactory(organization=s.mission.organization, person=s.student)
    assert act(s.phone, entry, "confirm") == (409, "own_entry")
    local, host = s.coordinator.email.split("@")
    guardian = GuardianFactory(student=s.student, email=f"{local}+famille@{host}")
    assert act(s.organiser, entry, "confirm") == (409, "family_attestation")
    guardian.delete()
    GuardianFactory(student=s.student, email="parent@example.org")
    GuardianFactory(student=s.coordinator, email="pa.rent@example.org")
    assert act(s.organiser, entry, "confirm") == (409, "family_attestation")
    assert axes(entry) == ("submitted", "requested", None, None)


def test_a_confirmed_attendance_is_no_way_around_the_family(api, s):
    GuardianFactory(student=s.student, email=s.coordinator.email)
    place = AttendanceFactory(
        sign_up__person=s.student, sign_up__shift__mission=s.mission, sign_up__shift__starts_at=DAY,
        sign_up__shift__ends_at=DAY + 2 * HOUR,
    )  # fmt: skip
    assert act(s.organiser, place, "confirm", kind="attendances", minutes=60) == (409, "family_attestation")
    assert not HourEntry.objects.exists()


def test_who_attested_never_decides(api, s):
    OrganizationMembershipFactory(organization=s.mission.organization, person=s.teacher_person)
    entry = log(s)
    assert act(s.teacher, entry, "confirm") == (200, None)
    assert act(s.teacher, entry, "approve") == (409, "attested_by_you")
    assert act(s.manager, entry, "approve") == (200, None)


def test_organisers_read_the_events_of_their_own_axis(s):
    entry = log(s)
    act(s.organiser, entry, "deny", reason="Absent.")
    act(s.teacher, entry, "reject", reason="L'association dit non.")
    events = s.organiser.get(f"/api/v1/hour-entries/{entry.pk}/events/").json()
    assert [one["facts"]["verb"] for one in events] == ["request", "deny"]
    assert not {"actor", "status", "approved_minutes"} & {name for one in events for name in one["facts"]}
    whole = s.phone.get(f"/api/v1/hour-entries/{entry.pk}/events/").json()
    assert [one["facts"]["verb"] for one in whole] == ["create", "submit", "request", "deny", "reject"]


def edit(s, entry, **changes):
    return s.phone.patch(f"/api/v1/hour-entries/{entry.pk}/", changes, HTTP_IF_MATCH="*").status_code


@pytest.mark.parametrize(("changes", "expected"), [
    ({"reflection": "J'ai appris."}, "confirmed"),
    ({"break_minutes": 5}, "requested"),
    ({"started_at": (DAY - HOUR).isoformat(), "ended_at": DAY.isoformat()}, "requested"),
    ({"mission": None, "organization_name": "Les Voisins", "tutor_email": "jo@voisins.example"}, "requested"),
])  # fmt: skip
def test_hours_handed_in_again_are_attested_anew_when_time_minutes_or_organisation_changed(s, changes, expected):
    entry = log(s)
    act(s.organiser, entry, "confirm")
    act(s.teacher, entry, "return", reason="Complète.")
    assert edit(s, entry, **changes) == 200
    assert act(s.phone, entry, "submit") == (200, None)
    assert axes(entry)[:2] == ("submitted", expected)


def test_a_withdrawal_does_not_carry_an_attestation_over_to_other_hours(s):
    entry = log(s)
    act(s.organiser, entry, "confirm")
    act(s.phone, entry, "withdraw")
    assert edit(s, entry, ended_at=(DAY + 10 * HOUR).isoformat()) == 200
    act(s.phone, entry, "submit")
    assert axes(entry) == ("submitted", "requested", None, None)


# --- The school's word -------------------------------------------------------------------------------------------
def test_what_counted_is_revoked_with_a_reason_and_can_be_handed_in_again(s):
    entry = log(s)
    act(s.teacher, entry, "approve")
    assert act(s.teacher, entry, "revoke") == (400, "reason_needed")
    assert act(s.teacher, entry, "revoke", reason="Compté deux fois.") == (200, None)
    assert axes(entry) == ("revoked", "requested", None, None)
    assert told(s.student)[-2:] == ["approved", "revoked"]
    assert edit(s, entry, reflection="!") == 409
    assert act(s.phone, entry, "submit") == (200, None)


def test_hours_under_a_valid_certificate_are_not_revoked(s, monkeypatch):
    entry = log(s)
    act(s.teacher, entry, "approve")
    monkeypatch.setattr("engagement.selectors.entries_under_certificate", set)
    assert act(s.teacher, entry, "revoke", reason="Non.") == (409, "certified")


def attended(s, *, late=False, minutes=60):
    """The draft of a confirmed attendance."""
    place = AttendanceFactory(
        sign_up__person=s.student, sign_up__shift__mission=s.mission, sign_up__shift__starts_at=DAY,
        sign_up__shift__ends_at=DAY + 2 * HOUR,
    )  # fmt: skip
    received = DAY + (2 * HOUR if late else timedelta(seconds=5))
    times = {"occurred_at": DAY, "sent_at": received, "received_at": received}
    CheckIn.objects.create(attendance=place, direction="in", is_offline=late, **times)
    assert act(s.organiser, place, "confirm", kind="attendances", minutes=minutes)[0] == 200
    return HourEntry.objects.get(attendance=place)


def set_policy(s):
    option = s.record.option
    path, match = f"/api/v1/engagement-options/{option.pk}/", {"HTTP_IF_MATCH": "*"}
    assert s.manager.patch(path, {"automatic_approval": "confirmed_attendance"}, **match).status_code == 200


def test_a_school_may_let_its_rules_approve_what_a_verified_organisation_saw(s):
    set_policy(s)
    entry = attended(s)
    answer = s.phone.post(f"/api/v1/hour-entries/{entry.pk}/submit/").json()
    assert (answer["status"], answer["approved_minutes"]) == ("approved", 60)
    assert [(one["by_policy"], one["decided_by"]) for one in answer["decisions"]] == [(True, None)]
    assert told(s.student)[-1] == "approved"
    last = entry.events.order_by("sequence").last().facts
    assert (last["verb"], last["actor"]) == ("approve", None)


def test_the_rules_approve_nothing_else(s):
    entry = attended(s)
    act(s.phone, entry, "submit")
    assert axes(entry)[0] == "submitted"  # the policy is never
    act(s.phone, entry, "withdraw")
    set_policy(s)
    act(s.phone, entry, "submit")
    assert axes(entry)[0] == "submitted"  # it was handed in before
    by_hand = log(s, DAY + 5 * HOUR)
    act(s.organiser, by_hand, "confirm")
    act(s.phone, by_hand, "withdraw")
    act(s.phone, by_hand, "submit")
    assert axes(by_hand)[:2] == ("submitted", "confirmed")
    assert not Decision.objects.exists()


@pytest.mark.parametrize("why", ["flagged", "unverified", "class_session", "no_check_in"])
def test_the_rules_leave_to_a_teacher_what_nobody_saw_or_what_the_school_led_itself(s, why):
    set_policy(s)
    entry = attended(s, late=why == "flagged")
    if why == "unverified":
        type(s.mission.organization).objects.update(status="unverified", decided_at=None)
    if why == "class_session":
        SignUp.objects.update(class_group=s.class_group)
    if why == "no_check_in":
        CheckIn.objects.all().delete()
    act(s.phone, entry, "submit")
    assert axes(entry)[0] == "submitted"


# --- The rules' own approval is taken back with the attendance ---------------------------------------------------
def approved_by_the_rules(s):
    set_policy(s)
    entry = attended(s)
    said = {"reflection": "J'ai appris à accueillir."}
    assert s.phone.patch(f"/api/v1/hour-entries/{entry.pk}/", said, HTTP_IF_MATCH="*").status_code == 200
    assert act(s.phone, entry, "submit") == (200, None)
    assert axes(entry) == ("approved", "confirmed", 60, 60)
    return entry


def reopen(s, entry):
    return act(s.organiser, entry.attendance_id, "reopen", kind="attendances", reason="Ce n'était pas elle.")


def test_reopening_undoes_what_the_rules_approved_and_confirming_anew_hands_it_in_again(s):
    entry = approved_by_the_rules(s)
    assert reopen(s, entry) == (200, None)
    assert axes(entry) == ("revoked", "none", None, None)
    assert told(s.student)[-2:] == ["revoked", "attendance_reopened"]
    taken_back = Decision.objects.order_by("pk").last()
    assert (taken_back.verb, taken_back.by_policy, taken_back.decided_by, bool(taken_back.reason)) == (
        "revoke", True, None, True,
    )  # fmt: skip
    assert act(s.organiser, entry.attendance_id, "confirm", kind="attendances", minutes=45) == (200, None)
    assert axes(entry) == ("approved", "confirmed", 45, 45)
    verbs = [event.facts["verb"] for event in entry.events.order_by("sequence")]
    assert verbs[-5:] == ["revoke", "reset", "attest_by_attendance", "submit", "approve"]
    assert reopen(s, entry) == (200, None)
    # The rules are others by now: a teacher decides.
    s.manager.patch(
        f"/api/v1/engagement-options/{s.record.option.pk}/", {"automatic_approval": "never"}, HTTP_IF_MATCH="*"
    )
    assert act(s.organiser, entry.attendance_id, "confirm", kind="attendances", minutes=60) == (200, None)
    assert axes(entry) == ("submitted", "confirmed", 60, None)
    assert list(verification.verify_records(Record.objects.all())) == []


def test_what_other_hours_cover_by_now_stays_revoked_and_can_be_reopened_once_more(s):
    entry = approved_by_the_rules(s)
    reopen(s, entry)
    log(s)
    assert act(s.organiser, entry.attendance_id, "confirm", kind="attendances", minutes=60) == (200, None)
    assert axes(entry) == ("revoked", "confirmed", 60, None)
    assert reopen(s, entry) == (200, None)
    assert axes(entry) == ("revoked", "none", None, None)


def test_it_stays_once_a_person_has_decided_or_a_certificate_lists_it(s):
    entry = approved_by_the_rules(s)
    certificate = certificates.issue_certificate(s.record, reason="Mutation.", actor=s.manager_person)
    assert reopen(s, entry) == (409, "certified")
    certificates.revoke_certificate(certificate, reason="Erreur.", actor=s.manager_person)
    assert act(s.teacher, entry, "revoke", reason="Non.") == (200, None)
    assert reopen(s, entry) == (409, "decided_by_school")
    assert act(s.phone, entry, "submit") == (200, None)
    assert act(s.teacher, entry, "approve") == (200, None)
    assert reopen(s, entry) == (409, "decided_by_school")
    assert axes(entry)[0] == "approved"


# --- Flags -------------------------------------------------------------------------------------------------------
def flags(s, entry):
    """As the teacher reads them; the student never does."""
    own = s.phone.get(f"/api/v1/hour-entries/{entry.pk}/").json()
    assert "flags" not in own
    return s.teacher.get(f"/api/v1/hour-entries/{entry.pk}/").json()["flags"]


def test_more_than_eight_hours_in_a_day_are_flagged_and_taken(s):
    assert flags(s, log(s, DAY - 4 * HOUR, minutes=300)) == []
    assert flags(s, log(s, DAY + 2 * HOUR, minutes=180)) == []
    assert flags(s, log(s, DAY + 6 * HOUR, minutes=15)) == ["long_day"]
    assert flags(s, log(s, DAY - 30 * HOUR, minutes=480)) == []


def test_a_journey_faster_than_a_car_is_flagged(s):
    log(s)
    paris_mission = s.mission
    s.mission = MissionFactory(latitude=45.76, longitude=4.83, organization=paris_mission.organization)
    assert flags(s, log(s, DAY + 3 * HOUR)) == ["too_fast"]
    assert flags(s, log(s, DAY + 12 * HOUR)) == []
    s.mission = MissionFactory(is_remote=True, latitude=None, longitude=None)
    assert flags(s, log(s, DAY + 13 * HOUR)) == []


@pytest.mark.parametrize(("km_per_hour", "expected"), [(89, []), (91, ["too_fast"])])
def test_ninety_kilometres_an_hour_are_no_car_too_fast(s, km_per_hour, expected):
    log(s)
    first, second = s.mission, MissionFactory(latitude=45.76, longitude=4.83, organization=s.mission.organization)
    km = distance_km(first.latitude, first.longitude, second.latitude, second.longitude)
    s.mission = second
    assert flags(s, log(s, DAY + HOUR + timedelta(hours=km / km_per_hour))) == expected


def test_a_photo_seen_before_is_flagged_whoever_showed_it(s):
    EvidenceFactory(entry=HourEntryFactory(), sha256="a" * 64)
    entry = HourEntryFactory(record=s.record)
    EvidenceFactory(entry=entry, sha256="a" * 64)
    act(s.phone, entry, "submit")
    assert flags(s, entry) == ["photo_seen"]


def test_an_offline_check_in_is_flagged(s):
    entry = attended(s, late=True)
    act(s.phone, entry, "submit")
    assert "offline_check_in" in flags(s, entry)


def test_a_check_in_by_a_clock_that_is_off_is_flagged(s):
    entry = attended(s)
    CheckIn.objects.filter(attendance=entry.attendance).update(is_drifting=True)
    act(s.phone, entry, "submit")
    assert flags(s, entry) == ["drifting_check_in"]


def test_a_teacher_sorts_by_flags_and_a_student_cannot(s):
    plain, flagged = HourEntryFactory.create_batch(2, record=s.record, submitted=True)
    HourEntry.objects.filter(pk=flagged.pk).update(flags=["quick_answer"])
    for asked, entry in (("true", flagged), ("false", plain)):
        listed = s.teacher.get(f"/api/v1/hour-entries/?flagged={asked}").json()["results"]
        assert [one["id"] for one in listed] == [str(entry.pk)]
        assert s.phone.get(f"/api/v1/hour-entries/?flagged={asked}").json()["results"] == []


# --- Contests ----------------------------------------------------------------------------------------------------
def rejected(s):
    entry = log(s)
    act(s.teacher, entry, "reject", reason="Hors sujet.")
    return entry


def partly_approved(s):
    entry = log(s)
    act(s.teacher, entry, "approve", minutes=30, reason="La moitié.")
    return entry


def denied(s):
    entry = log(s)
    act(s.organiser, entry, "deny", reason="Absent.")
    return entry


@pytest.mark.parametrize(("make", "subject", "upheld"), [
    (rejected, "rejection", ("submitted", "requested")),
    (partly_approved, "partial_approval", ("submitted", "requested")),
    (denied, "denial", ("submitted", "requested")),
])  # fmt: skip
@pytest.mark.parametrize("verb", ["uphold", "dismiss"])
def test_a_student_contests_once_and_the_manager_decides(s, make, subject, upheld, verb):
    entry = make(s)
    before = axes(entry)
    assert act(s.phone, entry, "contest", reason="J'y étais.") == (200, None)
    assert act(s.phone, entry, "contest", reason="Encore.") == (409, "contested_already")
    assert told(s.manager_person)[-1] == "contest_opened"
    (contest,) = s.manager.get("/api/v1/contests/?status=open").json()["results"]
    assert (contest["subject"], contest["entry"]) == (subject, str(entry.pk))
    assert act(s.teacher, contest["id"], verb, kind="contests", reason="Vu.") == (403, "permission_denied")
    assert act(s.manager, contest["id"], verb, kind="contests", reason="Vu.") == (200, None)
    assert act(s.manager, contest["id"], verb, kind="contests", reason="Vu.") == (409, "wrong_state")
    assert axes(entry)[:2] == (upheld if verb == "uphold" else before[:2])
    assert told(s.student)[-1] == "contest_decided"
    assert s.phone.get(f"/api/v1/contests/{contest['id']}/").json()["answer"] == "Vu."
    assert list(verification.verify_records(Record.objects.all())) == []


def test_what_is_undecided_or_whole_cannot_be_contested_nor_anything_after_30_days(api, s):
    entry = log(s)
    assert act(s.phone, entry, "contest", reason="Non.") == (409, "wrong_state")
    act(s.teacher, entry, "approve")
    assert act(s.phone, entry, "contest", reason="Non.") == (409, "wrong_state")
    late = HourEntryFactory(record=s.record, status="rejected", submitted_at=timezone.now())
    Decision.objects.create(entry=late, verb="reject", reason="Non.")
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert act(api.as_(s.student), late, "contest", reason="Si.") == (409, "too_late")


def test_a_passport_has_nobody_to_contest_before(api, s):
    citizen = UserFactory()
    entry = HourEntryFactory(
        record=RecordFactory(person=citizen), submitted=True, attestation_status="denied", attested_minutes=None
    )
    assert act(api.as_(citizen), entry, "contest", reason="Si.") == (409, "no_school")


def test_the_manager_of_another_school_knows_of_no_contest(api, s):
    entry = rejected(s)
    act(s.phone, entry, "contest", reason="J'y étais.")
    stranger = api.as_(StaffMembershipFactory(manager=True).person)
    assert stranger.get("/api/v1/contests/").json()["results"] == []
    assert act(stranger, entry.contest, "uphold", kind="contests", reason="Vu.") == (404, "not_found")


def contested(s, entry):
    """The id of the contest that the student opens."""
    assert act(s.phone, entry, "contest", reason="J'y étais.") == (200, None)
    (contest,) = s.manager.get("/api/v1/contests/?status=open").json()["results"]
    return contest["id"]


def test_hours_come_back_before_the_school_only_where_no_others_stand_by_now(s):
    entry = rejected(s)
    contest, other = contested(s, entry), log(s, start=DAY + 30 * MINUTE)
    answer = s.manager.post(f"/api/v1/contests/{contest}/uphold/", {"reason": "Vu."})
    assert (answer.status_code, answer.json()["code"]) == (409, "overlaps")
    assert answer.json()["conflicting_entry"] == str(other.pk)
    assert (axes(entry)[0], told(s.student)[-1]) == ("rejected", "rejected")
    act(s.phone, other, "withdraw")
    assert act(s.manager, contest, "uphold", kind="contests", reason="Vu.") == (200, None)
    assert act(s.phone, other, "submit") == (409, "overlaps")


def test_what_a_valid_certificate_lists_is_not_decided_anew(s):
    s.record.option.target_minutes = 30
    s.record.option.save()
    entry = partly_approved(s)
    certificate = s.phone.post("/api/v1/certificates/", {"record": str(s.record.pk)}).json()["id"]
    contest = contested(s, entry)
    assert act(s.manager, contest, "uphold", kind="contests", reason="Vu.") == (409, "certified")
    assert axes(entry) == ("approved", "requested", None, 30)
    assert act(s.manager, certificate, "revoke", kind="certificates", reason="À refaire.") == (200, None)
    assert act(s.manager, contest, "uphold", kind="contests", reason="Vu.") == (200, None)
    assert axes(entry)[0] == "submitted"


def test_organisers_do_not_read_what_the_manager_says_of_their_denial(s):
    entry = denied(s)
    act(s.manager, contested(s, entry), "uphold", kind="contests", reason="Photo à l'appui.")

    def read(client):
        events = client.get(f"/api/v1/hour-entries/{entry.pk}/events/").json()
        return [(event["facts"]["verb"], event["text"]) for event in events]

    assert read(s.organiser)[-2:] == [("reset", ""), ("request", "")]
    assert read(s.phone)[-3:] == [("uphold", "Photo à l'appui."), ("reset", ""), ("request", "")]


def test_hours_that_were_taken_back_are_not_contested_and_wait_with_their_contest(s):
    entry = denied(s)
    act(s.phone, entry, "withdraw")
    assert act(s.phone, entry, "contest", reason="J'y étais.") == (409, "wrong_state")
    act(s.phone, entry, "submit")
    contest = contested(s, entry)
    act(s.phone, entry, "withdraw")
    for verb in ("uphold", "dismiss"):
        assert act(s.manager, contest, verb, kind="contests", reason="Vu.") == (404, "not_found")
    act(s.phone, entry, "submit")
    assert act(s.manager, contest, "uphold", kind="contests", reason="Vu.") == (200, None)


def test_a_contest_is_for_the_thirtieth_day_too(api, s):
    entry = rejected(s)
    with time_machine.travel(timezone.now() + timedelta(days=29, hours=23)):
        assert act(api.as_(s.student), entry, "contest", reason="Si.") == (200, None)


def test_no_more_minutes_are_attested_than_passed(s):
    entry = log(s, break_minutes=20)
    assert act(s.organiser, entry, "amend", minutes=61) == (400, "minutes_impossible")
    assert act(s.organiser, entry, "amend", minutes=60) == (200, None)
    assert axes(entry)[1:3] == ("amended", 60)


# --- Handed in while a class had not said yes ----------------------------------------------------------------------
def test_what_was_handed_in_before_a_class_admitted_its_author_is_handed_in_to_the_class(api, s):
    """It went to a passport, which no school reads: the word that was given on it comes along."""
    joining = EnrolmentFactory(class_group=EnrolmentFactory().class_group, requested=True)
    newcomer = SimpleNamespace(phone=api.as_(joining.student), mission=s.mission)
    HourEntryFactory.create_batch(3, record=RecordFactory(person=joining.student))
    entry = log(newcomer)
    assert act(s.organiser, entry, "confirm") == (200, None)
    passport = entry.record
    assert passport.option is None
    teacher = api.as_(ClassReferentFactory(class_group=joining.class_group).membership.person)
    assert teacher.post(f"/api/v1/enrolments/{joining.pk}/admit/").status_code == 200
    assert act(teacher, entry, "approve") == (404, "not_found")
    for _time in range(2):
        assert act(newcomer.phone, entry, "withdraw") == (200, None)
        assert act(newcomer.phone, entry, "submit") == (200, None)
        assert axes(entry) == ("submitted", "confirmed", 60, None)
    assert entry.record.option.school == joining.class_group.school
    assert act(teacher, entry, "approve") == (200, None)
    for record in (passport, entry.record):
        record.refresh_from_db()
        chain.verify_chain(record)
    moves = newcomer.phone.get(f"/api/v1/hour-entries/{entry.pk}/events/").json()
    told = [move["facts"]["verb"] for move in moves]
    assert told == ["create", "submit", "request", "confirm", "withdraw", "submit", "withdraw", "submit", "approve"]


# --- A denial is not swallowed -----------------------------------------------------------------------------------
def test_hours_that_were_denied_are_approved_with_a_reason_alone_one_by_one_and_in_bulk(s):
    denied, kept = log(s), log(s, DAY + 3 * HOUR)
    assert act(s.organiser, denied, "deny", reason="Personne ce jour-là.") == (200, None)
    assert act(s.organiser, kept, "confirm") == (200, None)
    assert act(s.teacher, denied, "approve") == (400, "reason_needed")
    bulk = "/api/v1/hour-entries/bulk-decisions/"
    rulings = [{"entry": str(entry.pk), "verb": "approve"} for entry in (denied, kept)]
    results = s.teacher.post(bulk, {"decisions": rulings}).json()["results"]
    assert [(one["code"], one["status"]) for one in results] == [("reason_needed", None), (None, "approved")]
    # Taken back, moved by a minute and asked about anew, they are still hours that were denied.
    assert act(s.phone, denied, "withdraw") == (200, None)
    denied.refresh_from_db()
    moved = {"ended_at": (denied.ended_at - MINUTE).isoformat()}
    assert s.phone.patch(f"/api/v1/hour-entries/{denied.pk}/", moved, HTTP_IF_MATCH="*").status_code == 200
    assert act(s.phone, denied, "submit") == (200, None)
    assert axes(denied)[1] == "requested"
    assert act(s.teacher, denied, "approve", reason=" ") == (400, "reason_needed")
    # The organisation's newer word is the one that counts.
    assert act(s.organiser, denied, "confirm") == (200, None)
    assert act(s.teacher, denied, "approve") == (200, None)


def test_a_reason_lets_denied_hours_count(s):
    denied = log(s)
    act(s.organiser, denied, "deny", reason="Personne ce jour-là.")
    assert act(s.teacher, denied, "approve", reason="Vu sur place par le lycée.") == (200, None)
    assert axes(denied)[0] == "approved"
