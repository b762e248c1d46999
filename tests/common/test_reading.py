"""The readers of people's files: under limits that the kernel holds, one at a time, and never in the API's process."""

import ast
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import zlib

import pikepdf
import pytest
from django.core.files.base import ContentFile
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

from common import reading
from common.readers import limits
from common.reading import (
    PDF,
    PICTURE,
    FileTooLarge,
    ImageRefused,
    ImageTooLarge,
    PdfRefused,
    PdfTooLarge,
    ReadersBusy,
    read_file,
)
from tests.support.patience import PATIENCE_SECONDS, join
from tests.support.processes import ROOT, environment

MOST_MEMORY = 150_000_000


def picture(kind, size, mode="RGB", **how):
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind, **how)
    return out.getvalue()


def scans(count):
    """A progressive JPEG whose last scan comes again and again: each time all coefficients are walked."""
    whole = picture("JPEG", (4000, 4000), progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:-2] + whole[last:-2] * count + whole[-2:]


def pdf_with(stream=None, pages=1, **facts):
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        for _page in range(pages):
            pdf.add_blank_page(page_size=(9, 9))
        if stream is not None:
            made = Stream(pdf, stream)
            for name, value in facts.items():
                made[f"/{name}"] = value
            pdf.pages[0].obj.Held = pdf.make_indirect(made)
        pdf.save(out, compress_streams=False)
    return out.getvalue()


def object_stream(content):
    """Holds what it says it does, after as much of anything as one likes."""
    packed = zlib.compress(b"9 0 " + content, 9)
    return pdf_with(packed, Type=Name.ObjStm, N=1, First=4, Filter=Name.FlateDecode)


def in_filters(content, *filters, parms=None):
    for _filter in [one for one in filters if one == Name.FlateDecode]:
        content = zlib.compress(content, 9)
    more = {"DecodeParms": parms} if parms else {}
    return pdf_with(content, Filter=Array(filters), **more)


