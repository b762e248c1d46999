"""Which passwords a person may choose."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.password_validators import SUBSTITUTES, measured_start

PERSON = User(email="camille.durand@example.org", first_name="Camille", last_name="Durand")


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "azertyuiop123",
        "motdepasse2026",
        "croixrouge2026",
        "lyceelyceelycee",
        "123456789012",
        "camilledurand1",
        "qwertyuiop12",
        "aaaaaaaaaaaa",
        "Soleil123456",
        "trop court",
    ],
)
def test_a_leaked_local_or_personal_password_is_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password, PERSON)


@pytest.mark.parametrize(
    "password",
    [
        "quatre mots pour entrer",
        "girafe violette mange douze clous",
        "Xq7#vR9!tLm2",
        "🦒🦒 la girafe violette 🦒🦒",
        "zut alors " * 100,
    ],
)
def test_a_long_phrase_is_welcome(password):
    validate_password(password, PERSON)


@pytest.mark.parametrize(
    "password", ["4@8({[<369&1!|70$5+%2" * 50, "$5+7|1!(<{[0%248@369" * 3, "a1b|c7d(e<f{g[h!i4j@k6l9m0" * 3]
)
def test_no_password_takes_long_to_measure(password):
    """zxcvbn tries every combination of the letters that signs may stand for: how many signs it sees is bounded."""
    start = measured_start(password)
    assert len(start) <= 32
    assert len(start) == 14 or len(set(start) & SUBSTITUTES) <= 8
    validate_password(password, PERSON)


def test_a_common_password_is_measured_whole():
    for password in ("motdepasse2026", "Soleil123456", "quatre mots pour entrer"):
        assert measured_start(password) == password
