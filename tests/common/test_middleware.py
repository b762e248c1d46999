"""The API's way is short: what pages need runs for pages alone."""

import pytest
from django.conf import settings as deployment
from django.utils.module_loading import import_string

from common.middleware import ApiShortcut, RequestMiddleware
from tests.support.factories import UserFactory

PAGES_ONLY = [
    name
    for name in deployment.MIDDLEWARE
    if import_string(name) not in (RequestMiddleware, ApiShortcut) and not name.startswith("whitenoise.")
]


@pytest.fixture
def entered(monkeypatch):
    """The names of the pages' middleware that were entered."""
    seen = set()

    def watch(name, kind):
        call = kind.__call__

        def entering(self, request):
            seen.add(name)
            return call(self, request)

        monkeypatch.setattr(kind, "__call__", entering)

    for name in PAGES_ONLY:
        watch(name, import_string(name))
    return seen


@pytest.mark.django_db
def test_no_middleware_of_the_pages_runs_for_the_api(api, entered):
    assert api.get("/api/v1/missions/").status_code == 200
    assert api.as_(UserFactory()).get("/api/v1/me/").status_code == 200
    assert api.post("/api/v1/auth/password/reset/", {"email": "nobody@example.org"}).status_code == 202
    assert entered == set()


@pytest.mark.django_db
def test_every_one_of_them_runs_for_the_admin(client, entered):
    assert client.get("/admin/login/").status_code == 200
    assert entered == set(PAGES_ONLY)


@pytest.mark.django_db
def test_the_admins_forms_are_still_refused_without_their_token(region_admin):
    assert region_admin.post("/admin/login/", {"username": "x", "password": "y"}).status_code == 403


@pytest.fixture
def region_admin(client):
    client.handler.enforce_csrf_checks = True
    return client


@pytest.mark.django_db
def test_an_answer_says_its_length_so_that_no_server_sends_it_in_chunks(client):
    for path in ("/api/v1/missions/", "/api/v1/docs/", "/api/v1/nothing/", "/admin/login/", "/livez"):
        answer = client.get(path)
        assert int(answer["Content-Length"]) == len(answer.content), path


@pytest.mark.parametrize("path", ["/api/v1/missions/", "/admin/login/"])
def test_plain_http_is_redirected_and_probes_are_answered(settings, client, path):
    settings.SECURE_SSL_REDIRECT = True
    client.handler.load_middleware()
    redirected = client.get(path)
    assert (redirected.status_code, redirected["Location"]) == (301, f"https://testserver{path}")
    assert client.get("/livez").status_code == 200


@pytest.mark.django_db
def test_over_tls_a_browser_is_told_to_stay_there(settings, client):
    settings.SECURE_SSL_REDIRECT = True
    client.handler.load_middleware()
    for path in ("/api/v1/missions/", "/api/v1/docs/", "/admin/login/"):
        answer = client.get(path, secure=True)
        assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload", path
        assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
@pytest.mark.parametrize(("sent", "language"), [("", "fr"), ("en", "en"), ("en-GB,fr;q=0.5", "en"), ("de", "fr")])
def test_the_answer_is_in_the_language_asked_for_and_says_so(client, sent, language):
    answer = client.get("/api/v1/me/", HTTP_ACCEPT_LANGUAGE=sent)
    assert (answer["Content-Language"], answer["Vary"]) == (language, "Accept-Language")
    assert answer.json()["title"] == {"fr": "Connexion nécessaire", "en": "Sign-in needed"}[language]
