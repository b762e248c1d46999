"""A tutor's link, which needs no account, lengthens a student's ledger a little, not for ever."""

import pytest

from engagement.models import HourEntry, RecordEvent
from tests.support.tutors import TUTOR, link_in, log, mails_to, pupil

pytestmark = pytest.mark.django_db


def test_never_again_is_taken_back_five_times_a_day_and_said_always(api):
    entry = log(pupil(api))
    (message,) = mails_to(TUTOR)
    before = RecordEvent.objects.filter(entry=entry).count()
    said = []
    for _time in range(8):
        assert api.post(link_in(message), {"action": "never_again"}).status_code == 200
        said.append(api.post(link_in(message), {"action": "write_again"}))
    assert [answer.status_code for answer in said] == [200] * 5 + [429] * 3
    assert (said[-1].json()["code"], bool(said[-1]["Retry-After"])) == ("too_often", True)
    assert RecordEvent.objects.filter(entry=entry).count() <= before + 11
    assert HourEntry.objects.get(pk=entry.pk).attestation_status == "bounced", "the last word was never again"
