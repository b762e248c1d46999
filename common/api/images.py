"""Pictures out of the API."""

from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from common.api.etags import known_tags
from common.api.serializers import Input
from common.pictures import PictureSize, mark_of, measures_of
from common.reading import PICTURE

# How long who has a picture need not ask again: its address is another one's never. A picture that was taken away is
# gone from every cache then; one that not everybody may see is asked for again the next day.
PUBLIC = "public, max-age=2592000, immutable"
PRIVATE = "private, max-age=86400, immutable"
ASK_AGAIN = "private, no-cache"


class ImageRenderer(BaseRenderer):
    """A picture of ours; a problem in its place is JSON."""

    media_type = PICTURE
    format = "jpeg"
    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return data if isinstance(data, bytes) else JSONRenderer().render(data)


class PictureQuery(Input):
    """In which size."""

    size = serializers.ChoiceField(choices=PictureSize.choices, default=PictureSize.FULL)


class ThumbnailsOutput(serializers.Serializer):
    """A picture as lists show it. An address is never another picture's: keep what it gives as long as it says."""

    thumbnail = serializers.URLField()
    card = serializers.URLField()


class PictureOutput(ThumbnailsOutput):
    """A picture; `width` and `height` are those of `full`, and the smaller ones have the same shape."""

    full = serializers.URLField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)


def thumbnails(address: str) -> dict[str, str]:
    """The addresses of the smaller ones; `address` is that of the picture, up to the value of `size`."""
    return {"thumbnail": f"{address}thumbnail", "card": f"{address}card"}


def picture_facts(address: str, name: str) -> dict[str, Any]:
    """What PictureOutput says of the picture that is kept under that name."""
    measures = measures_of(name)
    return {
        **thumbnails(address),
        "full": f"{address}full",
        "width": measures.width if measures else None,
        "height": measures.height if measures else None,
    }


def tag_of(name: str, size: str) -> str:
    """The strong ETag of a picture in a size."""
    return f'"{mark_of(name)}-{size}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether the reader has it already, so that no file needs to be read."""
    known = known_tags(request)
    return f"W/{tag}" in known or "W/*" in known


def not_modified(tag: str, cached: str) -> HttpResponse:
    """304 for a picture that the reader has."""
    return HttpResponseNotModified(headers={"ETag": tag, "Cache-Control": cached})
