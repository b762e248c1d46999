"""The guardian's two pages in a real browser, on a phone: without script from end to end, and usable by everybody."""

import re

import pytest
from django.utils import timezone

from consents.models import Consent
from missions.models import SignUp
from tests.support.browser import follow, open_phone, what_is_wrong_with
from tests.support.factories import (
    AttendanceFactory,
    ConsentFactory,
    GuardianFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    enrolled_student,
)
from tests.support.guardians import address_path, decision_path, page_path

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def guardian():
    student = enrolled_student(student=UserFactory(aged_15=True, first_name="Inès")).student
    return GuardianFactory(student=student, email="mere@example.org")


def place_of(guardian):
    shift = ShiftFactory(taken_count=1)
    place = SignUpFactory(shift=shift, person=guardian.student, accepted=True)
    AttendanceFactory(sign_up=place)
    return place


def test_a_guardian_decides_and_changes_their_mind_on_a_phone_without_script(server, browser, guardian):
    asked = ConsentFactory(guardian=guardian)
    tab, requests, complaints = open_phone(browser, script=False)
    tab.goto(server + decision_path(asked))
    assert "Inès" in tab.get_by_role("heading", level=1).inner_text()
    follow(tab, tab.get_by_role("link", name="English"))
    assert tab.locator("html").get_attribute("lang") == "en"
    follow(tab, tab.get_by_role("button", name="I agree"))
    assert tab.get_by_role("status").inner_text() == "You agreed. Thank you."
    tab.reload()
    assert Consent.objects.get().status == "granted"

    place = place_of(guardian)
    tab.goto(server + page_path(guardian))
    assert place.shift.mission.title in tab.locator("main").inner_text()
    follow(tab, tab.get_by_role("button", name="Je retire mon accord"))
    assert "votre accord est retiré" in tab.get_by_role("status").inner_text()
    assert SignUp.objects.get().status == "withdrawn"
    assert tab.url.endswith("?done=withdraw&lang=fr")
    tab.reload()
    follow(tab, tab.get_by_role("button", name="J’accepte toutes les missions"))
    assert Consent.objects.get().status == "granted"

    tab.get_by_label(re.compile("Téléphone")).fill("15")
    follow(tab, tab.get_by_role("button", name="Enregistrer ce numéro"))
    assert tab.get_by_role("alert").is_visible()
    assert tab.evaluate("document.activeElement.className") == "errors", "the summary has the focus"
    assert tab.get_by_label(re.compile("Téléphone")).input_value() == "15"
    tab.get_by_label(re.compile("Téléphone")).fill("06 12 34 56 78")
    follow(tab, tab.get_by_role("button", name="Enregistrer ce numéro"))
    assert tab.get_by_label(re.compile("Téléphone")).input_value() == "+33612345678"

    tab.get_by_label(re.compile("Nouvelle adresse")).fill("maman@example.org")
    follow(tab, tab.get_by_role("button", name="Changer mon adresse"))
    guardian.refresh_from_db()
    tab.goto(server + address_path(guardian))
    follow(tab, tab.get_by_role("button", name="Confirmer"))
    guardian.refresh_from_db()
    assert guardian.email == "maman@example.org"

    tab.goto(server + page_path(guardian))
    tab.get_by_text("Ce n’est pas mon enfant", exact=True).tap()
    follow(tab, tab.get_by_role("button", name="Confirmer\u00a0: ce n’est pas mon enfant"))
    assert "ce n’est pas votre enfant" in tab.get_by_role("status").inner_text()
    assert tab.goto(server + page_path(guardian)).status == 410

    assert {request.url.split("/api/")[0] for request in requests} == {server}
    assert {request.resource_type for request in requests} == {"document"}
    assert [request.url for request in requests if "referer" in request.all_headers()] == []
    # The browser itself complains of the last page's 400 and 410; of nothing that a page did.
    assert [text for text in complaints if "status of 4" not in text] == []


def states_of_the_pages(guardian):
    """Each state in which somebody can find a page, and how it is reached."""
    place = place_of(guardian)
    other = GuardianFactory(student=guardian.student)
    general = ConsentFactory(guardian=guardian)
    one = ConsentFactory(guardian=guardian, mission=ShiftFactory(mission__address="3 rue des Lilas").mission)
    ConsentFactory(guardian=guardian, mission=place.shift.mission, refused=True, settled_at=timezone.now())
    decided = ConsentFactory(guardian=other, granted=True)
    guardian.new_email, guardian.new_email_asked_at = "un.nom.vraiment.tres.long.sans.fin@example.org", timezone.now()
    guardian.save()
    return {
        "to decide on all": decision_path(general),
        "to decide on one": decision_path(one),
        "decided": decision_path(decided),
        "own page": page_path(guardian),
        "own page, done": f"{page_path(guardian)}?done=grant",
        "own page of another": page_path(other),
        "new address": address_path(guardian),
        "gone": "/api/v1/consents/manage/nothing/",
    }


@pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])
def test_each_page_is_usable_by_everybody_in_each_of_its_states(server, browser, guardian, locale):
    tab, requests, complaints = open_phone(browser, script=True, locale=locale)
    broken = {}
    for state, path in states_of_the_pages(guardian).items():
        tab.goto(server + path)
        for details in tab.locator("details").all():
            details.evaluate("element => element.open = true")
        broken[state] = what_is_wrong_with(tab)
    tab.goto(server + page_path(guardian))
    tab.locator("input[name=phone]").fill("15")
    follow(tab, tab.locator("button[value=change_phone]"))
    broken["a wrong number"] = what_is_wrong_with(tab)
    assert tab.locator("[role=alert]").count() == 1
    assert {state: wrong for state, wrong in broken.items() if wrong} == {}
    assert {request.resource_type for request in requests} <= {"document", "other"}
    assert [text for text in complaints if "status of 4" not in text] == []


def test_the_rules_see_a_page_that_breaks_them(browser):
    """The control: what the check above would miss, it would miss on every page."""
    tab, _requests, _complaints = open_phone(browser, script=True)
    tab.set_content(
        '<title></title><meta name="viewport" content="user-scalable=no"><h1>A</h1><h1>B</h1><h3>C</h3><main>'
        '<input id="a"><input id="a"><fieldset></fieldset><a href="#b" style="color:#aaa">x</a><button></button>'
        '<img alt=""><p style="width:900px;font-size:9px">w</p></main>'
    )
    found = " ".join(what_is_wrong_with(tab))
    rules = "3.1.1 2.4.2 1.4.4 h1 1.3.1 unique 3.3.2 1.3.5 legend somewhere 4.1.2 2.5.5 1.4.10 readable 1.4.3"
    assert [rule for rule in rules.split() if rule not in found] == []
