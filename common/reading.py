"""The files that people send, parsed one at a time in a process of its own; what the kernel ends is refused."""

import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

import structlog
from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _

from common.errors import BadInput, DomainError
from common.pictures import SMALLER, Measures
from common.readers import limits, sizes

logger = structlog.get_logger("elan.reading")

PICTURE, PDF = "image/jpeg", "application/pdf"
# What each is sent as.
MEDIA_TYPES = {PICTURE: ("image/jpeg", "image/png", "image/webp", "image/heic"), PDF: (PDF,)}
READERS = {PICTURE: "common.readers.pictures", PDF: "common.readers.papers"}
LARGEST_FILE_BYTES = 10_000_000
PDF_BEGINS = b"%PDF-"
# How many requests of one worker may wait for their turn, and how long: the others are for everybody else.
MOST_WAITING = 2
LONGEST_WAIT_SECONDS = 5


class FileRefused(BadInput):
    """400: the file is not one that is taken here."""

    field = "file"


class ImageRefused(FileRefused):
    code = "image_refused"
    detail = _("This is not a JPEG, PNG, WebP or HEIC picture, or it is damaged. Choose another one.")


class ImageTooLarge(FileRefused):
    code = "image_too_large"
    detail = _("This picture has too many pixels. Send a smaller one, or a JPEG.")


class PdfRefused(FileRefused):
    code = "pdf_refused"
    detail = _(
        "This PDF is not taken: it is encrypted, damaged, or runs or carries something else. Send a plain one, or a "
        "photo."
    )


class PdfTooLarge(FileRefused):
    code = "pdf_too_large"
    detail = _("This PDF takes too long to read. Send a simpler one, or a photo of it.")


class FileTooLarge(FileRefused):
    code = "file_too_large"
    detail = _("This file is too large: at most 10 MB. Choose a smaller one.")


class ReadersBusy(DomainError):
    """503 with Retry-After: too many files are being read at the moment."""

    status = 503
    code = "busy"
    detail = _("Many files are arriving just now. Try again in a few seconds.")
    retry_after_seconds = 5


# A file is read as a picture unless it begins like a PDF: it may have been meant as anything.
NEITHER = _("This is neither a JPEG, PNG, WebP or HEIC picture nor a PDF, or it is damaged. Choose another file.")
REFUSED = {PICTURE: ImageRefused, PDF: PdfRefused}
TOO_LARGE = {PICTURE: ImageTooLarge, PDF: PdfTooLarge}


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What is kept of a file: its media type, its content (a temporary file, never whole in memory), size, hash.

    Of a picture also how large it is, and the bytes of the smaller ones by their size.
    """

    kind: str
    content: File
    size: int
    sha256: str
    measures: Measures | None = None
    smaller: dict[str, bytes] = field(default_factory=dict)


def read_file(sent: File, *, kinds: tuple[str, ...] = (PICTURE, PDF)) -> ReadFile:
    """The file written anew by its reader: a picture as JPEGs in its sizes, a PDF as plain as it is.

    Its content says what it is: no name or media type is believed. Not in a transaction: it may take seconds.
    Raises FileTooLarge, ImageRefused, ImageTooLarge, PdfRefused, PdfTooLarge, ReadersBusy.
    """
    if sent.size > LARGEST_FILE_BYTES:
        raise FileTooLarge
    # Unbuffered: the reader goes on where the file itself stands.
    with tempfile.TemporaryFile(buffering=0) as given:
        for chunk in sent.chunks():
            given.write(chunk)
        given.seek(0)
        is_pdf = PDF in kinds and given.read(len(PDF_BEGINS)) == PDF_BEGINS
        kind = PDF if is_pdf else PICTURE
        given.seek(0)
        with _turn():
            try:
                return _read(kind, given)
            except ImageRefused as error:
                raise (ImageRefused(NEITHER) if PDF in kinds else error) from None


# One at a time in each process of the API: the limits of one reader are those of all the files at once.
_places = threading.BoundedSemaphore(1 + MOST_WAITING)
_reader = threading.Lock()


@contextmanager
def _turn() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise ReadersBusy
    try:
        if not _reader.acquire(timeout=LONGEST_WAIT_SECONDS):
            raise ReadersBusy
        try:
            yield
        finally:
            _reader.release()
    finally:
        _places.release()


def _read(kind: str, given: IO[bytes]) -> ReadFile:
    written: Any = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (the row's storage reads it later)
    with tempfile.TemporaryFile() as said:
        ended = subprocess.run(  # noqa: S603 (nothing in the command comes from outside)
            ["/bin/sh", "-c", limits.START, sys.executable, READERS[kind]],
            stdin=given,
            stdout=written,
            stderr=said,
            cwd=settings.BASE_DIR,
            env=limits.ENVIRONMENT,
        ).returncode
        if ended:
            written.close()
            said.seek(0)
            raise _refusal(kind, ended, said.read(10_000))
    return _as_picture(written) if kind == PICTURE else _as_file(kind, written)


def _refusal(kind: str, ended: int, said: bytes) -> Exception:
    if ended == limits.TOO_LARGE or -ended in limits.OUT_OF_TIME:
        return TOO_LARGE[kind]()
    if ended == limits.REFUSED:
        return REFUSED[kind]()
    if ended < 0:  # a decoder crashed: the file is to blame, and somebody should know
        logger.warning("reader_crashed", reader=READERS[kind], signal=-ended)
        return REFUSED[kind]()
    return RuntimeError(f"{READERS[kind]} did not start: {said.decode(errors='replace')}")


def _as_picture(written: Any) -> ReadFile:
    """What its reader handed over. The bytes stay what they are to us: a line of numbers, and files."""
    written.seek(0)
    line = written.readline(sizes.LONGEST_LINE)
    told = sizes.measure(line)
    if told is None or len(line) + sum(told[2].values()) != written.seek(0, io.SEEK_END):
        written.close()
        logger.warning("reader_misspoke", reader=READERS[PICTURE])
        raise ImageRefused
    width, height, lengths = told
    full: Any = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (as in _read)
    with written:
        written.seek(len(line))
        smaller = {size: written.read(lengths[size]) for size in SMALLER}
        shutil.copyfileobj(written, full)
    return _as_file(PICTURE, full, measures=Measures(width, height), smaller=smaller)


def _as_file(kind: str, written: Any, **of_a_picture: Any) -> ReadFile:
    content = File(written)
    digest, size = hashlib.sha256(), 0
    written.seek(0)
    for chunk in content.chunks():
        digest.update(chunk)
        size += len(chunk)
    if size > LARGEST_FILE_BYTES:
        written.close()
        raise TOO_LARGE[kind]
    written.seek(0)
    return ReadFile(kind, content, size, digest.hexdigest(), **of_a_picture)
