"""Coming in by the API and at the admin's door, from home or from everywhere."""

from typing import Any

from django.test import Client

from accounts.models import User
from tests.support.api import ContractClient
from tests.support.factories import PASSWORD

TOKEN = "/api/v1/auth/token/"
HOME = "192.0.2.1"


def sign_in(person: User, address: str = HOME, **more: Any) -> Any:
    """The answer to a sign-in over the API."""
    body = {"email": person.email, "password": PASSWORD, **more}
    return ContractClient().post(TOKEN, body, REMOTE_ADDR=address)


def hammer(person: User) -> None:
    """Wrong passwords from everywhere, until no stranger may try any more."""
    for number in range(21):
        sign_in(person, f"203.0.113.{number}", password="not the password")


def at_the_door(client: Client, person: User, password: str = PASSWORD) -> bool:
    """Whether the admin lets them in."""
    client.post("/admin/login/", {"username": person.email, "password": password}, REMOTE_ADDR=HOME)
    return client.get("/admin/").status_code == 200
