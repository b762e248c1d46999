"""Evidence: pictures and plain PDFs written anew, five an entry, for those who see the whole of it."""

import hashlib
import io
import struct
import zlib

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from engagement.models import Evidence, Record
from engagement.services import verification
from engagement.states import EvidenceKind
from schools.models import ClassReferent
from tests.support.factories import (
    EvidenceFactory,
    HourEntryFactory,
    OrganizationMembershipFactory,
    enrolled_student,
    record_of,
)
from tests.support.world import API

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrolment():
    return enrolled_student()


@pytest.fixture
def entry(enrolment):
    return HourEntryFactory(record=record_of(enrolment))


@pytest.fixture
def student(api, enrolment):
    return api.as_(enrolment.student)


@pytest.fixture
def teacher(api, enrolment):
    return api.as_(ClassReferent.objects.get(class_group=enrolment.class_group).membership.person)


def picture(kind="JPEG", shade=120, **options):
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (shade, 80, 60)).save(out, kind, **options)
    return out.getvalue()


def with_place(data):
    exif = Image.Exif()
    exif[0x010F] = "A phone"
    exif.get_ifd(0x8825)[1] = "N"
    return picture(exif=exif)


def pdf(change=None, password=None):
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if change:
        change(writer)
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def upload(client, entry, data, name="photo.jpg", **extra):
    form = {"file": SimpleUploadedFile(name, data, "application/x-anything")}
    return client.post(f"/api/v1/hour-entries/{entry.pk}/evidence/", form, format="multipart", **extra)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_known_by_its_content_and_written_anew(student, entry, kind):
    answer = upload(student, entry, picture(kind), name="../../etc/passwd")
    assert (answer.status_code, answer.json()["kind"]) == (201, "image/jpeg")
    row = Evidence.objects.get()
    kept = row.file.read()
    assert (len(kept), hashlib.sha256(kept).hexdigest()) == (row.size, row.sha256)
    assert row.file.name == f"evidence/{row.pk}-40x30.jpg"


def test_what_the_camera_noted_is_not_kept(student, entry):
    sent = with_place(None)
    assert b"A phone" in sent
    assert upload(student, entry, sent).status_code == 201
    kept = Evidence.objects.get().file.read()
    assert b"A phone" not in kept
    assert not dict(Image.open(io.BytesIO(kept)).getexif())


def launch(writer):
    action = DictionaryObject({NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("cmd.exe")})
    writer._root_object[NameObject("/OpenAction")] = writer._add_object(action)


def launch_by_a_name_that_lies_elsewhere(writer):
    launch(writer)
    writer._root_object["/OpenAction"][NameObject("/S")] = writer._add_object(NameObject("/Launch"))
    # Where a link has it, for what opens by itself is refused anyway.
    writer.pages[0][NameObject("/A")] = writer._root_object.pop(NameObject("/OpenAction"))


def script(writer):
    action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("1")})
    page = writer.pages[0]
    page[NameObject("/AA")] = DictionaryObject({NameObject("/O"): writer._add_object(action)})


def fetch(writer):
    action = DictionaryObject({NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject("http://x.y")})
    writer._root_object[NameObject("/OpenAction")] = writer._add_object(action)


def show_then_fetch(writer):
    fetch(writer)
    show = DictionaryObject({NameObject("/S"): NameObject("/GoTo"), NameObject("/D"): TextStringObject("1")})
    show[NameObject("/Next")] = writer._root_object.raw_get("/OpenAction")
    writer._root_object[NameObject("/OpenAction")] = show


def link(writer):
    action = DictionaryObject({NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject("http://x.y")})
    writer.pages[0][NameObject("/A")] = action
    show = DictionaryObject({NameObject("/S"): NameObject("/GoTo"), NameObject("/D"): TextStringObject("1")})
    writer._root_object[NameObject("/OpenAction")] = show


