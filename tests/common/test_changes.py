"""Each person's changes stand in one order, and a change that commits late is never passed over."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from common.changes import Noted, note_change, note_changes
from common.models import Change, uuid7
from tests.support.factories import UserFactory
from tests.support.patience import join, wait_for
from tests.support.races import comes_to_wait

pytestmark = pytest.mark.django_db


def sequences(person: Any) -> list[tuple[str, int]]:
    return list(Change.objects.filter(person=person).order_by("sequence").values_list("kind", "sequence"))


def test_each_person_has_a_sequence_of_their_own() -> None:
    first, second = UserFactory.create_batch(2)
    note_changes([Noted(first.pk, "sign_up", uuid7()), Noted(second.pk, "sign_up", uuid7())])
    note_changes([Noted(first.pk, "attendance", uuid7()), Noted(first.pk, "hour_entry", uuid7())])
    assert sequences(first) == [("sign_up", 1), ("attendance", 2), ("hour_entry", 3)]
    assert sequences(second) == [("sign_up", 1)]


def test_a_thing_that_changes_again_moves_to_the_end_of_the_sequence() -> None:
    person, thing = UserFactory(), uuid7()
    note_change(person.pk, "sign_up", thing)
    note_change(person.pk, "hour_entry", uuid7())
    note_change(person.pk, "sign_up", thing, is_removed=True)
    assert sequences(person) == [("hour_entry", 2), ("sign_up", 3)]
    assert Change.objects.get(object_id=thing).is_removed


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
def test_a_later_number_never_commits_before_an_earlier_one() -> None:
    person = UserFactory()
    noted, go_on, seen = threading.Event(), threading.Event(), []

    def slow() -> None:
        with transaction.atomic():
            note_change(person.pk, "sign_up", uuid7())
            noted.set()
            wait_for(go_on)
        connection.close()

    def quick() -> None:
        wait_for(noted)
        with transaction.atomic():
            note_change(person.pk, "hour_entry", uuid7())
        seen.extend(sequences(person))
        connection.close()

    threads = [threading.Thread(target=slow), threading.Thread(target=quick)]
    for thread in threads:
        thread.start()
    assert comes_to_wait(threads[1]), "the second waits for the first one's commit"
    assert sequences(person) == []
    go_on.set()
    join(*threads)
    assert seen == [("sign_up", 1), ("hour_entry", 2)]
