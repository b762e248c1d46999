"""Files as answers."""

from django.http import HttpResponse

PDF = "application/pdf"


def file_response(content: bytes, media_type: str, filename: str) -> HttpResponse:
    """A file to be kept by the reader and by nobody between."""
    return HttpResponse(
        content,
        content_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{filename}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
