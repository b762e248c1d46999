"""Devices and the inbox over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.etags import edits_a_version, etag_of, expected_versions
from common.api.idempotency import idempotent
from common.api.pagination import KeysetPagination
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.views import ApiViewSet, ReadViewSet
from notifications import preferences, services
from notifications.api import serializers
from notifications.api.filters import NotificationFilter
from notifications.models import Device, Notification, Preference


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


class InboxPagination(KeysetPagination):
    """A page, and beside it how much of the whole inbox is unread."""

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        response.data["unread_count"] = services.count_unread(self.request.user)
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        said = "How many lines of the whole inbox are unread, whatever is asked for."
        count = {"type": "integer", "description": said, "example": 2}
        properties = {**page["properties"], "unread_count": count}
        return {**page, "required": [*page["required"], "unread_count"], "properties": properties}


class PreferenceViewSet(ApiViewSet):
    """What one wants to hear, by which ways, and when."""

    queryset = Preference.objects.all()
    serializer_class = serializers.PreferenceOutput
    permission_classes = [IsSignedIn]
    inputs = {"partial_update": serializers.PreferenceInput}

    @extend_schema(responses={200: serializers.PreferenceOutput})
    def retrieve(self, request: ApiRequest) -> Response:
        """One's choices, and what there is to choose."""
        return self._answer(preferences.preference_of(request.user))

    @extend_schema(responses={200: serializers.PreferenceOutput})
    @edits_a_version
    def partial_update(self, request: ApiRequest) -> Response:
        """Changes what is sent; needs If-Match."""
        expected = expected_versions(request)
        return self._answer(preferences.choose(request.user, expected=expected, **self.valid_input()))

    def _answer(self, row: Preference) -> Response:
        return Response(self.output(row), headers={"ETag": etag_of(row)})


class NotificationViewSet(ReadViewSet):
    """One's own inbox, newest first."""

    pagination_class = InboxPagination
    filterset_class = NotificationFilter
    queryset = Notification.objects.all()
    serializer_class = serializers.NotificationOutput
    permission_classes = [IsSignedIn]
    inputs = {"read": Empty, "read_all": Empty}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        return Notification.objects.visible_to(person)

    @extend_schema(responses={200: serializers.NotificationOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def read(self, request: ApiRequest, pk: UUID) -> Response:
        """Marks it read."""
        self.valid_input()
        return Response(self.output(services.mark_read(self.get_object())))

    @extend_schema(operation_id="notifications_read_all", responses={200: serializers.UnreadOutput})
    @action(detail=False, methods=["post"], url_path="read-all")
    @idempotent
    def read_all(self, request: ApiRequest) -> Response:
        """Marks the whole inbox read."""
        self.valid_input()
        services.mark_all_read(request.user)
        return Response({"unread_count": services.count_unread(request.user)})
