"""Devices and the inbox over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.idempotency import idempotent
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.views import ReadViewSet
from notifications import services
from notifications.api import serializers
from notifications.models import Device, Notification


class DeviceViewSet(ReadViewSet):
    """One's own phones."""

    queryset = Device.objects.all()
    serializer_class = serializers.DeviceOutput
    permission_classes = [IsSignedIn]
    inputs = {"create": serializers.DeviceInput}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        return Device.objects.visible_to(person)

    @extend_schema(responses={201: serializers.DeviceOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """Registers this phone for pushes while the session lasts; its token is the person's alone from now on."""
        device = services.register_device(
            person=request.user, session_id=request.device_session.pk, **self.valid_input()
        )
        return Response(self.output(device), status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: ApiRequest, pk: UUID) -> Response:
        """No more pushes to this phone."""
        services.forget_device(self.get_object())
        return Response(status=204)


class NotificationViewSet(ReadViewSet):
    """One's own inbox, newest first."""

    queryset = Notification.objects.all()
    serializer_class = serializers.NotificationOutput
    permission_classes = [IsSignedIn]
    inputs = {"read": Empty}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        return Notification.objects.visible_to(person)

    @extend_schema(responses={200: serializers.NotificationOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def read(self, request: ApiRequest, pk: UUID) -> Response:
        """Marks it read."""
        self.valid_input()
        return Response(self.output(services.mark_read(self.get_object())))
