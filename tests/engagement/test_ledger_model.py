"""The ledger against a page of Python: students, teachers and organisers at random, answers lost, old requests again.

Whatever is sent, the API answers what the model answers, and the rows, the totals, the chains and what a phone has
followed are those of the model. `LEDGER_SEED` repeats a run, `LEDGER_STORIES` tells more of them (`make soak`).
"""

import os
import uuid
from collections import defaultdict
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from common.api import idempotency
from common.models import uuid7
from engagement import ledger, progress, sums
from engagement.models import Contest, HourEntry, Record, RecordEvent
from engagement.models.entries import HourEntryQuerySet
from engagement.services import attendances, entries, policy, records, verification
from schools.models import ClassReferent
from tests.support.api import ContractClient
from tests.support.factories import (
    AttendanceFactory,
    CheckInFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    StaffMembershipFactory,
    enrolled_student,
    record_of,
)
from tests.support.following import Phone
from tests.support.gate import in_soak, once_on
from tests.support.ledger_model import ATTESTING, MOVES, Answer, Facts, Ledger
from tests.support.tutors import tutor_address

pytestmark = pytest.mark.django_db

SEED = int(os.environ.get("LEDGER_SEED", "1"))
STORIES = int(os.environ.get("LEDGER_STORIES", "12"))
STEPS = 24
LOOK_EVERY = 8
DAY = datetime(2026, 11, 18, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CAPS = {"sport": 60}
API = "/api/v1/"

# Lines 0 to 3 are logged by hand; 4 and 5 come from attendances on shifts that begin at these half hours.
PLACES = {4: 0, 5: 3}
LINES = 4 + len(PLACES)
attended = st.sampled_from(list(PLACES))
# A small number is that line. A greater one is a line on which the move does something, where there is one: of lines
# taken blindly, too few come far enough for what goes wrong late.
numbers = st.integers(0, 4 * LINES - 1)
facts = st.builds(Facts, st.integers(0, 4), st.sampled_from([30, 45, 60]), st.sampled_from(["sport", "sante", "autre"]))
matches = st.sampled_from([None, "*", "now", '"1"', '"99"'])
minutes = st.sampled_from([None, None, 20, 45, 60])
reasons = st.sampled_from(["", "Vu.", "Vu.", "Vu."])
verbs = st.sampled_from(["approve", "approve", "return", "reject", "revoke"])
# How often an answer gets lost: the phone knows nothing and sends the same again.
losses = st.sampled_from([0, 0, 1, 2])


class LedgerMachine(RuleBasedStateMachine):
    world: Any

    def __init__(self) -> None:
        super().__init__()
        self.story = transaction.atomic()
        self.story.__enter__()
        tutor_address("jo@voisins.example", confirmed_at=timezone.now())
        self.model = Ledger(CAPS, PLACES)
        # Those of attendances are nobody's until there is an entry.
        self.ids = [str(uuid7()) for _number in range(LINES)]
        self.clients = {name: ContractClient().as_(person) for name, person in self.world.people.items()}
        self.phone = Phone(self.clients["student"])
        self.phone.follow()
        self.posts: list[tuple[Any, ...]] = []
        self.moves = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.story.__exit__(None, None, None)

    def end(self) -> None:
        """What holds after every story."""
        self.totals_are_those_of_the_model()
        self.each_move_is_in_the_table_and_in_the_chain()
        self.a_phone_that_followed_has_what_it_would_read_anew()

    def _aim(self, n: int, move: Callable[[Ledger, int], Answer]) -> int:
        """The line that a number stands for, when it is to be moved like that."""
        apt = [m for m in range(LINES) if n >= LINES and move(deepcopy(self.model), m)[0] < 300]
        return apt[n % len(apt)] if apt else n % LINES

    # --- Sending -------------------------------------------------------------------------------------------------
    def post(self, who: str, path: str, body: Any, lost: int) -> Any:
        """The answer to a POST, which is the same however often it is asked for under its key."""
        one = (who, path, body, str(uuid.uuid4()))
        answer = self._post(one)
        for _time in range(lost):
            self._ensure_replayed(self._post(one), answer)
        self.posts.append((one, answer))
        return answer

    def _post(self, one: tuple[Any, ...]) -> Any:
        who, path, body, key = one
        cache.clear()
        return self.clients[who].post(f"{API}{path}", body, key=key)

    def _ensure_replayed(self, answer: Any, first: Any) -> None:
        # Rights are looked at again: what one may no longer see is not repeated.
        if answer.status_code in (404, 410) and first.status_code not in (404, 410):
            return
        assert answer.status_code == first.status_code, answer.content
        if first.status_code < 400:
            assert answer.json() == first.json()
            assert answer.headers.get("Idempotency-Replayed") == "true"

    def _ensure_answers(self, answer: Any, expected: tuple[int, str | None]) -> None:
        code = answer.json().get("code") if answer.content else None
        assert (answer.status_code, code) == expected

    def _act(self, who: str, n: int, verb: str, body: Any, expected: tuple[int, str | None], lost: int) -> None:
        self._ensure_answers(self.post(who, f"hour-entries/{self.ids[n]}/{verb}/", body, lost), expected)

    def _match(self, n: int, match: str | None) -> str | None:
        if match != "now":
            return match
        return f'"{self.model.lines[n].version}"' if n in self.model.lines else '"1"'

    def _body(self, said: Facts) -> dict[str, Any]:
        start = DAY + 30 * said.slot * MINUTE
        times = {"started_at": start.isoformat(), "ended_at": (start + said.minutes * MINUTE).isoformat()}
        if said.domain == "autre":
            return {**times, "organization_name": "Les Voisins", "tutor_email": "jo@voisins.example"}
        return {**times, "mission": str(self.world.missions[said.domain].pk)}

    # --- The phone -----------------------------------------------------------------------------------------------
    @rule(n=numbers, said=facts, match=matches, lost=losses)
    def put(self, n: int, said: Facts, match: str | None, lost: int) -> None:
        n %= 4
        match = self._match(n, match)
        extra = {} if match is None else {"HTTP_IF_MATCH": match}
        for _time in range(lost + 1):
            answer = self.clients["student"].put(f"{API}hour-entries/{self.ids[n]}/", self._body(said), **extra)
            self._ensure_answers(answer, self.model.put(n, said, match))

    @rule(n=numbers, match=matches, lost=losses)
    def delete(self, n: int, match: str | None, lost: int) -> None:
        n = self._aim(n, lambda model, m: model.delete(m, None))
        match = self._match(n, match)
        extra = {} if match is None else {"HTTP_IF_MATCH": match}
        for _time in range(lost + 1):
            answer = self.clients["student"].delete(f"{API}hour-entries/{self.ids[n]}/", **extra)
            self._ensure_answers(answer, self.model.delete(n, match))

    @rule(n=numbers, said=facts, lost=losses)
    def log(self, n: int, said: Facts, lost: int) -> None:
        """The way of most hours."""
        n = self._aim(n, lambda model, m: model.put(m, said, "*" if m in model.lines else None)) % 4
        self.put(n, said, "now" if n in self.model.lines else None, 0)
        self.submit(n, lost)

    @rule(n=numbers, lost=losses)
    def submit(self, n: int, lost: int) -> None:
        n = self._aim(n, Ledger.submit)
        self._act("student", n, "submit", {}, self.model.submit(n), lost)

    @rule(n=numbers, lost=losses)
    def withdraw(self, n: int, lost: int) -> None:
        n = self._aim(n, Ledger.withdraw)
        self._act("student", n, "withdraw", {}, self.model.withdraw(n), lost)

    @rule(n=numbers, lost=losses)
    def acknowledge(self, n: int, lost: int) -> None:
        n = self._aim(n, Ledger.acknowledge)
        self._act("student", n, "acknowledge", {}, self.model.acknowledge(n), lost)

    @rule(n=numbers, lost=losses)
    def contest(self, n: int, lost: int) -> None:
        n = self._aim(n, Ledger.contest)
        self._act("student", n, "contest", {"reason": "J'y étais."}, self.model.contest(n), lost)

    @rule(
        wanted=st.lists(
            st.tuples(st.sampled_from(["put", "put", "submit", "withdraw", "delete"]), numbers, facts, matches),
            min_size=1,
            max_size=5,
        ),
        lost=losses,
    )
    def batch(self, wanted: list[Any], lost: int) -> None:
        operations, expected = [], []
        for op, n, said, match in wanted:
            n %= 4 if op == "put" else LINES
            operation: dict[str, Any] = {"op": op, "id": self.ids[n]}
            match = self._match(n, match) if op in ("put", "delete") else None
            if match is not None:
                operation["if_match"] = match
            if op == "put":
                operation["entry"] = self._body(said)
                expected.append(self.model.put(n, said, match))
            elif op == "delete":
                expected.append(self.model.delete(n, match))
            else:
                expected.append(getattr(self.model, op)(n))
            operations.append(operation)
        answer = self.post("student", "hour-entries/batch/", {"operations": operations}, lost)
        assert [(one["status"], one["code"]) for one in answer.json()["results"]] == expected

    # --- The school and the organisation -------------------------------------------------------------------------
    @rule(n=numbers, verb=verbs, approved=minutes, reason=reasons, lost=losses)
    def decide(self, n: int, verb: str, approved: int | None, reason: str, lost: int) -> None:
        n = self._aim(n, lambda model, m: model.decide(m, verb, approved, reason))
        body = {"reason": reason, **({"minutes": approved} if verb == "approve" else {})}
        self._act("teacher", n, verb, body, self.model.decide(n, verb, approved, reason), lost)

    @rule(rulings=st.lists(st.tuples(numbers, verbs, minutes, reasons), min_size=1, max_size=5), lost=losses)
    def decide_many(self, rulings: list[Any], lost: int) -> None:
        rulings = [(n % LINES, *ruling) for n, *ruling in rulings]
        decisions = [
            {"entry": self.ids[n], "verb": verb, "reason": reason, **({"minutes": given} if verb == "approve" else {})}
            for n, verb, given, reason in rulings
        ]
        # An entry that nobody may see at the start is not found, whatever else the bulk does.
        expected = [self.model.decide(*ruling) for ruling in rulings]
        answer = self.post("teacher", "hour-entries/bulk-decisions/", {"decisions": decisions}, lost)
        assert [one["code"] for one in answer.json()["results"]] == [code for _status, code in expected]

    @rule(n=numbers, said=facts, lost=losses)
    def give(self, n: int, said: Facts, lost: int) -> None:
        """The way of hours that count."""
        self.log(n, said, 0)
        self.decide(n, "approve", None, "", lost)

    @rule(n=numbers, lost=losses)
    def send_back(self, n: int, lost: int) -> None:
        """The way of hours that are completed."""
        n = self._aim(n, lambda model, m: model.decide(m, "return", None, "Vu."))
        self.decide(n, "return", None, "Vu.", lost)
        self.submit(n, lost)

    @rule(n=numbers, lost=losses)
    def dispute(self, n: int, lost: int) -> None:
        """The way of hours that are not counted."""
        n = self._aim(n, lambda model, m: model.decide(m, "reject", None, "Vu."))
        self.decide(n, "reject", None, "Vu.", lost)
        self.contest(n, lost)

    @rule(n=numbers, verb=st.sampled_from(["uphold", "uphold", "dismiss"]), lost=losses)
    def answer_contest(self, n: int, verb: str, lost: int) -> None:
        n = self._aim(n, lambda model, m: model.answer_contest(m, verb))
        contest = Contest.objects.filter(entry=self.ids[n]).first()
        if contest is not None:
            answer = self.post("manager", f"contests/{contest.pk}/{verb}/", {"reason": "Relu."}, lost)
            self._ensure_answers(answer, self.model.answer_contest(n, verb))

    @rule(n=numbers, verb=st.sampled_from(["confirm", "amend", "deny"]), given=st.sampled_from([20, 45]), lost=losses)
    def attest(self, n: int, verb: str, given: int, lost: int) -> None:
        n = self._aim(n, lambda model, m: model.attest(m, verb, given))
        body = {"confirm": {}, "amend": {"minutes": given}, "deny": {"reason": "Personne ce jour-là."}}[verb]
        self._act("organiser", n, verb, body, self.model.attest(n, verb, given), lost)

    @rule(n=attended, given=st.sampled_from([30, 45, 60]), lost=losses)
    def confirm_attendance(self, n: int, given: int, lost: int) -> None:
        path = f"attendances/{self.world.places[n].pk}/confirm/"
        self._ensure_answers(
            self.post("organiser", path, {"minutes": given}, lost), self.model.confirm_attendance(n, given)
        )
        self.ids[n] = str(HourEntry.objects.get(attendance=self.world.places[n]).pk)

    @rule(n=numbers, lost=losses)
    def reopen_attendance(self, n: int, lost: int) -> None:
        n = self._aim(n, Ledger.reopen_attendance)
        n = n if n in PLACES else 4 + n % len(PLACES)
        path = f"attendances/{self.world.places[n].pk}/reopen/"
        self._ensure_answers(
            self.post("organiser", path, {"reason": "Erreur."}, lost), self.model.reopen_attendance(n)
        )

    @rule(n=attended, given=st.sampled_from([30, 45, 60]), lost=losses)
    def attend(self, n: int, given: int, lost: int) -> None:
        """The way of most hours of an attendance."""
        self.confirm_attendance(n, given, lost)
        self.submit(n, lost)

    @rule(n=attended, minutes=st.sampled_from([30, 45, 60]))
    def shorten(self, n: int, minutes: int) -> None:
        ended_at = DAY + (30 * PLACES[n] + minutes) * MINUTE
        path, match = f"{API}hour-entries/{self.ids[n]}/", {"HTTP_IF_MATCH": "*"}
        answer = self.clients["student"].patch(path, {"ended_at": ended_at.isoformat()}, **match)
        self._ensure_answers(answer, self.model.shorten(n, minutes))

    @rule(approves=st.booleans())
    def choose_policy(self, approves: bool) -> None:
        policy = "confirmed_attendance" if approves else "never"
        path, match = f"{API}engagement-options/{self.world.option.pk}/", {"HTTP_IF_MATCH": "*"}
        answer = self.clients["manager"].patch(path, {"automatic_approval": policy}, **match)
        self._ensure_answers(answer, (200, None))
        self.model.approves_attended = approves

    @rule(chance=st.randoms(use_true_random=False))
    def an_old_request_comes_again(self, chance: Any) -> None:
        if self.posts:
            one, first = chance.choice(self.posts)
            self._ensure_replayed(self._post(one), first)

    # --- What must hold ------------------------------------------------------------------------------------------
    @invariant()
    def holds(self) -> None:
        """The rows after each move; what takes requests to see, now and then."""
        self.rows_are_those_of_the_model()
        self.moves += 1
        if self.moves % LOOK_EVERY == 0:
            self.end()

    def rows_are_those_of_the_model(self) -> None:
        found = {
            str(row.pk): (row.status, row.attestation_status, row.attested_minutes, row.approved_minutes,
                          (row.started_at - DAY) // (30 * MINUTE), row.claimed_minutes, row.version)
            for row in HourEntry.objects.all()
        }  # fmt: skip
        assert found == {self.ids[n]: line.row for n, line in self.model.lines.items()}
        # Whatever the model thinks of it, no instant counts twice.
        standing = HourEntry.objects.standing().order_by("started_at").values_list("started_at", "ended_at")
        assert all(first[1] <= second[0] for first, second in pairwise(standing))

    def totals_are_those_of_the_model(self) -> None:
        (mine,) = self.clients["student"].get(f"{API}me/progress/").json()["records"]
        expected = self.model.totals()
        assert {name: mine[name] for name in expected} == expected

    def each_move_is_in_the_table_and_in_the_chain(self) -> None:
        assert list(verification.verify_records(Record.objects.all())) == []
        status: dict[Any, Any] = defaultdict(lambda: None)
        attestation: dict[Any, Any] = defaultdict(lambda: "none")
        for event in RecordEvent.objects.order_by("sequence"):
            verb, one = event.facts["verb"], event.entry_id
            now, word = event.facts["status"], event.facts["attestation_status"]
            assert now == status[one] or (status[one], now) in MOVES.get(verb, set()), (verb, status[one], now)
            assert word == attestation[one] or verb == "submit" or (attestation[one], word) in ATTESTING.get(verb, ())
            status[one], attestation[one] = now, word

    def a_phone_that_followed_has_what_it_would_read_anew(self) -> None:
        self.phone.follow()
        fresh = Phone(self.clients["student"])
        fresh.follow()
        assert self.phone.kept == fresh.kept


def run(world: Any, *phases: Phase) -> None:
    run_state_machine_as_test(
        seed(SEED)(type("Machine", (LedgerMachine,), {"world": world})),
        settings=settings(
            max_examples=STORIES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def world():
    """A student of a class, its referent and manager, and two missions with their coordinator."""
    with time_machine.travel(DAY + timedelta(days=2)):
        enrolment = enrolled_student()
        option = record_of(enrolment).option
        option.domain_caps = CAPS
        option.save()
        organiser = OrganizationMembershipFactory()
        school = enrolment.class_group.school
        missions = {
            domain: MissionFactory(domain=domain, organization=organiser.organization) for domain in ("sport", "sante")
        }
        yield SimpleNamespace(
            option=option,
            places={n: place_at(DAY + 30 * slot * MINUTE, enrolment, missions) for n, slot in PLACES.items()},
            missions=missions,
            people={
                "student": enrolment.student,
                "teacher": ClassReferent.objects.get(class_group=enrolment.class_group).membership.person,
                "manager": StaffMembershipFactory(school=school, manager=True).person,
                "organiser": organiser.person,
            },
        )


def place_at(starts_at, enrolment, missions):
    """An accepted place on an hour's shift."""
    shift = ShiftFactory(mission=missions["sport"], starts_at=starts_at, ends_at=starts_at + 60 * MINUTE)
    place = AttendanceFactory(sign_up__shift=shift, sign_up__person=enrolment.student, status="checked_in")
    CheckInFactory(attendance=place, occurred_at=starts_at)
    return place


@once_on("sqlite")
@pytest.mark.slow
def test_the_ledger_is_the_one_a_page_of_python_keeps(world, capsys):
    with capsys.disabled():
        print(f" LEDGER_SEED={SEED}, {STORIES} stories", end="")  # noqa: T201
    run(world, Phase.generate, Phase.shrink)


def _runs_everything_again(monkeypatch):
    monkeypatch.setattr(idempotency, "key_of", lambda request: str(uuid.uuid4()))


def _counts_what_was_rejected(monkeypatch):
    sums_of = progress.sums_of

    def generous(found, enrolled_at):
        known = sums_of(found, enrolled_at)
        for entry in HourEntry.objects.filter(status="rejected"):
            known[entry.record_id].domains[entry.domain].approved += entry.claimed_minutes
        return known

    monkeypatch.setattr(progress, "sums_of", generous)


def _forgets_caps(monkeypatch):
    monkeypatch.setattr(
        progress,
        "_domain",
        lambda domain, sums, option: progress.DomainProgress(domain, sums.approved, sums.approved, None),
    )


def _chains_to_nothing(monkeypatch):
    event = ledger.next_event

    def unchained(record, *args, **kwargs):
        record.head_hash = ""
        return event(record, *args, **kwargs)

    monkeypatch.setattr(ledger, "next_event", unchained)


def _tells_no_phone(monkeypatch):
    monkeypatch.setattr(records, "note_change", lambda *args, **kwargs: None)


def _lets_hours_overlap(monkeypatch):
    monkeypatch.setattr(HourEntryQuerySet, "overlapping", lambda self, *times: self.none())


def _keeps_the_word_on_a_reopened_attendance(monkeypatch):
    monkeypatch.setattr(attendances, "reset", lambda entry: None)


def _counts_before_it_is_acknowledged(monkeypatch):
    monkeypatch.setattr(sums, "COUNTS_AS_ATTESTED", Q(attested_minutes__isnull=False))


def _counts_one_time_twice(monkeypatch):
    monkeypatch.setattr(sums, "counted_elsewhere_in", lambda records: [])


def _approves_whatever_the_school_chose(monkeypatch):
    monkeypatch.setattr(policy, "_covers", lambda entry: entry.attendance_id is not None)


def _approves_what_is_handed_in_again(monkeypatch):
    submit = entries.submit_entry

    def forgetful(entry, *, actor):
        HourEntry.objects.filter(pk=entry.pk, status="returned").update(status="draft", submitted_at=None)
        return submit(entry, actor=actor)

    monkeypatch.setattr(entries, "submit_entry", forgetful)


def tell_a_story(world):
    """Every rule's way once, as a program that the machine could have found."""
    machine = type("Machine", (LedgerMachine,), {"world": world})()
    first, second, third = Facts(0, 60, "sport"), Facts(1, 60, "sante"), Facts(3, 60, "sport")
    try:
        machine.log(0, first, 1)
        machine.put(1, second, None, 1)
        machine.submit(1, 0)
        machine.attest(0, "amend", 45, 1)
        machine.end()
        machine.acknowledge(0, 0)
        machine.decide(0, "reject", None, "Vu.", 1)
        machine.contest(0, 1)
        machine.log(2, third, 0)
        machine.decide_many([(2, "approve", None, ""), (1, "approve", None, "")], 1)
        machine.answer_contest(0, "uphold", 0)
        machine.decide(0, "approve", 30, "Vu.", 2)
        machine.batch([("put", 3, second, None), ("delete", 3, third, None), ("withdraw", 2, third, None)], 1)
        machine.put(1, Facts(3, 30, "autre"), "now", 0)
        machine.end()
        machine.decide(2, "revoke", None, "Vu.", 0)
        machine.submit(1, 0)
        machine.end()
        machine.decide(1, "reject", None, "Vu.", 0)
        machine.submit(2, 0)
        machine.end()
        machine.delete(0, "*", 0)
        machine.withdraw(2, 0)
        machine.confirm_attendance(5, 60, 1)
        machine.delete(5, "*", 0)
        machine.shorten(5, 45)
        machine.shorten(5, 60)
        machine.reopen_attendance(5, 1)
        machine.holds()
        machine.attend(5, 30, 1)
        machine.holds()
        machine.choose_policy(True)
        machine.decide(5, "return", None, "Vu.", 0)
        machine.submit(5, 0)
        machine.holds()
        machine.decide(5, "approve", None, "", 0)
        machine.reopen_attendance(5, 0)
        machine.decide(0, "revoke", None, "Vu.", 0)
        machine.attend(4, 60, 1)
        machine.end()
    finally:
        machine.teardown()


def test_a_story_told_by_hand_holds(world):
    tell_a_story(world)


# Chance finds these within the many stories of `make soak`.
COMMON_FAULTS = [
    _runs_everything_again,
    _counts_what_was_rejected,
    _chains_to_nothing,
    _tells_no_phone,
    _lets_hours_overlap,
    _approves_whatever_the_school_chose,
]
# Chance hardly ever finds these; the story told by hand does.
RARE_FAULTS = [
    _forgets_caps,
    _keeps_the_word_on_a_reopened_attendance,
    _approves_what_is_handed_in_again,
    _counts_before_it_is_acknowledged,
    _counts_one_time_twice,
]


@in_soak
@pytest.mark.slow
@pytest.mark.parametrize("plant", COMMON_FAULTS)
def test_a_fault_that_is_planted_is_found_by_chance(world, monkeypatch, plant):
    plant(monkeypatch)
    with pytest.raises((AssertionError, IntegrityError)):
        run(world, Phase.generate)


@once_on("postgresql")
@pytest.mark.parametrize("plant", COMMON_FAULTS + RARE_FAULTS)
def test_a_fault_that_is_planted_is_found(world, monkeypatch, plant):
    plant(monkeypatch)
    # The database may find what nothing here does: hours that overlap.
    with pytest.raises((AssertionError, IntegrityError)):
        tell_a_story(world)
