"""PDF files: kept with all they show, without who made them, when and where."""

import io
import random
import zlib
from contextlib import suppress

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream, String
from PIL import Image

from common.readers.papers import NotPlain, jpeg_without_origin, read

DAY = "D:20260314092653+01'00'"
TELLING = (b"omebody", b"20260314", b"2026-03-14", b"2026:03:14", b"SecretTool")


def photo(**how):
    exif = Image.Exif()
    exif[0x010F], exif[0x0132] = "A phone of somebody", "2026:03:14 09:26:53"
    exif.get_ifd(0x8825)[2] = (48.0, 56.0, 10.0)
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, "JPEG", exif=exif, comment=b"a comment of somebody", **how)
    return out.getvalue()


def picture_in(pdf, data, filters, parms=None):
    held = Stream(pdf, data)
    held.stream_dict = Dictionary(
        Type=Name.XObject, Subtype=Name.Image, Width=256, Height=256, ColorSpace=Name.DeviceRGB, BitsPerComponent=8,
        Filter=filters, Metadata=packet(pdf),
    )  # fmt: skip
    if parms is not None:
        held.DecodeParms = parms
    return pdf.make_indirect(held)


def packet(pdf):
    words = b"<x:xmpmeta>Somebody 2026-03-14 SecretTool</x:xmpmeta>"
    return pdf.make_indirect(Stream(pdf, words, Type=Name.Metadata, Subtype=Name.XML))


def telling_pdf(**how):
    """A PDF that says everywhere it can by whom, when and with what it was made."""
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(300, 300))
        page = pdf.pages[0].obj
        page.Contents = Stream(pdf, b"BT /F1 12 Tf (Twelve hours) Tj ET q 256 0 0 256 0 0 cm /Im0 Do Q")
        page.Resources = Dictionary(
            XObject=Dictionary(
                Im0=picture_in(pdf, photo(), Name.DCTDecode),
                Im1=picture_in(
                    pdf, zlib.compress(photo()), Array([Name.FlateDecode, Name.DCTDecode]), Array([None, Dictionary()])
                ),
            )
        )
        page.LastModified, page.Metadata = String(DAY), packet(pdf)
        page.PieceInfo = Dictionary(Tool=Dictionary(LastModified=String(DAY), Private=String("SecretTool")))
        note = Dictionary(
            Type=Name.Annot, Subtype=Name.Text, Rect=Array([1, 1, 9, 9]), Contents=String("Signed"),
            T=String("Somebody"), M=String(DAY), CreationDate=String(DAY), NM=String("Somebody-1"),
        )  # fmt: skip
        signature = Dictionary(
            Type=Name.Sig, Name=String("Somebody"), M=String(DAY), ByteRange=Array([0, 1, 2, 3]),
            Contents=String("certificate of Somebody"),
        )  # fmt: skip
        field = Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, Rect=Array([0, 0, 0, 0]), FT=Name.Sig, T=String("Signature1"),
            V=pdf.make_indirect(signature),
        )  # fmt: skip
        page.Annots = Array([pdf.make_indirect(note), pdf.make_indirect(field)])
        pdf.Root.AcroForm = Dictionary(Fields=Array([page.Annots[1]]), SigFlags=3)
        pdf.Root.Metadata = packet(pdf)
        pdf.Root.Threads = Array([pdf.make_indirect(Dictionary(I=Dictionary(Author=String("Somebody"))))])
        pdf.docinfo = pdf.make_indirect(
            Dictionary(
                Author=String("Somebody"), Creator=String("SecretTool"), Producer=String("SecretTool"),
                CreationDate=String(DAY), ModDate=String(DAY), Company=String("of Somebody"),
            )
        )  # fmt: skip
        # The words of an older version of the file are still in it, though nothing leads there.
        pdf.make_indirect(Dictionary(Author=String("Somebody before")))
        pdf.save(out, fix_metadata_version=False, preserve_pdfa=False, **how)
    return out.getvalue()


def unpacked(data):
    """All that a file holds, however it is packed."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(out, qdf=True, fix_metadata_version=False)
        return out.getvalue() + b"".join(part.read_raw_bytes() for part in pdf.objects if isinstance(part, Stream))


@pytest.mark.parametrize("packed", [pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate])
def test_nothing_tells_by_whom_and_when_it_was_made(packed):
    sent = telling_pdf(object_stream_mode=packed)
    assert all(word in unpacked(sent) for word in TELLING)
    kept = read(sent)
    assert [word for word in TELLING if word in unpacked(kept) + kept] == []
    with pikepdf.open(io.BytesIO(kept)) as pdf:
        page = pdf.pages[0]
        assert ("/Info" in pdf.trailer, "/Metadata" in pdf.Root) == (False, False)
        assert b"(Twelve hours) Tj" in page.Contents.read_bytes()
        assert [str(note.get("/Contents", "")) for note in page.Annots] == ["Signed", ""]
        assert str(page.Annots[1].T) == "Signature1"
        for held in page.Resources.XObject.values():
            seen = Image.open(io.BytesIO(held.read_raw_bytes()))
            assert (seen.size, dict(seen.getexif())) == ((256, 256), {})
            assert seen.tobytes() == Image.open(io.BytesIO(photo())).tobytes()


def test_the_same_file_is_kept_as_the_same_bytes():
    """So that one that comes twice is known again."""
    sent = telling_pdf()
    assert read(sent) == read(sent)
    assert read(read(sent)) == read(sent)


@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_rows": 1}])
def test_a_jpeg_loses_where_it_comes_from_and_no_pixel(how):
    sent = photo(**how)
    kept = jpeg_without_origin(sent)
    assert b"somebody" not in kept
    assert Image.open(io.BytesIO(kept)).tobytes() == Image.open(io.BytesIO(sent)).tobytes()
    for cut in range(0, len(sent), 97):  # half of one is no reason to look for ever
        assert len(jpeg_without_origin(sent[:cut])) <= cut


def test_a_file_that_nobody_may_read_is_not_plain():
    for owner, user in (("one", "one"), ("one", "")):
        out = io.BytesIO()
        with pikepdf.new() as pdf:
            pdf.add_blank_page()
            pdf.save(out, encryption=pikepdf.Encryption(owner=owner, user=user))
        with pytest.raises(NotPlain if not user else pikepdf.PasswordError):
            read(out.getvalue())


def test_bytes_of_chance_break_nothing():
    chance, base, taken = random.Random(5), telling_pdf(), 0
    for _time in range(60):
        data = bytearray(base)
        for _place in range(8):
            data[chance.randrange(5, len(data))] = chance.randrange(256)
        with suppress(Exception):
            taken += read(bytes(data)).startswith(b"%PDF-")
    assert taken > 0
