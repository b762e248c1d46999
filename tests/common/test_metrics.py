"""What a monitor reads at /metrics, and who may."""

import os
import re
import signal
from datetime import timedelta

import httpx
import pytest
import time_machine
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from common import links
from common.models import uuid7
from consents.notices import CONSENT_PURPOSE
from notifications import gauges, services
from notifications.bounces import Bounce
from notifications.models import Channel, Delivery, OutboxMessage
from notifications.states import DeliveryStatus
from tests.support.factories import ConsentFactory, UserFactory
from tests.support.patience import PATIENCE_SECONDS, wait_until
from tests.support.processes import children_of, environment, running_api

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-the-monitor"


@pytest.fixture
def read(client, settings):
    """The value of each series, by its whole name."""
    settings.METRICS_TOKEN = TOKEN

    def values():
        answer = client.get("/metrics", HTTP_AUTHORIZATION=f"Bearer {TOKEN}")
        assert answer.status_code == 200
        return series_of(answer.content.decode())

    return values


def series_of(text):
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _space, value in lines}


def requests(values, **labels):
    """How many requests carry these labels."""
    wanted = {f'{name}="{value}"' for name, value in labels.items()}
    return sum(
        value
        for name, value in values.items()
        if name.startswith("elan_request_seconds_count{") and wanted <= set(re.findall(r'\w+="[^"]*"', name))
    )


