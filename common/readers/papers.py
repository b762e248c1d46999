"""Reads a PDF from standard input and writes it anew, without who made it and when, if it only shows something."""

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, StreamDecodeLevel, String

from common.readers import limits

# What runs, opens, fetches or carries along something else (ISO 32000-1, 12.6.4, 7.11.4, 12.7.8).
ACTIVE_KEYS = {
    "/JS", "/JavaScript", "/AA", "/EmbeddedFiles", "/EF", "/RichMediaContent", "/RichMedia", "/XFA", "/OnInstantiate",
}  # fmt: skip
ACTIVE_ACTIONS = {
    "/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/GoToR", "/Rendition", "/Movie", "/Sound",
    "/RichMediaExecute", "/EmbeddedFile", "/Filespec",
}  # fmt: skip
# Who made it, with what, when and where: of the whole, of a page, of a picture in it (14.3 to 14.5, 8.11, 12.8).
TELLING = {"/Metadata", "/PieceInfo", "/CreatorInfo", "/SpiderInfo", "/LastModified", "/DSS", "/Perms", "/Threads"}
TELLING_TEXTS = {"/Author", "/Creator", "/Producer", "/CreationDate", "/ModDate", "/SourceModified"}
# Who wrote a note on a page and when (12.5.2); a field of a form has its own name there.
TELLING_OF_A_NOTE = ("/T", "/M", "/NM", "/CreationDate")
SIGNATURES = {"/Sig", "/DocTimeStamp"}
# Of a JPEG these segments say how it is to be drawn; all other APPn and comments say where it comes from.
DRAWN_BY = {0xE0, 0xEE}


class NotPlain(Exception):
    """It is encrypted, has no page, or runs or carries something."""


def read(data: bytes) -> bytes:
    """The PDF with all it shows and nothing else; the same bytes for the same bytes.

    Raises NotPlain, and whatever the parser raises for what it cannot read.
    """
    with pikepdf.open(io.BytesIO(data)) as pdf:
        if pdf.is_encrypted or not pdf.pages:
            raise NotPlain
        for part in _dictionaries(pdf):
            if _is_active(part):
                raise NotPlain
            _forget_origin(part)
        for name in ("/Info", "/ID"):
            if name in pdf.trailer:
                del pdf.trailer[name]
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True, stream_decode_level=StreamDecodeLevel.none, fix_metadata_version=False)
        return out.getvalue()


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Every dictionary of the file, reachable from its root or not, those of its streams too."""
    waiting: list[Any] = [pdf.trailer, *pdf.objects]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Array):
            waiting.extend(item for item in part if _is_direct(item))
        elif isinstance(part, Dictionary | Stream):
            waiting.extend(value for value in part.values() if _is_direct(value))
            yield part


def _is_direct(value: Any) -> bool:
    return isinstance(value, Array | Dictionary) and not value.is_indirect


def _is_active(part: Any) -> bool:
    kinds = {str(value) for name in ("/S", "/Type", "/Subtype") if isinstance(value := part.get(name), Name)}
    return bool(ACTIVE_KEYS & set(part.keys()) or ACTIVE_ACTIONS & kinds or _does_more_than_show(part))


def _does_more_than_show(part: Any) -> bool:
    """Whether something but a page is shown as soon as the file is opened: a link that nobody pressed, a printer."""
    action = part.get("/OpenAction")
    return isinstance(action, Dictionary) and (action.get("/S") != Name.GoTo or "/Next" in action)


def _forget_origin(part: Any) -> None:
    keys = set(part.keys())
    telling = TELLING & keys | {name for name in TELLING_TEXTS & keys if isinstance(part[name], String)}
    if "/Rect" in keys and "/Subtype" in keys and "/FT" not in keys and part.get("/Subtype") != Name.Widget:
        telling |= keys.intersection(TELLING_OF_A_NOTE)
    if part.get("/Type") in SIGNATURES or "/ByteRange" in keys:
        telling |= keys - {"/Type"}
    for name in telling:
        del part[name]
    if isinstance(part, Stream) and _filters(part)[-1] == Name.DCTDecode:
        _forget_camera(part)


def _filters(stream: Any) -> list[Any]:
    filters = stream.get("/Filter")
    return list(filters) if isinstance(filters, Array) else [filters]


def _forget_camera(stream: Any) -> None:
    """A photo in a PDF is a JPEG as the phone wrote it, with its place and day."""
    *around, jpeg = _filters(stream)
    parms = stream.get("/DecodeParms")
    parms = list(parms) if isinstance(parms, Array) else [parms]
    if around:  # the JPEG is packed once more: what is around it is taken off
        stream.Filter, stream.DecodeParms = Array(around), Array(part or Dictionary() for part in parms[:-1])
    data = stream.read_bytes() if around else stream.read_raw_bytes()
    stream.write(jpeg_without_origin(data), filter=jpeg, decode_parms=parms[-1])


def jpeg_without_origin(data: bytes) -> bytes:
    """The JPEG without the segments that say where it comes from; from its first scan on as it is (ITU T.81, B)."""
    kept, at = [data[:2]], 2
    while data[at : at + 1] == b"\xff" and len(data) >= at + 4 and data[at + 1] != 0xDA:
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if marker in DRAWN_BY or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            kept.append(data[at:end])
        at = end
    return b"".join([*kept, data[at:]])


if __name__ == "__main__":
    limits.run(read)
