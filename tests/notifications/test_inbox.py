"""The inbox over HTTP: what is unread, how much of it, and reading it."""

from uuid import uuid4

import pytest

from common.models import Change
from notifications.models import Notification, OutboxMessage
from tests.support.factories import UserFactory
from tests.support.world import API

pytestmark = pytest.mark.django_db

INBOX = f"{API}notifications/"


def tell(person, count):
    """Unread lines of the person's inbox, oldest first."""
    lines = []
    for _ in range(count):
        message = OutboxMessage.objects.create(kind="approved", recipient=person, title="T", subject_id=uuid4())
        lines.append(Notification.objects.create(recipient=person, message=message, kind="approved", title="T"))
    return lines


def seen(client, query=""):
    answer = client.get(f"{INBOX}{query}").json()
    return [row["id"] for row in answer["results"]], answer["unread_count"]


def test_the_unread_are_asked_for_alone_and_counted_beside_any_page(api):
    person = UserFactory()
    client, lines = api.as_(person), [str(line.pk) for line in tell(person, 3)]
    tell(UserFactory(), 2)
    client.post(f"{INBOX}{lines[1]}/read/")
    assert seen(client) == (lines[::-1], 2)
    assert seen(client, "?unread=true") == ([lines[2], lines[0]], 2)
    assert seen(client, "?unread=false&page_size=1") == ([lines[1]], 2)
    assert client.get(f"{INBOX}?unread=1").json()["code"] == "invalid"


def test_reading_all_leaves_the_time_of_what_was_read_and_is_followed_by_ones_phones(api):
    person, other = UserFactory(), UserFactory()
    client, (first, second) = api.as_(person), tell(person, 2)
    tell(other, 1)
    client.post(f"{INBOX}{first.pk}/read/")
    read_at = Notification.objects.get(pk=first.pk).read_at
    for _ in range(2):
        answer = client.post(f"{INBOX}read-all/")
        assert (answer.status_code, answer.json()) == (200, {"unread_count": 0})
    assert seen(client, "?unread=true") == ([], 0)
    assert seen(api.as_(other))[1] == 1
    assert Notification.objects.get(pk=first.pk).read_at == read_at
    assert Change.objects.filter(person=person, object_id=second.pk, kind="notification").count() == 1


def test_a_longer_inbox_takes_no_more_queries(api, assert_constant_queries):
    person = UserFactory()
    client = api.as_(person)
    tell(person, 1)
    assert_constant_queries(lambda: client.get(INBOX), grow=lambda: tell(person, 5))
