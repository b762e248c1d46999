"""A whole class on a shift, by its referent or by an organiser who was given its code."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.utils import timezone

from missions.models import Shift, SignUp
from notifications.models import OutboxMessage
from tests.support.factories import (
    ClassReferentFactory,
    EnrolmentFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_november():
    """Within a school year, whatever the day of the test: the class's year holds the shift's day."""
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False):
        yield


def a_class(size, **facts):
    """A class whose students are 17, in the order of their names."""
    referent = ClassReferentFactory()
    students = [
        EnrolmentFactory(
            class_group=referent.class_group,
            student=UserFactory(aged_17=True, first_name=f"Élève{number}", last_name=f"{chr(65 + number)}mar", **facts),
        ).student
        for number in range(size)
    ]
    return referent.class_group, referent.membership.person, students


def ask(client, shift, **body):
    return client.post(f"/api/v1/shifts/{shift.pk}/sign-up-class/", body)


def test_a_referent_signs_the_class_up_in_instant_mode_and_everybody_has_a_place(api):
    class_group, teacher, students = a_class(3)
    shift = ShiftFactory()
    organizer = OrganizationMembershipFactory(organization=shift.mission.organization).person
    answer = ask(api.as_(teacher), shift, class_group=str(class_group.pk)).json()
    assert answer["signed_up_count"] == 3
    assert [(row["name"], row["status"], row["reason"]) for row in answer["results"]] == [
        (f"Élève{number} {chr(65 + number)}.", "accepted", "ok") for number in range(3)
    ]
    assert Shift.objects.get(pk=shift.pk).taken_count == 3
    told = OutboxMessage.objects.values_list("recipient", "kind")
    assert sorted(told, key=str) == sorted(
        [(organizer.pk, "class_signed_up"), *((student.pk, "sign_up_accepted") for student in students)], key=str
    )


def test_in_review_mode_a_referent_asks_and_an_organiser_gives(api):
    class_group, teacher, _students = a_class(2)
    shift = ShiftFactory(mission__reviewed_sign_ups=True)
    organizer = OrganizationMembershipFactory(organization=shift.mission.organization).person
    asked = ask(api.as_(teacher), shift, class_group=str(class_group.pk)).json()
    assert [row["status"] for row in asked["results"]] == ["pending", "pending"]
    other = ShiftFactory(mission=shift.mission, starts_at=shift.ends_at)
    given = ask(api.as_(organizer), other, join_code=class_group.join_code.lower()).json()
    assert [row["status"] for row in given["results"]] == ["accepted", "accepted"]
    assert set(SignUp.objects.filter(shift=other).values_list("decided_by", flat=True)) == {organizer.pk}
    assert set(OutboxMessage.objects.filter(kind="class_signed_up").values_list("recipient", flat=True)) == {
        organizer.pk, teacher.pk,
    }  # fmt: skip


def test_as_many_as_fit_leaves_the_others_without_a_number(api):
    class_group, teacher, _students = a_class(4)
    shift = ShiftFactory(capacity=3)
    answer = ask(api.as_(teacher), shift, class_group=str(class_group.pk)).json()
    assert [row["reason"] for row in answer["results"]] == ["ok", "ok", "ok", "waitlist"]
    assert [row["status"] for row in answer["results"]] == ["accepted"] * 3 + [None]
    assert SignUp.objects.count() == 3


def test_all_or_none_does_nothing_when_one_does_not_fit_and_says_who(api):
    class_group, teacher, _students = a_class(4)
    shift = ShiftFactory(capacity=3)
    answer = ask(api.as_(teacher), shift, class_group=str(class_group.pk), all_or_none=True).json()
    assert answer["signed_up_count"] == 0
    assert [row["reason"] for row in answer["results"]] == ["ok", "ok", "ok", "waitlist"]
    assert {row["status"] for row in answer["results"]} == {None}
    assert Shift.objects.get(pk=shift.pk).taken_count == 0
    assert not SignUp.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_who_is_on_the_shift_already_stands_in_nobodys_way(api):
    class_group, teacher, students = a_class(2)
    shift = ShiftFactory()
    api.as_(students[0]).post(f"/api/v1/shifts/{shift.pk}/sign-up/")
    answer = ask(api.as_(teacher), shift, class_group=str(class_group.pk), all_or_none=True).json()
    assert [row["reason"] for row in answer["results"]] == ["already_signed_up", "ok"]
    assert Shift.objects.get(pk=shift.pk).taken_count == 2


def test_a_class_does_not_pass_a_waiting_list_that_offers_by_itself(api):
    class_group, teacher, _students = a_class(1)
    shift = ShiftFactory(capacity=2)
    SignUpFactory(shift=shift, waitlisted=True)
    answer = ask(api.as_(teacher), shift, class_group=str(class_group.pk)).json()
    assert answer["results"][0]["reason"] == "waitlist"


def test_an_organiser_learns_nothing_of_a_student_but_first_name_and_initial(api):
    class_group, teacher, students = a_class(2)
    shift = ShiftFactory(mission__min_age=18)
    organizer = OrganizationMembershipFactory(organization=shift.mission.organization).person
    answer = ask(api.as_(organizer), shift, join_code=class_group.join_code)
    assert answer.json()["results"] == [
        {"name": f"Élève{number} {chr(65 + number)}.", "sign_up": None, "status": None, "reason": None}
        for number in range(2)
    ]
    for student in students:
        assert student.last_name not in answer.content.decode()
        assert str(student.pk) not in answer.content.decode()
    assert ask(api.as_(teacher), shift, class_group=str(class_group.pk)).json()["results"][0]["reason"] == "too_young"


@pytest.mark.parametrize("body", [{}, {"class_group": "0192f5a0-0000-7000-8000-000000000000", "join_code": "X"}])
def test_a_class_is_named_in_one_way(api, body):
    _class_group, teacher, _students = a_class(1)
    answer = ask(api.as_(teacher), ShiftFactory(), **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "class_needed")


def test_a_code_that_is_over_and_a_class_of_others_are_unknown(api):
    class_group, teacher, _students = a_class(1)
    other_class, _teacher, _students = a_class(1)
    shift = ShiftFactory()
    organizer = OrganizationMembershipFactory(organization=shift.mission.organization).person
    assert ask(api.as_(teacher), shift, class_group=str(other_class.pk)).json()["code"] == "class_unknown"
    assert ask(api.as_(organizer), shift, class_group=str(class_group.pk)).json()["code"] == "class_unknown"
    class_group.join_code_expires_at = timezone.now()
    class_group.save()
    assert ask(api.as_(organizer), shift, join_code=class_group.join_code).json()["code"] == "class_unknown"
