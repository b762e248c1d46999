"""What an app asks before everything else; here, because it is about every room."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from common.api.labels import labels
from common.api.pagination import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet
from common.reading import LARGEST_FILE_BYTES, MEDIA_TYPES, PDF, PICTURE
from engagement.api import serializers
from engagement.models import LONGEST_MINUTES, SHORTEST_MINUTES, HourEntry
from engagement.services.evidence import MOST_EVIDENCE
from missions.api.serializers.attendances import MAX_LINES, MAX_TELLINGS
from missions.services.check_in_moves import LATEST
from notifications import push


class AppConfigViewSet(ApiViewSet):
    """The app's first question. Public, and answered to every version of the app."""

    queryset = HourEntry.objects.none()
    serializer_class = serializers.AppConfigOutput
    permission_classes = [AllowAny]
    authentication_classes = []
    serves_old_apps = True

    @extend_schema(responses={200: serializers.AppConfigOutput}, auth=[])
    def retrieve(self, request: ApiRequest) -> Response:
        """The oldest app version served, features, limits, and what is said in the reader's language."""
        body = {
            "minimum_version": settings.MINIMUM_APP_VERSION,
            "features": {"push": push.is_configured()},
            "texts": {"welcome": _("Élan connects you to missions that need you, and keeps your hours.")},
            "limits": _limits(),
            "labels": labels(),
        }
        return Response(self.output(body))


def _limits() -> dict[str, Any]:
    """From where the server itself has them."""
    return {
        "pages": {"default_size": DEFAULT_PAGE_SIZE, "largest_size": MAX_PAGE_SIZE},
        "largest_body_bytes": settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        "mission_image": {"largest_bytes": LARGEST_FILE_BYTES, "media_types": MEDIA_TYPES[PICTURE]},
        "evidence": {
            "largest_bytes": LARGEST_FILE_BYTES,
            "media_types": [*MEDIA_TYPES[PICTURE], *MEDIA_TYPES[PDF]],
            "most_per_entry": MOST_EVIDENCE,
        },
        "hours": {
            "fewest_minutes": SHORTEST_MINUTES,
            "most_minutes": LONGEST_MINUTES,
            "longest_reflection": HourEntry._meta.get_field("reflection").max_length,
            "days_to_submit": settings.HOUR_ENTRY_SUBMIT_DAYS,
            "days_to_contest": settings.CONTEST_DAYS,
        },
        "batches": {
            "hour_entries": serializers.MAX_OPERATIONS,
            "check_ins": MAX_TELLINGS,
            "decisions": serializers.MAX_RULINGS,
            "confirmations": MAX_LINES,
        },
        "hours_to_send_check_ins": LATEST // timedelta(hours=1),
        "most_pending_sign_ups": settings.MAX_PENDING_SIGN_UPS,
    }
