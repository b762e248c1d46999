"""One's own profile, what an app needs to know before, and who may not come in."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts import services, suspensions
from accounts.api import serializers
from accounts.models import Reader, Suspension, User
from common.api.idempotency import idempotent
from common.api.permissions import IsRegionStaff, IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.views import ApiViewSet, ReadViewSet
from notifications import push


class AppConfigViewSet(ApiViewSet):
    """The app's first question. Public, and answered to every version of the app."""

    queryset = User.objects.none()
    serializer_class = serializers.AppConfigOutput
    permission_classes = [AllowAny]
    authentication_classes = []
    serves_old_apps = True

    @extend_schema(responses={200: serializers.AppConfigOutput}, auth=[])
    def retrieve(self, request: ApiRequest) -> Response:
        """The oldest app version served, this deployment's features, and its texts in the reader's language."""
        body = {
            "minimum_version": settings.MINIMUM_APP_VERSION,
            "features": {"push": push.is_configured()},
            "texts": {"welcome": _("Élan connects you to missions that need you, and keeps your hours.")},
        }
        return Response(self.output(body))


class MeViewSet(ApiViewSet):
    """Oneself."""

    queryset = User.objects.all()
    serializer_class = serializers.ProfileOutput
    permission_classes = [IsSignedIn]
    inputs = {"partial_update": serializers.ProfileInput}

    @extend_schema(responses={200: serializers.ProfileOutput})
    def retrieve(self, request: ApiRequest) -> Response:
        """One's own profile."""
        return Response(self.output(request.user))

    @extend_schema(responses={200: serializers.ProfileOutput})
    def partial_update(self, request: ApiRequest) -> Response:
        """Changes one's language or own emergency number."""
        return Response(self.output(services.update_profile(request.user, **self.valid_input())))


class SuspensionViewSet(ReadViewSet):
    """Whom the region shut out, why, and whether they are let in again."""

    queryset = Suspension.objects.all()
    serializer_class = serializers.SuspensionOutput
    permission_classes = [IsRegionStaff]
    inputs = {"create": serializers.SuspensionInput, "restore": Empty}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Suspension.objects.visible_to(person).select_related("person")

    @extend_schema(responses={201: serializers.SuspensionOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """Signs a person out everywhere and keeps them out; their places to come are released."""
        facts = self.valid_input()
        row = suspensions.suspend_person(facts["person"], reason=facts["reason"], actor=request.user)
        return Response(self.output(row), status=201)

    @extend_schema(responses={200: serializers.SuspensionOutput})
    @idempotent
    def restore(self, request: ApiRequest, pk: UUID) -> Response:
        """Lets them in again."""
        self.valid_input()
        return Response(self.output(suspensions.restore_person(self.get_object(), actor=request.user)))
