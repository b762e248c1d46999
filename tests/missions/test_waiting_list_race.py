"""Places and the waiting list while everything happens at once; the controls show what happens without the locks."""

import sys
import threading
from datetime import timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts.locks import lock_person
from common.errors import DomainError
from missions import tasks
from missions.models import Attendance, Mission, Shift, SignUp
from missions.services import shift_changes, sign_ups, waiting_list
from missions.services.locks import lock_everybody_on
from missions.states import HOLDS_A_PLACE, AttendanceStatus, SignUpStatus
from tests.support.factories import (
    MissionFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    UserFactory,
    afternoon,
)
from tests.support.races import at_once, meet_after, seeded, without_row_locks

pytestmark = pytest.mark.django_db(transaction=True)

on_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
HELD = Count("sign_ups", filter=Q(sign_ups__status__in=HOLDS_A_PLACE))


class Storm:
    """Moves of many people on some shifts, each as its service makes it; a rule that says no is an answer."""

    def __init__(self, people=12, shifts=1, capacity=4):
        member = OrganizationMembershipFactory()
        self.organizer = member.person
        mission = MissionFactory(organization=member.organization)
        self.shifts = [ShiftFactory(mission=mission, capacity=capacity) for _one in range(shifts)]
        self.people = UserFactory.create_batch(people)
        self.looks = []

    def _row(self, chance, *states):
        rows = list(SignUp.objects.filter(shift__in=self.shifts, status__in=states))
        return chance.choice(rows) if rows else None

    def sign_up(self, chance):
        sign_ups.sign_up(chance.choice(self.shifts), actor=chance.choice(self.people))

    def withdraw(self, chance):
        if row := self._row(chance, *HOLDS_A_PLACE, SignUpStatus.WAITLISTED):
            sign_ups.withdraw_sign_up(row, actor=row.person)

    def take(self, chance):
        if row := self._row(chance, SignUpStatus.OFFERED):
            waiting_list.take_offer(row, actor=row.person)

    def lapse(self, chance):
        if row := self._row(chance, SignUpStatus.OFFERED):
            SignUp.objects.filter(pk=row.pk, status=SignUpStatus.OFFERED).update(offer_expires_at=timezone.now())
            tasks.lapse_offers()

    def remove(self, chance):
        # A third of them alone: anyone who was removed does not come back, and the storm must not die down.
        row = self._row(chance, SignUpStatus.ACCEPTED)
        if row and row.person in self.people[: len(self.people) // 3]:
            sign_ups.remove_sign_up(row, reason="Trop de monde.", actor=self.organizer)

    def resize(self, chance):
        with transaction.atomic():
            (shift,) = lock_everybody_on([chance.choice(self.shifts).pk])
            capacity = chance.randint(2, 6)
            if capacity >= shift.taken_count:
                Shift.objects.filter(pk=shift.pk).update(capacity=capacity)
                waiting_list.offer_freed_places(shift)

    def sweep(self, chance):
        tasks.offer_freed_places()

    def change(self, chance):
        """The mission's minimum age goes up and down between those who are 30 and those who are not."""
        with transaction.atomic():
            shifts = lock_everybody_on([shift.pk for shift in self.shifts])
            Mission.objects.filter(pk=shifts[0].mission_id).update(min_age=chance.choice([0, 0, 35]))
            for shift in shifts:
                shift_changes.recheck_sign_ups(shift, timezone.now())

    def release(self, chance):
        with transaction.atomic():
            person = lock_person(chance.choice(self.people).pk)
            sign_ups.release_future_places(person, reason="Un responsable a refusé.")

    def run(self, chance, count, names):
        """The answers of `count` moves at random that start together: None, or what was raised.

        After each move, while the others go on, its thread looks at every shift.
        """
        moves = []
        for _move in range(count):
            own = type(chance)(chance.random())
            moves.append(partial(self._move_and_look, getattr(self, chance.choice(names)), own))
        return at_once(moves)

    def _move_and_look(self, move, chance):
        try:
            move(chance)
        finally:
            self.looks.extend(is_sound(shift) for shift in self.shifts)


def surprises(answers):
    """What no rule has said: a deadlock, a broken constraint, a fault of ours."""
    return [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, DomainError)]


def is_sound(shift):
    """Whether the count is true and within the capacity, in one look of the database."""
    seen = Shift.objects.annotate(held=HELD).get(pk=shift.pk)
    return seen.held == seen.taken_count <= seen.capacity


def numbers_offered(shift):
    """The numbers on the list in the order in which a place was offered to them."""
    offered = SignUp.objects.filter(shift=shift, offered_at__isnull=False)
    return list(offered.order_by("offered_at", "queue_number").values_list("queue_number", flat=True))


def test_whatever_happens_at_once_the_count_is_true_at_any_instant_and_the_list_moves_in_order():
    chance, storm = seeded(), Storm()
    (shift,) = storm.shifts
    names = ["sign_up", "sign_up", "sign_up", "withdraw", "take", "take", "lapse", "remove", "resize", "sweep"]
    answers = storm.run(chance, 300, names)
    for _round in range(10):  # five offers prove little
        if len(numbers_offered(shift)) > 5:
            break
        answers += storm.run(chance, 100, names)
    assert len(numbers_offered(shift)) > 5, "the list hardly moved"
    assert surprises(answers) == []
    assert storm.looks == [True] * len(answers)
    numbers = numbers_offered(shift)
    assert numbers == sorted(numbers), "somebody was overtaken"
    waiting = SignUp.objects.waiting().filter(shift=shift).values_list("queue_number", flat=True)
    assert not waiting or min(waiting) > max(numbers)
    tasks.offer_freed_places()
    shift.refresh_from_db()
    assert shift.taken_count == shift.capacity or not SignUp.objects.waiting().filter(shift=shift).exists()
    expected = Attendance.objects.filter(sign_up__shift=shift, status=AttendanceStatus.EXPECTED)
    assert expected.count() == SignUp.objects.accepted().filter(shift=shift).count()


