"""Asking a tutor: who may be one, what the mail says, how often it leaves, and what the student sees of it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from common.models import uuid7
from engagement.models import HourEntry, Record
from engagement.services import attestation_requests, verification
from notifications.models import OutboxMessage
from tests.support.factories import (
    GuardianFactory,
    HourEntryFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    StaffMembershipFactory,
    UserFactory,
    enrolled_student,
)
from tests.support.tutors import (
    DAY,
    MINUTE,
    TUTOR,
    act,
    link_in,
    log,
    mails_to,
    outside,
    pupil,
    put,
    shown,
    told,
    tutor_address,
)

pytestmark = pytest.mark.django_db

API = "/api/v1/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(DAY + timedelta(days=1)) as clock:
        yield clock


@pytest.fixture
def who(api):
    return pupil(api)


def status(entry):
    entry.refresh_from_db()
    return entry.attestation_status


def later(**time):
    return time_machine.travel(timezone.now() + timedelta(**time))


def test_handing_in_hours_outside_the_catalogue_asks_the_tutor_by_mail(who):
    entry = log(who)
    (message,) = mails_to()
    assert message.subject == "Inès vous demande de confirmer des heures / Inès asks you to confirm hours"
    assert "Les Voisins" in message.body
    assert "1\u00a0h\u00a030" in message.body
    assert link_in(message).startswith("/api/v1/attestations/")
    said = message.subject + message.body
    assert "Secret" not in said
    assert str(who.person.birth_date) not in said
    assert who.person.email not in said
    seen = shown(who, entry)
    assert seen["attestation_status"] == "requested"
    assert seen["attestation_expires_at"].startswith("2026-12-10T09:00:")
    assert (seen["tutor_mail_status"], seen["resends_left"]) == ("sent", 3)
    assert [row.facts["verb"] for row in entry.events.order_by("sequence")] == ["create", "submit", "request"]
    stored = OutboxMessage.objects.get(address=TUTOR)
    assert link_in(message).split("/")[-2] not in f"{stored.body} {stored.link} {stored.data}"


def test_the_link_is_the_same_when_sent_again_and_another_when_asked_anew(who):
    entry = log(who)
    assert act(who.phone, entry, "request-attestation") == (409, "wrong_state")
    assert act(who.phone, entry, "resend-attestation") == (200, None)
    first, second = mails_to()
    assert link_in(first) == link_in(second)
    act(who.phone, entry, "withdraw")
    changed = who.phone.patch(f"{API}hour-entries/{entry.pk}/", {"break_minutes": 5}, HTTP_IF_MATCH="*")
    assert changed.status_code == 200
    act(who.phone, entry, "submit")
    assert link_in(mails_to()[-1]) != link_in(first)


def test_a_student_resends_three_times_at_most_and_the_limit_is_of_the_entry(who):
    entry = log(who)
    for left in (2, 1, 0):
        assert act(who.phone, entry, "resend-attestation") == (200, None)
        assert shown(who, entry)["resends_left"] == left
    assert act(who.phone, entry, "resend-attestation") == (409, "too_many_resends")
    assert len(mails_to()) == 4
    with later(days=22):
        attestation_requests.expire()
        assert act(pupil_again(who), entry, "request-attestation") == (409, "too_many_resends")


def pupil_again(who):
    """The student's phone, signed in anew after days."""
    return type(who.phone)().as_(who.person)


def test_only_hours_that_are_handed_in_are_asked_about(api, who):
    answer, entry_id = put(who)
    assert answer.json()["attestation_asked_at"] is None
    for verb in ("request-attestation", "resend-attestation"):
        assert act(who.phone, entry_id, verb) == (409, "wrong_state")
        assert act(pupil(api).phone, entry_id, verb) == (404, "not_found")
    entry = log(who, start=DAY - 300 * MINUTE)
    act(who.phone, entry, "withdraw")
    assert act(who.phone, entry, "resend-attestation") == (409, "wrong_state")
    assert len(mails_to()) <= 1


def test_a_tutor_is_reminded_after_three_and_seven_days_once_each_and_then_it_expires(who):
    entry = log(who)
    counts = []
    for day in (2, 3, 3, 7, 8, 20):
        with later(days=day):
            attestation_requests.remind()
            attestation_requests.remind()
            counts.append(len(mails_to()))
    assert counts == [1, 2, 2, 3, 3, 3]
    assert mails_to()[1].subject.startswith("Rappel\u00a0: Inès vous demande de confirmer des heures / Reminder: ")
    assert link_in(mails_to()[0]) == link_in(mails_to()[2])
    assert status(entry) == "requested"
    with later(days=21, minutes=1):
        assert [attestation_requests.expire() for _time in range(2)] == [1, 0]
    assert status(entry) == "expired"
    assert told(who.person)[-1] == "attestation_expired"
    with later(days=22):
        assert act(pupil_again(who), entry, "request-attestation") == (200, None)
        assert len(mails_to()) == 4
    assert status(entry) == "requested"
    assert list(verification.verify_records(Record.objects.all())) == []


