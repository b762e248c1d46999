"""The outbox: a message stands or falls with its fact, in the reader's language, without secrets; no broker matters."""

import re
import socket
import threading
from contextlib import closing
from functools import partial

import pytest
from celery import Celery
from django.apps import apps
from django.core import mail
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts import notices as account_notices
from accounts.kinds import Kind as AccountKind
from common.models import uuid7
from config import settings as deployment
from consents.services.consent_requests import ask_for_consent
from missions.models import SignUp
from missions.notices import sign_up_accepted
from missions.services import sign_ups
from notifications import expansion, nudge, outbox, relay
from notifications.models import Channel, Delivery, Notification, OutboxMessage
from notifications.outbox import Letter
from tests.support.factories import (
    DeviceFactory,
    GuardianFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
)
from tests.support.notices import notice
from tests.support.patience import wait_for
from tests.support.races import at_once

pytestmark = pytest.mark.django_db


def say(about):
    return notice("Bonjour", str(about), Channel.PUSH, Channel.MAIL)


@pytest.fixture
def nudges(monkeypatch):
    """Counts the nudges that leave."""
    left = []
    monkeypatch.setattr(nudge, "relay", lambda: left.append(1))
    return left


# --- One transaction -------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_the_message_is_rolled_back_with_its_fact_and_no_nudge_leaves(monkeypatch, nudges):
    def crash(*facts):
        raise RuntimeError("after the message was written")

    monkeypatch.setattr(sign_ups, "tell_organizers", crash)
    with pytest.raises(RuntimeError):
        sign_ups.sign_up(ShiftFactory(), actor=UserFactory())
    assert (SignUp.objects.count(), OutboxMessage.objects.count(), nudges) == (0, 0, [])


@pytest.mark.django_db(transaction=True)
def test_the_nudge_leaves_after_the_commit_and_not_before(nudges):
    person = UserFactory()
    with transaction.atomic():
        outbox.publish(say, 1, subject=person, to=person)
        assert nudges == []
    assert nudges == [1]
    outbox.publish(say, 1, subject=person, to=person)
    assert nudges == [1], "a message that was there already wakes nobody"


def test_the_same_fact_is_told_once_by_one_publish_or_many():
    person = UserFactory()
    first = outbox.publish(say, 1, subject=person, to=person, occasion="1")
    assert outbox.publish(say, 2, subject=person, to=person, occasion="1") == first
    outbox.publish_many(Letter(say, number, person, person, str(number)) for number in (1, 2, 3, 3))
    assert list(OutboxMessage.objects.order_by("occasion").values_list("occasion", "body")) == [
        ("1", "1"), ("2", "2"), ("3", "3"),
    ]  # fmt: skip


def test_another_kind_subject_occasion_person_or_holder_is_another_message():
    one, other = UserFactory.create_batch(2)
    for kind, subject, occasion, to in (
        (Channel.PUSH, one, "", one),
        (Channel.MAIL, one, "", one),
        (Channel.PUSH, other, "", one),
        (Channel.PUSH, one, "2", one),
        (Channel.PUSH, one, "", other),
    ):
        for at in (None, outbox.Mailbox("x@example.org", to.pk), outbox.Mailbox("moved@example.org", to.pk)):
            facts = {"at": at} if at else {"to": to}
            outbox.publish(lambda _about, kind=kind: notice("t", "b", kind), subject, occasion=occasion, **facts)
    assert OutboxMessage.objects.filter(address="").count() == 5
    assert set(OutboxMessage.objects.exclude(address="").values_list("address", flat=True)) == {"x@example.org"}
    assert OutboxMessage.objects.count() == 10


