"""What school and organisers say of an hour entry, over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.etags import etag_of
from common.api.idempotency import idempotent
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.views import ReadViewSet
from engagement.api import serializers
from engagement.models import HourEntry
from engagement.services import attestation_requests, attestations, decisions
from engagement.states import AttestationVerb, DecisionVerb
from organizations.api.permissions import IsOrganizer
from schools.api.permissions import IsSchoolStaff

OF_SCHOOL = ("approve", "return_to_author", "reject", "revoke", "confirm_tutor")
OF_ORGANISERS = ("confirm", "amend", "deny")


class EntryVerdicts(ReadViewSet):
    """Decisions and attestations, and the entry as whoever gave one sees it then."""

    queryset = HourEntry.objects.all()
    serializer_class = serializers.HourEntryOutput
    permissions = {
        **{name: [IsSchoolStaff] for name in (*OF_SCHOOL, "bulk_decisions")},
        **{name: [IsOrganizer] for name in OF_ORGANISERS},
    }
    inputs = {
        "approve": serializers.ApprovalInput,
        "return_to_author": serializers.DecisionInput,
        "reject": serializers.DecisionInput,
        "revoke": serializers.DecisionInput,
        "confirm_tutor": Empty,
        "confirm": Empty,
        "amend": serializers.AmendmentInput,
        "deny": serializers.DenialInput,
        "bulk_decisions": serializers.BulkDecisionsInput,
    }

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: ApiRequest, pk: UUID) -> Response:
        """It counts: all of it, or `minutes` of it with a reason."""
        return self._decide(DecisionVerb.APPROVE)

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    @idempotent
    def return_to_author(self, request: ApiRequest, pk: UUID) -> Response:
        """Back to the student, with a reason."""
        return self._decide(DecisionVerb.RETURN)

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def reject(self, request: ApiRequest, pk: UUID) -> Response:
        """It does not count, with a reason."""
        return self._decide(DecisionVerb.REJECT)

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def revoke(self, request: ApiRequest, pk: UUID) -> Response:
        """It counted and does so no longer, with a reason; not while a valid certificate lists it."""
        return self._decide(DecisionVerb.REVOKE)

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"], url_path="confirm-tutor")
    @idempotent
    def confirm_tutor(self, request: ApiRequest, pk: UUID) -> Response:
        """The tutor's address is known at school: it may serve any number of students."""
        self.valid_input()
        return self.changed(attestation_requests.confirm_tutor(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def confirm(self, request: ApiRequest, pk: UUID) -> Response:
        """The organisation's word that hours logged by hand happened as claimed."""
        return self._attest(AttestationVerb.CONFIRM)

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def amend(self, request: ApiRequest, pk: UUID) -> Response:
        """It happened, for other minutes; the author acknowledges them."""
        return self._attest(AttestationVerb.AMEND)

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def deny(self, request: ApiRequest, pk: UUID) -> Response:
        """It did not happen, with a reason."""
        return self._attest(AttestationVerb.DENY)

    @extend_schema(responses={200: serializers.BulkDecisionsOutput}, operation_id="hour_entries_bulk_decisions")
    @action(detail=False, methods=["post"], url_path="bulk-decisions")
    @idempotent
    def bulk_decisions(self, request: ApiRequest) -> Response:
        """Up to 500 decisions, each with its own result, in the order sent."""
        rulings = [
            decisions.Ruling(
                entry_id=ruling["entry"], verb=ruling["verb"], minutes=ruling["minutes"], reason=ruling["reason"]
            )
            for ruling in self.valid_input()["decisions"]
        ]
        outcomes = decisions.decide_many(rulings, actor=request.user)
        return Response({"results": [self._outcome(outcome) for outcome in outcomes]})

    def _decide(self, verb: DecisionVerb) -> Response:
        facts = self.valid_input()
        ruling = decisions.Ruling(
            entry_id=self.get_object().pk, verb=verb, minutes=facts.get("minutes"), reason=facts["reason"]
        )
        return self.changed(decisions.decide(ruling, actor=self.request.user))

    def _attest(self, verb: AttestationVerb) -> Response:
        facts = self.valid_input()
        entry = attestations.attest(self.get_object(), verb, **facts, actor=self.request.user)
        # As they see it: most organisers do not see the whole.
        entry.is_seen_whole = self.get_object().is_seen_whole  # type: ignore[attr-defined]
        return self.answer(self._with_words(entry))

    @staticmethod
    def _outcome(outcome: decisions.Outcome) -> dict[str, Any]:
        error = outcome.error
        return {
            "entry": str(outcome.entry_id),
            "status": outcome.status,
            "approved_minutes": outcome.approved_minutes,
            "code": error.code if error else None,
            "detail": error.sentence if error else None,
        }

    def changed(self, entry: HourEntry) -> Response:
        # Whoever may change an entry (its author, its teacher) sees the whole of it.
        entry.is_seen_whole = True  # type: ignore[attr-defined]
        return self.answer(self._with_words(entry))

    @staticmethod
    def _with_words(entry: HourEntry) -> HourEntry:
        prefetch_related_objects([entry], *HourEntry.objects.words())
        return entry

    def answer(self, entry: HourEntry, status: int = 200) -> Response:
        return Response(self.output(entry), status=status, headers={"ETag": etag_of(entry)})