def test_a_job_that_was_away_sends_one_reminder_not_all_it_missed(who):
    log(who)
    with later(days=9):
        assert attestation_requests.remind() == 1
        assert len(mails_to()) == 2


def test_nobody_is_reminded_of_hours_that_were_taken_back_or_answered(who):
    taken_back, answered = log(who), log(who, start=DAY - 300 * MINUTE)
    act(who.phone, taken_back, "withdraw")
    HourEntry.objects.filter(pk=answered.pk).update(attestation_status="denied")
    with later(days=4):
        assert attestation_requests.remind() == 0


def test_organisers_of_a_mission_are_reminded_too_and_asking_them_expires(api, who):
    mission = MissionFactory()
    coordinator = OrganizationMembershipFactory(organization=mission.organization).person
    times = {"started_at": DAY.isoformat(), "ended_at": (DAY + 60 * MINUTE).isoformat()}
    entry_id = uuid7()
    who.phone.put(f"{API}hour-entries/{entry_id}/", {"mission": str(mission.pk), **times})
    act(who.phone, entry_id, "submit")
    entry = HourEntry.objects.get(pk=entry_id)
    assert shown(who, entry)["tutor_mail_status"] is None
    for day in (3, 7):
        with later(days=day):
            attestation_requests.remind()
    assert told(coordinator) == ["to_attest"] * 3
    with later(days=22):
        attestation_requests.expire()
    assert status(entry) == "expired"


# --- Whose address may be a tutor's ------------------------------------------------------------------------------
def refused(who, email):
    answer, _entry = put(who, tutor_email=email)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, "tutor_refused"), email
    return problem["errors"]


def test_the_family_other_students_and_staff_are_no_tutors_and_one_answer_says_so(who):
    GuardianFactory(student=who.person, email="mere@example.org")
    friend = enrolled_student(student=UserFactory(aged_17=True, email="ami.proche@example.org")).student
    sister = UserFactory(email="soeur@example.org")
    GuardianFactory(student=sister, email="m.ere@example.org")
    teacher = StaffMembershipFactory(person=UserFactory(email="prof@example.org")).person
    addresses = ["Me.re+x@example.org", friend.email.replace(".", "", 1), sister.email, teacher.email]
    said = [refused(who, email) for email in addresses]
    assert all(one == said[0] for one in said)
    assert refused(who, who.person.email) != said[0]
    assert not HourEntry.objects.exists()


def test_tutors_are_tried_so_often_a_day_refused_or_not(who, settings):
    """Whoever has an account is not found out address by address: by a PUT, an edit or a phone's queue."""
    settings.TUTOR_TRIES_PER_DAY = 4
    friend = enrolled_student(student=UserFactory(email="ami@example.org")).student
    answer, entry_id = put(who, tutor_email="jeanne@example.org")
    assert answer.status_code == 201
    for _time in range(6):  # one whom an entry names already is no try
        again = who.phone.put(f"{API}hour-entries/{entry_id}/", outside(tutor_email="jeanne@example.org"))
        assert again.status_code == 200
    refused(who, friend.email)
    edit = {"tutor_email": friend.email}
    changed = who.phone.patch(f"{API}hour-entries/{entry_id}/", edit, HTTP_IF_MATCH="*")
    assert (changed.status_code, changed.json()["code"]) == (400, "tutor_refused")
    queue = [{"op": "put", "id": str(uuid7()), "entry": outside(tutor_email=friend.email)} for _time in range(2)]
    results = who.phone.post(f"{API}hour-entries/batch/", {"operations": queue}).json()["results"]
    assert [one["code"] for one in results] == ["tutor_refused", "too_often"]
    for email in (friend.email, "nouvelle@example.org"):
        answer, _entry = put(who, tutor_email=email)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_often")
    assert put(who, tutor_email="jeanne@example.org", start=DAY - 600 * MINUTE)[0].status_code == 201


def test_staff_whom_an_organisation_invited_and_adults_with_an_account_may_be_tutors(who):
    teacher = StaffMembershipFactory(person=UserFactory(email="prof@example.org")).person
    OrganizationMembershipFactory(person=teacher)
    citizen = UserFactory(email="voisine@example.org")
    for n, person in enumerate((teacher, citizen)):
        log(who, tutor_email=person.email, start=DAY - n * 300 * MINUTE)
        assert len(mails_to(person.email)) == 1


def test_an_address_that_became_a_guardians_is_refused_when_the_hours_are_handed_in_or_asked_about(who):
    answer, entry_id = put(who)
    assert answer.status_code == 201
    asked = log(who, start=DAY - 300 * MINUTE)
    GuardianFactory(student=who.person, email=TUTOR)
    assert act(who.phone, entry_id, "submit") == (400, "tutor_refused")
    assert act(who.phone, asked, "resend-attestation") == (400, "tutor_refused")
    assert len(mails_to()) == 1