def test_metrics_are_shown_to_nobody_without_the_token(client, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer ").status_code == 404
    settings.METRICS_TOKEN = TOKEN
    for header in ({}, {"HTTP_AUTHORIZATION": "Bearer other"}, {"HTTP_AUTHORIZATION": TOKEN}):
        refused = client.get("/metrics", **header)
        assert (refused.status_code, refused["WWW-Authenticate"], refused.content) == (401, "Bearer", b"")


def test_requests_are_counted_by_route_method_and_status(api, read):
    before = read()
    api.get("/api/v1/missions/")
    api.get("/api/v1/missions/")
    api.get("/api/v1/me/")
    api.get("/api/v1/no/such/route/")
    after = read()
    told = [
        ({"route": "api/v1/missions/", "method": "GET", "status": "200"}, 2),
        ({"route": "api/v1/me/", "method": "GET", "status": "401"}, 1),
        ({"route": "unrouted", "method": "GET", "status": "404"}, 1),
        ({"route": "metrics"}, 0),
    ]
    assert [requests(after, **labels) - requests(before, **labels) for labels, _count in told] == [
        count for _labels, count in told
    ]


def test_no_label_holds_an_id_or_a_secret(api, read, client):
    consent = ConsentFactory()
    token = links.make_token(CONSENT_PURPOSE, consent.pk)
    api.get(f"/api/v1/consents/{token}/")
    api.as_(UserFactory()).get(f"/api/v1/missions/{consent.pk}/")
    client.generic("PROPFIND", "/api/v1/missions/")
    names = "\n".join(read())
    assert token[:12] not in names
    assert str(consent.pk) not in names
    assert "PROPFIND" not in names
    assert 'route="api/v1/missions/<id:pk>/"' in names


def test_the_backlog_of_messages_is_told_with_its_age(read):
    now = timezone.now()
    written = {"kind": "x", "address": "a@example.org", "holder_id": uuid7(), "title": "t", "body": "b"}
    waiting = OutboxMessage.objects.create(
        **written, subject_id=uuid7(), due_at=now - timedelta(minutes=10)
    )
    OutboxMessage.objects.create(
        **written, subject_id=uuid7(), due_at=now + timedelta(minutes=10)
    )
    facts = {"message": waiting, "channel": Channel.MAIL}
    Delivery.objects.create(**facts, address="a@example.org", due_at=now - timedelta(minutes=2))
    Delivery.objects.create(**facts, address="b@example.org", due_at=now + timedelta(minutes=2))
    for address, ago in (("c@example.org", 1), ("d@example.org", 48)):
        Delivery.objects.create(
            **facts, address=address, status=DeliveryStatus.DEAD, finished_at=now - timedelta(hours=ago)
        )
    with time_machine.travel(now, tick=False):
        values = read()
    assert [values[f"elan_{name}"] for name in ("outbox_backlog", "deliveries_pending", "deliveries_dead")] == [1] * 3
    assert values["elan_outbox_backlog_age_seconds"] == 600
    assert values["elan_deliveries_pending_age_seconds"] == 120


def test_the_age_is_of_the_fact_and_not_of_the_next_attempt(read):
    now = timezone.now()
    written = {"kind": "x", "address": "a@example.org", "holder_id": uuid7(), "title": "Zoé Müller", "body": "b"}
    message = OutboxMessage.objects.create(**written, subject_id=uuid7(), expanded_at=now)
    OutboxMessage.objects.filter(pk=message.pk).update(created_at=now - timedelta(hours=3))
    facts = {"message": message, "channel": Channel.MAIL}
    later = now + timedelta(minutes=50)
    Delivery.objects.create(**facts, address="a@example.org", due_at=later, last_error="ServerAway", attempt_count=4)
    Delivery.objects.create(**facts, address="b@example.org", due_at=later)
    for address, status, error in (
        ("c@example.org", DeliveryStatus.SENT, ""),
        ("d@example.org", DeliveryStatus.DEAD, "MailRefused"),
        ("e@example.org", DeliveryStatus.DROPPED, "obsolete"),
    ):
        ended = {"status": status, "finished_at": now - timedelta(hours=1), "last_error": error}
        Delivery.objects.create(**facts, address=address, **ended)
    with time_machine.travel(now, tick=False):
        values = read()
    labels = 'channel="mail",kind="x"'
    assert values[f"elan_oldest_unsent_fact_age_seconds{{{labels}}}"] == 3 * 3600
    assert values["elan_deliveries_pending"] == 0
    assert {name: value for name, value in values.items() if name.startswith("elan_deliveries_waiting")} == {
        f'elan_deliveries_waiting{{{labels},reason="ServerAway"}}': 1,
        f'elan_deliveries_waiting{{{labels},reason="held"}}': 1,
    }
    assert {name: value for name, value in values.items() if name.startswith("elan_deliveries_finished")} == {
        f'elan_deliveries_finished{{{labels},reason="",status="sent"}}': 1,
        f'elan_deliveries_finished{{{labels},reason="MailRefused",status="dead"}}': 1,
        f'elan_deliveries_finished{{{labels},reason="obsolete",status="dropped"}}': 1,
    }
    assert not [name for name in values if "example.org" in name or "Zoé" in name]


def test_what_no_relay_expanded_has_an_age_and_no_channel(read):
    now = timezone.now()
    written = {"kind": "x", "address": "a@example.org", "holder_id": uuid7(), "title": "t", "body": "b"}
    message = OutboxMessage.objects.create(**written, subject_id=uuid7(), due_at=now)
    OutboxMessage.objects.filter(pk=message.pk).update(created_at=now - timedelta(minutes=9))
    with time_machine.travel(now, tick=False):
        assert read()['elan_oldest_unsent_fact_age_seconds{channel="none",kind="x"}'] == 540


def test_many_messages_are_watched_by_as_many_queries(assert_constant_queries):
    def grow():
        for number in range(5):
            written = {"address": "a@example.org", "holder_id": uuid7(), "title": "t", "body": "b"}
            message = OutboxMessage.objects.create(**written, kind=f"x{number}", subject_id=uuid7())
            Delivery.objects.create(message=message, channel=Channel.MAIL, address="a@example.org")

    assert_constant_queries(gauges.gauges_of_messages, grow=grow)


def test_the_guide_of_operators_names_every_series(api, read):
    api.get("/api/v1/app-config/")
    services.note_bounces([Bounce("nobody@example.org", timezone.now())], provider="own")
    now = timezone.now()
    written = {"kind": "x", "address": "a@example.org", "holder_id": uuid7(), "title": "t", "body": "b"}
    message = OutboxMessage.objects.create(**written, subject_id=uuid7())
    for address, ended in (("a@example.org", {}), ("b@example.org", {"status": "sent", "finished_at": now})):
        Delivery.objects.create(message=message, channel=Channel.MAIL, address=address, **ended)
    told = {re.sub("_(count|sum|bucket)$", "", name.partition("{")[0]) for name in read() if name.startswith("elan_")}
    named = set(re.findall(r"`(elan_\w+)", (settings.BASE_DIR / "docs" / "operations.md").read_text()))
    named |= {f"{name}_age_seconds" for name in ("elan_outbox_backlog", "elan_deliveries_pending")}
    assert named == told


def test_the_rest_is_told_while_the_database_is_away(api, read, monkeypatch):
    def away():
        raise OperationalError("gone")

    api.get("/api/v1/missions/")
    monkeypatch.setattr(gauges.OutboxMessage.objects, "due", lambda now: away())
    values = read()
    assert requests(values, route="api/v1/missions/") >= 1
    assert "elan_outbox_backlog" not in values


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_what_several_processes_count_is_summed_and_outlives_a_process(tmp_path):
    env = environment(tmp_path, METRICS_TOKEN=TOKEN)
    left = tmp_path / "metrics" / "histogram_4194305.db"
    left.parent.mkdir()
    left.write_bytes(b"of a process that no system has")
    with running_api(env, workers=2) as (api, master), httpx.Client(base_url=api, timeout=PATIENCE_SECONDS) as http:
        assert not left.exists()

        def count():
            answer = http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", "Connection": "close"})
            return requests(series_of(answer.text), route="api/v1/app-config/", status="200")

        for _request in range(40):
            http.get("/api/v1/app-config/", headers={"Connection": "close"})
        assert [count() for _scrape in range(6)] == [40] * 6
        former, _other = children_of(master)
        os.kill(former, signal.SIGTERM)
        assert wait_until(lambda: former not in children_of(master))
        assert [count() for _scrape in range(6)] == [40] * 6
