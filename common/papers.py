"""PDF files that people send: kept as they came, so one that hides or runs something is refused."""

import io
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from common.errors import BadInput

MEDIA_TYPE = "application/pdf"
MAGIC = b"%PDF-"
MOST_OBJECTS = 20_000
# What runs, opens, fetches or carries along something else (ISO 32000-1, 12.6.4, 7.11.4, 12.7.8).
ACTIVE_KEYS = {
    "/JS", "/JavaScript", "/AA", "/EmbeddedFiles", "/EF", "/RichMediaContent", "/RichMedia", "/XFA", "/OnInstantiate",
}  # fmt: skip
ACTIVE_ACTIONS = {
    "/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/GoToR", "/Rendition", "/Movie", "/Sound",
    "/RichMediaExecute", "/EmbeddedFile", "/Filespec",
}  # fmt: skip


class PdfRefused(BadInput):
    """400: not a PDF that is taken here."""

    code = "pdf_refused"
    detail = _("Not a plain PDF: encrypted, damaged, or it runs or carries something else.")


def is_pdf(data: bytes) -> bool:
    """Whether the content says that it is a PDF."""
    return data.startswith(MAGIC)


def ensure_plain(data: bytes) -> None:
    """Raises PdfRefused for a PDF that is encrypted, active (scripts, launches, embedded files) or cannot be read."""
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted or not reader.pages:
            raise PdfRefused
        for seen, part in enumerate(_objects(reader)):
            if seen > MOST_OBJECTS or _is_active(part):
                raise PdfRefused
    except PdfRefused:
        raise
    except Exception as error:  # a parser fails on hostile bytes in more ways than it documents
        raise PdfRefused from error


def _is_active(part: DictionaryObject) -> bool:
    kinds = {str(part.get(name)) for name in ("/S", "/Type", "/Subtype")}
    return bool(ACTIVE_KEYS & set(part) or ACTIVE_ACTIONS & kinds or _does_more_than_show(part.get("/OpenAction")))


def _does_more_than_show(opening: Any) -> bool:
    """Whether something but a page is shown as soon as the file is opened: a link that nobody pressed, a printer."""
    action = None if opening is None else opening.get_object()
    return isinstance(action, DictionaryObject) and (str(action.get("/S")) != "/GoTo" or "/Next" in action)


def _objects(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary of the file, reachable from its root or not, each indirect object once."""
    numbered = {(number, generation) for generation, numbers in reader.xref.items() for number in numbers}
    numbered |= {(number, 0) for number in reader.xref_objStm}
    waiting: list[Any] = [reader.trailer]
    waiting += [IndirectObject(number, generation, reader) for number, generation in sorted(numbered) if number]
    known: set[tuple[int, int]] = set()
    while waiting:
        part = waiting.pop()
        if isinstance(part, IndirectObject):
            key = (part.idnum, part.generation)
            if key in known:
                continue
            known.add(key)
            part = part.get_object()
        if isinstance(part, DictionaryObject):
            yield part
            waiting.extend(part.raw_get(name) for name in part)
        elif isinstance(part, ArrayObject):
            waiting.extend(list.__iter__(part))
