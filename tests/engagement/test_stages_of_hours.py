"""What an app lists of hours: what is to do, what waits for the school, what it has decided."""

import pytest
from django.utils import timezone

from engagement.states import HourEntryStage, HourEntryStatus
from tests.support.factories import HourEntryFactory, RecordFactory

pytestmark = pytest.mark.django_db
API = "/api/v1/hour-entries/"


def listed(client, query=""):
    return {row["id"] for row in client.get(f"{API}?page_size=100&{query}").json()["results"]}


def test_each_entry_of_ones_own_is_in_one_stage(api):
    record, now = RecordFactory(), timezone.now()
    handed_in = {"submitted_at": now}
    facts = {"draft": {}, "approved": {**handed_in, "approved_minutes": 90}}
    entries = {
        status: str(HourEntryFactory(record=record, status=status, **facts.get(status, handed_in)).pk)
        for status in HourEntryStatus.values
    }
    client = api.as_(record.person)
    shown = {stage: listed(client, f"stage={stage}") for stage in HourEntryStage.values}
    assert shown == {
        "to_do": {entries["draft"], entries["returned"]},
        "waiting": {entries["submitted"]},
        "decided": {entries["approved"], entries["rejected"], entries["revoked"]},
    }
    assert set().union(*shown.values()) == listed(client)


def test_a_stage_and_a_state_that_exclude_each_other_find_nothing(api):
    entry = HourEntryFactory(submitted=True)
    client = api.as_(entry.person)
    assert listed(client, "stage=waiting&status=submitted") == {str(entry.pk)}
    assert listed(client, "stage=decided&status=submitted") == set()
    assert client.get(f"{API}?stage=past").status_code == 400
