"""Guardians: named by the student, known to the school, vouched for by it."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.response import Response

from accounts.models import Reader
from common import paris
from common.api.idempotency import idempotent
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.views import ApiViewSet, ReadViewSet
from common.errors import BadInput, DomainError
from consents.api.serializers import guardians as serializers
from consents.api.serializers.consents import GuardianAddressInput
from consents.models import Guardian
from consents.services import guardianships, naming
from schools.api.permissions import IsSchoolManager, IsSchoolStaff
from schools.models import Enrolment


class MyGuardianViewSet(mixins.ListModelMixin, ApiViewSet):
    """One's own guardians."""

    queryset = Guardian.objects.all()
    serializer_class = serializers.GuardianOutput
    permission_classes = [IsSignedIn]
    inputs = {"create": serializers.GuardianInput}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Guardian.objects.visible_to(person)

    @extend_schema(responses={201: serializers.GuardianOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """A student names a guardian; the school confirms the address. The same address again changes the number."""
        named = naming.try_guardian(actor=request.user, **self.valid_input())
        if isinstance(named, DomainError):
            return self.refusal(named)
        return Response(self.output(named), status=201)


class OwnGuardianViewSet(ApiViewSet):
    """A guardian of one's own."""

    queryset = Guardian.objects.all()
    serializer_class = serializers.GuardianOutput
    permission_classes = [IsSignedIn]
    inputs = {"correct_address": GuardianAddressInput}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Guardian.objects.visible_to(person)

    @extend_schema(responses={200: serializers.GuardianOutput})
    @idempotent
    def correct_address(self, request: ApiRequest, pk: UUID) -> Response:
        """Another address for a guardian whom one named, while the first is unverified and unanswered; its links close.
        It counts among the day's tries."""
        email = self.valid_input()["email"]
        guardian = guardianships.try_address(self.get_object(), email=email, actor=request.user)
        if isinstance(guardian, DomainError):
            return self.refusal(guardian)
        return Response(self.output(guardian))


class GuardianViewSet(ReadViewSet):
    """Guardians of the students one answers for."""

    queryset = Guardian.objects.all()
    serializer_class = serializers.GuardianOutput
    permission_classes = [IsSchoolStaff]
    permissions = {"create": [IsSchoolManager]}
    inputs = {"create": serializers.SchoolGuardianInput, "confirm": Empty}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        led = Enrolment.objects.active().on_day(paris.day_of(timezone.now())).led_by(person)
        return Guardian.objects.of_students(led.values("student")).select_related("student")

    @extend_schema(responses={201: serializers.GuardianOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """The school names a guardian it knows, perhaps one without an address."""
        facts = self.valid_input()
        enrolments = Enrolment.objects.active().on_day(paris.day_of(timezone.now())).led_by(request.user)
        enrolment = enrolments.filter(student=facts.pop("student")).select_related("student").first()
        if enrolment is None:
            said = _("This is not a student of your school. Choose another one.")
            raise BadInput(code="student_unknown", fields={"student": said})
        guardian = naming.add_guardian(enrolment.student, actor=request.user, **facts)
        return Response(self.output(guardian), status=201)

    @extend_schema(responses={200: serializers.GuardianOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def confirm(self, request: ApiRequest, pk: UUID) -> Response:
        """The school vouches for the address; consent is then asked if it is needed, anew if the mail had come back."""
        self.valid_input()
        return Response(self.output(naming.confirm_guardian(self.get_object(), actor=request.user)))
