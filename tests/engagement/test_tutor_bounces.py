"""Mails to tutors that come back: the relay's own refusals, and what a mail provider tells by its webhook."""

import base64
import smtplib
from datetime import timedelta

import pytest
import time_machine
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from engagement.models import HourEntry, Record
from engagement.services import verification
from notifications import expansion, relay
from notifications.models import Delivery
from tests.support.tutors import DAY, MINUTE, TUTOR, act, log, mails_to, outside, pupil, shown, told
from tests.support.world import PROVIDES

pytestmark = pytest.mark.django_db

API = "/api/v1/"
SINCE = "2026-11-19T12:00:00Z"
SECONDS = int((DAY + timedelta(days=1, hours=3)).timestamp())
BOUNCES = {
    "brevo": {"event": "hard_bounce", "email": TUTOR, "ts_epoch": SECONDS * 1000, "id": 1, "reason": "unknown"},
    "mailjet": {"event": "bounce", "email": TUTOR, "hard_bounce": True, "time": SECONDS, "error": "user unknown"},
    "postmark": {"RecordType": "Bounce", "Type": "HardBounce", "Email": "Jo@Voisins.example", "BouncedAt": SINCE},
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(DAY + timedelta(days=1)) as clock:
        yield clock


@pytest.fixture
def who(api):
    return pupil(api)


def tell(api, provider, event, **headers):
    with time_machine.travel(DAY + timedelta(days=1, hours=4)):
        return api.post(f"{API}webhooks/mail/{provider}/", event, **{**PROVIDES, **headers})


def status(entry):
    entry.refresh_from_db()
    return entry.attestation_status


def refuse(monkeypatch, code):
    def send_messages(backend, messages):
        raise smtplib.SMTPRecipientsRefused({TUTOR: (code, b"no such user")})

    monkeypatch.setattr(EmailBackend, "send_messages", send_messages)


def test_the_student_sees_that_the_mail_left(who):
    entry = log(who)
    before = who.phone.get(f"{API}hour-entries/{entry.pk}/")
    mails_to()
    after = who.phone.get(f"{API}hour-entries/{entry.pk}/")
    assert [one.json()["tutor_mail_status"] for one in (before, after)] == ["queued", "sent"]
    assert before["ETag"] != after["ETag"]
    assert list(verification.verify_records(Record.objects.all())) == []


def test_an_address_that_its_server_refuses_for_good_bounces_and_the_student_is_told(who, monkeypatch):
    entry = log(who)
    refuse(monkeypatch, 550)
    relay.run()
    assert (status(entry), Delivery.objects.get(address=TUTOR).status) == ("bounced", "dead")
    assert shown(who, entry)["tutor_mail_status"] == "bounced"
    assert told(who.person) == ["attestation_bounced"]
    monkeypatch.undo()
    with time_machine.travel(DAY + timedelta(days=1, hours=1)):
        assert act(type(who.phone)().as_(who.person), entry, "request-attestation") == (200, None)
        assert (status(entry), len(mails_to())) == ("requested", 1)


def test_an_address_that_its_server_refuses_for_now_is_tried_again(who, monkeypatch):
    entry = log(who)
    refuse(monkeypatch, 450)
    relay.run()
    assert (status(entry), Delivery.objects.get(address=TUTOR).status) == ("requested", "pending")
    assert shown(who, entry)["tutor_mail_status"] == "queued"


def test_a_mail_given_up_after_two_days_is_said_to_be(who, monkeypatch):
    entry = log(who)
    expansion.expand_due()
    refuse(monkeypatch, 450)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        relay.run()
    assert HourEntry.objects.get(pk=entry.pk).attestation_request.mail_status == "given_up"
    assert status(entry) == "requested"


@pytest.mark.parametrize("provider", BOUNCES)
def test_a_provider_tells_of_a_bounce_and_every_student_who_waits_is_told_once(api, who, provider):
    other = pupil(api)
    entries = [log(who), log(other)]
    mails_to()
    for _time in range(2):
        assert tell(api, provider, BOUNCES[provider]).status_code == 204
        assert tell(api, provider, [BOUNCES[provider], {"event": "opened"}, 7]).status_code == 204
    assert [status(entry) for entry in entries] == ["bounced", "bounced"]
    assert told(who.person) == told(other.person) == ["attestation_bounced"]
    assert [row.facts["verb"] for row in entries[0].events.order_by("sequence")][-1] == "bounce"
    assert list(verification.verify_records(Record.objects.all())) == []


def test_what_is_no_bounce_or_of_nobody_changes_nothing(api, who):
    entry = log(who)
    brevo, mailjet, postmark = BOUNCES.values()
    for provider, event in [
        ("brevo", {**brevo, "event": "soft_bounce"}),
        ("brevo", {**brevo, "email": "nobody@example.org"}),
        ("brevo", {**brevo, "email": None}),
        ("brevo", {**brevo, "email": ["jo"]}),
        ("brevo", {}),
        ("brevo", []),
        ("brevo", {"event": {"hard_bounce": 1}}),
        ("mailjet", {**mailjet, "hard_bounce": False}),
        ("mailjet", {**mailjet, "hard_bounce": "true"}),
        ("mailjet", brevo),
        ("postmark", {**postmark, "Type": "SoftBounce"}),
    ]:
        assert tell(api, provider, event).status_code == 204, event
    assert status(entry) == "requested"


@pytest.mark.parametrize("at", [10**29, "soon", None, [], 1e308])
def test_a_time_that_is_none_is_now(api, who, at):
    entry = log(who)
    assert tell(api, "mailjet", {**BOUNCES["mailjet"], "time": at}).status_code == 204
    assert status(entry) == "bounced"


def test_an_old_bounce_told_again_does_not_touch_a_new_asking(api, who):
    entry = log(who)
    tell(api, "brevo", BOUNCES["brevo"])
    with time_machine.travel(DAY + timedelta(days=3)):
        phone = type(who.phone)().as_(who.person)
        assert act(phone, entry, "request-attestation") == (200, None)
        api.post(f"{API}webhooks/mail/brevo/", BOUNCES["brevo"], **PROVIDES)
        assert status(entry) == "requested"


def test_a_bounce_after_the_answer_changes_nothing(api, who):
    entry = log(who)
    HourEntry.objects.filter(pk=entry.pk).update(attestation_status="confirmed", attested_minutes=90)
    assert tell(api, "brevo", BOUNCES["brevo"]).status_code == 204
    assert (status(entry), told(who.person)) == ("confirmed", [])


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("shown_secret", [
    "", "Basic", "Basic !", basic("provider:wrong"), basic(":"), basic(""), "Bearer x",
    basic("provider:a-secret-of-both") + "A",
])  # fmt: skip
def test_who_does_not_show_the_secret_changes_nothing(api, who, shown_secret):
    entry = log(who)
    answer = tell(api, "brevo", BOUNCES["brevo"], HTTP_AUTHORIZATION=shown_secret)
    assert (answer.status_code, answer["WWW-Authenticate"].split()[0]) == (401, "Basic")
    assert status(entry) == "requested"


def test_without_a_secret_of_ours_nobody_shows_it(api, who, settings):
    settings.MAIL_WEBHOOK_SECRET = ""
    entry = log(who)
    for shown_secret in (PROVIDES["HTTP_AUTHORIZATION"], basic(""), ""):
        assert tell(api, "brevo", BOUNCES["brevo"], HTTP_AUTHORIZATION=shown_secret).status_code == 401
    assert status(entry) == "requested"


def test_a_provider_that_we_do_not_know_is_not_found(api):
    assert tell(api, "unknown", BOUNCES["brevo"]).status_code == 404
    for body, media, code in ((b"{", "application/json", 400), (b"a=b", "application/x-www-form-urlencoded", 415)):
        answer = api.generic("POST", f"{API}webhooks/mail/brevo/", body, content_type=media, **PROVIDES)
        assert answer.status_code == code


def test_a_student_corrects_an_address_that_bounced_and_hands_the_hours_in_again(api, who):
    entry = log(who)
    tell(api, "brevo", BOUNCES["brevo"])
    act(who.phone, entry, "withdraw")
    body = outside(tutor_email="jo.martin@voisins.example")
    assert who.phone.put(f"{API}hour-entries/{entry.pk}/", body, HTTP_IF_MATCH="*").status_code == 200
    assert act(who.phone, entry, "submit") == (200, None)
    assert (status(entry), len(mails_to("jo.martin@voisins.example"))) == ("requested", 1)


def test_other_mails_of_a_student_wait_for_nothing(api, who):
    """A bounce ends what is asked at that address, nothing else."""
    bounced, other = log(who), log(who, start=DAY - 300 * MINUTE, tutor_email="lou@voisins.example")
    tell(api, "brevo", BOUNCES["brevo"])
    assert [status(entry) for entry in (bounced, other)] == ["bounced", "requested"]
