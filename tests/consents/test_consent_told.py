"""Who is told what of a consent: the mission's organisers when it is given, refused or withdrawn; never a surname."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from notifications import digests, expansion, relay
from notifications.models import OutboxMessage
from tests.support.factories import (
    ConsentFactory,
    GuardianFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    StaffMembershipFactory,
    UserFactory,
    afternoon,
    enrolled_student,
)
from tests.support.guardians import decision_path, page_path

pytestmark = pytest.mark.django_db

API = "/api/v1/"


@pytest.fixture
def student():
    return enrolled_student(student=UserFactory(aged_15=True, first_name="Inès", last_name="Zwyxenberg")).student


@pytest.fixture
def guardian(student):
    return GuardianFactory(student=student)


@pytest.fixture
def shift():
    return ShiftFactory(mission__title="Collecte")


@pytest.fixture
def coordinator(shift):
    return OrganizationMembershipFactory(organization=shift.mission.organization, person__language="en").person


@pytest.fixture
def stranger():
    """Who runs another mission."""
    return OrganizationMembershipFactory(organization=ShiftFactory(starts_at=afternoon(9)).mission.organization).person


def told(person):
    messages = OutboxMessage.objects.filter(recipient=person, kind__startswith="consent").order_by("id")
    return list(messages.values_list("kind", "title", "body"))


def sign_up(api, student, shift):
    assert api.as_(student).post(f"{API}shifts/{shift.pk}/sign-up/").status_code == 201


def test_a_withdrawal_and_a_new_agreement_are_told_to_who_runs_the_missions_of_the_places(
    api, student, guardian, shift, coordinator, stranger
):
    ConsentFactory(guardian=guardian, granted=True)
    sign_up(api, student, shift)
    api.post(page_path(guardian), {"action": "withdraw"})
    api.post(page_path(guardian), {"action": "grant"})
    # Once the place is given back, the general consent is nobody else's affair.
    assert told(coordinator) == [("consent_withdrawn", "A guardian no longer agrees: Collecte", "This is about Inès.")]
    assert told(stranger) == []


def test_a_refusal_is_told_where_another_guardian_had_agreed(api, student, guardian, shift, coordinator):
    ConsentFactory(guardian=guardian, granted=True)
    sign_up(api, student, shift)
    other = ConsentFactory(guardian=GuardianFactory(student=student))
    api.post(decision_path(other), {"decision": "refuse"})
    assert told(coordinator) == [("consent_refused", "A guardian refused: Collecte", "This is about Inès.")]


def test_a_second_agreement_is_told_where_the_student_has_a_place(api, student, guardian, shift, coordinator):
    ConsentFactory(guardian=guardian, granted=True)
    sign_up(api, student, shift)
    other = ConsentFactory(guardian=GuardianFactory(student=student))
    api.post(decision_path(other), {"decision": "grant"})
    assert told(coordinator) == [("consent_given", "A guardian agreed: Collecte", "This is about Inès.")]


@pytest.mark.parametrize(
    ("decision", "kind", "title"),
    [
        ("grant", "consent_given", "A guardian agreed: Collecte"),
        ("refuse", "consent_refused", "A guardian refused: Collecte"),
    ],
)
def test_a_decision_on_one_mission_is_told_to_who_runs_it_without_a_name(
    api, student, guardian, shift, coordinator, stranger, decision, kind, title
):
    consent = ConsentFactory(guardian=guardian, mission=shift.mission)
    api.post(decision_path(consent), {"decision": decision})
    api.post(decision_path(consent), {"decision": decision})
    assert told(coordinator) == [(kind, title, "This is about a student who has no place there yet.")]
    assert told(stranger) == []


def test_a_place_that_needs_no_consent_is_no_reason_to_tell_its_organisers(api, shift, coordinator):
    older = enrolled_student(student=UserFactory(aged_17=True)).student
    guardian = GuardianFactory(student=older)
    ConsentFactory(guardian=guardian, granted=True)
    SignUpFactory(person=older, shift=shift, accepted=True)
    api.post(page_path(guardian), {"action": "withdraw"})
    assert told(coordinator) == []


def test_no_message_to_an_organiser_holds_the_surname(api, student, guardian, shift, coordinator):
    ConsentFactory(guardian=guardian, granted=True)
    sign_up(api, student, shift)
    api.post(page_path(guardian), {"action": "withdraw"})
    messages = OutboxMessage.objects.filter(recipient=coordinator)
    assert messages.count() >= 2
    assert not [one for one in messages if "Zwyxenberg" in f"{one.title}{one.body}{one.data}"]


def test_telling_many_organisers_takes_one_statement(api, student, guardian, shift, assert_constant_queries):
    ConsentFactory(guardian=guardian, granted=True)
    OrganizationMembershipFactory.create_batch(2, organization=shift.mission.organization)

    def withdraw_and_agree_again():
        sign_up(api, student, shift)
        for action in ("withdraw", "grant"):
            assert api.post(page_path(guardian), {"action": action}).status_code == 200

    assert_constant_queries(
        withdraw_and_agree_again,
        grow=lambda: OrganizationMembershipFactory.create_batch(8, organization=shift.mission.organization),
    )
    assert OutboxMessage.objects.filter(kind="consent_withdrawn").exclude(recipient=student).count() == 2 + 2 + 10


@pytest.fixture
def manager(student):
    school = student.enrolments.get().class_group.school
    return StaffMembershipFactory(school=school, manager=True, person__language="en").person


def to_settle(person):
    return OutboxMessage.objects.filter(recipient=person, kind="refusal_to_settle")


@pytest.mark.parametrize("decisions", [("grant", "refuse"), ("refuse", "grant")])
def test_the_schools_managers_hear_once_of_guardians_who_disagree(api, student, manager, decisions):
    consents = [ConsentFactory(guardian=GuardianFactory(student=student)) for _one in decisions]
    for consent, decision in zip(consents, decisions, strict=True):
        assert not to_settle(manager).exists()
        api.post(decision_path(consent), {"decision": decision})
    against = consents[decisions.index("refuse")].guardian
    message = to_settle(manager).get()
    assert message.data == {"guardian": str(against.pk)}
    assert "Inès" in message.body
    assert "Zwyxenberg" not in message.title + message.body
    third = ConsentFactory(guardian=GuardianFactory(student=student))
    api.post(decision_path(third), {"decision": "grant"})
    assert to_settle(manager).count() == 1


def test_a_refusal_of_one_mission_against_the_agreement_to_all_is_to_settle(api, student, guardian, shift, manager):
    ConsentFactory(guardian=guardian, granted=True)
    other = ConsentFactory(guardian=GuardianFactory(student=student), mission_id=shift.mission_id)
    api.post(decision_path(other), {"decision": "refuse"})
    assert to_settle(manager).get().subject_id == other.guardian_id


def test_a_refusal_that_stands_alone_is_nobodys_to_settle(api, student, guardian, manager):
    api.post(decision_path(ConsentFactory(guardian=guardian)), {"decision": "refuse"})
    assert not to_settle(manager).exists()


def test_a_refusal_that_is_settled_is_in_no_digest(api, student, guardian, manager, mailoutbox):
    ConsentFactory(guardian=guardian, granted=True)
    other = ConsentFactory(guardian=GuardianFactory(student=student))
    api.post(decision_path(other), {"decision": "refuse"})
    expansion.expand_due()
    answer = api.as_(manager).post(f"{API}guardians/{other.guardian_id}/settle/", {"note": "Vu ensemble."})
    assert answer.status_code == 200, answer.json()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        digests.send_digests()
        relay.run()
    assert [mail for mail in mailoutbox if manager.email in mail.to] == []
