"""Every address of the product."""

from typing import Any

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny

from accounts.api import urls as accounts
from common import metrics, probes
from common.api.contract import ContractView
from common.api.start import start, to_docs
from consents.api import urls as consents
from engagement.api import urls as engagement
from missions.api import urls as missions
from notifications.api import urls as notifications
from organizations.api import urls as organizations
from schools.api import urls as schools

handler400 = "common.api.problems.bad_request"
handler404 = "common.api.problems.not_found"
handler500 = "common.api.problems.server_error"

OPEN = {"permission_classes": [AllowAny], "authentication_classes": []}

api: list[Any] = [
    *accounts.urlpatterns,
    *schools.urlpatterns,
    *consents.urlpatterns,
    *organizations.urlpatterns,
    *missions.urlpatterns,
    *engagement.urlpatterns,
    *notifications.urlpatterns,
    path("schema/", ContractView.as_view(**OPEN), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema", **OPEN), name="docs"),
]

urlpatterns = [
    # What people type: an address without its end, or without its slash.
    *(path(typed, start) for typed in ("", "api", "api/", "api/v1", "api/v1/")),
    *(path(typed, to_docs) for typed in ("docs", "docs/", "api/docs", "api/docs/", "api/v1/docs")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("api/v1/", include(api)),
    path("livez", probes.livez, name="livez"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", metrics.export, name="metrics"),
    path("admin/", admin.site.urls),
]
