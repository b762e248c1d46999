"""The limits that app-config tells are those at which the server refuses: at each it takes, one beyond it does not."""

import io
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image
from pillow_heif import register_heif_opener
from pypdf import PdfWriter

from common.reading import FileTooLarge, read_file
from engagement.models import Decision
from tests.support.attending import organizer_of, refusal, running_place, send_batch, told
from tests.support.factories import (
    HourEntryFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    UserFactory,
    afternoon,
    enrolled_student,
    record_of,
)

pytestmark = pytest.mark.django_db
API = "/api/v1/"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def limits(api):
    return api.get(f"{API}app-config/").json()["limits"]


@pytest.fixture
def student():
    return enrolled_student().student


@pytest.fixture
def frozen():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def hours(minutes, **facts):
    start = timezone.now() - 2 * DAY
    return {
        "mission": str(MissionFactory().pk),
        "started_at": start.isoformat(),
        "ended_at": (start + minutes * MINUTE).isoformat(),
        **facts,
    }


def test_a_page(api, limits):
    most = limits["pages"]["largest_size"]
    asked = [api.get(f"{API}missions/?page_size={size}").status_code for size in (most, most + 1)]
    assert asked == [200, 400]
    for _number in range(limits["pages"]["default_size"] + 1):
        MissionFactory()
    assert len(api.get(f"{API}missions/").json()["results"]) == limits["pages"]["default_size"]


def test_a_body(api, limits, student):
    client, most = api.as_(student), limits["largest_body_bytes"]
    frame = len(b'{"title":""}')
    sent = [b'{"title":"' + b"a" * (size - frame) + b'"}' for size in (most, most + 1)]
    path = f"{API}hour-entries/{uuid4()}/"
    assert [client.put(path, one, content_type="application/json").status_code for one in sent] == [400, 413]


def test_the_minutes_of_an_entry(api, limits, student):
    client, said = api.as_(student), limits["hours"]
    fewest, most = said["fewest_minutes"], said["most_minutes"]
    lengths = (fewest - 1, fewest, most, most + 1)
    sent = [client.put(f"{API}hour-entries/{uuid4()}/", hours(minutes)).status_code for minutes in lengths]
    assert sent == [400, 201, 201, 400]


def test_the_characters_of_a_reflection(api, limits, student):
    client, most = api.as_(student), limits["hours"]["longest_reflection"]
    sent = [
        client.put(f"{API}hour-entries/{uuid4()}/", hours(60, reflection="é" * count)).status_code
        for count in (most + 1, most)
    ]
    assert sent == [400, 201]


@pytest.mark.usefixtures("frozen")
def test_the_days_to_submit_hours(api, limits, student):
    record, days = record_of(student.enrolments.get()), limits["hours"]["days_to_submit"]

    def submitted(age):
        ended = timezone.now() - age
        entry = HourEntryFactory(record=record, started_at=ended - HOUR, ended_at=ended)
        return api.as_(student).post(f"{API}hour-entries/{entry.pk}/submit/").status_code

    assert submitted(days * DAY) == 200
    assert submitted(days * DAY + 2 * HOUR) == 409


def test_the_days_to_contest_a_decision(api, limits, student, frozen):
    days, refused, record = limits["hours"]["days_to_contest"], [], record_of(student.enrolments.get())
    for _number in range(2):
        entry = HourEntryFactory(record=record, status="rejected", submitted_at=timezone.now())
        Decision.objects.create(entry=entry, verb="reject", reason="Non.")
        refused.append(f"{API}hour-entries/{entry.pk}/contest/")
    frozen.shift(days * DAY)
    assert api.as_(student).post(refused[0], {"reason": "Si."}).status_code == 200
    frozen.shift(MINUTE)
    assert refusal(api.as_(student).post(refused[1], {"reason": "Si."})) == (409, "too_late")


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize(
    ("batch", "path", "body"),
    [
        ("hour_entries", "hour-entries/batch/", {"operations": {"op": "submit"}}),
        ("decisions", "hour-entries/bulk-decisions/", {"decisions": {"verb": "approve"}}),
        ("confirmations", "attendances/bulk-confirm/", {"confirmations": {}}),
        ("check_ins", "check-ins/batch/", {"check_ins": {}}),
    ],
)
def test_a_batch(api, limits, student, batch, path, body):
    """How many it takes is asked before what is in it."""
    place = running_place(sign_up__shift__starts_at=timezone.now() - HOUR)
    teacher = student.enrolments.get().class_group.referents.get().membership.person
    person = {"decisions": teacher, "confirmations": organizer_of(place)}.get(batch, student)
    ((name, item),) = body.items()
    item = told(place) if batch == "check_ins" else item

    def sent(count):
        things = [{**item, _ID[batch]: str(uuid4())} if batch in _ID else item for _number in range(count)]
        return api.as_(person).post(f"{API}{path}", {name: things, **_BESIDE.get(batch, lambda: {})()})

    assert sent(limits["batches"][batch]).status_code == 200
    assert sent(limits["batches"][batch] + 1).status_code == 400


