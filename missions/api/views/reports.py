"""Reports of danger over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from accounts.models import Reader
from common.api.idempotency import idempotent
from common.api.permissions import IsRegionStaff, IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.throttling import CeilingThrottle
from common.api.views import ReadViewSet
from missions.api import serializers
from missions.api.filters import ReportFilter
from missions.models import Report
from missions.services import reports


class ReportViewSet(ReadViewSet):
    """Dangers told of: one's own, without what became of them; to follow up for the region and a minor's school."""

    queryset = Report.objects.all()
    serializer_class = serializers.ReportOutput
    filterset_class = ReportFilter
    permission_classes = [IsSignedIn]
    permissions = {"take": [IsRegionStaff], "close": [IsRegionStaff]}
    inputs = {"create": serializers.ReportInput, "take": Empty, "close": serializers.FollowUpInput}
    throttle_scope = "report"

    def get_throttles(self) -> list[Any]:
        return [CeilingThrottle()] if self.action == "create" else []

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        visible = Report.objects.visible_to(person)
        if self.action in ("take", "close"):
            visible = Report.objects.followed_by(person)
        if not person.is_authenticated:
            return visible
        return visible.with_what_is_shown_to(person).select_related(
            "reporter", "person", "message__author", "guardian__student"
        )

    @extend_schema(responses={201: serializers.ReportOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """Tells the region, and for a minor the school, of a danger. In an emergency call 17, 112 or 119."""
        return self._answer(reports.report_danger(actor=request.user, **self.valid_input()), 201)

    @extend_schema(responses={200: serializers.ReportOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def take(self, request: ApiRequest, pk: UUID) -> Response:
        """One of the region's staff takes it up."""
        self.valid_input()
        return self._answer(reports.take_report(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.ReportOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: ApiRequest, pk: UUID) -> Response:
        """Closes it, with what was done."""
        follow_up = self.valid_input()["follow_up"]
        return self._answer(reports.close_report(self.get_object(), follow_up=follow_up, actor=request.user))

    def _answer(self, report: Report, status: int = 200) -> Response:
        return Response(self.output(self.get_queryset().get(pk=report.pk)), status=status)
