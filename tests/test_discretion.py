"""The watch over every message of the suite finds what must not be said of a minor."""

import pytest

from missions.kinds import Kind
from notifications.models import OutboxMessage
from tests.support.discretion import Discretion
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def watch():
    return Discretion()


def found(watch, text):
    OutboxMessage(kind=Kind.SIGN_UP_RECEIVED, title="Collecte", body=text)
    told, watch.messages = watch.told_of_minors(), set()
    return {one.partition(":")[0] for one in told}


@pytest.mark.parametrize("text", ["Inès Zwyxenberg a une place.", "Famille\u00a0: Zwyxenberg", "1er juillet 2011"])
def test_a_surname_or_birth_date_of_a_minor_is_found_and_their_first_name_is_not(watch, text):
    minor = UserFactory.build(aged_15=True, first_name="Inès", last_name="Zwyxenberg")
    minor.birth_date = minor.birth_date.replace(year=2011, month=7, day=1)
    watch.minors.append(minor)
    assert found(watch, text) == {"sign_up_received"}
    assert found(watch, "Inès Z. a une place.") == set()


def test_a_surname_that_an_adult_has_too_is_found_beside_the_first_name_alone(watch):
    watch.minors.append(UserFactory.build(aged_15=True, first_name="Inès", last_name="Zwyxenberg"))
    watch.surnames_of_adults.add("Zwyxenberg")
    assert found(watch, "Paul Zwyxenberg a une place.") == set()
    assert found(watch, "Inès Zwyxenberg a une place.") == {"sign_up_received"}
