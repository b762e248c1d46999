"""The page behind the link in a mail by which a person stops mails of its kind, in a browser or a mail program."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from common.api.pages import PublicLinkMixin
from common.api.parsers import StrictFormParser, StrictJSONParser, StrictMultiPartParser
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet
from notifications import preferences
from notifications.api import serializers
from notifications.models import OutboxMessage
from notifications.registry import facts_of


class UnsubscribeLinkViewSet(PublicLinkMixin, ApiViewSet):
    """The link in a mail that may be refused: reading it changes nothing, only a POST stops the mails."""

    queryset = OutboxMessage.objects.none()
    serializer_class = serializers.UnsubscribePageOutput
    permission_classes = [AllowAny]
    # Mail programs send their one click in either form (RFC 8058, section 3.2).
    parser_classes = [StrictJSONParser, StrictFormParser, StrictMultiPartParser]
    template_name = "notifications/unsubscribe.html"
    inputs = {"unsubscribe": serializers.UnsubscribeInput}

    def judge_link(self, token: str) -> None:
        preferences.mail_of_token(token)

    @extend_schema(responses={200: serializers.UnsubscribePageOutput}, auth=[])
    def show_mails(self, request: ApiRequest, token: str) -> Response:
        """Which mails would stop."""
        return Response(self.page_data(token))

    @extend_schema(responses={200: serializers.UnsubscribePageOutput}, auth=[])
    def unsubscribe(self, request: ApiRequest, token: str) -> Response:
        """No more mails of that kind; again changes nothing."""
        self.valid_input()
        return Response(self._page(preferences.unsubscribe(token), is_done=True))

    def page_data(self, token: str) -> dict[str, Any]:
        message = preferences.mail_of_token(token)
        return self._page(message, is_done=preferences.is_refused(message))

    def _page(self, message: OutboxMessage, *, is_done: bool) -> dict[str, Any]:
        label = str(facts_of(message.kind).kind.label)
        said = _("Mails of the kind “%(kind)s” will no longer come. What they say stays in the app.")
        if is_done:
            said = _("Mails of the kind “%(kind)s” no longer come. You can switch them on again in the app.")
        return {"kind": message.kind, "label": label, "detail": said % {"kind": label}, "is_done": is_done}
