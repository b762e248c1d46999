"""One chain: every middleware sees the API, but for those that are wrapped because only pages need them."""

import gzip
from datetime import timedelta

import pytest
from django.conf import settings as deployment
from django.core import checks
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.models import DeviceSession
from accounts.tokens import access_token
from common.middleware import WRAPPED, CompressionMiddleware, check_chain
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
    assert (answer["Content-Language"], answer["Vary"]) == (language, "Accept-Encoding, Accept-Language")
    assert answer.json()["title"] == {"fr": "Connexion nécessaire", "en": "Sign-in needed"}[language]


PACKED = {"Accept-Encoding": "br, gzip"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/api/v1/app-config/", "/api/v1/docs/", "/api/v1/schema/", "/admin/login/"]
)
def test_text_is_compressed_for_those_who_ask(client, path):
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    packed = client.get(path, headers=PACKED)
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain["Vary"]
    assert packed["Content-Encoding"] == "gzip"
    assert int(packed["Content-Length"]) == len(packed.content) < len(plain.content)
    # Ids and tokens of the request aside.
    assert abs(len(gzip.decompress(packed.content)) - len(plain.content)) < 20


@pytest.mark.django_db
def test_a_compressed_page_that_a_phone_has_is_not_sent_again(client):
    packed = client.get("/api/v1/app-config/", headers=PACKED)
    again = client.get("/api/v1/app-config/", headers={**PACKED, "If-None-Match": packed["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.django_db
def test_a_version_from_a_compressed_answer_is_the_one_to_edit_with(client):
    now = timezone.now()
    session = DeviceSession.objects.create(person=UserFactory(), expires_at=now + timedelta(days=1))
    headers = {"Authorization": f"Bearer {access_token(session, now)}", **PACKED}
    read = client.get("/api/v1/me/", headers=headers)
    assert read["ETag"].startswith('W/"')
    edited = {"content_type": "application/json", "headers": {**headers, "If-Match": read["ETag"]}}
    assert client.patch("/api/v1/me/", {"first_name": "Zoé"}, **edited).status_code == 200
    assert client.patch("/api/v1/me/", {"first_name": "Léa"}, **edited).status_code == 412


@pytest.mark.parametrize(("content_type", "streaming"), [
    ("image/jpeg", False), ("application/pdf", False), ("application/zip", False), ("text/csv", True),
])  # fmt: skip
def test_what_is_small_already_or_streamed_is_sent_as_it_is(rf, content_type, streaming):
    body = b"a" * 5000
    made = StreamingHttpResponse([body]) if streaming else HttpResponse(body)
    made["Content-Type"] = content_type
    answer = CompressionMiddleware(lambda _request: made)(rf.get("/", headers=PACKED))
    assert "Content-Encoding" not in answer.headers
    assert b"".join(answer) == body
