"""The app's first question, old versions, and reads that phones repeat."""

import pytest

from tests.support.factories import MissionFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_an_old_app_is_told_to_update_everywhere_but_in_the_answer_that_says_so(api, settings):
    settings.MINIMUM_APP_VERSION = "1.10.0"
    old = {"HTTP_APP_VERSION": "1.9.9"}
    refused = api.get("/api/v1/missions/", **old)
    assert (refused.status_code, refused.json()["minimum_version"]) == (426, "1.10.0")
    assert api.get("/api/v1/app-config/", **old).json()["minimum_version"] == "1.10.0"
    assert api.get("/api/v1/missions/", HTTP_APP_VERSION="1.10.0").status_code == 200
    assert api.get("/api/v1/missions/", HTTP_APP_VERSION="one").status_code == 400


def test_the_texts_come_in_the_readers_language(api):
    french = api.get("/api/v1/app-config/").json()["texts"]["welcome"]
    english = api.get("/api/v1/app-config/", HTTP_ACCEPT_LANGUAGE="en").json()["texts"]["welcome"]
    assert english.startswith("Élan connects")
    assert french != english


def test_a_read_repeated_with_its_etag_is_a_304_until_something_changes(api):
    first = api.get("/api/v1/missions/")
    assert first["ETag"].startswith('W/"')
    repeated = api.get("/api/v1/missions/", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (repeated.status_code, repeated.content) == (304, b"")
    MissionFactory()
    assert api.get("/api/v1/missions/", HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 200


def test_what_belongs_to_one_person_is_not_kept_by_shared_caches(api):
    assert api.as_(UserFactory()).get("/api/v1/me/")["Cache-Control"] == "private, no-cache"
