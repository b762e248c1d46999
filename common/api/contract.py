"""The contract as it is served: the committed file, so that asking for it costs hardly more than sending it."""

import json
from functools import cache
from typing import Any

import yaml
from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from common.api.etags import answer_not_modified


class ContractView(APIView):
    """api_schema.yml as YAML or JSON by the Accept header; the same for everybody and in every language."""

    renderer_classes = SpectacularAPIView.renderer_classes
    schema = None

    def get(self, request: Request) -> HttpResponse:
        renderer: Any = request.accepted_renderer
        answer = HttpResponse(_contract_as(renderer.format), content_type=f"{renderer.media_type}; charset=utf-8")
        answer_not_modified(request, answer)
        return answer


@cache
def _contract_as(format: str) -> bytes:
    contract = (settings.BASE_DIR / "api_schema.yml").read_bytes()
    return contract if format == "yaml" else json.dumps(yaml.safe_load(contract), ensure_ascii=False).encode()
