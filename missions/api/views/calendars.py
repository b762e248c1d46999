"""A person's places in their calendar, over HTTP."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from common.api.pages import SecretLinkMixin
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.views import ApiViewSet
from missions import ical
from missions.api import serializers
from missions.models import Calendar
from missions.services import calendars


class MyCalendarViewSet(ApiViewSet):
    """The secret address of one's own calendar. Not kept: it is worked out from the row each time it is asked."""

    queryset = Calendar.objects.all()
    serializer_class = serializers.CalendarOutput
    permission_classes = [IsSignedIn]
    inputs = {"open": Empty}

    @extend_schema(operation_id="me_calendar_show", responses={200: serializers.CalendarOutput})
    def show(self, request: ApiRequest) -> Response:
        """The address, null when there is none."""
        calendar = Calendar.objects.visible_to(request.user).first()
        return self._answer(calendars.address_of(calendar) if calendar else None)

    @extend_schema(operation_id="me_calendar_open", responses={200: serializers.CalendarOutput})
    def open(self, request: ApiRequest) -> Response:
        """Opens the address; again answers the same one. For a new one, revoke it first."""
        self.valid_input()
        return self._answer(calendars.address_of(calendars.open_calendar(actor=request.user)))

    @extend_schema(operation_id="me_calendar_revoke", responses={204: None})
    def revoke(self, request: ApiRequest) -> Response:
        """Ends the address at once."""
        calendars.revoke_calendar(actor=request.user)
        return Response(status=204)

    def _answer(self, url: str | None) -> Response:
        return Response({"url": url}, headers={"Cache-Control": "no-store"})


class CalendarFeedViewSet(SecretLinkMixin, ApiViewSet):
    """What a calendar program reads at the secret address."""

    queryset = Calendar.objects.all()
    serializer_class = serializers.CalendarOutput
    permission_classes = [AllowAny]
    authentication_classes = []
    throttle_scope = "calendar"
    # A calendar program has no version of the app.
    serves_old_apps = True

    def judge_link(self, token: str) -> None:
        calendars.calendar_of_token(token)

    @extend_schema(responses={(200, "text/calendar"): OpenApiTypes.STR})
    def read(self, request: ApiRequest, token: str) -> HttpResponse:
        """The person's places; 410 once the address is revoked."""
        calendar = calendars.calendar_of_token(token)
        content = ical.calendar_of(calendar.person, ical.places_of(calendar.person))
        return HttpResponse(
            content,
            content_type="text/calendar; charset=utf-8",
            headers={"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"},
        )
