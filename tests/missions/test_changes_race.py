"""Nobody slips past a change: it finds those who sign up while a shift moves or is cancelled; the control does not."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from missions.models import SignUp
from missions.services import ends_of_missions, shifts, sign_ups
from missions.states import SignUpStatus
from tests.support.factories import (
    EnrolmentFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    UserFactory,
    afternoon,
)
from tests.support.races import at_once, seeded, without_row_locks

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 12


def minors():
    return [EnrolmentFactory(student=UserFactory(aged_17=True)).student for _one in range(PEOPLE)]


def into_the_night(shift, coordinator):
    by = timedelta(hours=8)
    times = {"starts_at": shift.starts_at + by, "ends_at": shift.ends_at + by}
    return partial(shifts.edit_shift, shift, times, expected=None, accept_losses=True, actor=coordinator)


def cancelled(shift, coordinator):
    return partial(ends_of_missions.cancel_mission, shift.mission, reason="Pluie.", actor=coordinator)


def called_off(shift, coordinator):
    return partial(shifts.cancel_shift, shift, reason="Pluie.", actor=coordinator)


def left_on(shift):
    """Who still holds a place once all have ended, and what the shift counts."""
    shift.refresh_from_db()
    return SignUp.objects.live().filter(shift=shift).count(), shift.taken_count


def play(change, people, day):
    """Everybody signs up while the change is made, somewhere among them."""
    shift = ShiftFactory(starts_at=afternoon(7 + day), capacity=20)
    coordinator = OrganizationMembershipFactory(organization=shift.mission.organization).person
    calls = [partial(sign_ups.sign_up, shift, actor=person) for person in people]
    calls.insert(seeded().randrange(PEOPLE), change(shift, coordinator))
    errors = [answer for answer in at_once(calls, threads=8) if isinstance(answer, Exception)]
    assert {type(error) for error in errors} <= {sign_ups.NotEligible}
    return shift


@pytest.mark.parametrize("change", [into_the_night, cancelled, called_off])
def test_nobody_is_left_on_a_shift_that_changed_while_they_signed_up(change):
    people = minors()
    for day in range(4):
        shift = play(change, people, day)
        assert left_on(shift) == (0, 0)
        SignUp.objects.filter(shift=shift).exclude(status=SignUpStatus.REMOVED).delete()


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_control_without_locks_somebody_is_left_on_it(monkeypatch):
    """The change comes after the look at the shift and before the place is taken."""
    without_row_locks(monkeypatch)
    shift = ShiftFactory(starts_at=afternoon(7), capacity=20)
    coordinator = OrganizationMembershipFactory(organization=shift.mission.organization).person
    take_place = sign_ups.take_place

    def be_overtaken(row):
        monkeypatch.setattr(sign_ups, "take_place", take_place)
        (changed,) = at_once([into_the_night(shift, coordinator)])
        assert not isinstance(changed, Exception), changed
        return take_place(row)

    monkeypatch.setattr(sign_ups, "take_place", be_overtaken)
    sign_ups.sign_up(shift, actor=minors()[0])
    assert left_on(shift) == (1, 1)
