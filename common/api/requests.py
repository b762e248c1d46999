"""Requests as our views read them."""

from typing import Any

from rest_framework.request import Request


class ApiRequest(Request):
    """A request as a view has it; declares what accounts.api.authentication puts there, and does nothing."""

    user: Any
    device_session: Any


def person_of(request: Request) -> Any:
    """Who asks, once it is known that somebody does: the rooms above know what a person is."""
    return request.user
