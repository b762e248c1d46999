"""SQLite's own ways to be away: another process holds the lock, the disk is full. Both are 503, and pass."""

import sqlite3
from contextlib import closing

import pytest
from django.db import connection

from notifications.models import Device
from tests.support.factories import UserFactory

pytestmark = [
    pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own"),
    pytest.mark.django_db(transaction=True),
]

PHONE = {"platform": "ios", "token": "t" * 4000}


def ask(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def ensure_unavailable(answer):
    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "5", "unavailable")


def test_a_database_locked_by_another_process_is_503_and_reads_go_on(api):
    client = api.as_(UserFactory())
    ask("PRAGMA busy_timeout = 50")
    try:
        with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            ensure_unavailable(client.post("/api/v1/devices/", PHONE, key="k"))
            assert client.get("/api/v1/me/").status_code == 200
            other.execute("ROLLBACK")
        assert client.post("/api/v1/devices/", PHONE, key="k").status_code == 201
    finally:
        connection.close()


def test_a_full_disk_is_503_and_leaves_nothing_half_done(api):
    client = api.as_(UserFactory())
    ask("VACUUM")  # what other tests deleted leaves free pages
    ask(f"PRAGMA max_page_count = {ask('PRAGMA page_count')[0]}")
    try:
        answers = [client.post("/api/v1/devices/", {**PHONE, "token": f"{n}" * 4000}) for n in range(9)]
        refused = [answer for answer in answers if answer.status_code != 201]
        assert refused, "the disk was not full"
        for answer in refused:
            ensure_unavailable(answer)
        assert Device.objects.count() == len(answers) - len(refused)
    finally:
        # A new connection has no such bound.
        connection.close()
    assert client.post("/api/v1/devices/", PHONE).status_code == 201
