"""The tutor's page in a real browser, on a phone: without script from end to end, and usable by everybody."""

import re

import pytest

from engagement.models import HourEntry
from tests.support.browser import follow, open_phone, what_is_wrong_with
from tests.support.factories import HourEntryFactory, RecordFactory, UserFactory
from tests.support.tutors import API, asked_tutor, tutor_token

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def asked(**facts):
    """A request that waits for its tutor."""
    record = RecordFactory(person=UserFactory(first_name="Inès", last_name="Secret"))
    return asked_tutor(HourEntryFactory(record=record, outside=True, attestation_status="requested", **facts))


def page_of(server, request):
    return f"{server}{API}attestations/{tutor_token(request)}/"


def test_a_tutor_corrects_the_time_on_a_phone_without_script(server, browser):
    request = asked()
    tab, requests, complaints = open_phone(browser, script=False)
    tab.goto(page_of(server, request))
    assert "Inès S." in tab.get_by_role("heading", level=1).inner_text()
    assert "Secret" not in tab.content()
    follow(tab, tab.get_by_role("link", name="English"))
    assert tab.locator("html").get_attribute("lang") == "en"
    tab.get_by_label(re.compile("Minutes")).fill("a while")
    follow(tab, tab.get_by_role("button", name="Correct the time"))
    assert tab.get_by_role("alert").is_visible()
    assert tab.get_by_label(re.compile("Minutes")).input_value() == "a while"
    tab.get_by_label(re.compile("Minutes")).fill("45")
    follow(tab, tab.get_by_role("button", name="Correct the time"))
    assert "45\u00a0min" in tab.get_by_role("status").inner_text()
    tab.reload()
    entry = HourEntry.objects.get()
    assert (entry.attestation_status, entry.attested_minutes) == ("amended", 45)
    assert {one.url.split("/api/")[0] for one in requests} == {server}
    assert {one.resource_type for one in requests} == {"document"}
    assert [one.url for one in requests if "referer" in one.all_headers()] == []
    assert [text for text in complaints if "status of 4" not in text] == []


@pytest.mark.parametrize(("button", "status"), [("Oui, je confirme", "confirmed"), ("Ce n’est pas moi", "bounced")])
def test_a_tutor_confirms_or_says_that_it_is_not_them(server, browser, button, status):
    request = asked()
    tab, _requests, _complaints = open_phone(browser, script=False)
    tab.goto(page_of(server, request))
    assert HourEntry.objects.get().attestation_status == "requested", "reading decides nothing"
    follow(tab, tab.get_by_role("button", name=button))
    assert tab.get_by_role("status").first.is_visible()
    assert HourEntry.objects.get().attestation_status == status


@pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])
def test_the_page_is_usable_by_everybody_in_each_of_its_states(server, browser, locale):
    tab, requests, complaints = open_phone(browser, script=True, locale=locale)
    broken = {}
    for action in ("confirm", "deny", "not_me", "never_again"):
        tab.goto(page_of(server, asked(break_minutes=10)))
        broken["to answer"] = what_is_wrong_with(tab)
        follow(tab, tab.locator(f"button[value={action}]"))
        broken[action] = what_is_wrong_with(tab)
    tab.goto(page_of(server, asked()))
    tab.locator("input[name=minutes]").fill("a while")
    follow(tab, tab.locator("button[value=amend]"))
    broken["wrong minutes"] = what_is_wrong_with(tab)
    tab.goto(f"{server}{API}attestations/nothing/")
    broken["gone"] = what_is_wrong_with(tab)
    assert {state: wrong for state, wrong in broken.items() if wrong} == {}
    assert {one.resource_type for one in requests} <= {"document", "other"}
    assert [text for text in complaints if "status of 4" not in text] == []
