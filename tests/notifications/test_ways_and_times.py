"""Who hears of it, by which ways, and when: phones, mails, nights, digests, what is replaced and what is over."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import uuid7
from engagement.kinds import Kind as LedgerKind
from missions.kinds import Kind as PlaceKind
from missions.notices import sign_up_accepted
from missions.services.sign_ups import withdraw_sign_up
from notifications import digests, expansion, outbox, push, quiet_hours, relay
from notifications.models import Delivery, Device, Notification, Preference, Priority
from notifications.outbox import Notice
from notifications.registry import facts_of
from schools.kinds import Kind as SchoolKind
from tests.support.factories import AttendanceFactory, DeviceFactory, ShiftFactory, UserFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)  # a Wednesday
NIGHT = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def push_on(settings):
    settings.FCM_CREDENTIALS_FILE = "/nowhere.json"


@pytest.fixture
def sent(monkeypatch):
    """The pushes that left, in their order."""
    pushes = []
    monkeypatch.setattr(push, "send", lambda message: pushes.append(message))
    return pushes


def tell(person, kind, *, title="t", data=None, urgent=False, subject=None, expires_at=None):
    def say(_about):
        return Notice(kind, title, "b", data or {}, is_urgent=urgent, expires_at=expires_at)

    return outbox.publish(say, None, subject=subject or uuid7(), to=person)


def ways(message):
    """By which channels it goes, and when."""
    expansion.expand_due()
    return sorted(Delivery.objects.filter(message=message).values_list("channel", "due_at"))


def channels(message):
    return [channel for channel, _due_at in ways(message)]


# --- Everyone is reached ------------------------------------------------------------------------------------------
def test_a_person_without_a_phone_gets_by_mail_what_must_reach_everyone():
    assert channels(tell(UserFactory(), LedgerKind.APPROVED)) == ["mail"]


def test_a_person_with_a_living_phone_gets_it_there_alone():
    assert channels(tell(DeviceFactory().person, LedgerKind.APPROVED)) == ["push"]


@pytest.mark.parametrize("phone", [{"seen_at": timezone.now() - timedelta(days=31)}, {"notifications_allowed": False}])
def test_a_phone_that_cannot_be_counted_on_gets_the_push_and_its_person_the_mail(phone):
    assert channels(tell(DeviceFactory(**phone).person, LedgerKind.APPROVED)) == ["mail", "push"]


def test_a_phone_whose_session_is_refreshed_is_counted_on_again(api):
    person = UserFactory(password="quatre mots pour entrer")
    signed_in = {"email": person.email, "password": "quatre mots pour entrer"}
    tokens = api.post("/api/v1/auth/token/", signed_in).json()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    api.post("/api/v1/devices/", {"platform": "android", "token": "phone-1"})
    Device.objects.update(seen_at=timezone.now() - timedelta(days=40))
    api.post("/api/v1/auth/token/refresh/", {"refresh": tokens["refresh"]})
    assert Device.objects.get().hears(timezone.now())


def test_staff_get_it_by_mail_whatever_phone_they_have():
    assert channels(tell(DeviceFactory().person, PlaceKind.SIGN_UP_RECEIVED)) == ["mail", "push"]


@pytest.mark.parametrize("address", [{"email_verified_at": None}, {"email_bounced_at": timezone.now()}])
def test_an_address_that_nobody_confirmed_or_that_came_back_gets_mails_about_the_account_alone(address):
    person = UserFactory(**address)
    assert channels(tell(person, LedgerKind.APPROVED)) == []
    assert Notification.objects.filter(recipient=person).count() == 1
    assert channels(tell(person, facts_of("account_reset").kind)) == ["mail"]


def test_what_need_not_reach_everyone_goes_to_phones_alone():
    assert channels(tell(UserFactory(), PlaceKind.OFFER_LAPSED)) == []


# --- As the person chose ------------------------------------------------------------------------------------------
def test_a_kind_that_was_refused_comes_by_no_way_but_the_inbox():
    person = DeviceFactory(notifications_allowed=False).person
    kinds = [LedgerKind.APPROVED]
    Preference.objects.create(person=person, refused_pushes=kinds, refused_mails=kinds)
    assert channels(tell(person, LedgerKind.APPROVED)) == []
    assert channels(tell(person, LedgerKind.RETURNED)) == ["mail", "push"]
    assert Notification.objects.count() == 2


def test_what_nobody_may_refuse_comes_all_the_same():
    person = DeviceFactory(notifications_allowed=False).person
    kinds = [PlaceKind.SHIFT_CHANGED]
    Preference.objects.create(person=person, refused_pushes=kinds, refused_mails=kinds)
    assert channels(tell(person, PlaceKind.SHIFT_CHANGED)) == ["mail", "push"]


# --- Nights -------------------------------------------------------------------------------------------------------
def test_what_can_wait_waits_for_the_morning_and_its_line_is_there_at_once(nights):
    with time_machine.travel(NIGHT, tick=False):
        person = DeviceFactory(notifications_allowed=False).person
        assert ways(tell(person, LedgerKind.APPROVED)) == [("mail", MORNING), ("push", MORNING)]
        assert Notification.objects.count() == 1
    with time_machine.travel(NOON, tick=False):
        assert ways(tell(person, LedgerKind.REJECTED)) == [("mail", NOON), ("push", NOON)]


@pytest.mark.parametrize("facts", [
    {"kind": PlaceKind.CHECK_OUT_FORGOTTEN},
    {"kind": PlaceKind.SHIFT_CHANGED, "urgent": True},
    {"kind": PlaceKind.PLACE_OFFERED, "expires_at": MORNING},
])  # fmt: skip
def test_what_cannot_wait_wakes_people(nights, facts):
    with time_machine.travel(NIGHT, tick=False):
        message = tell(DeviceFactory().person, **facts)
        assert ways(message) == [("push", NIGHT)]


def test_a_mail_to_a_guardian_waits_for_the_morning_too(nights):
    def say(_about):
        return Notice(facts_of("guardian_told_of_place").kind, "t", "b")

    with time_machine.travel(NIGHT, tick=False):
        message = outbox.publish(say, None, subject=uuid7(), at=outbox.Mailbox("p@example.org", uuid7()))
        assert ways(message) == [("mail", MORNING)]


def test_a_person_may_have_nights_of_their_own_or_none(nights):
    with time_machine.travel(NOON, tick=False):
        sleeper, waker = DeviceFactory().person, DeviceFactory().person
        clock = time(11)
        Preference.objects.create(person=sleeper, quiet_from=clock, quiet_until=time(13))
        Preference.objects.create(person=waker, quiet_from=clock, quiet_until=clock)
        assert ways(tell(sleeper, LedgerKind.APPROVED)) == [("push", NOON + timedelta(hours=1))]
    with time_machine.travel(NIGHT, tick=False):
        assert ways(tell(waker, LedgerKind.APPROVED)) == [("push", NIGHT)]


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        # The nights before 2026-03-29 and 2026-10-25, when the clocks of Paris go on and back.
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), datetime(2026, 3, 29, 5, 0, tzinfo=UTC)),
        (datetime(2026, 10, 24, 23, 0, tzinfo=UTC), datetime(2026, 10, 25, 6, 0, tzinfo=UTC)),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 6, 0, tzinfo=UTC)),
        (datetime(2026, 11, 25, 6, 0, tzinfo=UTC), datetime(2026, 11, 25, 6, 0, tzinfo=UTC)),
        (datetime(2026, 11, 25, 5, 59, tzinfo=UTC), datetime(2026, 11, 25, 6, 0, tzinfo=UTC)),
        (datetime(2026, 11, 25, 19, 59, tzinfo=UTC), datetime(2026, 11, 25, 19, 59, tzinfo=UTC)),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(nights, moment, end):
    assert quiet_hours.of_deployment().first_allowed(moment) == end


def test_a_deployment_overseas_sleeps_at_its_own_hours(nights, settings):
    settings.LOCAL_TIME_ZONE = "America/Martinique"
    assert quiet_hours.of_deployment().first_allowed(NIGHT) == NIGHT
    late = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
    assert quiet_hours.of_deployment().first_allowed(late) == datetime(2026, 11, 26, 11, 0, tzinfo=UTC)


# --- Digests ------------------------------------------------------------------------------------------------------
def at(moment):
    with time_machine.travel(moment, tick=False):
        digests.send_digests()
        relay.run()


def test_what_can_wait_reaches_staff_once_a_day_in_one_mail(nights, sent):
    with time_machine.travel(NOON, tick=False):
        teacher = DeviceFactory().person
        for name in ("Lina", "Tom"):
            assert ways(tell(teacher, SchoolKind.JOIN_WAITING, title=f"{name} attend")) == []
    at(NOON + timedelta(hours=6))
    assert mail.outbox == []
    at(MORNING)
    at(MORNING + timedelta(minutes=1))
    (letter,) = mail.outbox
    assert letter.to == [teacher.email]
    assert "Lina attend" in letter.body
    assert "Tom attend" in letter.body
    assert [push_message.title for push_message in sent] == [letter.subject]


def test_what_was_read_meanwhile_is_in_no_digest(nights, sent):
    with time_machine.travel(NOON, tick=False):
        teacher = UserFactory()
        ways(tell(teacher, SchoolKind.JOIN_WAITING, title="lu"))
        Notification.objects.update(read_at=timezone.now())
        ways(tell(teacher, SchoolKind.JOIN_WAITING, title="non lu"))
    at(MORNING)
    (letter,) = mail.outbox
    assert "• lu" not in letter.body
    Notification.objects.update(read_at=timezone.now(), digest_due_at=MORNING)
    at(MORNING + timedelta(days=1))
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(("digest", "due"), [("weekly", datetime(2026, 11, 30, 6, 0, tzinfo=UTC)), ("daily", MORNING)])
def test_staff_choose_how_often(nights, sent, digest, due):
    with time_machine.travel(NOON, tick=False):
        organizer = UserFactory()
        Preference.objects.create(person=organizer, digest=digest)
        assert ways(tell(organizer, PlaceKind.SIGN_UP_RECEIVED)) == []
        assert Notification.objects.get().digest_due_at == due


def test_staff_who_want_each_thing_at_once_get_it(nights):
    with time_machine.travel(NOON, tick=False):
        teacher = UserFactory()
        Preference.objects.create(person=teacher, digest="immediate")
        assert channels(tell(teacher, SchoolKind.JOIN_WAITING)) == ["mail"]


# --- Replaced -----------------------------------------------------------------------------------------------------
def test_sign_ups_to_one_shift_are_one_push_and_one_mail_an_hour(sent):
    organizer = DeviceFactory().person
    one, other = {"shift": str(uuid7())}, {"shift": str(uuid7())}
    with time_machine.travel(NOON, tick=False):
        tell(organizer, PlaceKind.SIGN_UP_RECEIVED, title="1", data=one)
        relay.run()
        for number in (2, 3, 4):
            tell(organizer, PlaceKind.SIGN_UP_RECEIVED, title=str(number), data=one)
            tell(organizer, PlaceKind.SIGN_UP_RECEIVED, title=f"other {number}", data=other)
            relay.run()
    assert [letter.subject for letter in mail.outbox] == ["1", "other 2"]
    assert len({message.collapse_key for message in sent}) == 2
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        relay.run()
    assert [letter.subject for letter in mail.outbox] == ["1", "other 2", "4", "other 4"]


# --- Over ---------------------------------------------------------------------------------------------------------
def reasons():
    return sorted(Delivery.objects.values_list("status", "last_error"))


def test_a_place_given_up_in_the_night_is_not_announced_in_the_morning(nights, sent):
    with time_machine.travel(NIGHT, tick=False):
        begins = NIGHT + timedelta(days=9)
        shift = ShiftFactory(starts_at=begins, ends_at=begins + timedelta(hours=2), taken_count=1)
        row = AttendanceFactory(sign_up__shift=shift).sign_up
        DeviceFactory(person=row.person)
        outbox.publish(sign_up_accepted, row, to=row.person)
        relay.run()
        withdraw_sign_up(row, actor=row.person)
    at(MORNING)
    assert "sign_up_accepted" not in {message.data["kind"] for message in sent}
    assert ("dropped", "obsolete") in reasons()


def test_what_is_older_than_its_time_is_not_sent(sent):
    with time_machine.travel(NOON, tick=False):
        tell(DeviceFactory().person, LedgerKind.APPROVED, expires_at=NOON + timedelta(hours=2))
        expansion.expand_due()
    at(NOON + timedelta(hours=2))
    assert reasons() == [("dropped", "too late")]
    assert sent == []


def test_what_is_over_keeps_nothing_waiting_that_is_not(sent):
    with time_machine.travel(NOON, tick=False):
        for number in range(3):
            tell(DeviceFactory().person, LedgerKind.APPROVED, title=str(number), expires_at=NOON + timedelta(hours=1))
        expansion.expand_due()
    with time_machine.travel(NOON + timedelta(hours=2), tick=False):
        tell(DeviceFactory().person, LedgerKind.APPROVED, title="new")
        relay.run()
    assert [message.title for message in sent] == ["new"]


def test_what_was_read_in_the_app_meanwhile_rings_no_more(nights, sent):
    with time_machine.travel(NIGHT, tick=False):
        tell(DeviceFactory().person, LedgerKind.APPROVED)
        relay.run()
        Notification.objects.update(read_at=timezone.now())
    at(MORNING)
    assert reasons() == [("dropped", "read")]


def test_an_account_that_was_closed_meanwhile_gets_nothing(nights, sent):
    with time_machine.travel(NIGHT, tick=False):
        person = DeviceFactory(notifications_allowed=False).person
        tell(person, LedgerKind.APPROVED)
        relay.run()
        person.is_active = False
        person.save(update_fields=["is_active"])
    at(MORNING)
    assert (sent, mail.outbox) == ([], [])


# --- In turn ------------------------------------------------------------------------------------------------------
def test_mails_about_accounts_leave_before_what_is_told_to_many(sent, settings):
    people = UserFactory.create_batch(20)
    for person in people:
        tell(person, LedgerKind.APPROVED)
    reset = tell(UserFactory(), facts_of("account_reset").kind)
    assert reset.priority == Priority.FIRST
    relay.run()
    assert mail.outbox[0].to == [reset.recipient.email]
    assert len(mail.outbox) == 21


def test_a_phone_gets_its_pushes_in_their_order_and_a_retry_is_overtaken_after_a_minute(monkeypatch):
    person, sent, away = DeviceFactory().person, [], [True]

    def send(message):
        if message.title == "1" and away:
            raise push.RetryLater(120)
        sent.append(message.title)

    monkeypatch.setattr(push, "send", send)
    with time_machine.travel(NOON, tick=False):
        for number in (1, 2, 3):
            tell(person, LedgerKind.APPROVED, title=str(number))
        relay.run()
        assert sent == []
    with time_machine.travel(NOON + timedelta(seconds=61), tick=False):
        relay.run()
        assert sent == ["2", "3"]
        assert list(Delivery.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3]
    away.clear()
    with time_machine.travel(NOON + timedelta(minutes=10), tick=False):
        relay.run()
    assert sent == ["2", "3", "1"]


def test_expanding_asks_as_much_for_many_as_for_few():
    asked = []
    for count in (3, 30):
        for _number in range(count):
            tell(DeviceFactory(notifications_allowed=False).person, LedgerKind.APPROVED)
        with CaptureQueriesContext(connection) as queries:
            assert expansion.expand_due() == count
        asked.append(len(queries))
    assert asked[0] == asked[1]
