"""Keys of the tokens: named, rotated, dropped."""

import jwt
import pytest

from tests.support.api import ContractClient
from tests.support.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

OLD, NEW = ("2026-09", "o" * 40), ("2026-11", "n" * 40)


def sign_in(person):
    client = ContractClient()
    return client.post("/api/v1/auth/token/", {"email": person.email, "password": PASSWORD}).json()


def status_with(access):
    return ContractClient().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {access}").status_code


def test_a_token_names_the_key_that_signed_it(settings):
    settings.JWT_SIGNING_KEYS = [NEW, OLD]
    assert jwt.get_unverified_header(sign_in(UserFactory())["access"])["kid"] == "2026-11"


def test_tokens_of_the_old_key_live_on_while_it_is_on_the_ring_and_end_when_it_is_dropped(settings):
    settings.JWT_SIGNING_KEYS = [OLD]
    access = sign_in(UserFactory())["access"]
    settings.JWT_SIGNING_KEYS = [NEW, OLD]
    assert status_with(access) == 200
    settings.JWT_SIGNING_KEYS = [NEW]
    assert status_with(access) == 401


@pytest.mark.parametrize("header", [{}, {"kid": "nobody"}])
def test_a_token_that_names_no_key_of_the_ring_is_refused(settings, header):
    settings.JWT_SIGNING_KEYS = [NEW]
    claims = jwt.decode(sign_in(UserFactory())["access"], options={"verify_signature": False})
    assert status_with(jwt.encode(claims, NEW[1], algorithm="HS256", headers=header)) == 401


def test_an_unsigned_token_is_refused(settings):
    settings.JWT_SIGNING_KEYS = [NEW]
    claims = jwt.decode(sign_in(UserFactory())["access"], options={"verify_signature": False})
    assert status_with(jwt.encode(claims, "", algorithm="none", headers={"kid": NEW[0]})) == 401