# --- How many students an address serves -------------------------------------------------------------------------
def test_an_address_serves_three_students_and_the_fourth_waits_for_a_teacher(api):
    three = [pupil(api) for _student in range(3)]
    for one in three:
        log(one)
    assert len(mails_to()) == 3
    log(three[0], start=DAY - 300 * MINUTE)
    assert len(mails_to()) == 4, "of whom it serves it may serve more hours"
    fourth = pupil(api)
    entry = log(fourth, tutor_email="j.o+benevoles@voisins.example")
    seen = shown(fourth, entry)
    assert (seen["status"], seen["attestation_status"], seen["tutor_mail_status"]) == ("submitted", "none", "held")
    assert act(fourth.phone, entry, "request-attestation") == (409, "tutor_held")
    assert len(mails_to("j.o+benevoles@voisins.example")) == 0
    assert attestation_requests.ask_held() == 0


def test_a_teacher_confirms_the_address_and_everybody_who_waits_for_it_is_asked(api):
    for _student in range(3):
        log(pupil(api))
    fourth, fifth = pupil(api), pupil(api)
    theirs, others = log(fourth), log(fifth)
    assert act(fifth.teacher, theirs, "confirm-tutor") == (404, "not_found")
    assert act(fourth.phone, theirs, "confirm-tutor") == (403, "permission_denied")
    for _time in range(2):
        assert act(fourth.teacher, theirs, "confirm-tutor") == (200, None)
    assert (status(theirs), status(others)) == ("requested", "none")
    assert [attestation_requests.ask_held() for _time in range(2)] == [1, 0]
    assert status(others) == "requested"
    log(pupil(api))
    assert len(mails_to()) == 6
    assert list(verification.verify_records(Record.objects.all())) == []


def test_a_teachers_word_does_not_undo_never_again_and_hours_of_a_mission_name_no_tutor(who):
    address = tutor_address(blocked_at=timezone.now())
    entry = log(who)
    assert act(who.teacher, entry, "confirm-tutor") == (200, None)
    address.refresh_from_db()
    assert (bool(address.confirmed_at), status(entry), len(mails_to())) == (True, "none", 0)
    other = HourEntryFactory(record=entry.record, submitted=True)
    assert act(who.teacher, other, "confirm-tutor") == (409, "no_tutor")


def test_an_address_that_nobody_confirmed_gets_ten_mails_a_day(who, settings):
    settings.MAX_TUTOR_MAILS_PER_DAY = 2
    entries = [log(who, start=DAY - n * 200 * MINUTE) for n in range(3)]
    assert [shown(who, entry)["tutor_mail_status"] for entry in entries] == ["queued", "queued", "held"]
    with later(days=1, minutes=1):
        assert [attestation_requests.ask_held() for _time in range(2)] == [1, 0]
        assert len(mails_to()) == 3


def test_never_again_is_never_again_whoever_asks_and_however_the_address_is_written(api, who):
    tutor_address("j.o@voisins.example", blocked_at=timezone.now())
    entry = log(who)
    assert shown(who, entry)["tutor_mail_status"] == "blocked"
    assert act(who.phone, entry, "request-attestation") == (409, "tutor_blocked")
    log(pupil(api), tutor_email="jo+x@voisins.example")
    assert not OutboxMessage.objects.exclude(address="").exists()


def test_another_secret_key_forgets_no_never_again(who, settings):
    tutor_address(blocked_at=timezone.now())
    settings.SECRET_KEY = "another-one-after-a-theft-of-the-first"
    entry = log(type("Who", (), {"phone": pupil_again(who)}))
    assert entry.attestation_status == "none"


def test_a_word_that_a_teacher_wants_stays_apart_from_mails_of_another_address(who):
    """A changed address is asked by a new link; the old one is closed, its mail not yet gone is taken back."""
    entry = log(who)
    act(who.phone, entry, "withdraw")
    body = outside(tutor_email="lou@voisins.example")
    assert who.phone.put(f"{API}hour-entries/{entry.pk}/", body, HTTP_IF_MATCH="*").status_code == 200
    act(who.phone, entry, "submit")
    assert (len(mails_to()), len(mails_to("lou@voisins.example"))) == (0, 1)


def test_a_reminder_that_a_full_day_holds_back_leaves_later_and_takes_nothing_back(api, who, settings):
    entry = log(who)
    mails_to()
    for _student in range(2):
        log(pupil(api))
    with later(days=3, minutes=1):
        settings.MAX_TUTOR_MAILS_PER_DAY = 0
        assert attestation_requests.remind() == 0
        who.phone = api.as_(who.person)
        assert shown(who, entry)["tutor_mail_status"] == "sent"
        settings.MAX_TUTOR_MAILS_PER_DAY = 10
        fourth = pupil(api)
        assert shown(fourth, log(fourth))["tutor_mail_status"] == "held"  # the three are still those it serves
        assert attestation_requests.remind() == 3


def test_no_mail_leaves_about_hours_that_were_deleted(api):
    who = pupil(api)
    entry = log(who)
    assert act(who.phone, entry, "withdraw") == (200, None)
    assert who.phone.delete(f"{API}hour-entries/{entry.pk}/").status_code == 204
    assert mails_to() == []
