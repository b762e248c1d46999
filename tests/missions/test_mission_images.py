"""The picture of a mission: written anew, public as the mission is."""

import io

import pillow_heif
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from common.pictures import name_in_size
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


# --- In sizes ----------------------------------------------------------------------------------------------------
def large():
    out = io.BytesIO()
    Image.effect_noise((1800, 900), 60).save(out, "JPEG")
    return out.getvalue()


def path_of(address):
    return address.removeprefix("http://127.0.0.1:8000")


@pytest.fixture
def shown(api):
    """A published mission with a picture, what its list says of it, and what the mission itself does."""
    mission = MissionFactory()
    detail = put(api.as_(coordinator_of(mission)), mission, large()).json()["image"]
    (row,) = api.get(URL).json()["results"]
    return mission, row["image"], detail


def test_a_picture_comes_in_sizes_of_which_lists_have_the_small_ones(api, shown):
    _mission, listed, detail = shown
    assert listed == {name: detail[name] for name in ("thumbnail", "card")}
    assert (detail["width"], detail["height"]) == (1600, 800)
    sizes, lengths = {}, []
    for name in ("thumbnail", "card", "full"):
        answer = api.get(path_of(detail[name]))
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        sizes[name] = Image.open(io.BytesIO(answer.content)).size
        lengths.append(len(answer.content))
    assert sizes == {"thumbnail": (320, 160), "card": (800, 400), "full": (1600, 800)}
    assert lengths == sorted(lengths)
    assert api.get(f"{URL}{_mission.pk}/image/?size=poster").status_code == 400


def test_a_mission_without_a_picture_says_so(api):
    mission = MissionFactory()
    assert api.get(URL).json()["results"][0]["image"] is None
    assert api.get(f"{URL}{mission.pk}/").json()["image"] is None


def test_a_picture_is_kept_for_long_and_asked_for_by_its_tag(api, shown):
    mission, _listed, detail = shown
    for name in ("thumbnail", "full"):
        path = path_of(detail[name])
        first = api.get(path)
        assert first["Cache-Control"] == "public, max-age=2592000, immutable"
        assert not first["ETag"].startswith("W/")
        for tag in (first["ETag"], f"W/{first['ETag']}", "*"):
            again = api.get(path, HTTP_IF_NONE_MATCH=tag)
            assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
            assert again["Cache-Control"] == first["Cache-Control"]
        head = api.head(path)
        assert (head.status_code, head.content, head["ETag"]) == (200, b"", first["ETag"])
        assert head["Cache-Control"] == first["Cache-Control"]
        assert api.head(path, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304
    assert api.get(path_of(detail["card"]))["ETag"] != api.get(path_of(detail["full"]))["ETag"]
    lasting = api.get(f"{URL}{mission.pk}/image/")  # the address that may show another picture tomorrow
    assert lasting["Cache-Control"] == "private, no-cache"


def test_another_picture_has_another_address(api, shown):
    mission, _listed, detail = shown
    client = api.as_(coordinator_of(mission))
    other = put(client, mission, picture()).json()["image"]
    assert set(other.values()).isdisjoint(detail.values())
    assert api.get(path_of(detail["card"])).status_code == 404
    assert api.get(path_of(other["card"])).status_code == 200
    assert client.delete(f"{URL}{mission.pk}/image/", HTTP_IF_MATCH="*").json()["image"] is None
    assert api.get(path_of(other["card"])).status_code == 404


def test_a_picture_that_not_everybody_may_see_is_kept_by_its_reader_alone(api):
    mission = MissionFactory(draft=True)
    client = api.as_(coordinator_of(mission))
    path = path_of(put(client, mission, picture()).json()["image"]["card"])
    assert client.get(path)["Cache-Control"] == "private, max-age=86400, immutable"
    assert api.get(path).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_every_size_goes_with_the_picture(api):
    mission = MissionFactory()
    client = api.as_(coordinator_of(mission))
    for _time in range(2):
        put(client, mission, large())
        assert len(default_storage.listdir("missions")[1]) == 3
    client.delete(f"{URL}{mission.pk}/image/", HTTP_IF_MATCH="*")
    assert default_storage.listdir("missions")[1] == []


def test_a_picture_kept_before_there_were_sizes_is_shown_in_full(api):
    name = default_storage.save("missions/former.jpg", ContentFile(picture()))
    mission = MissionFactory(image=name)
    said = api.get(f"{URL}{mission.pk}/").json()["image"]
    assert (said["width"], said["height"]) == (None, None)
    for size in ("thumbnail", "card", "full"):
        assert Image.open(io.BytesIO(api.get(path_of(said[size])).content)).size == (60, 30)


def test_a_size_that_is_missing_is_a_404(api, shown):
    _mission, _listed, detail = shown
    default_storage.delete(name_in_size(Mission.objects.get().image, "card"))
    assert api.get(path_of(detail["card"])).status_code == 404
    assert api.get(path_of(detail["full"])).status_code == 200


def test_the_feed_says_pictures_without_a_query_more(api, assert_constant_queries):
    MissionFactory()

    def grow():
        for number in range(5):
            MissionFactory(image=f"missions/{number}-40x30.jpg")

    assert_constant_queries(lambda: api.get(URL), grow=grow)
