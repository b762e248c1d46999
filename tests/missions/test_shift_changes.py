"""What befalls everybody on a shift: it changes and some no longer fit, it is cancelled, a right to be there ends."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.locks import lock_person
from missions.models import Attendance, Mission, Shift, SignUp
from missions.services import shift_changes, sign_ups
from notifications.models import OutboxMessage
from tests.support.factories import (
    AttendanceFactory,
    GuardianFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    enrolled_student,
)

pytestmark = pytest.mark.django_db


def accepted(shift, person=None, **attendance):
    person = person or UserFactory()
    row = SignUpFactory(shift=shift, person=person, accepted=True)
    AttendanceFactory(sign_up=row, **attendance)
    Shift.objects.filter(pk=shift.pk).update(taken_count=SignUp.objects.holding_a_place().filter(shift=shift).count())
    return row


def minor():
    student = enrolled_student(student=UserFactory(aged_17=True, first_name="Inès", last_name="Zwyxenberg")).student
    GuardianFactory(student=student, email="parent@example.org")
    return student


def status_of(row):
    return SignUp.objects.get(pk=row.pk).status


def told(**facts):
    return list(OutboxMessage.objects.filter(**facts).order_by("id").values_list("kind", flat=True))


def test_who_no_longer_fits_is_removed_with_the_machine_reason_and_the_place_goes_on():
    shift = ShiftFactory(capacity=2)
    student = minor()
    stays, goes = accepted(shift), accepted(shift, student)
    next_in_line = SignUpFactory(shift=shift, waitlisted=True)
    Mission.objects.filter(pk=shift.mission_id).update(min_age=18)
    left = shift_changes.recheck_sign_ups(shift, timezone.now())
    assert [row.pk for row in left] == [goes.pk]
    goes.refresh_from_db()
    assert (goes.status, goes.machine_reason) == ("removed", "too_young")
    assert (status_of(stays), status_of(next_in_line)) == ("accepted", "offered")
    assert Shift.objects.get(pk=shift.pk).taken_count == 2
    assert Attendance.objects.get(sign_up=goes).status == "voided"
    assert told(recipient=student) == ["sign_up_removed"]
    assert told(address="parent@example.org") == ["guardian_told_of_loss"]
    assert not [row for row in OutboxMessage.objects.all() if "Zwyxenberg" in row.title + row.body]


def test_a_new_time_that_meets_another_place_removes_from_the_shift_that_moved():
    shift = ShiftFactory()
    person = UserFactory()
    row, other = accepted(shift, person), accepted(ShiftFactory(starts_at=shift.starts_at + timedelta(hours=3)), person)
    Shift.objects.filter(pk=shift.pk).update(
        starts_at=shift.starts_at + timedelta(hours=2), ends_at=shift.ends_at + timedelta(hours=2)
    )
    shift_changes.recheck_sign_ups(shift, timezone.now())
    row.refresh_from_db()
    assert (row.status, row.machine_reason, status_of(other)) == ("removed", "collides", "accepted")


def test_what_is_pending_is_declined_an_offer_lapses_and_who_waits_keeps_the_number():
    shift = ShiftFactory(capacity=2, taken_count=1)
    rows = [SignUpFactory(shift=shift, **facts) for facts in ({}, {"offered": True}, {"waitlisted": True})]
    Mission.objects.filter(pk=shift.mission_id).update(min_age=99)
    shift_changes.recheck_sign_ups(shift, timezone.now())
    assert [status_of(row) for row in rows] == ["declined", "lapsed", "waitlisted"]
    assert Shift.objects.get(pk=shift.pk).taken_count == 0
    assert [told(recipient=row.person) for row in rows] == [["sign_up_declined"], ["offer_lapsed"], ["passed_over"]]


def test_who_has_checked_in_stays_through_a_change_and_a_cancellation():
    shift = ShiftFactory(running=True)
    there, expected = accepted(shift, status="checked_in"), accepted(shift)
    Mission.objects.filter(pk=shift.mission_id).update(min_age=99)
    shift_changes.recheck_sign_ups(shift, timezone.now())
    assert (status_of(there), status_of(expected)) == ("accepted", "removed")
    late = accepted(shift)
    assert [row.pk for row in shift_changes.cancel_sign_ups(shift, "Orage.")] == [late.pk]
    assert status_of(there) == "accepted"
    assert Shift.objects.get(pk=shift.pk).taken_count == 1


def test_a_shift_that_is_over_is_nobodys_to_leave():
    shift = ShiftFactory(starts_at=timezone.now() - timedelta(hours=5))
    row = accepted(shift)
    assert shift_changes.recheck_sign_ups(shift, timezone.now()) == []
    assert status_of(row) == "accepted"


def test_a_cancelled_shift_ends_every_live_sign_up_and_tells_each_person_and_the_guardians_of_who_had_a_place():
    shift = ShiftFactory(capacity=3)
    student = minor()
    rows = [accepted(shift, student), accepted(shift)]
    rows += [SignUpFactory(shift=shift, **facts) for facts in ({}, {"waitlisted": True})]
    gone = SignUpFactory(shift=shift, status="withdrawn", ended_at=timezone.now())
    shift_changes.cancel_sign_ups(shift, "Le local est inondé.")
    assert {status_of(row) for row in rows} == {"cancelled"}
    assert status_of(gone) == "withdrawn"
    assert Shift.objects.get(pk=shift.pk).taken_count == 0
    for row in rows:
        assert told(recipient=row.person) == ["sign_up_cancelled"]
    assert told(address="parent@example.org") == ["guardian_told_of_loss"]
    bodies = OutboxMessage.objects.filter(kind="sign_up_cancelled").values_list("body", flat=True)
    assert all("Le local est inondé." not in body and "Lisez le motif dans l’application." in body for body in bodies)


def test_places_released_by_a_right_that_ended_go_to_the_next_in_line():
    first, second = ShiftFactory(capacity=1), ShiftFactory(capacity=1, starts_at=timezone.now() + timedelta(days=9))
    person = UserFactory()
    held = [accepted(first, person), accepted(second, person)]
    waiting = [SignUpFactory(shift=shift, waitlisted=True) for shift in (first, second)]
    sign_ups.release_future_places(lock_person(person.pk), reason="Un responsable légal a refusé.")
    assert [status_of(row) for row in held] == ["withdrawn"] * 2
    assert [status_of(row) for row in waiting] == ["offered"] * 2

