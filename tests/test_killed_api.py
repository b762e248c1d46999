"""Writes sent three times each while the API's processes are killed: each happens once, each answer is the same."""

import json
import os
import random
import signal
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count

import httpx
import pytest

from common.models import IdempotencyKey
from missions.models import Shift
from tests.support.api import bearer
from tests.support.factories import MissionFactory, OrganizationMembershipFactory, afternoon
from tests.support.gate import once_on
from tests.support.patience import PATIENCE_SECONDS, wait_until
from tests.support.processes import children_of, environment, running_api

WRITES = 1000
SENT = 3
KILLS = 4


def send(http, body, headers):
    """The answer, however often the connection dies under it."""
    answers = []

    def is_answered():
        with suppress(httpx.TransportError):
            answers.append(http.post("/api/v1/shifts/", json=body, headers=headers))
        return answers and answers[-1].status_code != 503

    assert wait_until(is_answered), "the API did not come back"
    return answers[-1]


def kill_one_of(master):
    """The process id of the oldest of the API's processes, which is gone."""
    found = []
    assert wait_until(lambda: found.extend(children_of(master)) or found)
    os.kill(found[0], signal.SIGKILL)
    assert wait_until(lambda: found[0] not in children_of(master))
    return found[0]


@once_on("postgresql")
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
    # Each kill comes in the middle: so many answers are there, and the other clients wait for theirs.
    kill_at = {number * WRITES * SENT // (KILLS + 1) for number in range(1, KILLS + 1)}
    answered = count(1)
    killed = []

    with (
        running_api(environment(tmp_path), workers=2) as (api, master),
        # Each write has a connection of its own: a kept one would stay with one process.
        httpx.Client(
            base_url=api, timeout=PATIENCE_SECONDS, limits=httpx.Limits(max_keepalive_connections=0)
        ) as http,
    ):

        def write(key):
            answer = send(http, body, {**headers, "Idempotency-Key": key})
            answers.setdefault(key, set()).add((answer.status_code, json.dumps(answer.json(), sort_keys=True)))
            if next(answered) in kill_at:
                killed.append(kill_one_of(master))

        headers = bearer(member.person)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, sends))
    assert len(set(killed)) == KILLS
    # Any other answer is shown first: it says more than a wrong count.
    assert {answer for different in answers.values() for answer in different if answer[0] != 201} == set()
    assert Shift.objects.filter(mission=mission).count() == WRITES
    assert {len(different) for different in answers.values()} == {1}
    assert not IdempotencyKey.objects.filter(status_code=None).exists()
