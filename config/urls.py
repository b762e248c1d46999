"""Every address of the product."""

from typing import Any

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny

from common import metrics, probes

handler400 = "common.api.problems.bad_request"
handler404 = "common.api.problems.not_found"
handler500 = "common.api.problems.server_error"

OPEN = {"permission_classes": [AllowAny], "authentication_classes": []}

api: list[Any] = [
    path("", include("accounts.api.urls")),
    path("", include("schools.api.urls")),
    path("", include("missions.api.urls")),
    path("", include("engagement.api.urls")),
    path("", include("notifications.api.urls")),
    path("schema/", SpectacularAPIView.as_view(**OPEN), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema", **OPEN), name="docs"),
]

urlpatterns = [
    path("api/v1/", include(api)),
    path("livez", probes.livez, name="livez"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", metrics.export, name="metrics"),
    path("admin/", admin.site.urls),
]
