"""A guardian's mailbox gets so many mails of places a day, whatever a student or an organiser does again and again."""

import pytest

from missions.services import places
from notifications.models import OutboxMessage
from tests.support.factories import (
    GuardianFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    UserFactory,
    afternoon,
    enrolled_student,
)
from tests.support.world import API

pytestmark = pytest.mark.django_db


def mails_to_guardian():
    return OutboxMessage.objects.filter(mailbox="mere@example.org").count()


def test_a_student_who_signs_up_and_withdraws_all_day_does_not_flood_a_guardian(api, monkeypatch):
    """The places are theirs to take again: the question "can I sign up?" says so, and the page lists them."""
    monkeypatch.setattr(places, "MOST_PLACE_MAILS_A_DAY", 5)
    student = enrolled_student(student=UserFactory(aged_17=True)).student
    GuardianFactory(student=student, email="mere@example.org")
    phone, shift = api.as_(student), ShiftFactory()
    for _time in range(4):
        answer = phone.post(f"{API}shifts/{shift.pk}/sign-up/")
        assert phone.post(f"{API}sign-ups/{answer.json()['id']}/withdraw/").status_code == 200
    assert mails_to_guardian() == 5


def test_an_organiser_who_moves_a_shift_all_day_does_not_flood_a_guardian(api, monkeypatch):
    monkeypatch.setattr(places, "MOST_PLACE_MAILS_A_DAY", 5)
    student = enrolled_student(student=UserFactory(aged_17=True)).student
    GuardianFactory(student=student, email="mere@example.org")
    shift = ShiftFactory(starts_at=afternoon(7, hour=9), ends_at=afternoon(7, hour=11))
    assert api.as_(student).post(f"{API}shifts/{shift.pk}/sign-up/").status_code == 201
    boss = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
    for time in range(8):
        ends_at = afternoon(7, hour=11).replace(minute=1 + time)
        answer = boss.patch(f"{API}shifts/{shift.pk}/", {"ends_at": ends_at.isoformat()}, HTTP_IF_MATCH="*")
        assert answer.status_code == 200, answer.json()
    assert mails_to_guardian() == 5