FLATE, DCT = Name.FlateDecode, Name.DCTDecode
# Each a few kilobytes that would be hundreds of megabytes, or minutes; some are small enough to be kept.
HOSTILE = {
    "a PNG of 25 megapixels": (PICTURE, lambda: picture("PNG", (5000, 5000), "RGBA")),
    "a PNG of 100 megapixels": (PICTURE, lambda: picture("PNG", (10_000, 10_000), "L")),
    "a WebP of 25 megapixels": (PICTURE, lambda: picture("WEBP", (5000, 5000), lossless=True, quality=0, method=0)),
    "a progressive JPEG of 100 megapixels": (PICTURE, lambda: picture("JPEG", (10_000, 10_000), "L", progressive=True)),
    "a JPEG of a thousand scans": (PICTURE, lambda: scans(1000)),
    "blanks before an object": (PDF, lambda: object_stream(b" " * 70_000_000)),
    "a list of 30 million": (PDF, lambda: object_stream(b"[" + b"1 " * 30_000_000 + b"]")),
    "a list in a list in a list": (PDF, lambda: object_stream(b"[" * 30_000_000)),
    "filters around filters": (PDF, lambda: in_filters(b" " * 90_000_000, FLATE, FLATE, FLATE)),
    "filters around a picture": (PDF, lambda: in_filters(b" " * 200_000_000, FLATE, FLATE, DCT)),
    "a predictor of one endless row": (
        PDF,
        lambda: in_filters(
            b"\2" * 90_000_000, FLATE, DCT, parms=Array([Dictionary(Predictor=15, Columns=89_999_999), Dictionary()])
        ),
    ),
    "objects without a table": (PDF, lambda: b"%PDF-1.4\n" + b"1 0 obj<</A 1>>endobj\n" * 440_000),
    "nothing but blanks": (PDF, lambda: b"%PDF-1.4\n" + b" " * 9_900_000),
    "pages that hold themselves": (
        PDF,
        lambda: b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_file_holds_its_reader_stays_within_the_limits(name, tmp_path):
    """The kernel's own count of its memory and its time, and an end of the reader's own or by the kernel's hand."""
    kind, make = HOSTILE[name]
    sent = tmp_path / "sent"
    sent.write_bytes(make())
    command = [sys.executable, "-m", "tests.support.measured_reader", reading.READERS[kind], str(sent)]
    used = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    assert used["code"] in {0, limits.REFUSED, limits.TOO_LARGE} or -used["code"] in limits.OUT_OF_TIME, used
    assert used["memory"] <= MOST_MEMORY
    assert used["seconds"] < limits.CPU_SECONDS + 0.5  # the kernel looks at each tick of its clock


@pytest.fixture
def misused(monkeypatch):
    monkeypatch.setattr(reading, "READERS", dict.fromkeys((PICTURE, PDF), "tests.support.misusing_readers"))


def read(data, **how):
    """What is kept, and its bytes."""
    kept = read_file(ContentFile(data), **how)
    with kept.content as content:
        return kept, content.read()


def test_who_takes_too_long_or_too_much_is_told_that_the_file_is_too_large(misused, caplog):
    for kind in (b"spin", b"hoard"):
        with pytest.raises(ImageTooLarge):
            read(kind)
    assert not caplog.records
    with pytest.raises(ImageRefused):
        read(b"crash")
    (line,) = [record.msg for record in caplog.records]
    assert (line["event"], line["signal"]) == ("reader_crashed", 11)


def test_what_a_reader_says_of_its_files_is_counted(misused, caplog):
    with pytest.raises(ImageRefused):
        read(b"lie")
    (line,) = [record.msg for record in caplog.records]
    assert line["event"] == "reader_misspoke"


def test_a_reader_that_does_not_start_is_our_fault(monkeypatch):
    monkeypatch.setattr(reading, "READERS", {PICTURE: "common.readers.missing"})
    with pytest.raises(RuntimeError, match=r"readers\.missing did not start"):
        read(b"x")


def test_a_reader_knows_nothing_of_us(misused, monkeypatch):
    """No secret, no connection to the database, no address of anybody: what takes it over finds a file, and an end."""
    monkeypatch.setenv("SECRET_KEY", "of the region")
    with open(ROOT / "manage.py") as held:
        os.set_inheritable(held.fileno(), True)
        environ, files, knows_django, _folder = ast.literal_eval(read(b"tell")[1].decode())
    assert set(environ) - {"PWD", "SHLVL", "_", "OLDPWD"} == set(limits.ENVIRONMENT)
    assert (files[:3], len(files), knows_django) == ([0, 1, 2], 4, False)  # the fourth lists the others


def test_one_file_is_read_at_a_time_some_wait_and_the_others_are_asked_to_come_again(misused, monkeypatch):
    """While one is read; the waiting ones get their turn, and nobody waits for ever."""
    taken = threading.Semaphore(0)

    class Places(threading.BoundedSemaphore):
        """Says of each place that it was taken."""

        def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
            if has_one := super().acquire(blocking, timeout):
                taken.release()
            return has_one

    monkeypatch.setattr(reading, "_places", Places(1 + reading.MOST_WAITING))
    monkeypatch.setattr(reading, "_reader", reader := threading.Lock())
    monkeypatch.setattr(reading, "LONGEST_WAIT_SECONDS", PATIENCE_SECONDS)
    reader.acquire()
    kept, waiting = [], [threading.Thread(target=lambda: kept.append(read(b"tell")[0].kind)) for _each in range(3)]
    for one in waiting:
        one.start()
    for _each in waiting:
        assert taken.acquire(timeout=PATIENCE_SECONDS)
    with pytest.raises(ReadersBusy):
        read(b"tell")
    reader.release()
    join(*waiting)
    assert kept == [PICTURE] * 3
    monkeypatch.setattr(reading, "LONGEST_WAIT_SECONDS", 0.01)
    reader.acquire()
    with pytest.raises(ReadersBusy) as refused:
        read(b"tell")
    assert (refused.value.status, refused.value.retry_after_seconds) == (503, 5)
    reader.release()
    assert read(b"tell")[0].kind == PICTURE


def test_the_worker_itself_has_no_parser_of_what_people_send(tmp_path):
    program = "import sys, config.wsgi, django.urls; django.urls.get_resolver().url_patterns; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "rest_framework" in loaded
    assert not {"PIL", "pillow_heif", "pikepdf", "pypdf"} & loaded


def test_what_is_read_is_kept_with_its_size_and_hash():
    for sent, kind, begins in ((picture("PNG", (9, 9)), PICTURE, b"\xff\xd8"), (pdf_with(), PDF, b"%PDF-")):
        kept, content = read(sent)
        assert (kept.kind, kept.size, kept.sha256) == (kind, len(content), hashlib.sha256(content).hexdigest())
        assert (content.startswith(begins), read(sent)[1]) == (True, content)


@pytest.mark.parametrize(("data", "kinds", "error"), [
    (b"%PDF-1.7 nothing", (PICTURE, PDF), PdfRefused),
    (b"%PDF-1.7 nothing", (PICTURE,), ImageRefused),
    (b"neither", (PICTURE, PDF), ImageRefused),
    (b"x" * 10_000_001, (PICTURE, PDF), FileTooLarge),
    (picture("PNG", (12_000, 10_000), "1"), (PICTURE, PDF), ImageTooLarge),
])  # fmt: skip
def test_each_refusal_says_its_own(data, kinds, error):
    with pytest.raises(error):
        read(data, kinds=kinds)


def test_a_paper_that_grows_over_what_is_kept_is_too_large(monkeypatch):
    monkeypatch.setattr(reading, "LARGEST_FILE_BYTES", len(pdf_with()) - 1)
    with pytest.raises(PdfTooLarge):
        reading._as_file(PDF, io.BytesIO(pdf_with()))
