"""Where people land who type an address by hand; machines are told that nothing is there."""

import re

import pytest

from tests.support.hostile import ensure_problem

pytestmark = pytest.mark.django_db

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
TYPED = ["/", "/api", "/api/", "/api/v1", "/api/v1/"]


def test_a_person_who_types_a_bare_address_is_shown_where_to_go_on(client):
    for path in TYPED:
        page = client.get(path, HTTP_ACCEPT=BROWSER)
        assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8"), path
        assert "default-src 'none'" in page["Content-Security-Policy"]
        assert '<html lang="fr">' in page.text
        english = client.get(f"{path}?lang=en", HTTP_ACCEPT=BROWSER)
        assert ('<html lang="en">' in english.text, english["Content-Language"]) == (True, "en"), path
        for link in re.findall(r'<li><a href="([^"]+)"', page.text):
            assert client.get(link, HTTP_ACCEPT=BROWSER, follow=True).status_code == 200, link


def test_a_machine_is_told_that_nothing_is_at_a_bare_address(api):
    for path in TYPED:
        for accept in ("application/json", "*/*", "application/problem+json"):
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
                ensure_problem(api.generic(method, path, HTTP_ACCEPT=accept), (path, method), status=404)
        ensure_problem(api.generic("POST", path, HTTP_ACCEPT=BROWSER), path, status=404)


def test_what_people_type_for_the_documentation_leads_there(client, api):
    for path in ("/docs", "/docs/", "/api/docs", "/api/v1/docs"):
        answer = client.get(path, HTTP_ACCEPT=BROWSER)
        assert (answer.status_code, answer["Location"]) == (302, "/api/v1/docs/"), path
        ensure_problem(api.get(path, HTTP_ACCEPT="application/json"), path, status=404)
        ensure_problem(api.generic("POST", path, HTTP_ACCEPT=BROWSER), path, status=404)


def test_the_admins_address_without_its_slash_leads_there(client):
    answer = client.get("/admin", HTTP_ACCEPT=BROWSER)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
