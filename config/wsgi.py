"""The WSGI entry point of the API."""

import os
import re
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

CHARSET = re.compile(r"(;\s*charset\s*=)(?!\s*\"?utf-?8\"?\s*(;|$))[^;]*", re.IGNORECASE)
NOT_UTF_8 = "text/plain; charset=x-not-utf-8"


class WholeBody:
    """A body that was cut off is an error to read: half of what was sent may well be valid by itself.

    Django asks for what is left of the length that the sender gave, and takes less for the end.
    """

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def read(self, size: int) -> bytes:
        """That many bytes; raises OSError, which Django makes an UnreadablePostError."""
        return self._whole(self.stream.read(size), size)

    def readline(self, size: int) -> bytes:
        """A line, or that many bytes of it; raises as `read`."""
        line: bytes = self.stream.readline(size)
        return line if line.endswith(b"\n") else self._whole(line, size)

    def _whole(self, read: bytes, size: int) -> bytes:
        if len(read) < size:
            raise OSError("the body is shorter than its length")
        return read


django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Django's, save that a charset other than UTF-8 loses its name, for common.middleware to refuse.

    Django decodes with it while it makes the request, where no handler is; Python's codecs go further than text
    (base64, undefined), and the server would answer 500. An asterisk marks a parameter with a charset of its own
    (RFC 2231): it stands in no media type otherwise.
    """
    if content_type := environ.get("CONTENT_TYPE"):
        is_extended = "*" in content_type
        environ["CONTENT_TYPE"] = NOT_UTF_8 if is_extended else CHARSET.sub(r"\1x-not-utf-8", content_type)
    if environ.get("CONTENT_LENGTH"):
        environ["wsgi.input"] = WholeBody(environ["wsgi.input"])
    return django(environ, start_response)
