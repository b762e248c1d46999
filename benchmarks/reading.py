"""What people read of the ledger day by day: one's own entries, a teacher's waiting list, what a phone follows."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.urls import path
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.viewsets import ModelViewSet

from accounts.models import User
from benchmarks.harness import Bench, Call, application, bearer, ensure_same, in_process, on_both, statements_of
from common.api.permissions import IsSignedIn
from engagement.models import Attestation, Decision, HourEntry
from schools.models import ClassGroup

ENTRIES, SYNC = "/api/v1/hour-entries/", "/api/v1/sync/"
WAITING, TWIN = f"{ENTRIES}?status=submitted", "/api/bench/waiting-list-twin/"


# --- The twin of a teacher's waiting list ------------------------------------------------------------------------
class TwinDecisionSerializer(serializers.ModelSerializer):
    class Meta:
        model = Decision
        fields = ["id", "verb", "minutes", "reason", "decided_by", "by_policy", "class_session", "created_at"]


class TwinAttestationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Attestation
        fields = ["id", "verb", "minutes", "reason", "attested_by", "by_tutor", "created_at"]


class TwinEntrySerializer(serializers.ModelSerializer):
    person = serializers.UUIDField(source="record.person_id")
    person_name = serializers.CharField(source="record.person.full_name")
    attestations = TwinAttestationSerializer(many=True)
    decisions = TwinDecisionSerializer(many=True)

    class Meta:
        model = HourEntry
        fields = [
            "id", "record", "person", "person_name", "mission", "attendance", "title", "domain", "organization_name",
            "tutor_name", "tutor_email", "started_at", "ended_at", "break_minutes", "claimed_minutes",
            "attestation_status", "attested_minutes", "attestations", "status", "submitted_at", "approved_minutes",
            "decisions", "reflection", "flags",
        ]  # fmt: skip


class TwinPagination(CursorPagination):
    ordering = "-id"
    page_size = 20


class TwinViewSet(ModelViewSet):
    serializer_class = TwinEntrySerializer
    pagination_class = TwinPagination
    permission_classes = [IsSignedIn]

    def get_queryset(self) -> QuerySet[HourEntry]:
        """The product's own question, who sees which entries: the twin asks it in the same words."""
        visible = HourEntry.objects.visible_to(self.request.user).filter(is_seen_whole=True, status="submitted")
        return visible.select_related("record__person", "attestation_request").prefetch_related(
            "attestations", "decisions"
        )


urlpatterns = [path(TWIN[1:], TwinViewSet.as_view({"get": "list"}))]


def run() -> Iterator[Bench]:
    """The same rows on both sides: a class of the same size, a student with as many entries."""
    app = application()
    yield _waiting_list(app)
    yield _own_entries(app)
    yield _sync(app)


def _waiting_list(app: Any) -> Bench:
    def read(target: str) -> Callable[[], Call]:
        def make() -> Call:
            class_group = ClassGroup.objects.filter(referents__isnull=False).order_by("-pk")[0]
            teacher = User.objects.get(staff_memberships__referent_of__class_group=class_group)
            return in_process(app, target, headers=bearer(teacher))

        return make

    (whole, small), twin = on_both(read(WAITING)), read(TWIN)()
    names = TwinEntrySerializer.Meta.fields
    ensure_same([whole, twin], rows=lambda body: [[one[name] for name in names] for one in body["results"]])
    asked = statements_of(whole)
    bench = Bench("A teacher's waiting list", {"list": whole, "twin": twin, "list, a hundredth": small})
    bench.statements(6, "list", found=asked)
    bench.tell("list", of="twin")
    bench.at_most(1.2, "list", of="list, a hundredth")
    return bench


def _student() -> User:
    return User.objects.filter(records__isnull=False).order_by("pk")[8]


def _own_entries(app: Any) -> Bench:
    whole, small = on_both(lambda: in_process(app, ENTRIES, headers=bearer(_student())))
    bench = Bench("One's own entries", {"list": whole, "list, a hundredth": small})
    bench.at_most(1.2, "list", of="list, a hundredth")
    return bench


def _sync(app: Any) -> Bench:
    def read() -> tuple[Call, Call]:
        headers = bearer(_student())
        first = in_process(app, SYNC, headers=headers)
        return first, in_process(app, f"{SYNC}?cursor={first().json()['cursor']}", headers=headers)

    (first, later), (small_first, small_later) = on_both(read)
    found = first().json()
    assert not found["has_more"]
    assert later().json()["changes"] == []
    asked_first, asked_later = statements_of(first), statements_of(later)
    bench = Bench(
        f"What a phone follows, of {len(found['changes'])} things",
        {
            "first": first,
            "nothing new": later,
            "first, a hundredth": small_first,
            "nothing new, a hundredth": small_later,
        },
    )
    # Eight, and one for the evidence that an entry says since 2026-11-30.
    bench.statements(9, "first", found=asked_first)
    bench.statements(2, "nothing new", found=asked_later)
    for name in ("first", "nothing new"):
        bench.at_most(1.2, name, of=f"{name}, a hundredth")
    return bench
