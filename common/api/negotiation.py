"""Chooses the answer's media type: an unknown Accept gets the default instead of a 406 that helps nobody."""

from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request


class LenientNegotiation(DefaultContentNegotiation):
    """RFC 9110 section 12.5.1 lets a server ignore an Accept header it cannot honour."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        accept = request.META.get("HTTP_ACCEPT", "*/*")
        for media_range in accept.split(","):
            media_type = media_range.split(";")[0].strip().lower()
            for renderer in renderers:
                if media_type in (renderer.media_type, "*/*"):
                    return renderer, renderer.media_type
        return renderers[0], renderers[0].media_type
