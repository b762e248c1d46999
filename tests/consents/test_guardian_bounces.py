"""Mails to guardians that come back: who is told, who sees it, and what makes it good again."""

import smtplib
import threading
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.utils import timezone

from consents.models import Consent, Guardian
from consents.services import consent_requests, guardians
from consents.services.guardians import add_guardian_from_roster
from notifications import relay
from notifications.models import OutboxMessage
from schools.models import ClassReferent
from tests.support.factories import (
    GuardianFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    StaffMembershipFactory,
    UserFactory,
    enrolled_student,
    years_ago,
)
from tests.support.guardians import decision_path
from tests.support.patience import PATIENCE_SECONDS
from tests.support.races import at_once
from tests.support.world import PROVIDES

pytestmark = pytest.mark.django_db

API = "/api/v1/"
ADDRESS = "mere@example.org"
KIND = "guardian_mail_bounced"
RACERS = 4


@pytest.fixture
def enrolment():
    return enrolled_student(student=UserFactory(aged_15=True, first_name="Inès", last_name="Zwyxenberg"))


@pytest.fixture
def student(enrolment):
    return enrolment.student


@pytest.fixture
def teacher(enrolment):
    return ClassReferent.objects.get(class_group=enrolment.class_group).membership.person


@pytest.fixture
def manager(enrolment):
    return StaffMembershipFactory(school=enrolment.class_group.school, manager=True).person


@pytest.fixture
def guardian(student):
    return GuardianFactory(student=student, email=ADDRESS)


@pytest.fixture
def consent(guardian):
    return consent_requests.ask_for_consent(guardian)


@pytest.fixture
def coordinator(student):
    shift = ShiftFactory()
    SignUpFactory(shift=shift, person=student, accepted=True)
    return OrganizationMembershipFactory(organization=shift.mission.organization).person


def bounce(api, address=ADDRESS, at=None, event="hard_bounce"):
    at = at or timezone.now()
    body = {"event": event, "email": address, "ts_epoch": int(at.timestamp() * 1000)}
    assert api.post(f"{API}webhooks/mail/brevo/", body, **PROVIDES).status_code == 204


def told(*people):
    """How often each was told of a bounce."""
    return [OutboxMessage.objects.filter(recipient=person, kind=KIND).count() for person in people]


def guardians_seen_by(api, person, path="guardians/"):
    return {row["id"]: row["bounced_at"] for row in api.as_(person).get(f"{API}{path}").json()["results"]}


def consents_seen_by(api, person):
    return {row["id"]: row["has_bounced"] for row in api.as_(person).get(f"{API}consents/").json()["results"]}


def mails():
    relay.run()
    return [message for message in mail.outbox if message.to == [ADDRESS]]


def confirm(api, person, guardian):
    return api.as_(person).post(f"{API}guardians/{guardian.pk}/confirm/").json()


def test_the_student_and_their_school_are_told_once_however_often_the_bounce_is(
    api, consent, student, teacher, manager, coordinator
):
    for _time in range(3):
        bounce(api)
    bounce(api, at=timezone.now() + timedelta(minutes=1))
    assert told(student, teacher, manager, coordinator) == [1, 1, 1, 0]
    messages = OutboxMessage.objects.filter(kind=KIND)
    said = " ".join(f"{one.title} {one.body} {one.data}" for one in messages)
    assert ADDRESS not in said
    assert student.last_name not in said
    (to_teacher,) = messages.filter(recipient=teacher)
    assert "Inès" in to_teacher.body


def test_whoever_may_see_it_sees_it_and_nobody_else(api, consent, guardian, student, teacher, manager, coordinator):
    assert guardians_seen_by(api, student, "me/guardians/") == {str(guardian.pk): None}
    bounce(api)
    at = guardians_seen_by(api, student, "me/guardians/")[str(guardian.pk)]
    assert at is not None
    assert guardians_seen_by(api, teacher) == guardians_seen_by(api, manager) == {str(guardian.pk): at}
    for person, seen in ((student, True), (teacher, True), (manager, True), (coordinator, None)):
        assert consents_seen_by(api, person) == {str(consent.pk): seen}


def test_an_address_that_its_server_refuses_for_good_bounces_at_once(api, consent, student, monkeypatch):
    def send_messages(backend, messages):
        raise smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"no such user")})

    monkeypatch.setattr(EmailBackend, "send_messages", send_messages)
    relay.run()
    assert told(student) == [1]
    assert consents_seen_by(api, student) == {str(consent.pk): True}


def test_both_children_of_an_address_are_told(api, guardian, student):
    sibling = enrolled_student(student=UserFactory(aged_15=True)).student
    GuardianFactory(student=sibling, email=ADDRESS)
    bounce(api, address=ADDRESS.upper())
    assert told(student, sibling) == [1, 1]


@pytest.mark.parametrize("facts", [{"email": "pere@example.org"}, {"verified_at": None}, {"ended_at": timezone.now()}])
def test_an_address_that_nobody_asked_changes_nothing(api, student, teacher, facts):
    guardian = GuardianFactory(student=student, **{"email": ADDRESS, **facts})
    bounce(api)
    guardian.refresh_from_db()
    assert (guardian.bounced_at, told(student, teacher)) == (None, [0, 0])


