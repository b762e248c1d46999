"""Whoever has an IPv6 network is one address to the limits, whichever of its 2^64 addresses is used."""

import pytest

from common.api.throttling import CeilingThrottle
from notifications.models import OutboxMessage
from tests.support.factories import UserFactory
from tests.support.world import API

pytestmark = pytest.mark.django_db


def statuses(api, addresses):
    body = {"email": "nobody@example.org", "password": "x" * 12}
    return [api.post(f"{API}auth/token/", body, REMOTE_ADDR=address).status_code for address in addresses]


def test_the_ceiling_of_an_address_holds_over_its_whole_ipv6_network(api, monkeypatch):
    monkeypatch.setattr(CeilingThrottle, "THROTTLE_RATES", {"sign-in": "3/min"})
    assert statuses(api, [f"2001:db8:0:1:{n:x}::{n:x}" for n in range(1, 6)]) == [401, 401, 401, 429, 429]
    assert statuses(api, ["2001:db8:0:2::1"]) == [401], "a neighbour is somebody else"
    assert statuses(api, ["::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1"]) == [401, 401, 401, 429]


def test_one_ipv6_network_does_not_use_up_what_a_mailbox_gets(api):
    person = UserFactory()
    for n in range(1, 6):
        answer = api.post(f"{API}auth/password/reset/", {"email": person.email}, REMOTE_ADDR=f"2001:db8::{n:x}")
        assert answer.status_code == 202
    assert OutboxMessage.objects.filter(recipient=person).count() == 2
