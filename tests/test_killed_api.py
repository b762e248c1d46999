"""Writes sent three times each while the API's processes are killed: each happens once, each answer is the same."""

import json
import os
import random
import signal
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from common.models import IdempotencyKey
from missions.models import Shift
from tests.support.api import bearer
from tests.support.factories import MissionFactory, OrganizationMembershipFactory, afternoon
from tests.support.processes import children_of, environment, running_api

WRITES = 1000
SENT = 3
KILLS = 4


def send(http, body, headers):
    """The answer, however often the connection dies under it."""
    for _try in range(200):
        try:
            answer = http.post("/api/v1/shifts/", json=body, headers=headers)
        except httpx.TransportError:
            time.sleep(0.05)
            continue
        if answer.status_code != 503:
            return answer
        time.sleep(0.05)
    raise AssertionError("the API did not come back")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_thousand_writes_sent_three_times_under_kill_9_are_a_thousand_rows(tmp_path):
    member = OrganizationMembershipFactory()
    mission = MissionFactory(organization=member.organization)
    start = afternoon().isoformat()
    body = {"mission": str(mission.pk), "starts_at": start, "ends_at": start.replace("13:00", "15:00"), "capacity": 5}
    sends = [str(uuid.uuid4()) for _write in range(WRITES)] * SENT
    random.shuffle(sends)
    answers: dict[str, set[tuple[int, str]]] = {}
    over = threading.Event()
    killed = []

    with (
        running_api(environment(tmp_path), workers=2) as (api, master),
        # Each write has a connection of its own: a kept one would stay with one process.
        httpx.Client(base_url=api, timeout=30, limits=httpx.Limits(max_keepalive_connections=0)) as http,
    ):

        def kill():
            # Rarely enough that a new process has time to start and to be in the middle of something.
            while len(killed) < KILLS and not over.wait(2.5):
                for child in children_of(master)[:1]:
                    os.kill(child, signal.SIGKILL)
                    killed.append(child)

        def write(key):
            answer = send(http, body, {**headers, "Idempotency-Key": key})
            answers.setdefault(key, set()).add((answer.status_code, json.dumps(answer.json(), sort_keys=True)))

        headers = bearer(member.person)
        killer = threading.Thread(target=kill)
        killer.start()
        try:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(write, sends))
        finally:
            over.set()
            killer.join()
    assert len(killed) >= 2
    # Any other answer is shown first: it says more than a wrong count.
    assert {answer for different in answers.values() for answer in different if answer[0] != 201} == set()
    assert Shift.objects.filter(mission=mission).count() == WRITES
    assert {len(different) for different in answers.values()} == {1}
    assert not IdempotencyKey.objects.filter(status_code=None).exists()