def test_what_is_taken_back_is_of_that_kind_and_subject_and_has_not_left():
    one, other = UserFactory.create_batch(2)
    left = outbox.publish(say, one, to=one, occasion="left")
    expansion.expand_due()
    waiting = [outbox.publish(say, one, to=to, occasion=occasion) for to in (one, other) for occasion in ("", "2")]
    another_kind = outbox.publish(lambda _about: notice(), one, to=one)
    another_subject = outbox.publish(say, other, to=one)
    outbox.take_back(AccountKind.ACCOUNT_BIRTH_DATE_CHANGED, one)
    assert len(waiting) == 4
    assert set(OutboxMessage.objects.all()) == {left, another_kind, another_subject}


def test_a_notice_with_data_that_its_kind_does_not_promise_is_refused():
    with pytest.raises(ValueError, match="account_birth_date_changed promises no shift"):
        outbox.publish(
            lambda _about: notice("t", "b", Channel.PUSH, Channel.MAIL, data={"shift": "7"}), UserFactory(), at=None
        )


@pytest.mark.django_db(transaction=True)
def test_the_same_fact_published_at_once_is_one_message():
    person = UserFactory()
    answers = at_once([partial(outbox.publish, say, 1, subject=person, to=person) for _copy in range(12)])
    assert {answer.pk for answer in answers} == {OutboxMessage.objects.get().pk}


# --- What is written -------------------------------------------------------------------------------------------
def test_a_message_is_in_the_language_of_its_reader_whoever_acts(api):
    titles = {}
    for language in ("fr", "en"):
        row = SignUpFactory(person=UserFactory(language=language), accepted=True, shift__mission__title="Collecte")
        titles[language] = outbox.publish(sign_up_accepted, row, to=row.person).title
    assert titles["en"] == "You have a place: Collecte"
    assert titles["fr"] != titles["en"]
    assert titles["fr"].endswith("Collecte")


def test_an_address_without_an_account_is_written_to_in_french_by_mail_alone():
    newcomer = UserFactory(language="en")
    mailbox = outbox.Mailbox("p@x.fr", newcomer.pk)
    message = outbox.publish(account_notices.verify_email, newcomer, at=mailbox)
    assert (message.channels, message.recipient) == (["mail"], None)
    assert "Welcome" not in message.body


def everything_stored():
    """Every value of every table, as text."""
    return "\n".join(str(list(model.objects.values_list())) for model in apps.get_models())


def test_a_link_is_made_when_the_mail_leaves_and_is_stored_nowhere(api):
    guardian = GuardianFactory()
    names = {"first_name": "Sam", "last_name": "Diallo", "birth_date": "1990-05-04"}
    newcomer = {"email": "sam@example.org", "password": "quatre mots pour entrer", **names}
    assert api.post("/api/v1/auth/register/", newcomer).status_code == 202
    ask_for_consent(guardian)
    assert all("{link}" in body for body in OutboxMessage.objects.values_list("body", flat=True))
    assert relay.run() == 2
    tokens = {re.search(r"/([\w=-]{40,})/", message.body).group(1) for message in mail.outbox}
    assert len(tokens) == 2
    assert not [message for message in mail.outbox if "{link}" in message.body]
    stored = everything_stored()
    assert "sam@example.org" in stored
    for token in tokens:
        assert token not in stored


# --- From message to inbox and deliveries ----------------------------------------------------------------------
@pytest.fixture
def push_on(settings):
    settings.FCM_CREDENTIALS_FILE = "/nowhere.json"


def test_a_message_becomes_one_inbox_line_and_a_delivery_per_phone_and_address(push_on):
    person = UserFactory()
    phones = DeviceFactory.create_batch(2, person=person)
    DeviceFactory()
    message = outbox.publish(say, "texte", subject=person, to=person)
    assert (expansion.expand_due(), expansion.expand_due()) == (1, 0)
    line = Notification.objects.get()
    assert (line.recipient, line.message, line.title, line.body) == (person, message, "Bonjour", "texte")
    assert {delivery.device for delivery in Delivery.objects.filter(channel="push")} == set(phones)
    assert Delivery.objects.get(channel="mail").address == person.email


