"""Students, as their school corrects them."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.models import Reader, User
from common import paris
from common.api.etags import edits_a_version, etag_of, expected_versions
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet
from schools.api import serializers
from schools.api.permissions import IsSchoolStaff
from schools.models import Enrolment
from schools.services import students


class StudentViewSet(ApiViewSet):
    """Students of the classes one answers for."""

    queryset = User.objects.all()
    serializer_class = serializers.EnrolmentStudentOutput
    permission_classes = [IsSchoolStaff]
    inputs = {"partial_update": serializers.StudentNameInput}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        led = Enrolment.objects.active().on_day(paris.day_of(timezone.now())).led_by(person)
        return User.objects.filter(pk__in=led.values("student"))

    @extend_schema(responses={200: serializers.EnrolmentStudentOutput})
    @edits_a_version
    def partial_update(self, request: ApiRequest, pk: UUID) -> Response:
        """Corrects a student's civil name; certificates that were issued keep the name they bear. Needs If-Match."""
        how = {"expected": expected_versions(request), "actor": request.user}
        student = students.correct_name(self.get_object(), **self.valid_input(), **how)
        return Response(self.output(student), headers={"ETag": etag_of(student)})
