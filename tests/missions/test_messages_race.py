"""Messages of a day are counted under the organisation's lock; the control shows what happens without it."""

from functools import partial

import pytest

from missions.models import Message, MessageRecipient
from missions.services import messages
from tests.support.factories import OrganizationMembershipFactory, ShiftFactory, SignUpFactory
from tests.support.gate import once_on
from tests.support.races import at_once, without_row_locks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(settings):
    settings.MESSAGES_A_DAY = 1
    return SignUpFactory(shift=ShiftFactory(), accepted=True)


def write_twice(place, **how):
    boss = OrganizationMembershipFactory(organization=place.shift.mission.organization).person
    write = partial(messages.write_to_shift, place.shift, text="Apportez des gants.", actor=boss)
    return at_once([write, write], **how)


@once_on("postgresql")
def test_two_messages_at_once_do_not_both_take_the_last_one_of_the_day(place):
    answers = write_twice(place)
    assert sorted(type(answer).__name__ for answer in answers) == ["MessageLimit", "Sent"]
    assert MessageRecipient.objects.count() == 1


@once_on("postgresql")
def test_without_the_lock_both_would(place, monkeypatch):
    without_row_locks(monkeypatch)
    write_twice(place, meet_before=Message)
    assert MessageRecipient.objects.count() == 2
