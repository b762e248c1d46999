"""Progress over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.models import Reader
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet
from engagement import progress
from engagement.api import serializers
from engagement.models import Record
from schools.api.permissions import IsSchoolStaff
from schools.models import ClassGroup


class MyProgressViewSet(ApiViewSet):
    """One's own minutes."""

    queryset = Record.objects.none()
    serializer_class = serializers.MyProgressOutput
    permission_classes = [IsSignedIn]

    @extend_schema(responses={200: serializers.MyProgressOutput})
    def retrieve(self, request: ApiRequest) -> Response:
        """Each of one's records, and the option before its first hour: counted, pending, attested, by domain."""
        return Response(self.output({"records": progress.progress_of(request.user)}))


class ClassProgressViewSet(ApiViewSet):
    """Where the students of a class stand, for those who answer for it."""

    queryset = ClassGroup.objects.none()
    serializer_class = serializers.ClassProgressOutput
    permission_classes = [IsSchoolStaff]

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return ClassGroup.objects.led_by(person).select_related("school", "school_year")

    @extend_schema(operation_id="classes_progress", responses={200: serializers.ClassProgressOutput})
    def retrieve(self, request: ApiRequest, pk: UUID) -> Response:
        """Every active student of the class: counted, pending, expected, and where they stand."""
        return Response(self.output(progress.progress_of_class(self.get_object())))
