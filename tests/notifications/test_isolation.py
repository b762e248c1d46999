"""No server that hangs, drips or is slow delays what goes by another one, and nothing told to many what cannot wait."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts.kinds import Kind
from config import settings as deployment
from demo.outside import OutsideWorld, write_service_account
from notifications import one_try, relay
from notifications.models import Channel, Delivery, OutboxMessage, Priority
from notifications.states import DeliveryStatus
from tests.support.api import ContractClient
from tests.support.factories import DeviceFactory, UserFactory
from tests.support.patience import PATIENCE_SECONDS, wait_until
from tests.support.races import at_once
from tests.support.servers import SilentServer, tell_all, tell_many

pytestmark = pytest.mark.django_db(transaction=True)

PUSHES = 300
MAILS = 5


@pytest.fixture
def outside(settings, tmp_path, monkeypatch):
    # What is new is looked for at once: the tests count what leaves before it, and no seconds.
    monkeypatch.setattr(relay, "LOOK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(relay, "_away_until", dict.fromkeys(Channel, float("-inf")))
    settings.RELAY_CONCURRENCY, settings.MAIL_CONCURRENCY = deployment.RELAY_CONCURRENCY, deployment.MAIL_CONCURRENCY
    with OutsideWorld() as world:
        write_service_account(tmp_path / "fcm.json", world.url)
        settings.FCM_CREDENTIALS_FILE = str(tmp_path / "fcm.json")
        settings.FCM_URL = world.url
        settings.FCM_TIMEOUT_SECONDS = settings.EMAIL_TIMEOUT = settings.MAIL_CONFIRM_SECONDS = PATIENCE_SECONDS
        settings.EMAIL_BACKEND = "notifications.smtp.PatientBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", world.smtp_port
        yield world


def phones(count):
    return [device.person for device in DeviceFactory.create_batch(count)]


def sent(channel):
    return Delivery.objects.filter(channel=channel, status=DeliveryStatus.SENT).count()


def while_it_runs(look, *, then):
    """Whether `look` comes true while a relay runs; `then` is done whatever came, and the relay ends."""

    def look_and_let_go():
        try:
            return wait_until(look)
        finally:
            then()

    return at_once([relay.run, look_and_let_go])


# --- Pushes that hang ------------------------------------------------------------------------------------------
def hang(outside, count):
    """Every push hangs until the event is set."""
    let_go = threading.Event()
    outside.script(hang_until=let_go, times=count)
    tell_all(phones(count), Channel.PUSH)
    return let_go


def all_places_hang(outside):
    return outside.counts["send"] == deployment.RELAY_CONCURRENCY


def test_mails_leave_while_three_hundred_pushes_hang(outside):
    let_go = hang(outside, PUSHES)
    tell_all(UserFactory.create_batch(MAILS), Channel.MAIL)

    def mails_are_there():
        return all_places_hang(outside) and sent(Channel.MAIL) == len(outside.mails) == MAILS

    assert while_it_runs(mails_are_there, then=let_go.set) == [PUSHES + MAILS, True]
    assert {len(received) for received in outside.phones.values()} == {1}


def test_control_with_one_pool_for_both_no_mail_leaves_while_pushes_hang(outside, monkeypatch):
    let_go = hang(outside, 2 * deployment.RELAY_CONCURRENCY)
    tell_all(UserFactory.create_batch(MAILS), Channel.MAIL)
    pool = ThreadPoolExecutor(deployment.RELAY_CONCURRENCY)
    monkeypatch.setattr(relay, "ThreadPoolExecutor", lambda *_facts, **_options: pool)

    def mails_wait_for_a_thread():
        held = Delivery.objects.filter(channel=Channel.MAIL, lease__isnull=False).count()
        return all_places_hang(outside) and held == deployment.MAIL_CONCURRENCY and not outside.mails

    _finished, waited = while_it_runs(mails_wait_for_a_thread, then=let_go.set)
    assert waited is True


# --- Mail servers that hang ------------------------------------------------------------------------------------
def test_pushes_leave_while_a_mail_server_accepts_and_says_nothing(outside, settings):
    tell_all(UserFactory.create_batch(2 * deployment.MAIL_CONCURRENCY), Channel.MAIL)
    tell_all(phones(PUSHES), Channel.PUSH)
    with SilentServer() as silent:
        settings.EMAIL_PORT = silent.port

        def pushes_are_there():
            return len(silent.connections) == deployment.MAIL_CONCURRENCY and sent(Channel.PUSH) == PUSHES

        assert while_it_runs(pushes_are_there, then=silent.let_go) == [PUSHES, True]
    assert len(outside.phones) == PUSHES
    waiting = Delivery.objects.filter(channel=Channel.MAIL, status=DeliveryStatus.PENDING)
    assert waiting.count() == 2 * deployment.MAIL_CONCURRENCY, "none is lost"
    assert waiting.filter(last_error="").exists(), "the circuit spares the last"


def confirm_late(outside, count):
    """The server confirms no mail before the event is set."""
    confirm = threading.Event()
    outside.script(path="text", hang_until=confirm, times=count)
    tell_all(UserFactory.create_batch(count), Channel.MAIL)
    return confirm


def test_pushes_leave_while_a_mail_server_confirms_late_and_no_mail_goes_twice(outside):
    mails = deployment.MAIL_CONCURRENCY
    confirm = confirm_late(outside, mails)
    tell_all(phones(PUSHES), Channel.PUSH)

    def pushes_are_there():
        return outside.counts["text"] == mails and sent(Channel.PUSH) == PUSHES

    assert while_it_runs(pushes_are_there, then=confirm.set) == [PUSHES + mails, True]
    assert len(outside.mails) == outside.counts["text"] == mails


def test_one_mail_that_is_confirmed_late_delays_no_other_mail_and_no_push_however_long_it_takes(outside, monkeypatch):
    """A run has its length; what comes while it waits for a last confirmation leaves all the same."""
    confirm = confirm_late(outside, 1)

    def others_come_later_and_leave():
        assert wait_until(lambda: outside.counts["text"] == 1)
        monkeypatch.setattr(relay, "LONGEST_RUN_SECONDS", 0)
        tell_all(phones(3), Channel.PUSH)
        tell_all(UserFactory.create_batch(3), Channel.MAIL)
        return wait_until(lambda: (sent(Channel.PUSH), sent(Channel.MAIL)) == (3, 3))

    assert while_it_runs(others_come_later_and_leave, then=confirm.set) == [7, True]


# --- Answers that drip -----------------------------------------------------------------------------------------
def test_an_answer_that_drips_has_its_slot_no_longer_than_a_push_may(outside, settings):
    settings.RELAY_CONCURRENCY, settings.FCM_TIMEOUT_SECONDS = 1, 0.5
    first, *others = phones(4)
    outside.script(drip="headers", phone=first.devices.get().token)
    tell_all([first, *others], Channel.PUSH)

    assert relay.run() == 3
    assert len(outside.phones) == 3
    dripped = Delivery.objects.get(status=DeliveryStatus.PENDING)
    assert (dripped.device.person, dripped.last_error, dripped.attempt_count) == (first, "RetryLater", 1)


def test_control_without_a_watch_on_the_whole_answer_a_drip_keeps_its_slot(outside, settings, monkeypatch):
    settings.RELAY_CONCURRENCY, settings.FCM_TIMEOUT_SECONDS = 1, 0.5
    rung, dripping, timers = threading.Event(), threading.Event(), []

    class Unheard(threading.Timer):
        def __init__(self, seconds, ring):
            super().__init__(2 * seconds, rung.set)
            timers.append(ring)

    monkeypatch.setattr(one_try, "Timer", Unheard)
    first, other = phones(2)
    outside.script(drip="headers", began=dripping, phone=first.devices.get().token)
    tell_all([first, other], Channel.PUSH)

    def it_drips_past_twice_its_time():
        return dripping.is_set() and rung.is_set() and not outside.phones

    _finished, dripped_on = while_it_runs(it_drips_past_twice_its_time, then=lambda: timers[-1]())
    assert dripped_on is True


# --- What is told to many --------------------------------------------------------------------------------------
MANY = 60


def mails_before_the_reset(outside):
    """How many mails of a fan-out arrive before that of somebody who asks for a new password while the first hang."""
    asks, asked = UserFactory(), threading.Event()
    outside.script(path="text", hang_until=asked, times=deployment.MAIL_CONCURRENCY)
    tell_many(UserFactory.create_batch(MANY))

    def ask():
        try:
            assert wait_until(lambda: outside.counts["text"] == deployment.MAIL_CONCURRENCY)
            return ContractClient().post("/api/v1/auth/password/reset/", {"email": asks.email}).status_code
        finally:
            asked.set()

    assert at_once([relay.run, ask]) == [MANY + 1, 202]
    return [mail["to"] for mail in outside.mails].index([asks.email])


def test_a_new_password_is_sent_before_what_was_told_to_many_earlier(outside):
    # What was being sent when it came, and what was claimed before it was seen.
    assert mails_before_the_reset(outside) <= 3 * deployment.MAIL_CONCURRENCY
    reset = OutboxMessage.objects.get(kind=Kind.ACCOUNT_RESET)
    assert reset.priority == Priority.FIRST


def test_control_without_priorities_a_new_password_waits_for_all_that_was_told_before(outside, monkeypatch):
    expand_due = relay.expansion.expand_due

    def all_alike():
        OutboxMessage.objects.filter(expanded_at=None).update(priority=Priority.NORMAL)
        return expand_due()

    monkeypatch.setattr(relay.expansion, "expand_due", all_alike)
    assert mails_before_the_reset(outside) > MANY // 2
