"""The ledger over HTTP: options, records, hour entries, decisions, progress."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from common import paris
from common.api.etags import edits_a_version, etag_of, expected_versions
from common.api.idempotency import idempotent
from common.api.permissions import IsSignedIn
from common.api.serializers import Empty
from common.api.views import ApiViewSet, ReadViewSet
from common.errors import BadInput
from engagement import selectors
from engagement.api import serializers
from engagement.api.filters import EngagementOptionFilter, HourEntryFilter
from engagement.api.permissions import KeepsALedger
from engagement.models import EngagementOption, HourEntry, Record, RecordEvent
from engagement.services import decisions, entries, options
from engagement.states import DecisionVerb
from schools.api.permissions import IsSchoolManager, IsSchoolStaff
from schools.models import School
from schools.services.classes import ensure_school_year


class EngagementOptionViewSet(ReadViewSet):
    """A school's rules for one year."""

    queryset = EngagementOption.objects.all()
    serializer_class = serializers.EngagementOptionOutput
    filterset_class = EngagementOptionFilter
    permission_classes = [IsSignedIn]
    permissions = {"create": [IsSchoolManager], "partial_update": [IsSchoolManager]}
    inputs = {
        "create": serializers.EngagementOptionInput,
        "partial_update": serializers.EngagementOptionEditInput,
    }

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        visible = EngagementOption.objects.visible_to(person)
        if self.action == "partial_update":
            visible = EngagementOption.objects.managed_by(person)
        return visible.select_related("school_year")

    def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """One option, with its ETag for an editor."""
        return self._answer(self.get_object())

    @extend_schema(responses={201: serializers.EngagementOptionOutput})
    @idempotent
    def create(self, request: Any) -> Response:
        """Sets the rules of the present school year."""
        facts = self.valid_input()
        school = School.objects.managed_by(request.user).filter(pk=facts["school"]).first()
        if school is None:
            raise BadInput(code="school_unknown", fields={"school": _("Not a school that you manage.")})
        year = ensure_school_year(paris.day_of(timezone.now()))
        option = options.create_option(
            school=school, school_year=year, target_minutes=facts["target_minutes"], actor=request.user
        )
        return self._answer(option, 201)

    @extend_schema(responses={200: serializers.EngagementOptionOutput})
    @edits_a_version
    def partial_update(self, request: Any, pk: Any) -> Response:
        """Changes the rules; needs If-Match."""
        expected = expected_versions(request)
        target_minutes = self.valid_input().get("target_minutes")
        option = options.edit_option(
            self.get_object(), target_minutes=target_minutes, expected=expected, actor=request.user
        )
        return self._answer(option)

    def _answer(self, option: EngagementOption, status: int = 200) -> Response:
        return Response(self.output(option), status=status, headers={"ETag": etag_of(option)})


class RecordViewSet(ReadViewSet):
    """Ledgers: one's own, and those of the students one answers for."""

    queryset = Record.objects.all()
    serializer_class = serializers.RecordOutput
    permission_classes = [KeepsALedger]

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        return Record.objects.visible_to(person).select_related("person")


