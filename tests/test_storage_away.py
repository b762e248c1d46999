"""A file that is missing is a 404, a storage, a disk or a database that is away a 503 that says when to come back."""

import shutil

import pytest
from defusedxml.ElementTree import fromstring
from django.core.files.storage import InMemoryStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from common.api import problems
from engagement.models import Evidence
from missions import publication
from missions.models import Mission
from tests.support.factories import (
    PICTURE,
    EvidenceFactory,
    HourEntryFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    UserFactory,
    enrolled_student,
    record_of,
)

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1/"


class Away(Exception):
    """What a storage's library raises: of no kind that Python has."""


def fail(*_facts, **_more):
    raise Away


def answer_503(answer, code):
    assert (answer.status_code, answer["Retry-After"]) == (503, "5"), answer
    assert answer.json()["code"] == code


@pytest.fixture
def shown(api):
    """The addresses of two files, and the client who may read them."""
    entry = HourEntryFactory(record=record_of(enrolled_student()))
    evidence = EvidenceFactory(entry=entry)
    name = default_storage.save("missions/one.jpg", SimpleUploadedFile("one.jpg", PICTURE))
    mission = MissionFactory(image=name)
    return api.as_(entry.record.person), [f"{API}evidence/{evidence.pk}/", f"{API}missions/{mission.pk}/image/"]


def test_a_file_that_is_missing_is_a_404(shown, caplog):
    client, addresses = shown
    for folder in ("evidence", "missions"):
        for name in default_storage.listdir(folder)[1]:
            default_storage.delete(f"{folder}/{name}")
    for address in addresses:
        assert client.get(address).status_code == 404
    told = [record.msg for record in caplog.records if record.name == "elan.files"]
    assert [(line["event"], line["folder"]) for line in told] == [
        ("file_missing", "evidence"),
        ("file_missing", "missions"),
    ]


def test_a_storage_that_is_away_is_a_503_and_nothing_is_lost(shown, api, monkeypatch):
    client, addresses = shown
    entry = HourEntryFactory(record=record_of(enrolled_student()))
    student, path = api.as_(entry.record.person), f"{API}hour-entries/{entry.pk}/evidence/"
    mission = MissionFactory()
    coordinator = api.as_(OrganizationMembershipFactory(organization=mission.organization).person)
    image = f"{API}missions/{mission.pk}/image/"

    def send():
        made = student.post(path, {"file": SimpleUploadedFile("a", PICTURE)}, format="multipart", key="k")
        put = {"data": {"file": SimpleUploadedFile("a", PICTURE)}, "format": "multipart", "HTTP_IF_MATCH": "*"}
        return made, coordinator.put(image, **put)

    with monkeypatch.context() as patch:
        for name in ("_open", "_save", "exists"):
            patch.setattr(InMemoryStorage, name, fail)
        for answer in (*map(client.get, addresses), *send()):
            answer_503(answer, "storage_away")
    assert (Evidence.objects.filter(entry=entry).count(), Mission.objects.get(pk=mission.pk).image) == (0, "")
    assert [answer.status_code for answer in send()] == [201, 200]
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        answer.close()


def test_a_folder_that_is_not_mounted_is_a_storage_that_is_away(shown, settings, tmp_path):
    client, addresses = shown
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "media").mkdir()
    on_disk = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": on_disk}
    assert [client.get(address).status_code for address in addresses] == [404, 404]
    shutil.rmtree(tmp_path / "media")
    for address in addresses:
        answer_503(client.get(address), "storage_away")


def test_keys_that_cannot_be_read_are_a_503(api, settings, tmp_path):
    (tmp_path / "keys").write_text("a file where a folder was")
    settings.SIGNING_KEYS_DIR = tmp_path / "keys"
    answer_503(api.get(f"{API}certificates/keys/"), "unavailable")


def test_a_feed_whose_database_goes_away_midway_is_a_503_and_no_half_of_a_document(api, monkeypatch):
    for _number in range(3):
        ShiftFactory(mission=MissionFactory())
    assert len(fromstring(b"".join(api.get(f"{API}exchange/missions.xml").streaming_content)).findall("mission")) == 3
    told, facts_of = [], publication.exchange_facts

    def cut(mission):
        if told:
            raise OperationalError("the connection was lost")
        told.append(mission)
        return facts_of(mission)

    monkeypatch.setattr(publication, "exchange_facts", cut)
    answer_503(api.get(f"{API}exchange/missions.xml"), "unavailable")
    assert len(told) == 1


def test_the_pages_without_their_database_are_a_503():
    person = UserFactory(is_staff=True, is_superuser=True)
    client = Client(raise_request_exception=False)
    client.force_login(person)

    def away(*_facts):
        raise OperationalError("the connection was lost")

    assert client.get("/admin/").status_code == 200
    for path in ("/admin/", "/admin/missions/mission/", "/admin/login/"):
        with connection.execute_wrapper(away):
            answer = client.get(path)
        answer_503(answer, "unavailable")
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    ("error", "path", "status"),
    [
        (FileNotFoundError, "/static/admin/gone.css", 404),
        (PermissionError, "/static/admin/base.css", 503),
        (OSError, "/admin/", 503),
        (FileNotFoundError, "/admin/", 503),
        (ValueError, "/static/admin/base.css", 500),
    ],
)
def test_a_page_says_whose_fault_it_is(error, path, status):
    """As Django asks for it, while the error is handled."""
    request = RequestFactory().get(path)
    try:
        raise error
    except error:
        assert problems.server_error(request).status_code == status
