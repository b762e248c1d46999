"""Qualifications over HTTP: one's own, and the state of others'."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.response import Response

from accounts.models import Reader
from common.api.idempotency import idempotent
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.views import ApiViewSet, ReadViewSet
from missions.api import serializers
from missions.api.filters import QualificationFilter
from missions.models import Qualification
from missions.services import qualifications
from organizations.api.permissions import IsOrganizer
from schools.api.permissions import IsSchoolStaff


class MyQualificationViewSet(mixins.ListModelMixin, ApiViewSet):
    """What one was trained for."""

    queryset = Qualification.objects.all()
    serializer_class = serializers.OwnQualificationOutput
    permission_classes = [IsSignedIn]
    inputs = {"create": serializers.QualificationInput}
    extra_query_parameters = {"destroy": ("accept_losses",)}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        visible = Qualification.objects.visible_to(person)
        return visible.filter(person=person) if person.is_authenticated else visible

    @extend_schema(responses={201: serializers.OwnQualificationOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """States a qualification; an organiser or the school verifies it when they have seen the paper."""
        row = qualifications.state_qualification(actor=request.user, **self.valid_input())
        return Response(self.output(row), status=201)

    @extend_schema(responses={204: None}, parameters=[serializers.ForgetQualificationQuery])
    def destroy(self, request: ApiRequest, pk: UUID) -> Response:
        """Forgets it. When a place to come needs it, 409 `would_lose` with `losses`, until losses are accepted."""
        query = serializers.ForgetQualificationQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        qualifications.forget_qualification(self.get_object(), actor=request.user, **query.validated_data)
        return Response(status=204)


class QualificationViewSet(ReadViewSet):
    """The state of what people signed up on one's missions, or one's students, say they were trained for."""

    queryset = Qualification.objects.all()
    serializer_class = serializers.QualificationOutput
    filterset_class = QualificationFilter
    permission_classes = [IsOrganizer | IsSchoolStaff]
    inputs = {"verify": Empty}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Qualification.objects.of_others_for(person)

    @extend_schema(responses={200: serializers.QualificationOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def verify(self, request: ApiRequest, pk: UUID) -> Response:
        """Says that one has seen the paper."""
        self.valid_input()
        return Response(self.output(qualifications.verify_qualification(self.get_object(), actor=request.user)))
