"""The ledger: a phone logs hours, a teacher decides on 500 entries at once, a class stands where it stands.

A call that writes is measured in a transaction that is rolled back, so that each round finds the same rows; the commit
itself is in neither side of a ratio.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.models import QuerySet
from django.urls import path
from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from accounts.models import User
from benchmarks.harness import (
    FEWEST_JUDGED_ROUNDS,
    Answer,
    Bench,
    Call,
    application,
    bearer,
    ensure_same,
    in_process,
    on_both,
    statements_of,
)
from common import paris
from common.api.permissions import IsSignedIn
from common.models import uuid7
from engagement import progress
from engagement.models import HourEntry, Record
from missions.models import Mission
from schools.models import ClassGroup, Enrolment, School
from tests.support.queries import connections_kept

BULK = "/api/v1/hour-entries/bulk-decisions/"
SINGLES = 20
# Of a run that judges; one that only shows that all runs takes fewer.
DECISIONS, FEW_DECISIONS = 500, 20
TWIN = "/api/bench/class-progress-twin/"


# --- The twin of a class's progress ------------------------------------------------------------------------------
class TwinStudentSerializer(serializers.ModelSerializer):
    """A student, and their entries added up in Python as they come from the prefetch."""

    record = serializers.UUIDField(source="id")
    student = serializers.UUIDField(source="person_id")
    name = serializers.CharField(source="person.full_name")

    class Meta:
        model = Record
        fields = ["record", "student", "name"]

    def to_representation(self, record: Any) -> dict[str, Any]:
        option, entries = record.option, [one for one in record.entries.all() if one.status != "deleted"]
        if not option.counts_before_enrolment:
            entries = [one for one in entries if one.started_at >= record.came_at]
        by_domain: dict[str, list[Any]] = {}
        for entry in sorted(entries, key=lambda one: one.domain):
            by_domain.setdefault(entry.domain, []).append(entry)
        domains = [self._domain(domain, own, option.domain_caps.get(domain)) for domain, own in by_domain.items()]
        waiting = [one for one in entries if one.status == "submitted"]
        # An entry that its author may rewrite says no longer what was confirmed; of a draft nobody else knows.
        handed_in = [one for one in entries if one.attendance_id or one.status not in ("draft", "returned")]
        known = [one for one in entries if one.attendance_id or one.status != "draft"]
        last_at = max((one.ended_at for one in known), default=None)
        counted, pending = (sum(one[name] for one in domains) for name in ("counted_minutes", "pending_minutes"))
        expected = progress.expected_minutes(option, record.came_at, timezone.now())
        return {
            **super().to_representation(record),
            "target_minutes": option.target_minutes,
            "counted_minutes": counted,
            "carried_minutes": 0,
            "pending_minutes": pending,
            "attested_minutes": sum(one.attested_within for one in handed_in if one.is_attested),
            "expected_minutes": expected,
            "status": self._status(option, counted, counted + pending, expected, last_at or record.came_at),
            "waiting_count": len(waiting),
            "last_entry_on": paris.day_of(last_at) if last_at else None,
            "by_domain": [
                {name: value for name, value in one.items() if name != "pending_minutes"}
                for one in domains
                if one["approved_minutes"]
            ],
        }

    def _domain(self, domain: str, entries: list[Any], cap: int | None) -> dict[str, Any]:
        approved = sum(one.approved_minutes or 0 for one in entries)
        counted = approved if cap is None else min(approved, cap)
        waiting = [one for one in entries if one.status == "submitted"]
        pending = sum(min(one.claimed_minutes, one.attested_minutes or one.claimed_minutes) for one in waiting)
        return {
            "domain": domain,
            "counted_minutes": counted,
            "approved_minutes": approved,
            "cap_minutes": cap,
            "pending_minutes": pending if cap is None else max(0, min(pending, cap - counted)),
        }

    def _status(self, option: Any, counted: int, reached: int, expected: int, last_at: datetime | None) -> str:
        if counted >= option.target_minutes:
            return "complete"
        if reached >= expected:
            return "on_track"
        is_quiet = last_at is None or timezone.now() - last_at > progress.QUIET_AFTER
        return "at_risk" if is_quiet or reached < progress.BEHIND_FROM * expected else "behind"


class TwinViewSet(ModelViewSet):
    serializer_class = TwinStudentSerializer
    permission_classes = [IsSignedIn]
    queryset = ClassGroup.objects.all()

    def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        class_group = ClassGroup.objects.led_by(request.user).get(pk=kwargs["pk"])
        enrolments = Enrolment.objects.active().filter(class_group=class_group)
        came_at = dict(enrolments.values_list("student_id", "activated_at"))
        records = list(
            Record.objects.filter(
                person__in=came_at,
                option__school=class_group.school_id,
                option__school_year=class_group.school_year_id,
            )
            .select_related("person", "option__school", "option__school_year")
            .prefetch_related("entries__mission__organization", "entries__decisions", "entries__attestations")
            .order_by("person__last_name", "person__first_name", "person_id")
        )
        for record in records:
            record.came_at = came_at[record.person_id]
        return Response({"students": self.get_serializer(records, many=True).data})


urlpatterns = [path(f"{TWIN[1:]}<id:pk>/", TwinViewSet.as_view({"get": "retrieve"}))]


# --- Calls -------------------------------------------------------------------------------------------------------
def undone(call: Call) -> Call:
    """The same call, of which nothing is left."""

    def and_back() -> Answer:
        with transaction.atomic():
            answer = call()
            transaction.set_rollback(True)
        return answer

    return and_back


def asked_by(call: Call) -> list[tuple[str, Any]]:
    """What a call asks of the database: each statement, and the values that it takes."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connections["default"].execute_wrapper(note):
        call()
    return asked


