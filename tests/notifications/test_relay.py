"""The relay, with the real Firebase SDK and real SMTP against a world on the loopback."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from common.models import uuid7
from config import settings as deployment
from demo.outside import OutsideWorld, write_service_account
from notifications import expansion, mail, outbox, push, relay
from notifications.letters import BEFORE_FOOTER
from notifications.models import Channel, Delivery, Device, Notification, OutboxMessage
from notifications.services import register_device
from notifications.states import DeliveryStatus
from tests.support.factories import DeviceFactory, UserFactory
from tests.support.notices import notice
from tests.support.patience import PATIENCE_SECONDS, wait_until
from tests.support.races import at_once

pytestmark = pytest.mark.django_db

LATER = timedelta(hours=2)


@pytest.fixture(autouse=True)
def as_many_at_once_as_by_default(settings):
    settings.RELAY_CONCURRENCY = deployment.RELAY_CONCURRENCY


@pytest.fixture
def outside(settings, tmp_path):
    with OutsideWorld() as world:
        write_service_account(tmp_path / "fcm.json", world.url)
        settings.FCM_CREDENTIALS_FILE = str(tmp_path / "fcm.json")
        settings.FCM_URL = world.url
        settings.FCM_TIMEOUT_SECONDS = settings.EMAIL_TIMEOUT = PATIENCE_SECONDS
        settings.EMAIL_BACKEND = "notifications.smtp.PatientBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", world.smtp_port
        yield world


@pytest.fixture
def tell():
    """Publishes a message and answers it; to a person by push, or also by mail."""
    number = iter(range(10_000))

    def publish(person, *channels):
        def say(about):
            return notice("Une place", f"Samedi {about}", *channels)

        about = next(number)
        return outbox.publish(say, about, subject=uuid7(), to=person)

    return publish


@pytest.fixture
def pushed(outside, tell):
    """A push on its way to one phone: its delivery, not yet claimed."""

    def prepare(token="phone-1"):
        tell(DeviceFactory(token=token).person, Channel.PUSH)
        expansion.expand_due()
        return Delivery.objects.get(device__token=token)

    return prepare


def claimed():
    (delivery,) = relay.claim_due()
    return delivery


def wait_of(delivery, since):
    delivery.refresh_from_db()
    return (delivery.due_at - since).total_seconds()


def test_one_message_reaches_inbox_phone_and_mailbox(outside, tell):
    person = DeviceFactory(token="phone-1").person
    message = tell(person, Channel.PUSH, Channel.MAIL)
    assert relay.run() == 2
    line = Notification.objects.get(recipient=person)
    (received,) = outside.phones["phone-1"]
    assert received["notification"] == {"title": "Une place", "body": "Samedi 0"}
    assert received["data"] == {
        "notification_id": str(line.pk),
        "kind": "account_birth_date_changed",
        "opens": "me/",
        "sequence": "1",
    }
    assert received["android"]["collapse_key"] == str(line.pk)
    (letter,) = outside.mails
    assert (letter["to"], letter["subject"]) == ([person.email], message.title)
    assert letter["text"].split(BEFORE_FOOTER)[0] == message.body
    assert set(Delivery.objects.values_list("status", flat=True)) == {DeliveryStatus.SENT}
    assert relay.run() == 0


def test_a_dead_token_deletes_its_device_and_no_other(outside, pushed):
    dead, living = pushed("dead-phone"), pushed("phone-2")
    assert relay.run() == 2
    assert list(Device.objects.values_list("token", flat=True)) == ["phone-2"]
    dead.refresh_from_db()
    living.refresh_from_db()
    assert (dead.status, dead.last_error, dead.device) == ("dropped", "token dead", None)
    assert living.status == "sent"


def test_a_refused_message_dies_at_once_and_its_token_lives(outside, pushed):
    delivery = pushed()
    outside.script(status=400, message="Request contains an invalid argument.")
    relay.run()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt_count, Device.objects.count()) == ("dead", 1, 1)


def test_a_phone_that_became_somebody_elses_gets_nothing_of_the_former_owner(outside, pushed):
    delivery = pushed()
    Device.objects.update(token_sha256=relay.links.fingerprint("phone-1"))
    register_device(person=UserFactory(), platform="android", token="phone-1")
    relay.run()
    delivery.refresh_from_db()
    assert (delivery.status, outside.phones) == ("dropped", {})


def test_a_device_forgotten_before_its_push_is_passed_over(outside, pushed):
    delivery = pushed()
    Device.objects.all().delete()
    relay.run()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_error) == ("dropped", "device gone")


# --- Later -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_error_is_tried_again_after_a_growing_wait(outside, pushed, status):
    delivery = pushed()
    outside.script(status=status, times=3)
    now = timezone.now()
    waits = []
    for attempt in (1, 2, 3):
        with time_machine.travel(now, tick=False):
            assert relay.run() == 0
            assert relay.run() == 0, "not before its time"
        waits.append(wait_of(delivery, now))
        assert (delivery.status, delivery.attempt_count) == ("pending", attempt)
        now = delivery.due_at
    assert 10 <= waits[0] <= 13
    assert 20 <= waits[1] <= 26
    assert 40 <= waits[2] <= 52
    with time_machine.travel(now, tick=False):
        assert relay.run() == 1
    assert len(outside.phones["phone-1"]) == 1


def test_the_servers_retry_after_is_kept(outside, pushed):
    delivery = pushed()
    outside.script(status=429, retry_after="600")
    with time_machine.travel(timezone.now(), tick=False):
        relay.run()
        assert wait_of(delivery, timezone.now()) >= 600


def tried_for(hours, delivery):
    """Runs the relay whenever the delivery is due, for so long after it was made."""
    until, now = delivery.created_at + timedelta(hours=hours), delivery.due_at
    while now < until and delivery.status == "pending":
        with time_machine.travel(now, tick=False):
            relay.run()
        delivery.refresh_from_db()
        now = max(now + timedelta(seconds=1), delivery.due_at)
    return delivery.status


def test_a_server_that_is_away_is_tried_for_two_days_then_the_delivery_is_dead_and_its_device_lives(outside, pushed):
    delivery = pushed()
    outside.script(status=503, times=1000)
    assert tried_for(46, delivery) == "pending"
    assert delivery.attempt_count > 40
    assert tried_for(60, delivery) == "dead"
    assert Device.objects.count() == 1


def test_what_is_not_understood_is_tried_ten_times(outside, pushed, monkeypatch):
    delivery = pushed()

    def crash(message):
        raise ZeroDivisionError

    monkeypatch.setattr(push, "send", crash)
    assert tried_for(48, delivery) == "dead"
    assert (delivery.attempt_count, delivery.last_error) == (relay.MAX_ATTEMPTS, "ZeroDivisionError")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hanging", [1, 5])
def test_phones_whose_server_hangs_delay_no_other_delivery(outside, pushed, settings, hanging):
    """They hang, all at once, until the last of the others is written as sent; then each is cut."""
    settings.RELAY_CONCURRENCY = 12
    slow = [pushed(f"slow-{number}") for number in range(hanging)]
    fast = [pushed(f"phone-{number}") for number in range(40)]
    let_go = threading.Event()
    for delivery in slow:
        outside.script(hang_until=let_go, cut=True, phone=delivery.device.token)

    def let_go_at_the_end():
        sent = Delivery.objects.filter(status=DeliveryStatus.SENT)
        ended = wait_until(lambda: sent.count() == len(fast) and outside.counts["send"] == len(fast) + hanging)
        let_go.set()
        return ended

    with time_machine.travel(timezone.now(), tick=False):  # no lease runs out meanwhile
        assert at_once([relay.run, let_go_at_the_end]) == [len(fast), True]
    assert set(outside.phones) == {delivery.device.token for delivery in fast}
    waiting = Delivery.objects.filter(status=DeliveryStatus.PENDING)
    assert [delivery.attempt_count for delivery in waiting] == [1] * hanging
    assert min(delivery.due_at - delivery.message.created_at for delivery in waiting) >= timedelta(
        seconds=relay.FIRST_RETRY_SECONDS
    )


def test_refused_credentials_cost_no_token_and_no_attempt_and_are_an_error_in_the_log(outside, pushed, caplog):
    delivery = pushed()
    Delivery.objects.update(attempt_count=relay.MAX_ATTEMPTS - 1)
    now = timezone.now()
    outside.script(status=403, times=20)
    for _day in range(12):
        with time_machine.travel(now, tick=False):
            relay.run()
        assert wait_of(delivery, now) >= relay.CREDENTIALS_RETRY_SECONDS
        now = delivery.due_at
    assert (delivery.status, delivery.attempt_count) == ("pending", relay.MAX_ATTEMPTS - 1)
    assert Device.objects.count() == 1
    errors = [record for record in caplog.records if record.name == "notifications.relay"]
    assert [record.levelname for record in errors] == ["ERROR"] * 12
    assert "phone-1" not in caplog.text
    outside.steps.clear()
    with time_machine.travel(now, tick=False):
        assert relay.run() == 1


def test_one_bad_token_and_one_crash_delay_no_other_delivery(outside, pushed, monkeypatch):
    deliveries = [pushed(token) for token in ("dead-phone", "phone-2", "phone-3")]
    outside.script(cut=True, phone="phone-2")
    send, crashed = push.send, []

    def crash_once(message):
        if message.token == "phone-2" and not crashed:
            crashed.append(1)
            raise ZeroDivisionError
        return send(message)

    monkeypatch.setattr(push, "send", crash_once)
    assert relay.run() == 2
    for delivery in deliveries:
        delivery.refresh_from_db()
    assert [delivery.status for delivery in deliveries] == ["dropped", "pending", "sent"]


def test_a_mailbox_refused_for_good_dies_and_a_server_that_is_gone_is_for_later(outside, tell, monkeypatch, settings):
    tell(UserFactory(), Channel.MAIL)
    settings.EMAIL_PORT = 1
    relay.run()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempt_count, delivery.last_error) == ("pending", 1, "ServerAway")

    def refuse(**facts):
        raise mail.MailRefused("recipient refused")

    monkeypatch.setattr(mail, "send", refuse)
    with time_machine.travel(delivery.due_at, tick=False):
        relay.run()
    delivery.refresh_from_db()
    assert delivery.status == "dead"


# --- Leases ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_four_relays_at_once_bring_each_delivery_once(outside, tell):
    people = [DeviceFactory(token=f"phone-{number}").person for number in range(60)]
    for person in people:
        tell(person, Channel.PUSH, Channel.MAIL)
    with time_machine.travel(timezone.now(), tick=False):  # no lease runs out meanwhile
        answers = at_once([relay.run] * 4)
        assert all(isinstance(answer, int) for answer in answers), answers
        while relay.run():
            pass
    assert {token: len(received) for token, received in outside.phones.items()} == {
        f"phone-{number}": 1 for number in range(60)
    }
    assert sorted(letter["to"][0] for letter in outside.mails) == sorted(person.email for person in people)
    assert Delivery.objects.filter(status=DeliveryStatus.SENT).count() == 120


@pytest.mark.django_db(transaction=True)
def test_control_without_leases_relays_at_once_bring_some_deliveries_twice(outside, tell, monkeypatch):
    for number in range(20):
        tell(DeviceFactory(token=f"phone-{number}").person, Channel.PUSH)
    expansion.expand_due()
    meeting = threading.Barrier(2)

    def claim_without_lease(limit=50):
        due = Delivery.objects.due(timezone.now()).with_unread_count()
        due = list(due.select_related("message__notification", "device")[:limit])
        meeting.wait(PATIENCE_SECONDS)
        return due

    monkeypatch.setattr(relay, "claim_due", claim_without_lease)
    at_once([lambda: [relay.deliver(one) for one in relay.claim_due()]] * 2)
    assert max(len(received) for received in outside.phones.values()) == 2


def test_a_leased_delivery_is_nobody_elses_until_its_lease_is_over(pushed):
    pushed()
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        first = claimed()
        assert relay.claim_due() == []
    with time_machine.travel(now + relay.LEASE - timedelta(seconds=1), tick=False):
        assert relay.claim_due() == []
    with time_machine.travel(now + relay.LEASE, tick=False):
        second = claimed()
    assert (second.pk, second.lease != first.lease) == (first.pk, True)


def test_what_is_still_being_sent_stays_ours_and_is_found_soon_after_a_kill(outside, tell):
    tell(UserFactory(), Channel.MAIL)
    expansion.expand_due()
    now = timezone.now()
    with time_machine.travel(now, tick=False), ThreadPoolExecutor(1) as pool:
        lane = relay.Lane(Channel.MAIL, 1, pool)
        (mine,) = relay.claim_due(1, Channel.MAIL)
        lane.sending[Future()] = mine
    for _minute in range(4):  # its server has the mail and does not confirm it
        now += timedelta(seconds=50)
        with time_machine.travel(now, tick=False):
            lane.renew()
            assert relay.claim_due(1, Channel.MAIL) == []
    with time_machine.travel(now + relay.LEASE, tick=False):
        (other,) = relay.claim_due(1, Channel.MAIL)
        lane.renew()
        assert Delivery.objects.get().lease == other.lease != mine.lease


def test_a_text_that_is_refused_dies_alone_and_its_address_does_not_bounce(outside, tell):
    person = UserFactory()
    tell(person, Channel.MAIL)
    tell(person, Channel.MAIL)
    outside.script(path="text", status=554, message="no such words here")
    relay.run()
    assert sorted(Delivery.objects.values_list("status", "last_error")) == [("dead", "ContentRefused"), ("sent", "")]
    person.refresh_from_db()
    assert person.takes_mail
    outside.script(path="recipient", status=550, message="5.1.1 unknown")
    tell(person, Channel.MAIL)
    relay.run()
    person.refresh_from_db()
    assert (person.takes_mail, person.email_state) == (False, "bouncing")


def test_a_relay_killed_after_the_send_sends_again_under_the_same_notification_id(outside, pushed, monkeypatch):
    delivery = pushed()

    def die(*facts, **changes):
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(relay, "_write", die)
        with pytest.raises(KeyboardInterrupt):
            relay.run()
    assert relay.run() == 0, "the lease still runs"
    with time_machine.travel(timezone.now() + relay.LEASE, tick=False):
        assert relay.run() == 1
    first, second = outside.phones["phone-1"]
    assert first["data"]["notification_id"] == second["data"]["notification_id"]
    assert first["android"]["collapse_key"] == second["android"]["collapse_key"]
    assert first["android"]["notification"] == second["android"]["notification"]
    delivery.refresh_from_db()
    assert delivery.status == "sent"


def test_who_lost_the_lease_before_sending_sends_and_writes_nothing(outside, pushed):
    pushed()
    loser = claimed()
    with time_machine.travel(timezone.now() + relay.LEASE, tick=False):
        winner = claimed()
        assert relay.deliver(loser) == 0
        assert outside.phones == {}
        assert relay.deliver(winner) == 1
    assert len(outside.phones["phone-1"]) == 1


@pytest.mark.parametrize("answer", [None, push.DeadToken("x"), push.MessageRefused("x"), push.RetryLater()])
def test_who_lost_the_lease_while_sending_writes_nothing(pushed, monkeypatch, answer):
    delivery = pushed()
    loser = claimed()

    def lose_the_lease(message):
        Delivery.objects.update(lease=delivery.message_id, leased_until=timezone.now() + LATER)
        if answer:
            raise answer

    monkeypatch.setattr(push, "send", lose_the_lease)
    assert relay.deliver(loser) == 0
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt_count, delivery.lease) == ("pending", 0, delivery.message_id)


def test_a_message_left_unexpanded_by_a_kill_is_expanded_by_the_next_sweep(outside, tell, monkeypatch):
    tell(DeviceFactory(token="phone-1").person, Channel.PUSH)

    def be_killed(rows):
        raise SystemExit

    with monkeypatch.context() as killed:
        killed.setattr(Delivery.objects, "bulk_create", be_killed)
        with pytest.raises(SystemExit):
            relay.run()
    assert OutboxMessage.objects.filter(expanded_at__isnull=True).count() == 1
    assert (Notification.objects.count(), Delivery.objects.count()) == (0, 0)
    assert relay.run() == 1


def test_a_message_that_cannot_be_expanded_stops_no_other(monkeypatch):
    bad, good = UserFactory(), UserFactory()
    for person in (bad, good):
        outbox.publish(lambda _about: notice(), person, to=person)
    expand = expansion.expand

    def fail_for_one(messages, now):
        if any(message.recipient == bad for message in messages):
            raise ValueError("unexpected")
        expand(messages, now)

    monkeypatch.setattr(expansion, "expand", fail_for_one)
    relay.run()
    assert Notification.objects.get().recipient == good
    monkeypatch.undo()
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        relay.run()
    assert Notification.objects.count() == 2
