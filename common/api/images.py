"""Pictures out of the API."""

from typing import Any

from rest_framework.renderers import BaseRenderer, JSONRenderer

from common.reading import PICTURE


class ImageRenderer(BaseRenderer):
    """A picture of ours; a problem in its place is JSON."""

    media_type = PICTURE
    format = "jpeg"
    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return data if isinstance(data, bytes) else JSONRenderer().render(data)
