"""Whatever is uploaded gets a clear 4xx problem, or is kept as what it is under a name of ours; what is there stays."""

import io
import re
import struct
import zipfile
import zlib
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from engagement.models import Evidence
from missions.models import Mission
from tests.support.factories import PICTURE
from tests.support.hostile import UPLOADS, Operation, each, ensure_problem
from tests.support.world import World

pytestmark = pytest.mark.django_db
BOUNDARY = "----edge"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
NAMED = b'Content-Disposition: form-data; name="file"; filename="photo.png"'


@pytest.fixture
def operation(request: Any, world: World) -> Operation:
    return Operation(request.param, world)


def form(*parts: tuple[bytes, bytes], end: bytes = f"--{BOUNDARY}--\r\n".encode()) -> bytes:
    """A multipart body as it goes over the wire, each part being its header lines and its content."""
    edge = f"--{BOUNDARY}\r\n".encode()
    return b"".join(edge + head + b"\r\n\r\n" + content + b"\r\n" for head, content in parts) + end


def test_the_form_written_here_is_taken_when_nothing_is_wrong_with_it(world):
    for operation in (Operation(key, world) for key in UPLOADS):
        assert operation.send(form((NAMED, PICTURE)), content_type=FORM).status_code in (200, 201)


# --- The form ----------------------------------------------------------------------------------------------------


@each(UPLOADS)
def test_a_body_over_the_limit_is_a_413(operation):
    ensure_problem(operation.send(form((NAMED, b"x" * 10_020_000)), content_type=FORM), status=413)
    many = [(b'Content-Disposition: form-data; name="a%d"' % number, b"x" * 1_000_000) for number in range(3)]
    operation.is_refused(form(*many, (NAMED, PICTURE)), content_type=FORM)


BROKEN = {
    "nothing": b"",
    "no edge": PICTURE,
    "an edge alone": f"--{BOUNDARY}".encode(),
    "the last edge alone": f"--{BOUNDARY}--\r\n".encode(),
    "another edge": form((NAMED, PICTURE)).replace(b"----edge", b"----else"),
    "a part without a header": form((b"", PICTURE)),
    "a part without a disposition": form((b"Content-Type: image/png", PICTURE)),
    "a part without a name": form((b'Content-Disposition: form-data; filename="photo.png"', PICTURE)),
    "a part with an empty name": form((b'Content-Disposition: form-data; name=""; filename="photo.png"', PICTURE)),
    "a part with an empty file name": form((b'Content-Disposition: form-data; name="file"; filename=""', PICTURE)),
    "a field in the place of the file": form((b'Content-Disposition: form-data; name="file"', PICTURE)),
    "a name with a NUL": form((b'Content-Disposition: form-data; name="file\0"; filename="x"', PICTURE)),
    "a name that is no text": form((b'Content-Disposition: form-data; name="\xff\xfe"; filename="x"', PICTURE)),
    "the name of an unknown charset": form((b"Content-Disposition: form-data; name*=none''file; filename=x", PICTURE)),
    "the name of a codec": form((b"Content-Disposition: form-data; name*=hex''66; filename=x", PICTURE)),
    "the file twice": form((NAMED, PICTURE), (NAMED, PICTURE)),
    "a field beside it": form((NAMED, PICTURE), (b'Content-Disposition: form-data; name="x"', b"1")),
    "many fields": form(*((b'Content-Disposition: form-data; name="x"', b"1") for _ in range(2000)), (NAMED, PICTURE)),
    "many files": form(*((NAMED, b"x") for _number in range(200))),
    "a large field": form((b'Content-Disposition: form-data; name="x"', b"x" * 2_000_000), (NAMED, PICTURE)),
    "a field that is no text": form((b'Content-Disposition: form-data; name="x"', b"\xff\xfe\0"), (NAMED, PICTURE)),
    "a header of 100 kB": form((NAMED + b"\r\nX: " + b"x" * 100_000, PICTURE), (NAMED, PICTURE)),
    "a thousand headers": form((b"\r\n".join([NAMED, *[b"X: x"] * 1000]), PICTURE), (NAMED, PICTURE)),
    "base64 that is none": form((NAMED + b"\r\nContent-Transfer-Encoding: base64", b"\xff*" * 50)),
    "a form within": form((NAMED + b"\r\nContent-Type: multipart/mixed; boundary=x", b"--x\r\n\r\nx\r\n--x--")),
}


@each(UPLOADS)
def test_a_form_that_holds_no_one_file_is_a_problem(operation):
    for what, body in BROKEN.items():
        ensure_problem(operation.send(body, content_type=FORM), what)


@each(UPLOADS)
def test_a_form_without_an_edge_that_can_be_found_is_a_problem(operation):
    body = form((NAMED, PICTURE))
    for boundary in ["", ";", "boundary", "boundary=", 'boundary=""', "boundary=\xe9", "boundary=" + "x" * 5000]:
        operation.is_refused(body, content_type=f"multipart/form-data; {boundary}")
    for media_type in ("multipart/mixed", "multipart/related", "multipart/", "multipart", "image/png", "text/html"):
        ensure_problem(operation.send(body, content_type=f"{media_type}; boundary={BOUNDARY}"), media_type, status=415)


# --- Names -------------------------------------------------------------------------------------------------------

