"""The pages that people reach by a link: in their language, without script, with nothing from outside."""

import base64
import hashlib
import re

import pytest
from django.utils import timezone

from accounts import timed_links
from accounts.notices import RESET_PURPOSE
from common import links
from tests.support.world import API, calls

pytestmark = pytest.mark.django_db

HTML = "text/html"
# A certificate's number stands on the paper.
NO_SECRET = {"GET verify/{token}/"}


def pages(world):
    return {key: call for key, call in calls(world).items() if key.startswith("GET") and key.endswith("{token}/")}


def test_every_page_is_in_the_language_asked_for_and_offers_the_other(api, world):
    for key, call in pages(world).items():
        for language, other, header in (("fr", "en", {}), ("en", "fr", {"HTTP_ACCEPT_LANGUAGE": "en"})):
            text = api.get(call.path, HTTP_ACCEPT=HTML, **header).text
            assert f'<html lang="{language}">' in text, key
            assert f'<a href="?lang={other}" lang="{other}"' in text, key
            assert f'<html lang="{other}">' in api.get(f"{call.path}?lang={other}", HTTP_ACCEPT=HTML, **header).text


def test_a_language_that_no_page_has_is_refused(api, world):
    for call in pages(world).values():
        answer = api.get(f"{call.path}?lang=de")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/lang")


def test_a_page_loads_nothing_runs_nothing_and_never_repeats_its_secret(api, world):
    for key, call in pages(world).items():
        token = call.path.strip("/").rsplit("/", 1)[1]
        for path in (call.path, call.path.replace(token, "nothing"), f"{call.path}?lang=de"):
            answer = api.get(path, HTTP_ACCEPT=HTML)
            text, policy = answer.text, answer["Content-Security-Policy"]
            (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
            assert policy.startswith("default-src 'none'; "), key
            assert f"style-src 'sha256-{digest}'" in policy, key
            assert "unsafe" not in policy
            assert not re.search(r"<script|<link|<img|<iframe| on\w+=|style=|https?:", text), key
            assert token[:20] not in text or key in NO_SECRET, key
            assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
        body = api.get(call.path).content.decode()
        assert token[:20] not in body or key in NO_SECRET, key


def test_every_page_has_one_heading_a_title_and_a_name_for_each_field(api, world):
    for key, call in pages(world).items():
        text = api.get(call.path, HTTP_ACCEPT=HTML).text
        assert len(re.findall(r"<h1[ >]", text)) == 1, key
        assert 'name="viewport"' in text
        fields = re.findall(r"<(?:input|select|textarea)[^>]*>", text)
        for field in fields:
            if 'type="hidden"' in field:
                continue
            (name,) = re.findall(r' id="([^"]+)"', field)
            assert f'<label for="{name}"' in text, (key, field)
            assert "autocomplete=" in field


def test_a_form_sent_wrongly_comes_back_with_what_was_written_and_what_is_wrong(api, world):
    call = calls(world)["POST invitations/{token}/"]
    data = "first_name=Nina&last_name=nina%40x.fr&password=court"
    form = {"data": data, "content_type": "application/x-www-form-urlencoded"}
    answer = api.generic("POST", call.path, **form, HTTP_ACCEPT=HTML)
    text = answer.text
    assert answer.status_code == 400
    assert '<div class="errors" role="alert" tabindex="-1" autofocus>' in text
    assert '<a href="#last_name">' in text
    assert 'aria-describedby="last_name-error"' in text
    assert 'value="Nina"' in text
    assert "court" not in text
    assert "<title>Erreur · " in text


def test_a_password_that_is_too_weak_is_said_beside_its_field(api, world):
    token = links.make_token(RESET_PURPOSE, world.student.pk, timed_links.nonce_of(world.student, timezone.now()))
    path = f"{API}auth/password/reset/confirm/{token}/"
    form = "application/x-www-form-urlencoded"
    answer = api.generic("POST", path, "password=motdepasse12", content_type=form, HTTP_ACCEPT=HTML)
    assert (answer.status_code, 'id="password-error"' in answer.text) == (400, True)
    done = api.generic("POST", path, "password=cinq+chevaux+jaunes+dorment", content_type=form, HTTP_ACCEPT=HTML)
    assert (done.status_code, 'role="status"' in done.text) == (200, True)
