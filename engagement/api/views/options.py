"""A school's rules for one year, over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Reader
from common import paris
from common.api.etags import edits_a_version, etag_of, expected_versions
from common.api.idempotency import idempotent
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.views import ReadViewSet
from common.errors import BadInput
from engagement.api import serializers
from engagement.api.filters import EngagementOptionFilter
from engagement.models import EngagementOption
from engagement.services import options
from schools.api.permissions import IsSchoolManager
from schools.models import School
from schools.services.classes import ensure_school_year


class EngagementOptionViewSet(ReadViewSet):
    """A school's rules for one year."""

    queryset = EngagementOption.objects.all()
    serializer_class = serializers.EngagementOptionOutput
    filterset_class = EngagementOptionFilter
    permission_classes = [IsSignedIn]
    permissions = {"create": [IsSchoolManager], "partial_update": [IsSchoolManager]}
    inputs = {
        "create": serializers.EngagementOptionInput,
        "partial_update": serializers.EngagementOptionEditInput,
    }

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        visible = EngagementOption.objects.visible_to(person)
        if self.action == "partial_update":
            visible = EngagementOption.objects.managed_by(person)
        return visible.select_related("school_year")

    def retrieve(self, request: Request, *args: object, **kwargs: object) -> Response:
        """One option, with its ETag for an editor."""
        return self._answer(self.get_object())

    @extend_schema(responses={201: serializers.EngagementOptionOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """Sets the rules of the present school year."""
        facts = self.valid_input()
        school = School.objects.managed_by(request.user).filter(pk=facts.pop("school")).first()
        if school is None:
            said = _("You do not manage this school. Choose one that you manage.")
            raise BadInput(code="school_unknown", fields={"school": said})
        year = ensure_school_year(paris.day_of(timezone.now()))
        option = options.create_option(school=school, school_year=year, rules=facts, actor=request.user)
        return self._answer(option, 201)

    @extend_schema(responses={200: serializers.EngagementOptionOutput})
    @edits_a_version
    def partial_update(self, request: ApiRequest, pk: UUID) -> Response:
        """Changes the rules; needs If-Match."""
        expected = expected_versions(request)
        rules = self.valid_input()
        option = options.edit_option(self.get_object(), rules, expected=expected, actor=request.user)
        return self._answer(option)

    def _answer(self, option: EngagementOption, status: int = 200) -> Response:
        return Response(self.output(option), status=status, headers={"ETag": etag_of(option)})