def test_moves_of_many_and_moves_of_one_never_wait_for_each_other_in_a_circle():
    chance, storm = seeded(), Storm(shifts=3, capacity=3)
    answers = storm.run(
        chance, 200, ["sign_up", "sign_up", "sign_up", "withdraw", "take", "lapse", "change", "release", "resize"]
    )
    assert surprises(answers) == []
    assert storm.looks == [True] * 3 * len(answers)
    # The three shifts are at one hour: nobody holds two places.
    twice = SignUp.objects.accepted().values("person").annotate(count=Count("pk")).filter(count__gt=1)
    assert list(twice) == []


def test_a_place_freed_twice_at_once_is_offered_to_two_people():
    for day in range(5):
        storm = Storm(people=4, capacity=2)
        (shift,) = storm.shifts
        Shift.objects.filter(pk=shift.pk).update(starts_at=afternoon(9 + day), ends_at=afternoon(9 + day, 15))
        rows = [sign_ups.sign_up(shift, actor=person) for person in storm.people]
        answers = at_once([partial(sign_ups.withdraw_sign_up, row, actor=row.person) for row in rows[:2]])
        assert surprises(answers) == []
        tasks.offer_freed_places()  # for those who were busy
        assert numbers_offered(shift) == [1, 2]
        assert is_sound(shift)


def test_an_offer_taken_while_it_lapses_is_either_taken_or_lapsed(monkeypatch):
    """By the clock of the one who takes it the offer still stands, by the others' its time is over."""
    for _round in range(6):
        storm = Storm(people=2, capacity=1)
        (shift,) = storm.shifts
        first, second = (sign_ups.sign_up(shift, actor=person) for person in storm.people)
        sign_ups.withdraw_sign_up(first, actor=first.person)
        second.refresh_from_db()
        clock = threading.local()

        def take(row=second, clock=clock):
            clock.now = row.offer_expires_at - timedelta(seconds=1)
            return waiting_list.take_offer(row, actor=row.person)

        over = second.offer_expires_at + timedelta(seconds=1)
        with monkeypatch.context() as clocks:
            clocks.setattr(timezone, "now", lambda clock=clock, over=over: getattr(clock, "now", over))
            answers = at_once([take] + [partial(waiting_list.lapse_offer, second.pk)] * 3)
        assert surprises(answers) == []
        second.refresh_from_db()
        is_taken = not isinstance(answers[0], Exception)
        assert second.status == ("accepted" if is_taken else "lapsed")
        assert is_sound(shift)


# --- Controls ----------------------------------------------------------------------------------------------------
@pytest.fixture
def without_constraints():
    """Neither a place counted too often nor a number given twice is refused by the database."""
    dropped = [
        (model, one)
        for model, names in (
            (Shift, ["shift_is_never_oversold"]),
            (SignUp, ["sign_up_waits_alone_at_its_number", "sign_up_once_live_per_person_and_shift"]),
        )
        for one in model._meta.constraints
        if one.name in names
    ]
    with connection.schema_editor() as editor:
        for model, constraint in dropped:
            editor.remove_constraint(model, constraint)
    yield
    Attendance.objects.all().delete()
    SignUp.objects.all().delete()
    Shift.objects.all().delete()
    with connection.schema_editor() as editor:
        for model, constraint in dropped:
            editor.add_constraint(model, constraint)


@pytest.mark.postgres
@on_postgres
def test_control_without_locks_a_number_is_given_twice(monkeypatch, without_constraints):
    without_row_locks(monkeypatch)
    storm = Storm(people=5, capacity=1)
    holder, *others = storm.people
    sign_ups.sign_up(storm.shifts[0], actor=holder)
    meet_after(monkeypatch, sign_ups, "next_number", count=4)
    at_once([partial(sign_ups.sign_up, storm.shifts[0], actor=person) for person in others])
    numbers = SignUp.objects.waiting().filter(shift=storm.shifts[0]).values_list("queue_number", flat=True)
    assert list(numbers) == [1] * 4


@pytest.mark.postgres
@on_postgres
def test_control_without_locks_a_capacity_falls_under_what_is_taken(monkeypatch, without_constraints):
    """The sign-ups come after the look of the one who makes the shift smaller, and before it is written."""
    without_row_locks(monkeypatch)
    storm = Storm(people=4, capacity=4)
    (shift,) = storm.shifts
    lock, smallest = lock_everybody_on, SimpleNamespace(choice=lambda rows: rows[0], randint=min)

    def be_overtaken(ids):
        found = lock(ids)
        assert surprises(at_once([partial(sign_ups.sign_up, shift, actor=person) for person in storm.people])) == []
        return found

    monkeypatch.setitem(globals(), "lock_everybody_on", be_overtaken)
    storm.resize(smallest)
    assert not is_sound(shift)


@pytest.mark.postgres
@on_postgres
def test_control_people_locked_in_any_order_wait_for_each_other(monkeypatch):
    """What `lock_people` prevents by its order."""

    def lock_in_turn(ids):
        return {pk: lock_person(pk) for pk in ids}

    people = [person.pk for person in UserFactory.create_batch(2)]

    def hold(ids):
        with transaction.atomic():
            lock_in_turn(ids)

    meet_after(monkeypatch, sys.modules[__name__], "lock_person", count=2)
    (deadlock,) = surprises(at_once([partial(hold, ids) for ids in (people, people[::-1])]))
    assert isinstance(deadlock, OperationalError)
