"""Contests over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from accounts.models import Reader
from common.api.idempotency import idempotent
from common.api.requests import ApiRequest
from common.api.views import ReadViewSet
from engagement.api import serializers
from engagement.api.filters import ContestFilter
from engagement.api.permissions import KeepsALedger
from engagement.models import Contest
from engagement.services import contests
from schools.api.permissions import IsSchoolManager


class ContestViewSet(ReadViewSet):
    """What students contest: one's own, and those of the students one answers for."""

    queryset = Contest.objects.all()
    serializer_class = serializers.ContestOutput
    filterset_class = ContestFilter
    permission_classes = [KeepsALedger]
    permissions = {"uphold": [IsSchoolManager], "dismiss": [IsSchoolManager]}
    inputs = {"uphold": serializers.ContestAnswerInput, "dismiss": serializers.ContestAnswerInput}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        visible = Contest.objects.visible_to(person)
        if self.action in ("uphold", "dismiss"):
            visible = Contest.objects.decidable_by(person)
        return visible.select_related("entry__record")

    @extend_schema(responses={200: serializers.ContestOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def uphold(self, request: ApiRequest, pk: UUID) -> Response:
        """The student is right: the hours are before the school again (after a denial, before the organisation)."""
        return self._decide("uphold")

    @extend_schema(responses={200: serializers.ContestOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def dismiss(self, request: ApiRequest, pk: UUID) -> Response:
        """It stays as it is, and why."""
        return self._decide("dismiss")

    def _decide(self, verb: str) -> Response:
        reason = self.valid_input()["reason"]
        contest = contests.decide_contest(self.get_object(), verb, reason=reason, actor=self.request.user)
        return Response(self.output(contest))
