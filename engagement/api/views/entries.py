"""Hour entries over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet, prefetch_related_objects
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Reader
from common.api.etags import edits_a_version, etag_of, expected_versions, match_of
from common.api.idempotency import idempotent
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.uploads import UploadInput, UploadParser, UploadViewMixin, reads_a_file
from common.api.views import ReadViewSet
from engagement.api import batches, serializers
from engagement.api.filters import HourEntryFilter
from engagement.api.permissions import KeepsALedger
from engagement.models import Evidence, HourEntry, RecordEvent
from engagement.selectors import sees_others
from engagement.services import attestation_requests, attestations, contests, decisions, entries, evidence
from engagement.services.entry_facts import EntryFacts
from engagement.states import AttestationVerb, DecisionVerb
from organizations.api.permissions import IsOrganizer
from schools.api.permissions import IsSchoolStaff

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag of the version that is replaced."
)
OF_AUTHOR = (
    "partial_update",
    "submit",
    "withdraw",
    "request_attestation",
    "resend_attestation",
    "acknowledge",
    "contest",
    "add_evidence",
)
OF_SCHOOL = ("approve", "return_to_author", "reject", "revoke", "confirm_tutor")
OF_ORGANISERS = ("confirm", "amend", "deny")


class HourEntryViewSet(UploadViewMixin, ReadViewSet):
    """Lines of the ledger."""

    queryset = HourEntry.objects.all()
    serializer_class = serializers.HourEntryOutput
    filterset_class = HourEntryFilter
    permission_classes = [KeepsALedger]
    permissions = {
        **{name: [IsSchoolStaff] for name in (*OF_SCHOOL, "bulk_decisions")},
        **{name: [IsOrganizer] for name in OF_ORGANISERS},
    }
    inputs = {
        "update": serializers.HourEntryInput,
        "batch": serializers.BatchInput,
        "partial_update": serializers.HourEntryEditInput,
        "submit": Empty,
        "withdraw": Empty,
        "approve": serializers.ApprovalInput,
        "return_to_author": serializers.DecisionInput,
        "reject": serializers.DecisionInput,
        "revoke": serializers.DecisionInput,
        "confirm_tutor": Empty,
        "confirm": Empty,
        "amend": serializers.AmendmentInput,
        "deny": serializers.DenialInput,
        "request_attestation": Empty,
        "resend_attestation": Empty,
        "acknowledge": Empty,
        "contest": serializers.ContestInput,
        "add_evidence": UploadInput,
        "bulk_decisions": serializers.BulkDecisionsInput,
    }

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        # Django takes twenty times as long to write down what others may see of whom.
        if self.action in OF_AUTHOR or not (person.is_authenticated and sees_others(person)):
            visible = HourEntry.objects.own_seen_whole(person)
        else:
            visible = HourEntry.objects.visible_to(person)
        if self.action in OF_SCHOOL:
            visible = visible.decidable_by(person)
        elif self.action in OF_ORGANISERS:
            visible = visible.attestable_by(person)
        elif self.action == "evidence":
            visible = visible.filter(is_seen_whole=True)
        visible = visible.select_related("record__person")
        return visible.with_words() if self.action in ("list", "retrieve") else visible

    def get_object(self) -> Any:
        try:
            return super().get_object()
        except Http404:
            entries.ensure_not_deleted(self.kwargs["pk"], actor=self.request.user)
            raise

    def get_parsers(self) -> list[Any]:
        return [UploadParser()] if self._action() == "add_evidence" else super().get_parsers()

    def _action(self) -> str:
        """What is asked for, before the framework has said so."""
        request = getattr(self, "request", None)
        return self.action_map.get(request.method.lower(), "") if request is not None else self.action or ""

    def retrieve(self, request: Request, *args: object, **kwargs: object) -> Response:
        """One entry, with its ETag for its author."""
        return self._answer(self.get_object())

    @extend_schema(
        responses={200: serializers.HourEntryOutput, 201: serializers.HourEntryOutput}, parameters=[IF_MATCH]
    )
    def update(self, request: ApiRequest, pk: UUID) -> Response:
        """Logs hours under the phone's own id (a UUID of version 4 or 7): 201 when it was absent, 200 when it is the
        same. Another body edits a draft or returned entry, and needs If-Match."""
        facts = EntryFacts(**self.valid_input())
        match = match_of(request.headers.get("If-Match"))
        entry, is_made = entries.put_entry(pk, facts, match=match, actor=request.user)
        return self._made(entry) if is_made else self._changed(entry)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: ApiRequest, pk: UUID) -> Response:
        """Deletes a draft for good; its id answers 410 from then on."""
        entries.delete_entry(pk, match=match_of(request.headers.get("If-Match")), actor=request.user)
        return Response(status=204)

    @extend_schema(responses={200: serializers.BatchOutput}, operation_id="hour_entries_batch")
    @action(detail=False, methods=["post"])
    @idempotent
    def batch(self, request: ApiRequest) -> Response:
        """A phone's queue: up to 200 operations, each with the result it would have had alone, in the order sent."""
        return Response({"results": batches.run(self.valid_input()["operations"], actor=request.user)})

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @edits_a_version
    def partial_update(self, request: ApiRequest, pk: UUID) -> Response:
        """Completes a draft or returned entry; needs If-Match."""
        expected = expected_versions(request)
        changes = self.valid_input()
        return self._changed(entries.edit_entry(self.get_object(), changes, expected=expected, actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def submit(self, request: ApiRequest, pk: UUID) -> Response:
        """Hands the hours to the school."""
        self.valid_input()
        return self._changed(entries.submit_entry(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: ApiRequest, pk: UUID) -> Response:
        """Takes an undecided entry back."""
        self.valid_input()
        return self._changed(entries.withdraw_entry(self.get_object(), actor=request.user))

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
        return self._changed(attestation_requests.confirm_tutor(self.get_object(), actor=request.user))

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

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"], url_path="request-attestation")
    @idempotent
    def request_attestation(self, request: ApiRequest, pk: UUID) -> Response:
        """Asks the tutor or the organisers anew: when nobody answered in time, or the mail came back."""
        self.valid_input()
        return self._changed(attestation_requests.request_attestation(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"], url_path="resend-attestation")
    @idempotent
    def resend_attestation(self, request: ApiRequest, pk: UUID) -> Response:
        """Sends the tutor the same link again, or tells the organisers again: three times in all."""
        self.valid_input()
        return self._changed(attestation_requests.resend_attestation(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def acknowledge(self, request: ApiRequest, pk: UUID) -> Response:
        """The author takes note of the minutes that the organisation corrected."""
        self.valid_input()
        return self._changed(attestations.acknowledge(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def contest(self, request: ApiRequest, pk: UUID) -> Response:
        """Asks the school's manager to look again at a rejection, a partial approval or a denial: once, in 30 days."""
        reason = self.valid_input()["reason"]
        return self._changed(contests.contest_entry(self.get_object(), reason=reason, actor=request.user))

    @extend_schema(responses={200: serializers.EvidenceOutput(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def evidence(self, request: ApiRequest, pk: UUID) -> Response:
        """What is shown for these hours, for those who see the whole of them. At most five."""
        rows = Evidence.objects.filter(entry=self.get_object()).order_by("id")
        return Response(serializers.EvidenceOutput(rows, many=True).data)

    @extend_schema(responses={201: serializers.EvidenceOutput})
    @evidence.mapping.post
    @reads_a_file
    @idempotent
    def add_evidence(self, request: ApiRequest, pk: UUID) -> Response:
        """Adds a JPEG, PNG, WebP or HEIC picture or a plain PDF, up to 10 MB.

        Written anew, without what the camera noted, without author and dates. 503 when many are arriving.
        """
        row = evidence.add_evidence(self.get_object(), self.file, actor=request.user)
        return Response(serializers.EvidenceOutput(row).data, status=201)

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

    @extend_schema(responses={200: serializers.RecordEventOutput(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def events(self, request: ApiRequest, pk: UUID) -> Response:
        """Every move of this entry, oldest first; organisers read those of the attestation."""
        entry = self.get_object()
        rows = RecordEvent.objects.visible_to(request.user).of_entry(entry).select_related("record")
        context = {**self.get_serializer_context(), "is_seen_whole": entry.is_seen_whole}
        return Response(serializers.RecordEventOutput(rows, many=True, context=context).data)

    def _decide(self, verb: DecisionVerb) -> Response:
        facts = self.valid_input()
        ruling = decisions.Ruling(
            entry_id=self.get_object().pk, verb=verb, minutes=facts.get("minutes"), reason=facts["reason"]
        )
        return self._changed(decisions.decide(ruling, actor=self.request.user))

    def _attest(self, verb: AttestationVerb) -> Response:
        facts = self.valid_input()
        entry = attestations.attest(self.get_object(), verb, **facts, actor=self.request.user)
        # As they see it: most organisers do not see the whole.
        entry.is_seen_whole = self.get_object().is_seen_whole  # type: ignore[attr-defined]
        return self._answer(self._with_words(entry))

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

    def _changed(self, entry: HourEntry) -> Response:
        # Who may change an entry (its author, its teacher) sees the whole of it.
        entry.is_seen_whole = True  # type: ignore[attr-defined]
        return self._answer(self._with_words(entry))

    def _made(self, entry: HourEntry) -> Response:
        # Of what was made now nobody has said anything yet.
        entry.is_seen_whole, entry.shown_attestations, entry.shown_decisions = True, [], []  # type: ignore[attr-defined]
        HourEntry._meta.get_field("attestation_request").set_cached_value(entry, None)
        return self._answer(entry, 201)

    @staticmethod
    def _with_words(entry: HourEntry) -> HourEntry:
        prefetch_related_objects([entry], *HourEntry.objects.words())
        return entry

    def _answer(self, entry: HourEntry, status: int = 200) -> Response:
        return Response(self.output(entry), status=status, headers={"ETag": etag_of(entry)})
