"""What people upload is kept with the transaction that names it, or not at all."""

import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, transaction
from PIL import Image

from common.files import keep_file
from common.models import IdempotencyKey
from engagement.models import Evidence
from missions.models import Mission
from tests.support.factories import (
    HourEntryFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    enrolled_student,
    record_of,
)

pytestmark = pytest.mark.django_db(transaction=True)

API = "/api/v1/"


class TakenBack(Exception):
    """Ends a transaction."""


def stored(folder):
    return default_storage.listdir(folder)[1] if default_storage.exists(folder) else []


def picture():
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "JPEG")
    return SimpleUploadedFile("photo.jpg", out.getvalue(), "image/jpeg")


def fail(*args, **kwargs):
    raise OperationalError("the connection was lost")


def keep_and_fail(name, *, depth):
    if depth == 1:
        keep_file(name, b"bytes")
        raise TakenBack
    with transaction.atomic():
        keep_and_fail(name, depth=depth - 1)


def test_what_is_committed_is_kept():
    with transaction.atomic(), transaction.atomic():
        name = keep_file("things/one.txt", b"one")
    assert stored("things") == ["one.txt"]
    with default_storage.open(name) as file:
        assert file.read() == b"one"


@pytest.mark.parametrize("depth", [1, 2])
def test_what_is_rolled_back_is_not_whichever_transaction_around_it_ends(depth):
    for _time in range(2):
        with pytest.raises(TakenBack), transaction.atomic():
            keep_and_fail("things/one.txt", depth=depth)
    assert stored("things") == []


def test_a_savepoint_that_is_rolled_back_takes_its_own_file_alone():
    with transaction.atomic():
        keep_file("things/one.txt", b"one")
        with pytest.raises(TakenBack), transaction.atomic():
            keep_and_fail("things/two.txt", depth=1)
    assert stored("things") == ["one.txt"]


def test_a_picture_of_a_mission_whose_row_was_not_written_leaves_no_file(api, monkeypatch):
    mission = MissionFactory()
    client = api.as_(OrganizationMembershipFactory(organization=mission.organization).person)
    monkeypatch.setattr(Mission, "save", fail)
    put = {"data": {"file": picture()}, "format": "multipart", "HTTP_IF_MATCH": "*"}
    assert client.put(f"{API}missions/{mission.pk}/image/", **put).status_code == 503
    assert stored("missions") == []


@pytest.mark.parametrize("broken", [Evidence, IdempotencyKey])
def test_evidence_whose_transaction_fails_early_or_late_leaves_no_file(api, monkeypatch, broken):
    """The row itself, or at the very end the answer that is kept with it."""
    entry = HourEntryFactory(record=record_of(enrolled_student()))
    student = api.as_(entry.record.person)
    path = f"{API}hour-entries/{entry.pk}/evidence/"
    with monkeypatch.context() as patch:
        patch.setattr(broken, "save", fail if broken is Evidence else fail_at_the_end(broken.save))
        assert student.post(path, {"file": picture()}, format="multipart").status_code == 503
    assert stored("evidence") == []
    assert student.post(path, {"file": picture()}, format="multipart").status_code == 201
    (kept,) = stored("evidence")
    assert Evidence.objects.get().file.name == f"evidence/{kept}"


def fail_at_the_end(save):
    def save_or_fail(row, *args, update_fields=None, **kwargs):
        if update_fields:
            fail()
        return save(row, *args, **kwargs)

    return save_or_fail
