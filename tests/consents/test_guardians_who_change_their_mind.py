"""A guardian's page, which needs no account, makes few messages, and a withdrawal is always heard."""

import pytest

from consents.models import ConsentEvent
from notifications.models import OutboxMessage
from tests.support.factories import ConsentFactory
from tests.support.guardians import page_path

pytestmark = pytest.mark.django_db


def test_a_consent_is_given_again_five_times_a_day_and_withdrawn_always(api):
    consent = ConsentFactory(granted=True)
    said = []
    for _time in range(8):
        assert api.post(page_path(consent.guardian), {"action": "withdraw"}).status_code in (200, 409)
        said.append(api.post(page_path(consent.guardian), {"action": "grant"}))
    assert [answer.status_code for answer in said] == [200] * 5 + [429] * 3
    assert said[-1].json()["code"] == "too_often"
    consent.refresh_from_db()
    assert consent.status == "withdrawn"
    assert ConsentEvent.objects.filter(consent=consent).count() == 11
    assert OutboxMessage.objects.filter(recipient=consent.student).count() == 11
