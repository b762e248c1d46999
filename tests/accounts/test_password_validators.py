"""Which passwords a person may choose."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User

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
