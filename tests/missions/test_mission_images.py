"""The picture of a mission: written anew, public as the mission is."""

import io

import pillow_heif
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from missions.models import Mission
from tests.support.factories import MissionFactory, OrganizationMembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/missions/"


def picture(kind="JPEG", **how):
    out = io.BytesIO()
    Image.new("RGB", (60, 30), "red").save(out, kind, **how)
    return out.getvalue()


def put(client, mission, content, *, tag="*", name="photo.png", media_type="image/png"):
    form = {"file": SimpleUploadedFile(name, content, media_type)}
    return client.put(f"{URL}{mission.pk}/image/", form, format="multipart", HTTP_IF_MATCH=tag)


def coordinator_of(mission):
    return OrganizationMembershipFactory(organization=mission.organization).person


@pytest.mark.django_db(transaction=True)
def test_a_picture_is_kept_without_what_the_phone_wrote_into_it(api):
    mission = MissionFactory()
    client = api.as_(coordinator_of(mission))
    exif = Image.Exif()
    exif[0x010F] = "A phone of somebody"
    done = put(client, mission, picture(exif=exif), tag=client.get(f"{URL}{mission.pk}/")["ETag"])
    assert done.status_code == 200
    seen = api.get(done.json()["image_url"].removeprefix("http://127.0.0.1:8000"))
    assert (seen.status_code, seen["Content-Type"]) == (200, "image/jpeg")
    assert b"of somebody" not in seen.content
    assert Image.open(io.BytesIO(seen.content)).size == (60, 30)
    again = api.get(f"{URL}{mission.pk}/image/", HTTP_IF_NONE_MATCH=seen["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    first = Mission.objects.get().image
    put(client, mission, picture("WEBP"), name="../../etc/passwd", media_type="text/html")
    second = Mission.objects.get().image
    assert second.startswith("missions/")
    assert not default_storage.exists(first)
    assert client.delete(f"{URL}{mission.pk}/image/", HTTP_IF_MATCH="*").json()["image_url"] is None
    assert not default_storage.exists(second)
    assert api.get(f"{URL}{mission.pk}/image/").status_code == 404


def test_a_picture_needs_the_version_that_was_read(api):
    mission = MissionFactory()
    client = api.as_(coordinator_of(mission))
    assert put(client, mission, picture(), tag='"7"').status_code == 412
    form = {"file": SimpleUploadedFile("photo.png", picture(), "image/png")}
    assert client.put(f"{URL}{mission.pk}/image/", form, format="multipart").status_code == 428


@pytest.mark.parametrize("content", [b"not a picture", b"<svg/>", b"%PDF-1.7", b"GIF89a"])
def test_anything_else_is_refused_and_nothing_is_kept(api, content):
    mission = MissionFactory()
    answer = put(api.as_(coordinator_of(mission)), mission, content)
    assert (answer.status_code, answer.json()["code"]) == (400, "image_refused")
    assert Mission.objects.get().image == ""


def test_a_picture_of_a_phone_is_taken_and_a_mission_has_no_paper(api):
    pillow_heif.register_heif_opener()
    mission = MissionFactory()
    client = api.as_(coordinator_of(mission))
    assert put(client, mission, picture("HEIF"), media_type="image/heic").status_code == 200
    assert put(client, mission, b"%PDF-1.7").json()["code"] == "image_refused"


def test_a_drafts_picture_is_its_organisations_and_the_regions(api):
    mission = MissionFactory(draft=True)
    coordinator = coordinator_of(mission)
    put(api.as_(coordinator), mission, picture())
    path = f"{URL}{mission.pk}/image/"
    for person in (coordinator, UserFactory(region=True)):
        assert api.as_(person).get(path).status_code == 200
    for person in (None, UserFactory(), coordinator_of(MissionFactory())):
        answer = api.as_(person).get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert put(api.as_(coordinator_of(MissionFactory())), mission, picture()).status_code == 404
