"""Consents over HTTP: who sees the state, and what a school records of a guardian."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.response import Response

from accounts.models import Reader
from common import paris
from common.api.idempotency import idempotent
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet
from consents.api.filters import ConsentFilter
from consents.api.serializers import consents as serializers
from consents.api.serializers.guardians import GuardianOutput
from consents.models import Consent, ConsentEvent, Guardian
from consents.services import guardianships
from schools.api.permissions import IsSchoolManager
from schools.models import Enrolment, School


class ConsentViewSet(mixins.ListModelMixin, ApiViewSet):
    """Consents: one's own, those of one's students, the state alone of those of accepted minors."""

    queryset = Consent.objects.all()
    serializer_class = serializers.ConsentOutput
    filterset_class = ConsentFilter
    permission_classes = [IsSignedIn]

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Consent.objects.visible_to(person).select_related("guardian")


class GuardianConsentViewSet(ApiViewSet):
    """What a school records of a guardian of its student."""

    queryset = Guardian.objects.all()
    serializer_class = serializers.ConsentEventOutput
    permission_classes = [IsSchoolManager]
    pagination_class = None
    inputs = {
        "record_paper": serializers.PaperInput,
        "settle": serializers.SettlementInput,
        "replace": serializers.ReplacementInput,
    }

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        managed = School.objects.managed_by(person).values("pk") if person.is_authenticated else []
        enrolled = Enrolment.objects.active().on_day(paris.day_of(timezone.now()))
        students = enrolled.filter(class_group__school__in=managed).values("student")
        return Guardian.objects.of_students(students).select_related("student")

    @extend_schema(responses={200: serializers.ConsentEventOutput(many=True)}, filters=False)
    def consent_events(self, request: ApiRequest, pk: UUID) -> Response:
        """What the guardian was asked and said, what the school recorded: every move, oldest first."""
        return self._answer(self.get_object())

    @extend_schema(responses={200: serializers.ConsentEventOutput(many=True)})
    @idempotent
    def record_paper(self, request: ApiRequest, pk: UUID) -> Response:
        """A signed paper counts as granted; the guardian is told."""
        guardian = self.get_object()
        guardianships.record_paper(guardian, actor=request.user, **self.valid_input())
        return self._answer(guardian)

    @extend_schema(responses={200: serializers.ConsentEventOutput(many=True)})
    @idempotent
    def settle(self, request: ApiRequest, pk: UUID) -> Response:
        """A refusal or withdrawal is settled, and how: it binds no more; the guardian is told."""
        guardian = self.get_object()
        guardianships.settle_refusal(guardian, actor=request.user, **self.valid_input())
        return self._answer(guardian)

    @extend_schema(responses={201: GuardianOutput})
    @idempotent
    def replace(self, request: ApiRequest, pk: UUID) -> Response:
        """Names another guardian in this one's place; the former address is told."""
        guardian = guardianships.replace_guardian(self.get_object(), actor=request.user, **self.valid_input())
        return Response(GuardianOutput(guardian).data, status=201)

    def _answer(self, guardian: Guardian) -> Response:
        events = ConsentEvent.objects.filter(consent__guardian=guardian).select_related("consent", "actor")
        return Response(serializers.ConsentEventOutput(events.order_by("id"), many=True).data)
