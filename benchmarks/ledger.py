"""The ledger: a phone logs hours, a teacher decides on 500 entries at once, a class stands where it stands.

What writes is measured in a transaction that is rolled back, so that each round finds the same rows; the commit
itself is in neither side of a ratio.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.db import connections, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from accounts.models import User
from benchmarks.harness import Answer, Bench, Call, application, bearer, ensure_same, in_process, on
from common import paris
from common.api.permissions import IsSignedIn
from common.models import uuid7
from engagement import progress
from engagement.models import HourEntry, Record
from missions.models import Mission
from schools.models import ClassGroup, Enrolment, School
from tests.support.queries import connections_kept, sql_of

BULK = "/api/v1/hour-entries/bulk-decisions/"
SINGLES = 20
TWIN = "/api/bench/class-progress-twin/"


# --- The twin of a class's progress ------------------------------------------------------------------------------
class TwinEntrySums(serializers.Serializer):
    """One record's entries, added up in Python as they come from the prefetch."""

    def to_representation(self, record: Any) -> Any:
        sums: dict[str, progress._Sums] = {}
        last_at = None
        for entry in record.entries.all():
            if entry.status == "deleted" or entry.started_at < record.counts_from:
                continue
            one = sums.setdefault(entry.domain, progress._Sums())
            one.approved += entry.approved_minutes or 0
            one.attested += entry.attested_within if entry.is_attested else 0
            if entry.status == "submitted":
                one.waiting += 1
                one.pending += min(entry.claimed_minutes, entry.attested_minutes or entry.claimed_minutes)
            last_at = max(filter(None, [last_at, entry.ended_at]))
        totals = progress._Totals(sums, last_at)
        return progress._progress(record, totals, record.came_at, timezone.now())


class TwinStudentSerializer(serializers.ModelSerializer):
    record = serializers.UUIDField(source="id")
    student = serializers.UUIDField(source="person_id")
    name = serializers.CharField(source="person.full_name")

    class Meta:
        model = Record
        fields = ["record", "student", "name"]

    def to_representation(self, record: Any) -> dict[str, Any]:
        found = TwinEntrySums().to_representation(record)
        names = (
            "target_minutes counted_minutes carried_minutes pending_minutes attested_minutes expected_minutes status "
            "waiting_count last_entry_on"
        )
        domains = [
            {name: getattr(one, name) for name in ("domain", "counted_minutes", "approved_minutes", "cap_minutes")}
            for one in found.by_domain
        ]
        own = {name: getattr(found, name) for name in names.split()}
        return {**super().to_representation(record), **own, "by_domain": domains}


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
            year_start = paris.midnight(record.option.school_year.starts_on)
            record.came_at = came_at[record.person_id]
            record.counts_from = year_start if record.option.counts_before_enrolment else record.came_at
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


def statements_of(call: Call) -> list[str]:
    """What a call asks of the database."""
    with CaptureQueriesContext(connections["default"]) as asked:
        call()
    return sql_of(asked)


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


def _both(make: Callable[[], Call]) -> tuple[Call, Call]:
    """The call on the whole region and on a hundredth of it, each with what it finds there."""
    return make(), on("small", on("small", make)())  # type: ignore[arg-type, return-value]


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
        call = in_process(
            app, f"/api/v1/hour-entries/{uuid7()}/", method="PUT", body=body, headers=bearer(student)
        )
        return undone(call)

    whole, small = _both(put)
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
    print(f"    {len(asked)} statements, savepoints among them")
    bench.at_least(0.5, "put", of="bare callable, the same statements")
    bench.at_most(1.2, "put", of="put, a hundredth")
    return bench


def _bulk(app: Any) -> Bench:
    school = School.objects.order_by("pk")[1]
    manager = User.objects.filter(staff_memberships__school=school, staff_memberships__role="manager")[0]
    entries = list(_decidable(manager))
    assert len(entries) == 500, f"{len(entries)} entries at this SCALE"
    waiting = {"status": "submitted", "approved_minutes": None, "submitted_at": timezone.now()}
    HourEntry.objects.filter(pk__in=entries).update(**waiting)
    headers = bearer(manager)

    def decide(path: str, body: Any, key: str) -> Call:
        return in_process(app, path, method="POST", body=body, headers={**headers, "Idempotency-Key": key})

    rulings = [{"entry": str(pk), "verb": "approve"} for pk in entries]
    bulk = undone(decide(BULK, {"decisions": rulings}, str(uuid7())))
    singles = [decide(f"/api/v1/hour-entries/{pk}/approve/", {}, str(uuid7())) for pk in entries[:SINGLES]]

    def one_by_one() -> Answer:
        answers = [call() for call in singles]
        assert {answer.status for answer in answers} == {200}
        return answers[-1]

    assert {one["status"] for one in bulk().json()["results"]} == {"approved"}
    asked = [sql for sql in statements_of(bulk) if "SAVEPOINT" not in sql]
    bench = Bench("Decide on 500 entries", {"bulk": bulk, f"{SINGLES} single calls": undone(one_by_one)}, rounds=11)
    print(f"    {len(asked)} statements")
    if len(asked) > 20 + 1:  # one finds session and person
        bench.missed.append(f"Decide on 500 entries: {len(asked)} statements")
    bench.at_least(10 * SINGLES / 500, "bulk", of=f"{SINGLES} single calls")
    return bench


def _decidable(manager: User) -> QuerySet[Any]:
    standing = HourEntry.objects.decidable_by(manager).filter(status__in=["submitted", "approved"])
    return standing.order_by("pk").values_list("pk", flat=True)[:500]


def _class_progress(app: Any) -> Bench:
    def read(prefix: str, suffix: str) -> Callable[[], Call]:
        def make() -> Call:
            class_group = ClassGroup.objects.filter(referents__isnull=False).order_by("pk")[0]
            teacher = User.objects.get(staff_memberships__referent_of__class_group=class_group)
            return in_process(app, f"{prefix}{class_group.pk}/{suffix}", headers=bearer(teacher))

        return make

    whole, small = _both(read("/api/v1/classes/", "progress/"))
    twin = read(TWIN, "")()
    ensure_same([whole, twin], rows=lambda body: [dict(sorted(one.items())) for one in body["students"]])
    asked = statements_of(whole)
    bench = Bench("Progress of a class", {"class": whole, "twin": twin, "class, a hundredth": small})
    print(f"    {len(asked)} statements, {len(json.loads(whole().body)['students'])} students")
    if len(asked) > 6 + 1:
        bench.missed.append(f"Progress of a class: {len(asked)} statements")
    bench.at_least(5, "class", of="twin")
    bench.at_most(1.2, "class", of="class, a hundredth")
    return bench
