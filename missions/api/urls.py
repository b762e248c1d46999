"""Addresses of missions."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from missions.api.views import (
    attendances,
    calendars,
    consents,
    emergencies,
    exchange,
    favourites,
    images,
    messages,
    missions,
    places,
    qualifications,
    reports,
    revisions,
    sheets,
    shifts,
)

router = SimpleRouter(use_regex_path=False)
router.register("missions", missions.MissionViewSet, basename="mission")
router.register("partner-missions", exchange.PartnerMissionViewSet, basename="partner-mission")
router.register("shifts", shifts.ShiftViewSet, basename="shift")
router.register("sign-ups", places.SignUpViewSet, basename="sign-up")
router.register("check-ins", attendances.CheckInViewSet, basename="check-in")
router.register("attendances", attendances.AttendanceViewSet, basename="attendance")

router.register("qualifications", qualifications.QualificationViewSet, basename="qualification")
router.register("mission-revisions", revisions.MissionRevisionViewSet, basename="mission-revision")
router.register("messages", messages.MessageViewSet, basename="message")
router.register("reports", reports.ReportViewSet, basename="report")

urlpatterns = [
    path(
        "me/qualifications/",
        qualifications.MyQualificationViewSet.as_view({"get": "list", "post": "create"}),
        name="me-qualifications",
    ),
    path(
        "me/qualifications/<id:pk>/",
        qualifications.MyQualificationViewSet.as_view({"delete": "destroy"}),
        name="me-qualification",
    ),
    *router.urls,
    path("exchange/missions.json", exchange.ExchangeViewSet.as_view({"get": "list"}), name="exchange-missions"),
    path("exchange/missions.xml", exchange.ExchangeViewSet.as_view({"get": "feed"}), name="exchange-feed"),
    path(
        "exchange/missions/<id:pk>.json",
        exchange.ExchangeViewSet.as_view({"get": "retrieve"}),
        name="exchange-mission",
    ),
    path(
        "me/calendar/",
        calendars.MyCalendarViewSet.as_view({"get": "show", "put": "open", "delete": "revoke"}),
        name="my-calendar",
    ),
    path("calendar/<str:token>.ics", calendars.CalendarFeedViewSet.as_view({"get": "read"}), name="calendar-feed"),
    path("me/favourites/", favourites.FavouriteViewSet.as_view({"get": "list"}), name="me-favourites"),
    path(
        "me/favourites/<id:pk>/",
        favourites.FavouriteViewSet.as_view({"put": "keep", "delete": "let_go"}),
        name="me-favourite",
    ),
    path("me/walk-in-code/", attendances.WalkInCodeViewSet.as_view({"get": "show"}), name="walk-in-code"),
    path(
        "missions/<id:pk>/image/",
        images.MissionImageViewSet.as_view({"get": "show_image", "put": "replace_image", "delete": "remove_image"}),
        name="mission-image",
    ),
    path(
        "missions/<id:pk>/messages/",
        messages.MissionMessageViewSet.as_view({"get": "list", "post": "write"}),
        name="mission-messages",
    ),
    path("shifts/<id:pk>/sheet/", sheets.ShiftSheetViewSet.as_view({"get": "sheet"}), name="shift-sheet"),
    path(
        "shifts/<id:pk>/messages/",
        messages.ShiftMessageViewSet.as_view({"get": "list", "post": "write"}),
        name="shift-messages",
    ),
    path(
        "messages/copy/<str:token>/",
        messages.MessageCopyViewSet.as_view({"get": "show", "post": "report"}),
        name="message-copy",
    ),
    path(
        "missions/<id:pk>/ask-consent/",
        consents.MissionConsentViewSet.as_view({"post": "ask_consent"}),
        name="mission-ask-consent",
    ),
    path(
        "sign-ups/<id:pk>/emergency-numbers/",
        emergencies.EmergencyNumbersViewSet.as_view({"get": "emergency_numbers"}),
        name="sign-up-emergency-numbers",
    ),
    path(
        "emergency-number-views/",
        emergencies.EmergencyNumberViewViewSet.as_view({"get": "list"}),
        name="emergency-number-views",
    ),
]
