"""The database is stopped, killed and started again under load: 503 meanwhile, nothing lost, and no hand needed."""

import json
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter

import httpx
import psycopg
import pytest

from tests.support.cluster import binaries, cluster
from tests.support.gate import once_on
from tests.support.patience import PATIENCE_SECONDS, join, wait_until
from tests.support.processes import ROOT, children_of, environment, running_api

pytestmark = [
    once_on("postgresql"),
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.skipif(binaries() is None, reason="no PostgreSQL server is installed"),
    pytest.mark.django_db,
]

CLIENTS = 8

PREPARE = """
import json
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.support.api import bearer
from tests.support.factories import MissionFactory, OrganizationMembershipFactory, afternoon
member = OrganizationMembershipFactory()
mission = MissionFactory(organization=member.organization)
start = afternoon().isoformat()
body = {"mission": str(mission.pk), "starts_at": start, "ends_at": start.replace("13:00", "15:00"), "capacity": 5}
print(json.dumps({"headers": bearer(member.person), "body": body}))
"""


class Load:
    """Clients that write and read without a pause, and what they were answered."""

    def __init__(self, address, headers, body):
        self.address, self.headers, self.body = address, headers, body
        self.acknowledged = []
        self.refused = []
        self.statuses = Counter()
        self.slowest = 0.0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _client in range(CLIENTS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error):
        self._over.set()
        join(*self._threads)

    def _send(self):
        with httpx.Client(base_url=self.address, timeout=PATIENCE_SECONDS) as http:
            while not self._over.is_set():
                key = {"Idempotency-Key": str(uuid.uuid4())}
                self._see(http.post("/api/v1/shifts/", json=self.body, headers={**self.headers, **key}))
                self._see(http.get("/api/v1/me/", headers=self.headers))
                self._see(http.get("/api/v1/missions/"))

    def _see(self, answer):
        self.statuses[answer.status_code] += 1
        self.slowest = max(self.slowest, answer.elapsed.total_seconds())
        if answer.status_code == 201:
            self.acknowledged.append(answer.json()["id"])
        elif answer.status_code != 200:
            self.refused.append((answer.status_code, answer.headers.get("Retry-After"), answer.json()["code"]))

    def wait_for_more(self, answers, count):
        """Until so many more have come; how long that took."""
        started, before = time.monotonic(), len(answers)
        assert wait_until(lambda: len(answers) >= before + count), self.statuses
        return time.monotonic() - started


def test_a_database_that_restarts_under_load_costs_503s_and_nothing_else(tmp_path):
    with cluster() as server:
        env = environment(tmp_path, DATABASE_URL=server.url, LOG_LEVEL="ERROR")
        prepared = subprocess.run(
            [sys.executable, "-c", PREPARE], cwd=ROOT, env=env, check=True, capture_output=True, text=True
        )
        facts = json.loads(prepared.stdout.splitlines()[-1])
        with running_api(env, workers=2) as (api, master), Load(api, facts["headers"], facts["body"]) as load:
            workers = children_of(master)
            load.wait_for_more(load.acknowledged, 20)
            for bring_down in (server.stop, server.kill):
                bring_down()
                # Each client has waited in vain for a connection of the pool, more than once.
                load.wait_for_more(load.refused, 3 * CLIENTS)
                away = httpx.get(f"{api}/readyz", timeout=PATIENCE_SECONDS)
                assert (away.status_code, away.headers["Retry-After"]) == (503, "5")
                assert httpx.get(f"{api}/livez", timeout=PATIENCE_SECONDS).status_code == 200
                server.start()
                sys.stdout.write(f"writes again after {load.wait_for_more(load.acknowledged, 20):.1f} s\n")
            assert children_of(master) == workers, "a process of the API was replaced"
        sys.stdout.write(f"{dict(load.statuses)}, slowest {load.slowest:.1f} s\n")
        assert set(load.refused) == {(503, "5", "unavailable")}
        with psycopg.connect(server.url) as connection:
            kept = {str(row[0]) for row in connection.execute("SELECT id FROM missions_shift")}
        assert len(load.acknowledged) >= 60
        assert set(load.acknowledged) <= kept
        # A request answered 503 may have been committed; sent again with its key it would be told so.
        assert len(kept) - len(load.acknowledged) <= 2 * CLIENTS
