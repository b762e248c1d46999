"""The whole feed costs a second for a thousand missions: nobody has all workers write it at once, or all day."""

import pytest

from common.api.throttling import CeilingThrottle
from missions.api.views import exchange
from tests.support.factories import ShiftFactory
from tests.support.world import API

pytestmark = pytest.mark.django_db

FEED = f"{API}exchange/missions.xml"


def test_one_address_reads_the_whole_feed_some_times_an_hour(api, settings):
    assert CeilingThrottle().parse_rate(CeilingThrottle.THROTTLE_RATES["feed"]) <= (30, 3600)
    ShiftFactory()
    answers = [api.get(FEED) for _time in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert api.get(f"{API}exchange/missions.json").status_code == 200, "a page is cheap"


def test_a_process_writes_one_feed_at_a_time(api):
    with exchange._one_at_a_time:
        answer = api.get(FEED)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "busy", "60")
    assert api.get(FEED).status_code == 200