def in_an_object_stream(action: bytes) -> bytes:
    """A PDF whose action lies compressed in an object stream, where its bytes are not to be read."""
    inner = zlib.compress(b"5 0 " + action)
    length = len(inner)
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R /Names 5 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
        b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (length, inner),
    ]
    out, table = b"%PDF-1.5\n", [struct.pack(">BHB", 0, 0, 255)]
    for number, part in enumerate(parts, start=1):
        table.append(struct.pack(">BHB", 1, len(out), 0))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table += [struct.pack(">BHB", 2, 4, 0), struct.pack(">BHB", 1, len(out), 0)]
    head = b"<< /Type /XRef /Size 7 /W [1 2 1] /Root 1 0 R /Length %d >>" % len(b"".join(table))
    start = len(out)
    return out + b"6 0 obj\n%s\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % (head, b"".join(table), start)


def hidden_in_a_form(writer):
    writer._root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/XFA"): TextStringObject("<x/>")})


@pytest.mark.parametrize("sent", [pdf(), pdf(link), in_an_object_stream(b"<< /Any /Thing >>")])
def test_a_plain_pdf_is_kept_with_its_pages(student, entry, sent):
    answer = upload(student, entry, sent, name="attestation.pdf")
    assert (answer.status_code, answer.json()["kind"]) == (201, "application/pdf")
    assert len(PdfReader(Evidence.objects.get().file).pages) == 1


