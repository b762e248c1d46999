"""An uploaded file is kept with the transaction that names it, or not at all."""

import io
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, transaction
from PIL import Image

from common import pictures, tasks
from common.files import delete_unnamed_files, keep_file
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
from tests.support.processes import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True)

API = "/api/v1/"


class TakenBack(Exception):
    """Ends a transaction."""


def stored(folder):
    return default_storage.listdir(folder)[1] if default_storage.exists(folder) else []


def picture(colour="red"):
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "JPEG")
    return SimpleUploadedFile("photo.jpg", out.getvalue(), "image/jpeg")


def fail(*args, **kwargs):
    raise OperationalError("the connection was lost")


def keep_and_fail(name, *, depth):
    if depth == 1:
        keep_file(name, ContentFile(b"bytes"))
        raise TakenBack
    with transaction.atomic():
        keep_and_fail(name, depth=depth - 1)


def test_what_is_committed_is_kept():
    with transaction.atomic(), transaction.atomic():
        name = keep_file("things/one.txt", ContentFile(b"one"))
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
        keep_file("things/one.txt", ContentFile(b"one"))
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
    named = Evidence.objects.get().file.name
    assert {f"evidence/{kept}" for kept in stored("evidence")} == set(pictures.files_of(named))


def fail_at_the_end(save):
    def save_or_fail(row, *args, update_fields=None, **kwargs):
        if update_fields:
            fail()
        return save(row, *args, **kwargs)

    return save_or_fail


# --- What no transaction could take back -------------------------------------------------------------------------

KILLED_BEFORE_THE_COMMIT = """
import os, signal, sys
import django
django.setup()
from django.core.files.base import File
from common.reading import read_file
from engagement.models import HourEntry
from engagement.services import evidence
evidence._append = lambda *_facts, **_proofs: os.kill(os.getpid(), signal.SIGKILL)
entry = HourEntry.objects.select_related("record__person").get(pk=sys.argv[1])
evidence.add_evidence(entry, read_file(File(open(sys.argv[2], "rb"))), actor=entry.record.person)
"""


def older(folder, *names, hours=25):
    """Makes the files of a folder older than they are."""
    for name in names:
        at = time.time() - hours * 3600
        os.utime(folder / name, (at, at))


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    }
    return settings.MEDIA_ROOT


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_whose_process_was_killed_before_the_commit_goes_after_a_day(api, media, tmp_path, caplog):
    entry = HourEntryFactory(record=record_of(enrolled_student()))
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(picture().read())
    student, path = api.as_(entry.record.person), f"{API}hour-entries/{entry.pk}/evidence/"
    assert student.post(path, {"file": picture("blue")}, format="multipart").status_code == 201
    env = {**environment(tmp_path, MEDIA_DIR=str(media)), "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-c", KILLED_BEFORE_THE_COMMIT, str(entry.pk), str(photo)]
    killed = subprocess.run(command, cwd=ROOT, env=env, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (named,) = Evidence.objects.values_list("file", flat=True)
    assert len(names_in(media / "evidence")) == 6  # two photos in three sizes
    assert delete_unnamed_files() == 0  # its row could still come
    older(media / "evidence", *names_in(media / "evidence"))
    tasks.delete_unnamed_files()
    assert names_in(media / "evidence") == sorted(one.removeprefix("evidence/") for one in pictures.files_of(named))
    (line,) = [record.msg for record in caplog.records if record.name == "elan.files"]
    assert (line["event"], line["folder"], line["count"]) == ("unnamed_files_deleted", "evidence", 3)
    assert delete_unnamed_files() == 0


def test_only_the_old_and_unnamed_of_our_own_folders_go(media):
    mission = MissionFactory(image="missions/named.jpg")
    for name in ("missions/named.jpg", "missions/old.jpg", "missions/young.jpg", "elsewhere/old.jpg"):
        default_storage.save(name, ContentFile(b"picture"))
    older(media, "missions/named.jpg", "missions/old.jpg", "elsewhere/old.jpg")
    assert delete_unnamed_files() == 1
    assert names_in(media / "missions") == ["named.jpg", "young.jpg"]
    assert names_in(media / "elsewhere") == ["old.jpg"]
    Mission.objects.filter(pk=mission.pk).update(image="")
    assert delete_unnamed_files() == 1


def test_a_file_whose_row_commits_after_the_look_stays(media):
    """Stored and named by a transaction that is still open while the job looks, in another connection."""
    mission, looked = MissionFactory(), []

    def look():
        looked.append(delete_unnamed_files())
        connection.close()

    with transaction.atomic():
        name = keep_file("missions/new.jpg", ContentFile(b"picture"))
        with ThreadPoolExecutor(1) as pool:
            pool.submit(look).result()
        Mission.objects.filter(pk=mission.pk).update(image=name)
    assert looked == [0]
    assert names_in(media / "missions") == ["new.jpg"]


def test_what_goes_while_the_job_looks_is_no_error(media, monkeypatch):
    default_storage.save("missions/old.jpg", ContentFile(b"picture"))
    monkeypatch.setattr(FileSystemStorage, "get_modified_time", missing)
    assert delete_unnamed_files() == 0


def missing(*_facts):
    raise FileNotFoundError


def test_a_storage_in_which_nothing_was_stored_is_no_error():
    assert delete_unnamed_files() == 0