NAMES = [
    b"../../../etc/passwd",
    b"..\\..\\windows\\system.ini",
    b"/etc/passwd",
    b"..",
    b"photo\0.png",
    b"\xff\xfe.png",
    b"x" * 5000,
    b"con",
    b"photo.png\\\r\n\tSet-Cookie: mole=1",
    b"<script>mole</script>.svg",
    b"photo.php;.png",
    b"=mole().png",
]
HEADS = [
    *(b'Content-Disposition: form-data; name="file"; filename="' + name + b'"' for name in NAMES),
    b"Content-Disposition: form-data; name=file; filename*=utf-8''%2e%2e%2fmole",
    b"Content-Disposition: form-data; name=file; filename*=hex''6d6f6c65",
    b"Content-Disposition: form-data; name=file; filename*=none''mole",
    NAMED + b"\r\nContent-Type: text/html; charset=hex",
    NAMED + b"\r\nContent-Type: \xff\xfe",
    NAMED + b"\r\nContent-Length: -1",
]


@each(UPLOADS)
def test_what_a_file_is_called_is_neither_believed_nor_kept(operation):
    for head in HEADS:
        answer = operation.send(form((head, PICTURE)), content_type=FORM, then=lambda _answer: ensure_names_of_ours())
        assert "mole" not in str(answer.headers), head
        if answer.status_code not in (200, 201):
            ensure_problem(answer, head.decode("latin-1"))


def ensure_names_of_ours() -> None:
    """Fails unless every file lies under a name made of an id, and can be read."""
    stored = [*Evidence.objects.values_list("file", flat=True), *Mission.objects.values_list("image", flat=True)]
    for name in filter(None, stored):
        assert re.fullmatch(r"(evidence|missions)/[\w-]+\.(jpg|pdf)", name, re.ASCII), name
    for row in Evidence.objects.all():
        assert row.file.read(), row.file.name


# --- Contents ----------------------------------------------------------------------------------------------------


def bomb_of_a_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 5_000_000)
    return out.getvalue()


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG that says it is as large as one likes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    written = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in [(b"IHDR", header), *chunks, (b"IEND", b"")]
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def png_with_a_text_of(size: int) -> bytes:
    """A small picture beside which lies a text that unpacks to as many bytes."""
    out, info = io.BytesIO(), PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * size, zip=True)
    Image.new("RGB", (9, 9)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def pdf_with_a_table_of(size: int) -> bytes:
    """A PDF whose table of objects unpacks to as many bytes."""
    table = zlib.compress(b"\0" * size)
    facts = b"<</Type/XRef/Size %d/W[1 3 1]/Root 1 0 R/Filter/FlateDecode/Length %d>>" % (size // 5, len(table))
    body = b"%PDF-1.5\n1 0 obj\n<</Pages 2 0 R>>\nendobj\n2 0 obj\n<</Kids[]/Count 0>>\nendobj\n"
    written = b"3 0 obj\n" + facts + b"\nstream\n" + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % len(body)
    return body + written


ZEROS = zlib.compress(b"\0" * 5_000_000)
CONTENTS = {
    "a zip that unpacks to 5 MB": bomb_of_a_zip,
    "a PNG of 10^18 pixels": lambda: png(10**9, 10**9, (b"IDAT", ZEROS)),
    "a PNG of no pixels": lambda: png(0, 0, (b"IDAT", ZEROS)),
    "a PNG without pixels": lambda: png(100, 100),
    "a text of 5 MB in a PNG": lambda: png_with_a_text_of(5_000_000),
    "a profile of 5 MB in a PNG": lambda: png(9, 9, (b"iCCP", b"x\0\0" + ZEROS), (b"IDAT", b"")),
    "chunks of a length that is none": lambda: png(9, 9)[:40] + b"\xff" * 100,
    "an SVG that loads": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1/"/></svg>',
    "entities that grow": lambda: b'<!DOCTYPE x [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><x>&b;</x>',
    "a page": lambda: b"<html><script>alert(1)</script>",
    "a script": lambda: b"#!/bin/sh\nid\n",
    "a TIFF": lambda: b"II*\0\x08\0\0\0\0\0\0\0",
    "a GIF": lambda: b"GIF89a" + b"\xff" * 200,
    "an EPS": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "a WebP that ends early": lambda: b"RIFF\xff\xff\xff\xffWEBPVP8L" + b"\xff" * 50,
    "a PDF that unpacks to 5 MB": lambda: pdf_with_a_table_of(5_000_000),
    "a PDF that ends early": lambda: b"%PDF-1.7\n1 0 obj\n<<",
    "a PDF that is its own past": lambda: b"%PDF-1.4\nxref\n0 0\ntrailer\n<</Prev 9/Size 1>>\nstartxref\n9\n%%EOF",
}


@each(UPLOADS)
def test_a_file_that_is_no_picture_or_grows_without_end_is_a_400(operation):
    for what, content in CONTENTS.items():
        body = form((NAMED + b"\r\nContent-Type: image/png", content()))
        ensure_problem(operation.send(body, content_type=FORM), what, status=400)


@each(UPLOADS)
def test_what_was_there_is_read_after_every_refusal(operation):
    for body in (form((NAMED, b"not a picture")), form((NAMED, PICTURE[:40])), BROKEN["many files"]):
        ensure_problem(operation.send(body, content_type=FORM, then=lambda _answer: ensure_names_of_ours()))
    row = operation.call.path.removesuffix("image/").removesuffix("evidence/")
    assert operation.client.get(row).status_code == 200
    if operation.key.startswith("PUT"):
        assert operation.client.get(operation.call.path)["Content-Type"] == "image/jpeg"
    else:
        assert len(operation.client.get(operation.call.path).json()) == 1
