"""Whose mailbox a tutor's has become since the asking: the link in it attests nothing."""

import pytest

from tests.support.factories import GuardianFactory
from tests.support.tutors import FORM, HTML, TUTOR, link_in, log, mails_to, pupil, shown
from tests.support.world import API

pytestmark = pytest.mark.django_db


def seen_of(api, message):
    return api.get(link_in(message)).json()["seen"]


def answer_of(api, message, verb="confirm", **more):
    return api.post(link_in(message), {"action": verb, "seen": seen_of(api, message), **more})


def test_a_tutor_who_is_named_guardian_after_the_asking_attests_nothing(api):
    who = pupil(api)
    entry = log(who)
    (message,) = mails_to(TUTOR)
    assert who.phone.post(f"{API}me/guardians/", {"email": TUTOR}).status_code == 201
    answer = answer_of(api, message)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_longer_tutor")
    assert shown(who, entry)["attestation_status"] == "requested"
    page = api.post(
        link_in(message), f"action=confirm&seen={seen_of(api, message)}", content_type=FORM, HTTP_ACCEPT=HTML
    )
    assert page.status_code == 409
    assert "ne peut plus confirmer ces heures" in page.content.decode()


def test_a_tutor_whose_address_the_school_gives_as_the_guardians_attests_nothing(api):
    who = pupil(api)
    entry = log(who)
    (message,) = mails_to(TUTOR)
    GuardianFactory(student=who.person, email="j.o+1@voisins.example")
    for verb, more in (("confirm", {}), ("amend", {"minutes": 60})):
        assert answer_of(api, message, verb, **more).status_code == 409
    assert shown(who, entry)["attestation_status"] == "requested"
    assert answer_of(api, message, "deny").status_code == 200, "what speaks against the hours is heard"
