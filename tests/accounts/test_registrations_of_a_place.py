"""One place opens so many accounts an hour: each is a mail to whatever address was typed."""

from dataclasses import replace

import pytest
from django.core.cache import cache

from accounts import services
from notifications.models import OutboxMessage
from tests.support.factories import years_ago
from tests.support.world import API, NEW_PASSWORD

pytestmark = pytest.mark.django_db

FACTS = {"password": NEW_PASSWORD, "first_name": "Nina", "last_name": "Lys", "birth_date": str(years_ago(20))}


def registered(api, number, address="192.0.2.1"):
    body = {**FACTS, "email": f"nina{number}@example.org"}
    return api.post(f"{API}auth/register/", body, REMOTE_ADDR=address)


def test_one_place_makes_no_stream_of_mails_to_strangers(api, monkeypatch, no_hash_under_locks):
    assert services.REGISTRATIONS_OF_PLACE.most <= 200
    monkeypatch.setattr(services, "REGISTRATIONS_OF_PLACE", replace(services.REGISTRATIONS_OF_PLACE, most=5))
    answers = [registered(api, number) for number in range(7)]
    cache.clear()
    assert [answer.status_code for answer in answers] == [202] * 5 + [429] * 2
    assert (answers[-1].json()["code"], answers[-1]["Retry-After"]) == ("too_often", "3600")
    assert OutboxMessage.objects.count() == 5
    assert no_hash_under_locks() == 5, "who is refused costs no hash"
    assert registered(api, 8, address="192.0.2.2").status_code == 202