def bare(asked: list[tuple[str, Any]], body: bytes) -> Any:
    """A WSGI callable that runs these statements with their values on the same connection and answers that body."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        cursor = connections["default"].connection.cursor()
        for sql, params in asked:
            cursor.execute(sql, params)
            if cursor.description:
                cursor.fetchall()
        start_response("201 Created", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return app


def run() -> Iterator[Bench]:
    """A phone's PUT, a bulk of decisions, a class's progress."""
    app = application()
    with connections_kept():
        yield _put(app)
        yield _bulk(app)
    yield _class_progress(app)


def _put(app: Any) -> Bench:
    def put() -> Call:
        student = User.objects.filter(records__isnull=False).order_by("pk")[7]
        ended_at = timezone.now().replace(microsecond=0) - timedelta(hours=1)
        body = {
            "mission": str(Mission.objects.order_by("pk")[0].pk),
            "started_at": (ended_at - timedelta(minutes=45)).isoformat(),
            "ended_at": ended_at.isoformat(),
            "reflection": "J'ai trié les dons et appris à accueillir.",
        }
        call = in_process(app, f"/api/v1/hour-entries/{uuid7()}/", method="PUT", body=body, headers=bearer(student))
        return undone(call)

    whole, small = on_both(put)
    asked, answer = asked_by(whole), whole()
    bench = Bench(
        "Log an hour entry",
        {
            "put": whole,
            "bare callable, the same statements": undone(in_process(bare(asked, answer.body), "/")),
            "put, a hundredth": small,
        },
        expected_status=201,
    )
    print(f"    {len(asked):9}     statements, savepoints among them")
    bench.at_least(0.4, "put", of="bare callable, the same statements")
    bench.at_most(1.2, "put", of="put, a hundredth")
    return bench


def _bulk(app: Any) -> Bench:
    counts: list[int] = []

    def decide() -> tuple[Call, Call]:
        school = School.objects.order_by("pk")[0]
        manager = User.objects.filter(staff_memberships__school=school, staff_memberships__role="manager")[0]
        entries = list(_decidable(manager))
        counts.append(len(entries))
        waiting = {"status": "submitted", "approved_minutes": None, "submitted_at": timezone.now()}
        HourEntry.objects.filter(pk__in=entries).update(**waiting)
        headers = bearer(manager)

        def post(path: str, body: Any) -> Call:
            keyed = {**headers, "Idempotency-Key": str(uuid7())}
            return in_process(app, path, method="POST", body=body, headers=keyed)

        rulings = [{"entry": str(pk), "verb": "approve"} for pk in entries]
        singles = [post(f"/api/v1/hour-entries/{pk}/approve/", {}) for pk in entries[:SINGLES]]

        def one_by_one() -> Answer:
            answers = [call() for call in singles]
            assert {answer.status for answer in answers} == {200}
            return answers[-1]

        return undone(post(BULK, {"decisions": rulings})), undone(one_by_one)

    (bulk, singles), (small, _small_singles) = on_both(decide)
    assert {one["status"] for one in bulk().json()["results"]} == {"approved"}
    asked = statements_of(bulk)
    count, small_count = counts
    bench = Bench(
        f"Decide on {count} entries",
        {"bulk": bulk, f"{SINGLES} single calls": singles, "bulk, a hundredth": small},
        rounds=11,
    )
    bench.statements(20, "bulk", found=asked)
    bench.at_least(10 * SINGLES / count, "bulk", of=f"{SINGLES} single calls")
    if count == small_count:
        bench.at_most(1.2, "bulk", of="bulk, a hundredth")
    else:
        print(f"    a hundredth has {small_count} entries to decide on: its growth is not told")
    return bench


def _decidable(manager: User) -> QuerySet[Any]:
    standing = HourEntry.objects.decidable_by(manager).filter(status__in=["submitted", "approved"])
    most = FEW_DECISIONS if 0 < settings.ROUNDS < FEWEST_JUDGED_ROUNDS else DECISIONS
    return standing.order_by("pk").values_list("pk", flat=True)[:most]


def _class_progress(app: Any) -> Bench:
    def read(prefix: str, suffix: str) -> Callable[[], Call]:
        def make() -> Call:
            class_group = ClassGroup.objects.filter(referents__isnull=False).order_by("pk")[0]
            teacher = User.objects.get(staff_memberships__referent_of__class_group=class_group)
            return in_process(app, f"{prefix}{class_group.pk}/{suffix}", headers=bearer(teacher))

        return make

    whole, small = on_both(read("/api/v1/classes/", "progress/"))
    twin = read(TWIN, "")()
    ensure_same([whole, twin], rows=lambda body: [dict(sorted(one.items())) for one in body["students"]])
    asked, students = statements_of(whole), whole().json()["students"]
    bench = Bench(
        f"Progress of a class of {len(students)}", {"class": whole, "twin": twin, "class, a hundredth": small}
    )
    bench.statements(6, "class", found=asked)
    bench.at_least(5, "class", of="twin")
    bench.at_most(1.2, "class", of="class, a hundredth")
    return bench