@pytest.mark.parametrize(("data", "code"), [
    (pdf(password="secret"), "pdf_refused"),
    (pdf(script), "pdf_refused"),
    (pdf(lambda writer: writer.add_attachment("x.exe", b"MZ")), "pdf_refused"),
    (pdf(launch), "pdf_refused"),
    (pdf(launch_by_a_name_that_lies_elsewhere), "pdf_refused"),
    (pdf(fetch), "pdf_refused"),
    (pdf(show_then_fetch), "pdf_refused"),
    (in_an_object_stream(b"<< /S /JavaScript /JS (1) >>"), "pdf_refused"),
    (in_an_object_stream(b"<< /Type /Filespec /F (x) >>"), "pdf_refused"),
    (pdf(hidden_in_a_form), "pdf_refused"),
    (b"%PDF-1.7 nothing", "pdf_refused"),
    (b"%PDF-" + bytes(range(256)) * 40, "pdf_refused"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image_refused"),
    (b"GIF89a" + b"\0" * 60, "image_refused"),
    (picture()[:200], "image_refused"),
    (b"PK\x03\x04 a zip", "image_refused"),
    (b"\xff\xd8\xff" + b"x" * 10_000_001, "file_too_large"),
])  # fmt: skip
def test_anything_else_is_refused(student, entry, data, code):
    answer = upload(student, entry, data)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Evidence.objects.exists()


@pytest.mark.parametrize("data", [b"PK\x03\x04 a text of an office program", picture()[:200]])
def test_who_sends_another_kind_of_file_reads_that_a_pdf_is_taken_too(student, entry, data):
    said = upload(student, entry, data).json()["detail"]
    assert said.startswith("Ce n’est ni une image JPEG, PNG, WebP ou HEIC, ni un PDF, ou le fichier est abîmé. ")


def test_a_body_over_ten_megabytes_is_not_read_and_the_sender_learns_how_much_is(student, entry):
    answer = upload(student, entry, b"x" * 10_020_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["detail"] == "Ce fichier est trop volumineux : 10 Mo au plus. Choisissez-en un plus petit."


@pytest.mark.parametrize("form", [
    {}, {"file": "text"}, {"file": SimpleUploadedFile("x", b"")}, {"unknown": SimpleUploadedFile("x", b"x")},
    {"file": SimpleUploadedFile("x", b"x"), "unknown": "1"},
    {"file": [SimpleUploadedFile("x", b"x"), SimpleUploadedFile("y", b"y")]},
])  # fmt: skip
def test_a_form_holds_one_file_and_nothing_else(student, entry, form):
    answer = student.post(f"/api/v1/hour-entries/{entry.pk}/evidence/", form, format="multipart")
    assert answer.status_code == 400


@pytest.mark.parametrize("content_type", ["multipart/form-data", "application/json", "text/plain", "image/jpeg"])
def test_an_upload_is_a_multipart_form(student, entry, content_type):
    path = f"/api/v1/hour-entries/{entry.pk}/evidence/"
    answer = student.generic("POST", path, picture(), content_type, HTTP_IDEMPOTENCY_KEY="k")
    assert answer.status_code == 415


def test_an_entry_has_five_pieces_at_most_and_the_same_one_once(student, entry):
    for shade in (10, 60, 110, 160, 160, 210):
        assert upload(student, entry, picture(shade=shade)).status_code == 201
    assert Evidence.objects.count() == 5
    refused = upload(student, entry, picture(shade=250))
    assert (refused.status_code, refused.json()["code"]) == (409, "too_much_evidence")


def test_a_key_names_the_content_of_the_file_and_not_its_name(student, entry):
    first = upload(student, entry, picture(shade=10), key="k")
    again = upload(student, entry, picture(shade=10), key="k")
    assert (again["Idempotency-Replayed"], again.json()) == ("true", first.json())
    assert upload(student, entry, picture(shade=200), key="k").status_code == 422
    assert Evidence.objects.count() == 1


def test_evidence_is_downloaded_by_who_sees_the_whole_and_opened_nowhere_near(api, student, teacher, entry):
    row = upload(student, entry, picture()).json()
    url = f"/api/v1/evidence/{row['id']}/"
    assert teacher.get(url).status_code == 404  # a draft is its author's alone
    student.post(f"/api/v1/hour-entries/{entry.pk}/submit/")
    organiser = api.as_(OrganizationMembershipFactory(organization=entry.mission.organization).person)
    assert organiser.get(f"/api/v1/hour-entries/{entry.pk}/").status_code == 200
    assert organiser.get(url).status_code == 404
    assert organiser.get(f"/api/v1/hour-entries/{entry.pk}/evidence/").status_code == 404
    for reader in (student, teacher):
        answer = reader.get(url)
        assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == row["sha256"]
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["Content-Disposition"] == f'attachment; filename="{row["id"]}.jpg"'
        assert answer["Cache-Control"] == "private, max-age=86400, immutable"
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_photo_of_evidence_comes_in_sizes_and_a_paper_in_none(student, entry):
    out = io.BytesIO()
    Image.new("RGB", (900, 1800), "blue").save(out, "JPEG")
    row = upload(student, entry, out.getvalue()).json()
    (listed,) = student.get(f"/api/v1/hour-entries/{entry.pk}/evidence/").json()
    assert listed["image"] == row["image"]
    assert (row["image"]["width"], row["image"]["height"]) == (800, 1600)
    tags = set()
    for size, expected in (("thumbnail", (160, 320)), ("card", (400, 800)), ("full", (800, 1600))):
        path = row["image"][size].removeprefix("http://127.0.0.1:8000")
        answer = student.get(path)
        assert Image.open(io.BytesIO(b"".join(answer.streaming_content))).size == expected
        assert answer["Content-Disposition"] == f'attachment; filename="{row["id"]}.jpg"'
        again = student.get(path, HTTP_IF_NONE_MATCH=answer["ETag"])
        assert (again.status_code, again["ETag"]) == (304, answer["ETag"])
        head = student.head(path)
        assert (head.status_code, head["ETag"]) == (200, answer["ETag"])
        tags.add(answer["ETag"])
    assert len(tags) == 3
    paper = upload(student, entry, pdf()).json()
    assert paper["image"] is None
    whole = student.get(f"/api/v1/evidence/{paper['id']}/")
    assert (whole.status_code, whole["Cache-Control"]) == (200, "no-store")
    assert student.get(f"/api/v1/evidence/{paper['id']}/?size=card").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_every_size_of_a_photo_goes_with_its_row(student, entry):
    row = upload(student, entry, picture()).json()
    assert len(default_storage.listdir("evidence")[1]) == 3
    student.delete(f"/api/v1/evidence/{row['id']}/")
    assert default_storage.listdir("evidence")[1] == []


def test_a_size_is_for_those_who_see_the_whole_of_the_entry(api, teacher, student, entry):
    row = upload(student, entry, picture()).json()
    url = f"/api/v1/evidence/{row['id']}/?size=thumbnail"
    tag = student.get(url)["ETag"]
    for reader in (teacher, api.as_(OrganizationMembershipFactory(organization=entry.mission.organization).person)):
        assert reader.get(url, HTTP_IF_NONE_MATCH=tag).status_code == 404


def test_evidence_changes_only_while_the_entry_may_be_edited(student, teacher, entry):
    row = upload(student, entry, picture()).json()
    url = f"/api/v1/evidence/{row['id']}/"
    student.post(f"/api/v1/hour-entries/{entry.pk}/submit/")
    assert student.delete(url).json()["code"] == "wrong_state"
    assert upload(student, entry, picture(shade=1)).json()["code"] == "wrong_state"
    assert teacher.delete(url).status_code == 404
    teacher.post(f"/api/v1/hour-entries/{entry.pk}/return/", {"reason": "Floue."})
    assert student.delete(url).status_code == 204
    assert student.delete(url).status_code == 404


def test_every_piece_that_comes_or_goes_is_an_event(student, entry):
    row = upload(student, entry, picture()).json()
    student.delete(f"/api/v1/evidence/{row['id']}/")
    upload(student, entry, picture(shade=5))
    assert [one.facts["verb"] for one in entry.events.order_by("sequence")] == [
        "add_evidence", "remove_evidence", "add_evidence",
    ]  # fmt: skip
    assert list(verification.verify_records(Record.objects.all())) == []
    Evidence.objects.update(sha256="0" * 64)
    faults = list(verification.verify_records(Record.objects.all()))
    assert any("what it says of itself" in fault.what for fault in faults)


@pytest.mark.django_db(transaction=True)
def test_the_bytes_go_with_the_row(student, entry):
    row = upload(student, entry, picture()).json()
    name = Evidence.objects.get().file.name
    assert default_storage.exists(name)
    student.delete(f"/api/v1/evidence/{row['id']}/")
    assert not default_storage.exists(name)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_not_written_leaves_no_bytes(student, entry, monkeypatch):
    def fail(*facts, **proofs):
        raise RuntimeError

    monkeypatch.setattr("engagement.services.evidence._append", fail)
    with pytest.raises(RuntimeError):
        upload(student, entry, picture())
    assert default_storage.listdir("evidence")[1] == []


def test_an_entry_says_its_evidence_alone_in_lists_and_in_sync(student, teacher, entry, api):
    other = HourEntryFactory(record=entry.record)
    photo, paper = (EvidenceFactory(entry=entry, kind=kind) for kind in (EvidenceKind.PICTURE, EvidenceKind.PDF))
    alone = student.get(f"{API}hour-entries/{entry.pk}/evidence/").json()
    shown = [
        {
            "id": str(row.pk),
            "kind": row.kind,
            "size": row.size,
            "url": f"{settings.PUBLIC_URL}/api/v1/evidence/{row.pk}/",
            "image": piece["image"],
        }
        for row, piece in zip((photo, paper), alone, strict=True)
    ]
    assert [one["image"] and one["image"]["thumbnail"] for one in shown] == [f"{shown[0]['url']}?size=thumbnail", None]
    by_id = {str(entry.pk): shown, str(other.pk): []}
    assert student.get(f"{API}hour-entries/{entry.pk}/").json()["evidence"] == shown
    rows = student.get(f"{API}hour-entries/").json()["results"]
    assert {row["id"]: row["evidence"] for row in rows} == by_id
    changes = student.get(f"{API}sync/").json()["changes"]
    assert {one["id"]: one["hour_entry"]["evidence"] for one in changes if one["kind"] == "hour_entry"} == by_id
    organizer = OrganizationMembershipFactory(organization=entry.mission.organization).person
    HourEntryFactory(record=entry.record, mission=entry.mission, submitted=True)
    for row in api.as_(organizer).get(f"{API}hour-entries/").json()["results"]:
        assert "evidence" not in row


def test_more_evidence_takes_no_more_queries(student, entry, assert_constant_queries):
    EvidenceFactory(entry=entry)

    def grow():
        for one in HourEntryFactory.create_batch(3, record=entry.record):
            EvidenceFactory.create_batch(2, entry=one)

    def read():
        student.get(f"{API}hour-entries/")
        student.get(f"{API}sync/")

    assert_constant_queries(read, grow=grow)
