"""An account opened with somebody else's address does not flood their mailbox, whatever its holder does with it."""

import pytest

from notifications.models import OutboxMessage
from tests.support.factories import UserFactory, years_ago
from tests.support.world import API, NEW_PASSWORD

pytestmark = pytest.mark.django_db

VICTIM = "victime@example.org"
MOST_OF_A_KIND = 10


def mails(kind):
    return OutboxMessage.objects.filter(recipient__email=VICTIM, kind=kind).count()


def signed_in(api, password=NEW_PASSWORD):
    answer = api.post(f"{API}auth/token/", {"email": VICTIM, "password": password})
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_signing_in_again_and_again_with_an_address_that_is_not_ones_own_is_few_mails(api):
    body = {"email": VICTIM, "password": NEW_PASSWORD, "first_name": "Nina", "last_name": "Lys"}
    assert api.post(f"{API}auth/register/", {**body, "birth_date": str(years_ago(20))}).status_code == 202
    for _time in range(14):
        signed_in(api)
    assert 0 < mails("account_new_sign_in") <= MOST_OF_A_KIND


def test_changing_ones_password_again_and_again_is_few_mails(api):
    passwords = [f"{NEW_PASSWORD} {n}" for n in range(2)]
    UserFactory(email=VICTIM, unverified=True, password=passwords[0])
    for n in range(14):
        pair = signed_in(api, passwords[n % 2])
        change = {"current_password": passwords[n % 2], "new_password": passwords[(n + 1) % 2]}
        headers = {"HTTP_AUTHORIZATION": f"Bearer {pair['access']}"}
        assert api.post(f"{API}auth/password/change/", change, **headers).status_code == 200
    assert 0 < mails("account_password_changed") <= MOST_OF_A_KIND
