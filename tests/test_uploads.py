"""What one person's files cost the others: so many an hour, one at a time, and no lock held meanwhile."""

import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from common import reading
from common.models import IdempotencyKey
from engagement.models import Evidence
from missions.models import Mission
from tests.support.api import ContractClient
from tests.support.factories import (
    PICTURE,
    HourEntryFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    enrolled_student,
    record_of,
)

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1/"


def file(data=PICTURE):
    return {"file": SimpleUploadedFile("photo.png", data)}


@pytest.fixture
def entry():
    return HourEntryFactory(record=record_of(enrolled_student()))


@pytest.fixture
def evidence(api, entry):
    """Sends evidence as the author of the entry."""
    client, path = api.as_(entry.record.person), f"{API}hour-entries/{entry.pk}/evidence/"
    return lambda data=PICTURE, **extra: client.post(path, file(data), format="multipart", **extra)


@pytest.fixture
def three_an_hour(monkeypatch):
    monkeypatch.setattr("common.api.throttling.CeilingThrottle.THROTTLE_RATES", {"upload": "3/hour"})


@pytest.mark.usefixtures("three_an_hour")
def test_a_person_sends_so_many_files_an_hour_whatever_they_are_and_wherever_they_go(api, entry, evidence):
    mission = MissionFactory()
    OrganizationMembershipFactory(organization=mission.organization, person=entry.record.person)
    client = api.as_(entry.record.person)
    image = f"{API}missions/{mission.pk}/image/"
    assert evidence().status_code == 201
    assert evidence(b"no picture").status_code == 400
    assert client.put(image, file(), format="multipart", HTTP_IF_MATCH="*").status_code == 200
    for refused in (evidence(), client.put(image, file(), format="multipart", HTTP_IF_MATCH="*")):
        assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
        assert 0 < int(refused["Retry-After"]) <= 3601
    # A request without a file is not counted, and another person has an hour of their own.
    assert client.get(f"{API}hour-entries/{entry.pk}/evidence/").status_code == 200
    assert client.delete(image, HTTP_IF_MATCH="*").status_code == 200
    other = HourEntryFactory(record=record_of(enrolled_student()))
    path = f"{API}hour-entries/{other.pk}/evidence/"
    assert api.as_(other.record.person).post(path, file(), format="multipart").status_code == 201


def test_a_file_that_found_no_place_is_a_503_and_may_be_sent_again(evidence, monkeypatch):
    monkeypatch.setattr(reading, "_places", threading.BoundedSemaphore(1))
    with reading._places:
        refused = evidence(key="k")
    assert (refused.status_code, refused.json()["code"], refused["Retry-After"]) == (503, "busy", "5")
    assert not IdempotencyKey.objects.exists()
    assert evidence(key="k").status_code == 201


def test_nobody_waits_for_a_reader_in_a_transaction(api, evidence, monkeypatch):
    """On SQLite a transaction is the one writer: everybody else would wait for the file as well."""
    seen, run = [], reading._read

    def watch(kind, given):
        seen.append(connection.in_atomic_block)
        return run(kind, given)

    monkeypatch.setattr(reading, "_read", watch)
    assert evidence().status_code == 201
    mission = MissionFactory()
    client = api.as_(OrganizationMembershipFactory(organization=mission.organization).person)
    path = f"{API}missions/{mission.pk}/image/"
    assert client.put(path, file(), format="multipart", HTTP_IF_MATCH="*").status_code == 200
    assert seen == [False, False]


def test_nobody_elses_row_makes_us_read_a_file(api, entry, monkeypatch):
    monkeypatch.setattr(reading, "_read", None)
    stranger = api.as_(enrolled_student().student)
    path = f"{API}hour-entries/{entry.pk}/evidence/"
    assert stranger.post(path, file(), format="multipart").status_code == 404
    assert ContractClient().post(path, file(), format="multipart").status_code == 401
    coordinator = api.as_(OrganizationMembershipFactory().person)
    path = f"{API}missions/{MissionFactory().pk}/image/"
    assert coordinator.put(path, file(), format="multipart", HTTP_IF_MATCH="*").status_code == 404
    assert (Evidence.objects.count(), Mission.objects.exclude(image="").count()) == (0, 0)
