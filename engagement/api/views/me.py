"""One's own profile, with what one is and where; here, because it is about every room."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts import services
from accounts.api.serializers import ProfileInput
from accounts.models import User
from common.api.etags import edits_a_version, etag_of, expected_versions
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet
from engagement import roles
from engagement.api import serializers
from notifications.services import count_unread


class MeViewSet(ApiViewSet):
    """Oneself."""

    queryset = User.objects.none()
    serializer_class = serializers.MeOutput
    permission_classes = [IsSignedIn]
    inputs = {"partial_update": ProfileInput}

    @extend_schema(responses={200: serializers.MeOutput})
    def retrieve(self, request: ApiRequest) -> Response:
        """One's own profile, and one's roles."""
        return self._answer(request.user)

    @extend_schema(responses={200: serializers.MeOutput})
    @edits_a_version
    def partial_update(self, request: ApiRequest) -> Response:
        """Changes one's name, language or own emergency number; needs If-Match."""
        expected = expected_versions(request)
        return self._answer(services.update_profile(request.user, **self.valid_input(), expected=expected))

    def _answer(self, person: User) -> Response:
        said = {"roles": roles.roles_of(person), "unread_count": count_unread(person)}
        body: Any = self.get_serializer_class()(person, context={**self.get_serializer_context(), **said})
        return Response(body.data, headers={"ETag": etag_of(person)})