def test_without_push_credentials_the_inbox_has_the_line_and_no_phone_is_tried():
    outbox.publish(say, 1, subject=uuid7(), to=DeviceFactory().person)
    expansion.expand_due()
    assert (Notification.objects.count(), Delivery.objects.filter(channel="push").count()) == (1, 0)


def test_nothing_is_sent_to_an_account_that_is_closed_or_before_its_time(push_on):
    outbox.publish(say, 1, subject=uuid7(), to=UserFactory(is_active=False))
    later = outbox.publish(say, 1, subject=uuid7(), to=UserFactory())
    OutboxMessage.objects.filter(pk=later.pk).update(due_at=timezone.now() + timezone.timedelta(hours=1))
    assert (expansion.expand_due(), Delivery.objects.count(), Notification.objects.count()) == (1, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_eight_relays_at_once_expand_each_message_once(push_on):
    for number in range(120):
        outbox.publish(say, number, subject=uuid7(), to=UserFactory())
    answers = at_once([expansion.expand_due] * 8)
    while expansion.expand_due():
        pass
    assert all(isinstance(answer, int) for answer in answers), answers
    assert Notification.objects.count() == Delivery.objects.filter(channel="mail").count() == 120


# --- The broker's troubles -------------------------------------------------------------------------------------
BOUNDS = {"socket_timeout": 2, "socket_connect_timeout": 2}


@pytest.fixture
def broker_at(monkeypatch):
    """The nudges on, towards a broker at an address, which none may ask before the event that is given.

    Afterwards the first of them has come back with its error.
    """
    # Celery reads this variable past its own configuration.
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    app = Celery("nudging", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    send_task, errors, may_ask, came_back = app.send_task, [], threading.Event(), threading.Event()

    def send(*args, **options):
        try:
            wait_for(may_ask)
            return send_task(*args, **options)
        except Exception as error:
            errors.append(error)
            raise
        finally:
            came_back.set()

    def point(url):
        app.conf.broker_url = url
        app.conf.broker_transport_options = BOUNDS
        return may_ask

    monkeypatch.setattr(app, "send_task", send)
    monkeypatch.setattr(nudge, "current_app", app)
    with override_settings(OUTBOX_NUDGE=True, HAS_BROKER=True):
        yield point
    nudge._wanted.clear()
    wait_for(came_back)  # or a nudge waits for ever
    assert isinstance(errors[0], OperationalError), errors


@pytest.fixture
def silent_port():
    """A server that takes every connection and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port():
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["redis", "amqp"])
@pytest.mark.parametrize("port", ["closed_port", "silent_port"])
def test_a_broker_that_refuses_or_is_silent_slows_and_fails_no_request(api, request, broker_at, scheme, port):
    clients = [api.as_(person) for person in UserFactory.create_batch(6)]
    shift = ShiftFactory()
    may_ask = broker_at(f"{scheme}://127.0.0.1:{request.getfixturevalue(port)}//")
    # A request that waited for the broker would wait for ever.
    for client in clients:
        assert client.post(f"/api/v1/shifts/{shift.pk}/sign-up/").status_code == 201
    may_ask.set()
    assert OutboxMessage.objects.filter(kind="sign_up_accepted").count() == 6


def test_the_deployments_broker_has_the_bounds_that_these_tests_use():
    assert BOUNDS["socket_connect_timeout"] == deployment.CELERY_BROKER_CONNECTION_TIMEOUT
    if deployment.CELERY_BROKER_URL.startswith("redis"):
        assert deployment.CELERY_BROKER_TRANSPORT_OPTIONS.items() >= BOUNDS.items()


@pytest.mark.django_db(transaction=True)
def test_a_machine_without_a_thread_to_spare_fails_no_request(api, monkeypatch, settings):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    settings.OUTBOX_NUDGE = True
    monkeypatch.setattr(nudge, "_thread", None)
    client, shift = api.as_(UserFactory()), ShiftFactory()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert client.post(f"/api/v1/shifts/{shift.pk}/sign-up/").status_code == 201
