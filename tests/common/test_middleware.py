"""One chain: every middleware sees the API, but for those that are wrapped because only pages need them."""

import pytest
from django.conf import settings as deployment
from django.core import checks
from django.utils.module_loading import import_string

from common.middleware import WRAPPED, check_chain
from tests.support.factories import UserFactory

OF_PAGES = {bare for bare, wrapped in WRAPPED.items() if wrapped.endswith("OfPages")}
SEEN = []


def seeing(get_response):
    """A middleware as anybody would add one."""

    def see(request):
        SEEN.append(request.path)
        return get_response(request)

    return see


@pytest.mark.django_db
@pytest.mark.parametrize("place", range(len(deployment.MIDDLEWARE) + 1))
def test_a_middleware_put_anywhere_sees_the_api_and_the_pages(settings, client, place):
    settings.MIDDLEWARE = [*deployment.MIDDLEWARE[:place], f"{__name__}.seeing", *deployment.MIDDLEWARE[place:]]
    SEEN.clear()
    for path in ("/api/v1/missions/", "/api/v1/docs/", "/admin/login/", "/livez"):
        assert client.get(path).status_code == 200
    assert SEEN == ["/api/v1/missions/", "/api/v1/docs/", "/admin/login/", "/livez"]


@pytest.fixture
def entered(monkeypatch):
    """The names of the middleware of Django that were entered, of those that are wrapped."""
    seen = set()

    def watch(name):
        inner = import_string(name)
        work = inner.process_request

        def entering(self, request):
            seen.add(name)
            return work(self, request)

        monkeypatch.setattr(inner, "process_request", entering)

    for name in OF_PAGES:
        watch(name)
    return seen


@pytest.mark.django_db
def test_what_only_pages_need_does_nothing_for_the_api(api, entered):
    assert api.get("/api/v1/missions/").status_code == 200
    answer = api.as_(UserFactory()).get("/api/v1/me/")
    assert answer.status_code == 200
    assert not answer.cookies
    assert not hasattr(answer.wsgi_request, "session")
    assert api.post("/api/v1/auth/password/reset/", {"email": "nobody@example.org"}).status_code == 202
    assert entered == set()


@pytest.mark.django_db
def test_all_of_it_runs_for_the_admin(client, entered):
    assert client.get("/admin/login/").status_code == 200
    assert entered == OF_PAGES


@pytest.mark.parametrize(("bare", "wrapped"), WRAPPED.items())
def test_a_check_says_when_what_only_pages_need_is_not_wrapped(settings, bare, wrapped):
    assert check_chain in checks.registry.registry.registered_checks
    assert check_chain() == []
    settings.MIDDLEWARE = [bare if name == wrapped else name for name in settings.MIDDLEWARE]
    (found,) = check_chain()
    assert (found.id, bare in found.msg, wrapped in found.hint) == ("elan.E001", True, True)


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
