"""Hour entries over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Reader
from common.api.etags import edits_a_version, expected_versions, match_of
from common.api.idempotency import idempotent
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.uploads import UploadInput, UploadParser, UploadViewMixin, reads_a_file
from engagement.api import batches, serializers
from engagement.api.filters import HourEntryFilter
from engagement.api.permissions import KeepsALedger
from engagement.api.views.entry_verdicts import OF_ORGANISERS, OF_SCHOOL, EntryVerdicts
from engagement.models import Evidence, HourEntry, RecordEvent
from engagement.selectors import sees_others
from engagement.services import attestation_requests, attestations, contests, entries, evidence
from engagement.services.entry_facts import EntryFacts

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


class HourEntryViewSet(UploadViewMixin, EntryVerdicts):
    """Lines of the ledger."""

    filterset_class = HourEntryFilter
    permission_classes = [KeepsALedger]
    inputs = {
        **EntryVerdicts.inputs,
        "update": serializers.HourEntryInput,
        "batch": serializers.BatchInput,
        "partial_update": serializers.HourEntryEditInput,
        "submit": Empty,
        "withdraw": Empty,
        "request_attestation": Empty,
        "resend_attestation": Empty,
        "acknowledge": Empty,
        "contest": serializers.ContestInput,
        "add_evidence": UploadInput,
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
        return self.answer(self.get_object())

    @extend_schema(
        responses={200: serializers.HourEntryOutput, 201: serializers.HourEntryOutput}, parameters=[IF_MATCH]
    )
    def update(self, request: ApiRequest, pk: UUID) -> Response:
        """Logs hours under the phone's own id (a UUID of version 4 or 7): 201 when it was absent, 200 when it is the
        same. Another body edits a draft or returned entry, and needs If-Match."""
        facts = EntryFacts(**self.valid_input())
        match = match_of(request.headers.get("If-Match"))
        entry, is_made = entries.put_entry(pk, facts, match=match, actor=request.user)
        return self._made(entry) if is_made else self.changed(entry)

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
        return self.changed(entries.edit_entry(self.get_object(), changes, expected=expected, actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def submit(self, request: ApiRequest, pk: UUID) -> Response:
        """Hands the hours to the school."""
        self.valid_input()
        return self.changed(entries.submit_entry(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: ApiRequest, pk: UUID) -> Response:
        """Takes an undecided entry back."""
        self.valid_input()
        return self.changed(entries.withdraw_entry(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"], url_path="request-attestation")
    @idempotent
    def request_attestation(self, request: ApiRequest, pk: UUID) -> Response:
        """Asks the tutor or the organisers anew: when nobody answered in time, or the mail came back."""
        self.valid_input()
        return self.changed(attestation_requests.request_attestation(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"], url_path="resend-attestation")
    @idempotent
    def resend_attestation(self, request: ApiRequest, pk: UUID) -> Response:
        """Sends the tutor the same link again, or tells the organisers again: three times in all."""
        self.valid_input()
        return self.changed(attestation_requests.resend_attestation(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def acknowledge(self, request: ApiRequest, pk: UUID) -> Response:
        """The author takes note of the minutes that the organisation corrected."""
        self.valid_input()
        return self.changed(attestations.acknowledge(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.HourEntryOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def contest(self, request: ApiRequest, pk: UUID) -> Response:
        """Asks the school's manager to look again at a rejection, a partial approval or a denial: once, in 30 days."""
        reason = self.valid_input()["reason"]
        return self.changed(contests.contest_entry(self.get_object(), reason=reason, actor=request.user))

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

    @extend_schema(responses={200: serializers.RecordEventOutput(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def events(self, request: ApiRequest, pk: UUID) -> Response:
        """Every move of this entry, oldest first; organisers read those of the attestation."""
        entry = self.get_object()
        rows = RecordEvent.objects.visible_to(request.user).of_entry(entry).select_related("record")
        context = {**self.get_serializer_context(), "is_seen_whole": entry.is_seen_whole}
        return Response(serializers.RecordEventOutput(rows, many=True, context=context).data)

    def _made(self, entry: HourEntry) -> Response:
        # Of what was made now nobody has said anything yet.
        entry.is_seen_whole = True  # type: ignore[attr-defined]
        entry.shown_attestations, entry.shown_decisions, entry.shown_evidence = [], [], []  # type: ignore[attr-defined]
        HourEntry._meta.get_field("attestation_request").set_cached_value(entry, None)
        return self.answer(entry, 201)
