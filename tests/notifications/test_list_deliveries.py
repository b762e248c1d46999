"""What an operator reads of messages that wait or were given up, and how they have them sent again."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone, translation

from common.models import uuid7
from engagement.kinds import Kind
from notifications import expansion, mail, outbox, relay
from notifications.models import Delivery, OutboxMessage
from notifications.outbox import Notice
from tests.support.factories import DeviceFactory, UserFactory

pytestmark = pytest.mark.django_db


def tell(person):
    """Something of their hours."""
    return outbox.publish(lambda _about: Notice(Kind.APPROVED, "t", "b"), None, subject=uuid7(), to=person)


@pytest.fixture(autouse=True)
def french():
    with translation.override("fr"):
        yield


def said(**options):
    out = StringIO()
    call_command("list_deliveries", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def given_up(monkeypatch):
    """A mail that its server refused for good, to a person without a phone."""
    message = tell(UserFactory(email="lea@example.org"))

    def refuse(**_facts):
        raise mail.ContentRefused

    monkeypatch.setattr(mail, "send", refuse)
    relay.run()
    monkeypatch.undo()
    assert Delivery.objects.get().status == "dead"
    return message


def test_where_nothing_waits_it_says_so():
    assert said() == "Aucune notification et aucun courriel n’attend, et aucun n’a été abandonné.\n"


def test_it_says_what_was_given_up_why_and_since_when_and_no_address(given_up):
    OutboxMessage.objects.update(created_at=timezone.now() - timedelta(hours=3, minutes=12))
    line = said().splitlines()[-1]
    assert line.split("  ")[0] == "abandonné"
    assert "approved" in line
    assert "ContentRefused" in line
    assert line.endswith("3\u00a0h 12\u00a0min")
    assert "lea@example.org" not in said()


def test_messages_that_no_relay_has_taken_are_named_first():
    tell(UserFactory())
    assert said().startswith("1 messages attendent d’être traités, le plus ancien depuis")
    assert said(channel="mail") == "Aucune notification et aucun courriel n’attend, et aucun n’a été abandonné.\n"


def test_what_failed_is_sent_again_and_nothing_else(given_up, mailoutbox):
    assert said(channel="push", retry=True).startswith("0 ")
    assert said(reason="ServerAway", retry=True).startswith("0 ")
    assert said(kind="approved", channel="mail", retry=True).startswith("1 ")
    assert said(retry=True).startswith("0 ")
    relay.run()
    assert [one.to for one in mailoutbox] == [["lea@example.org"]]
    assert said(retry=True).startswith("0 ")


def test_what_is_over_is_not_sent_again(given_up, mailoutbox):
    OutboxMessage.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert said(retry=True).startswith("1 ")
    relay.run()
    assert mailoutbox == []
    assert Delivery.objects.get().status == "dropped"


def test_what_a_relay_holds_and_what_was_never_tried_is_left_alone(given_up):
    waits = tell(DeviceFactory().person)
    expansion.expand_due()
    Delivery.objects.filter(status="dead").update(status="pending", finished_at=None, leased_until=timezone.now())
    Delivery.objects.filter(status="pending", channel="mail").update(
        leased_until=timezone.now() + timedelta(minutes=1), lease=given_up.pk
    )
    assert said(retry=True).startswith("0 ")
    assert Delivery.objects.get(message=waits).attempt_count == 0
