"""Further ways to write one's own mailbox: another host of its provider, signs that it does not look at, a route."""

import pytest

from common.mailboxes import mailbox_of
from tests.support.tutors import pupil, put
from tests.support.world import API

pytestmark = pytest.mark.django_db

ONE_MAILBOX = [
    ("ines@orange.fr", "ines@wanadoo.fr"),
    ("ines@proton.me", "ines@protonmail.ch"),
    ("i_n-es@proton.me", "ines@protonmail.com"),
    ("ines@yandex.com", "ines@ya.ru"),
]
ROUTES = ["ines%elan.example@elan.example", "elan.example!ines@elan.example", "ines%elan.example@relay.example"]


@pytest.mark.parametrize(("own", "other"), ONE_MAILBOX)
def test_no_student_names_their_own_mailbox_as_their_provider_also_calls_it(api, own, other):
    who = pupil(api, email=own)
    answer, _entry_id = put(who, tutor_email=other)
    assert (answer.status_code, answer.json()["code"]) == (400, "tutor_refused")
    answer = who.phone.post(f"{API}me/guardians/", {"email": other})
    assert (answer.status_code, answer.json()["code"]) == (400, "guardian_address_refused")


def test_an_address_that_says_by_which_way_its_mail_goes_is_refused(api):
    who = pupil(api, email="ines@elan.example")
    for address in ROUTES:
        assert put(who, tutor_email=address)[0].status_code == 400, address
        assert who.phone.post(f"{API}me/guardians/", {"email": address}).status_code == 400, address


def test_separators_are_unseen_at_that_provider_alone():
    assert mailbox_of("i_n-es@elan.example") == "i_n-es@elan.example"