class HourEntryViewSet(ReadViewSet):
    """Lines of the ledger."""

    queryset = HourEntry.objects.all()
    serializer_class = serializers.HourEntryOutput
    filterset_class = HourEntryFilter
    permission_classes = [KeepsALedger]
    permissions = {name: [IsSchoolStaff] for name in ("approve", "return_to_author", "reject", "bulk_decisions")}
    inputs = {
        "partial_update": serializers.HourEntryEditInput,
        "submit": Empty,
        "withdraw": Empty,
        "approve": serializers.ApprovalInput,
        "return_to_author": serializers.DecisionInput,
        "reject": serializers.DecisionInput,
        "bulk_decisions": serializers.BulkDecisionsInput,
    }

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        visible = HourEntry.objects.visible_to(person)
        if self.action in ("partial_update", "submit", "withdraw"):
            visible = visible.filter(record__person=person)
        elif self.action in ("approve", "return_to_author", "reject"):
            visible = visible.decidable_by(person)
        elif self.action == "events":
            visible = visible.filter(is_seen_whole=True)
        return visible.select_related("record__person")

    def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """One entry, with its ETag for its author."""
        return self._answer(self.get_object())

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @edits_a_version
    def partial_update(self, request: Any, pk: Any) -> Response:
        """Completes a draft or returned entry; needs If-Match."""
        expected = expected_versions(request)
        changes = self.valid_input()
        return self._changed(entries.edit_entry(self.get_object(), changes, expected=expected, actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def submit(self, request: Any, pk: Any) -> Response:
        """Hands the hours to the school."""
        self.valid_input()
        return self._changed(entries.submit_entry(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: Any, pk: Any) -> Response:
        """Takes an undecided entry back."""
        self.valid_input()
        return self._changed(entries.withdraw_entry(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: Any, pk: Any) -> Response:
        """It counts: all of it, or `minutes` of it with a reason."""
        return self._decide(DecisionVerb.APPROVE)

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    @idempotent
    def return_to_author(self, request: Any, pk: Any) -> Response:
        """Back to the student, with a reason."""
        return self._decide(DecisionVerb.RETURN)

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def reject(self, request: Any, pk: Any) -> Response:
        """It does not count, with a reason."""
        return self._decide(DecisionVerb.REJECT)

    @extend_schema(responses={200: serializers.BulkDecisionsOutput}, operation_id="hour_entries_bulk_decisions")
    @action(detail=False, methods=["post"], url_path="bulk-decisions")
    @idempotent
    def bulk_decisions(self, request: Any) -> Response:
        """Up to 500 decisions, each with its own result, in the order sent."""
        rulings = [
            decisions.Ruling(
                entry_id=ruling["entry"], verb=ruling["verb"], minutes=ruling["minutes"], reason=ruling["reason"]
            )
            for ruling in self.valid_input()["decisions"]
        ]
        outcomes = decisions.decide_many(rulings, actor=request.user)
        return Response({"results": [self._outcome(outcome) for outcome in outcomes]})

    @extend_schema(responses={200: serializers.RecordEventOutput(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def events(self, request: Any, pk: Any) -> Response:
        """Every move of this entry, oldest first."""
        rows = RecordEvent.objects.visible_to(request.user).filter(entry=self.get_object()).order_by("sequence")
        rows = rows.select_related("record")
        context = self.get_serializer_context()
        return Response(serializers.RecordEventOutput(rows, many=True, context=context).data)

    def _decide(self, verb: DecisionVerb) -> Response:
        facts = self.valid_input()
        ruling = decisions.Ruling(
            entry_id=self.get_object().pk, verb=verb, minutes=facts.get("minutes"), reason=facts["reason"]
        )
        return self._changed(decisions.decide(ruling, actor=self.request.user))

    @staticmethod
    def _outcome(outcome: decisions.Outcome) -> dict[str, Any]:
        entry, error = outcome.entry, outcome.error
        return {
            "entry": str(outcome.entry_id),
            "status": entry.status if entry else None,
            "approved_minutes": entry.approved_minutes if entry else None,
            "code": error.code if error else None,
            "detail": str(error.detail) if error else None,
        }

    def _changed(self, entry: HourEntry) -> Response:
        # Who may change an entry (its author, its teacher) sees the whole of it.
        entry.is_seen_whole = True  # type: ignore[attr-defined]
        return self._answer(entry)

    def _answer(self, entry: HourEntry) -> Response:
        return Response(self.output(entry), headers={"ETag": etag_of(entry)})


class MyProgressViewSet(ApiViewSet):
    """One's own minutes."""

    queryset = Record.objects.none()
    serializer_class = serializers.MyProgressOutput
    permission_classes = [IsSignedIn]

    @extend_schema(responses={200: serializers.MyProgressOutput})
    def retrieve(self, request: Any) -> Response:
        """Each of one's records: counted, pending, attested, by domain."""
        return Response(self.output({"records": selectors.progress_of(request.user)}))