def test_what_is_not_for_good_changes_nothing(api, consent, student):
    bounce(api, event="soft_bounce")
    assert (told(student), consents_seen_by(api, student)) == ([0], {str(consent.pk): False})


def test_the_school_has_it_sent_again_with_all_the_time_and_a_new_link(api, consent, guardian, student, teacher):
    assert len(mails()) == 1
    first, bounced_at = decision_path(consent), timezone.now()
    bounce(api)
    with time_machine.travel(timezone.now() + timedelta(days=10)):
        assert confirm(api, teacher, guardian)["bounced_at"] is None
        confirm(api, teacher, guardian)
        assert len(mails()) == 2
        assert api.get(first).status_code == 410
        consent.refresh_from_db()
        assert (consent.status, consent.reminder_count) == ("requested", 0)
        assert consent.expires_at - timezone.now() > timedelta(days=13)
        assert consents_seen_by(api, student) == {str(consent.pk): False}
        bounce(api, at=bounced_at)  # told again, late
        assert (told(student), consents_seen_by(api, student)) == ([1], {str(consent.pk): False})
        assert api.get(decision_path(consent)).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=11)):
        bounce(api)
        assert told(student, teacher) == [2, 2]


def test_what_was_asked_of_one_mission_is_sent_again_too(api, guardian, teacher):
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        guardian.verified_at = timezone.now()
        guardian.save()
        mission = ShiftFactory().mission
        asked = consent_requests.ask_for_consent(guardian, mission.pk)
        bounce(api)
    confirm(api, teacher, guardian)
    asked.refresh_from_db()
    assert (asked.status, asked.ask_count) == ("requested", 2)
    assert {message.subject for message in mails()} == {mails()[0].subject}
    assert Consent.objects.filter(guardian=guardian).count() == 2


def test_an_answer_shows_that_mail_arrives_after_all(api, consent, guardian, student):
    bounced_at = timezone.now()
    bounce(api)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert api.post(decision_path(consent), {"decision": "grant"}).status_code == 200
        assert guardians_seen_by(api, student, "me/guardians/") == {str(guardian.pk): None}
        bounce(api, at=bounced_at)
        assert guardians_seen_by(api, student, "me/guardians/") == {str(guardian.pk): None}


def test_a_paper_at_school_does_not(api, consent, guardian, student, manager):
    bounce(api)
    paper = {"signed_on": timezone.now().date().isoformat()}
    assert api.as_(manager).post(f"{API}guardians/{guardian.pk}/record-paper/", paper).status_code == 200
    assert guardians_seen_by(api, manager)[str(guardian.pk)] is not None
    # Nobody waits for an answer any more, though.
    assert consents_seen_by(api, student) == {str(consent.pk): False}


def test_the_guardian_of_an_older_minor_who_is_only_informed_bounces_too(api, student, guardian, teacher):
    type(student).objects.filter(pk=student.pk).update(birth_date=years_ago(17))
    guardian = Guardian.objects.select_related("student").get(pk=guardian.pk)
    consent_requests.ask_for_consent_of_guardian(guardian=guardian)
    bounce(api)
    assert told(student, teacher) == [1, 1]
    assert len(mails()) == 1
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        confirm(api, teacher, guardian)
        assert len(mails()) == 2


def test_the_same_roster_again_does_not_make_an_address_good(api, student, guardian):
    bounce(api)
    add_guardian_from_roster(student=student, email=ADDRESS)
    guardian.refresh_from_db()
    assert guardian.bounced_at is not None


def test_it_is_said_in_the_readers_language(api, consent, student, teacher):
    type(teacher).objects.filter(pk=teacher.pk).update(language="en")
    bounce(api)
    titles = {one.recipient_id: one.title for one in OutboxMessage.objects.filter(kind=KIND)}
    assert titles[student.pk] == "Le courriel à votre responsable légal est revenu"
    assert titles[teacher.pk] == "A mail to a guardian came back"


def test_a_list_of_consents_costs_the_same_however_many_guardians_bounce(
    api, consent, student, assert_constant_queries
):
    client = api.as_(student)

    def grow():
        for _number in range(3):
            consent_requests.ask_for_consent(GuardianFactory(student=student))

    assert_constant_queries(lambda: client.get(f"{API}consents/"), grow=grow)


def bounces_at_once(api):
    now = timezone.now()
    at_once([partial(bounce, api, at=now + timedelta(seconds=number)) for number in range(RACERS)])


@pytest.mark.django_db(transaction=True)
def test_bounces_told_at_once_are_told_on_once(api, guardian, student):
    bounces_at_once(api)
    assert told(student) == [1]


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_without_looking_again_each_would_be(api, guardian, student, monkeypatch):
    """The control of the race above."""
    everybody = threading.Barrier(RACERS)

    def bounce_blindly(guardian, at):
        everybody.wait(PATIENCE_SECONDS)
        return bool(Guardian.objects.filter(pk=guardian.pk).update(bounced_at=at))

    monkeypatch.setattr(guardians, "_bounce", bounce_blindly)
    bounces_at_once(api)
    assert told(student) == [RACERS]