_ID = {"hour_entries": "id", "decisions": "entry", "confirmations": "attendance"}
_BESIDE = {"check_ins": lambda: {"sent_at": timezone.now().isoformat()}}


def test_the_hours_to_send_a_check_in(api, limits, frozen):
    latest = limits["hours_to_send_check_ins"] * HOUR
    place = running_place(sign_up__shift__starts_at=timezone.now() - HOUR)
    kept = [told(place, direction) for direction in ("in", "out")]
    frozen.shift(latest)
    (taken,) = send_batch(api, place, kept[:1]).json()["results"]
    frozen.shift(MINUTE)
    (refused,) = send_batch(api, place, kept[1:]).json()["results"]
    assert (taken["code"], refused["code"]) == (None, "outside_window")


def test_the_sign_ups_that_wait(api, limits):
    mission, most = MissionFactory(reviewed_sign_ups=True), limits["most_pending_sign_ups"]
    shifts = [ShiftFactory(mission=mission, starts_at=afternoon(7 + day)) for day in range(most + 1)]
    client = api.as_(UserFactory())
    answers = [client.post(f"{API}shifts/{shift.pk}/sign-up/").status_code for shift in shifts]
    assert answers == [201] * most + [409]


# --- Files -------------------------------------------------------------------------------------------------------
def written(media_type, number=0):
    out = io.BytesIO()
    register_heif_opener()
    if media_type == "application/pdf":
        writer = PdfWriter()
        writer.add_blank_page(200 + number, 200)
        writer.write(out)
    else:
        kind = {"image/heic": "HEIF"}.get(media_type, media_type.partition("/")[2].upper())
        Image.new("RGB", (40, 30), (number, 80, 60)).save(out, kind)
    return out.getvalue()


def statuses(send, media_types):
    return {media_type: send(SimpleUploadedFile("a", written(media_type))).status_code for media_type in media_types}


TRIED = ("image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf", "image/gif", "image/tiff")


def test_the_kinds_of_evidence_and_how_many(api, limits, student):
    entry, said = HourEntryFactory(record=record_of(student.enrolments.get())), limits["evidence"]
    client, path = api.as_(student), f"{API}hour-entries/{entry.pk}/evidence/"

    def send(file):
        return client.post(path, {"file": file}, format="multipart")

    taken = statuses(send, TRIED)
    assert {one for one, status in taken.items() if status == 201} == set(said["media_types"])
    assert {taken[one] for one in TRIED if one not in said["media_types"]} == {400}
    more = [send(SimpleUploadedFile("a", written("image/png", 40 * number))) for number in range(1, 6)]
    assert refusal(more[-1]) == (409, "too_much_evidence")
    assert len(client.get(path).json()) == said["most_per_entry"]


def test_the_kinds_of_a_missions_picture(api, limits):
    mission, said = MissionFactory(), limits["mission_image"]
    client = api.as_(OrganizationMembershipFactory(organization=mission.organization).person)

    def send(file):
        path = f"{API}missions/{mission.pk}/image/"
        return client.put(path, {"file": file}, format="multipart", HTTP_IF_MATCH="*")

    taken = statuses(send, TRIED)
    assert {one for one, status in taken.items() if status == 200} == set(said["media_types"])


def test_the_bytes_of_a_file(limits):
    most = limits["evidence"]["largest_bytes"]
    assert most == limits["mission_image"]["largest_bytes"]
    photo = written("image/png")
    # A PNG may be followed by anything: the reader stops at its end.
    kept = read_file(SimpleUploadedFile("a", photo + bytes(most - len(photo))))
    kept.content.close()
    with pytest.raises(FileTooLarge):
        read_file(SimpleUploadedFile("a", photo + bytes(most + 1 - len(photo))))
