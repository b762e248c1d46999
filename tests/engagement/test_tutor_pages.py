"""A tutor's page, as a form and as a program: what it shows, what a POST decides, what closes it."""

from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import IntegrityError, connection
from django.utils import timezone

from common.models import uuid7
from engagement import chain
from engagement.models import Attestation, AttestationRequest, HourEntry, Record, RecordEvent, TutorAddress
from engagement.services import attestation_requests, entries, tutor_answers, verification
from notifications.models import OutboxMessage
from tests.support.factories import OrganizationMembershipFactory, StaffMembershipFactory
from tests.support.races import at_once, without_row_locks
from tests.support.tutors import (
    DAY,
    FORM,
    HTML,
    MINUTE,
    TUTOR,
    act,
    link_in,
    log,
    mails_to,
    outside,
    pupil,
    shown,
    told,
    tutor_token,
)

pytestmark = pytest.mark.django_db

API = "/api/v1/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(DAY + timedelta(days=1)) as clock:
        yield clock


@pytest.fixture
def who(api):
    return pupil(api)


@pytest.fixture
def entry(who):
    """Hours that wait for their tutor, asked an hour ago."""
    entry = log(who)
    AttestationRequest.objects.update(asked_at=timezone.now() - timedelta(hours=1))
    return entry


@pytest.fixture
def path(entry):
    """The address in the mail."""
    return link_in(mails_to()[0])


def axes(entry):
    entry.refresh_from_db()
    return entry.status, entry.attestation_status, entry.attested_minutes, entry.approved_minutes


def send(api, path, **body):
    """The answer to a form."""
    return api.generic("POST", path, urlencode(body), content_type=FORM, HTTP_ACCEPT=HTML)


def seen(api, path):
    return api.get(path).json()["seen"]


def give(api, path, action, **facts):
    """The answer to a word on what the page shows now."""
    return api.post(path, {"action": action, "seen": seen(api, path), **facts})


# --- What it shows -----------------------------------------------------------------------------------------------
def test_the_page_shows_who_when_where_how_long_and_what_and_nothing_else_of_the_student(api, who, entry, path):
    answer = api.get(path, HTTP_ACCEPT=HTML)
    page = unescape(answer.text)
    for text in ("Inès S.", "Les Voisins", "Repas du soir", "18 novembre 2026", "1\u00a0h\u00a030"):
        assert text in page
    for text in ("Secret", str(who.person.birth_date), who.person.email, TUTOR, path.split("/")[-2]):
        assert text not in page
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "<script" not in page


def test_the_page_is_french_by_default_and_english_when_asked(api, path):
    assert "Oui, je confirme" in unescape(api.get(path, HTTP_ACCEPT=HTML).text)
    for query, headers in (("", {"HTTP_ACCEPT_LANGUAGE": "en"}), ("?lang=en", {})):
        english = api.get(path + query, HTTP_ACCEPT=HTML, **headers)
        assert '<html lang="en">' in english.text
        assert "Yes, I confirm" in english.text


@pytest.mark.parametrize("name", ["Élise", "inès", "Hugo", "Jo"])
def test_the_french_is_right_whatever_the_name_begins_with(api, who, path, name):
    type(who.person).objects.filter(pk=who.person.pk).update(first_name=name)
    assert f"<h1>Heures\u00a0: {name} S.</h1>" in unescape(api.get(path, HTTP_ACCEPT=HTML).text)


def test_each_decision_has_a_form_of_its_own_so_that_the_enter_key_never_confirms(api, path):
    forms = api.get(path, HTTP_ACCEPT=HTML).text.split("<form")[1:]
    assert [form.count("<button") for form in forms] == [1] * 5
    (amend,) = [form for form in forms if 'name="minutes"' in form]
    assert 'value="amend"' in amend


def test_reading_decides_nothing_however_often_and_by_whomever(api, entry, path):
    rows = [AttestationRequest, HourEntry, Attestation, RecordEvent, OutboxMessage, TutorAddress]
    before = [list(model.objects.order_by("pk").values()) for model in rows]
    for query in ("", "?lang=en"):
        for accept in (HTML, "application/json"):
            assert api.get(path + query, HTTP_ACCEPT=accept).status_code == 200
            assert api.head(path + query, HTTP_ACCEPT=accept).status_code == 200
    for query in ("?action=confirm", "?action=never_again"):
        assert api.get(path + query).status_code == 400
        assert api.post(path + query, {"action": "not_me"}).status_code == 400
    assert [list(model.objects.order_by("pk").values()) for model in rows] == before


# --- What a POST decides -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("action", "facts", "expected", "kind", "said"), [
    ("confirm", {}, ("submitted", "confirmed", 90, None), "attested", "Vous avez confirmé"),
    ("amend", {"minutes": 60}, ("submitted", "amended", 60, None), "amended", "1\u00a0h\u00a000"),
    ("deny", {"reason": "Personne ce jour-là."}, ("submitted", "denied", None, None), "denied", "pas eu lieu"),
    ("deny", {}, ("submitted", "denied", None, None), "denied", "pas eu lieu"),
])  # fmt: skip
def test_a_tutor_decides_by_a_form_and_the_student_is_told(api, who, entry, path, action, facts, expected, kind, said):
    body = {"action": action, "seen": seen(api, path), **facts}
    first = send(api, path, **body)
    assert first.status_code == 200
    assert said in unescape(first.text)
    assert axes(entry) == expected
    assert told(who.person)[-1] == kind
    events = RecordEvent.objects.count()
    again = send(api, path, **body)  # the first answer was lost
    assert (again.status_code, said in unescape(again.text)) == (200, True)
    assert (RecordEvent.objects.count(), Attestation.objects.count()) == (events, 1)
    (word,) = shown(who, entry)["attestations"]
    assert (word["by_tutor"], word["attested_by"], word["verb"]) == (True, None, action)
    assert "flags" not in shown(who, entry)
    assert who.teacher.get(f"{API}hour-entries/{entry.pk}/").json()["flags"] == []
    assert list(verification.verify_records(Record.objects.all())) == []


def test_another_answer_after_the_first_is_refused_and_the_page_says_what_was_answered(api, entry, path):
    facts = seen(api, path)
    api.post(path, {"action": "confirm", "seen": facts})
    answer = api.post(path, {"action": "deny", "seen": facts})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_answered")
    page = send(api, path, action="not_me")
    assert (page.status_code, "Vous avez confirmé" in unescape(page.text)) == (409, True)
    assert axes(entry)[1] == "confirmed"


def test_an_amendment_counts_once_the_student_has_acknowledged_it(api, who, entry, path):
    facts = seen(api, path)
    api.post(path, {"action": "amend", "seen": facts, "minutes": 60})
    assert act(who.phone, entry, "acknowledge") == (200, None)
    assert axes(entry) == ("submitted", "confirmed", 60, None)
    page = unescape(api.get(path, HTTP_ACCEPT=HTML).text)
    assert "Vous avez corrigé la durée" in page
    again = {minutes: api.post(path, {"action": "amend", "seen": facts, "minutes": minutes}) for minutes in (60, 90)}
    assert [again[minutes].status_code for minutes in (60, 90)] == [200, 409]


def test_an_amendment_to_what_is_claimed_is_no_amendment(api, entry, path):
    answer = give(api, path, "amend", minutes=90)
    assert (answer.status_code, answer.json()["code"]) == (400, "minutes_needed")
    page = send(api, path, action="amend", seen=seen(api, path), minutes="90")
    assert (page.status_code, 'href="#minutes"' in page.text) == (400, True)
    assert axes(entry)[1] == "requested"


def test_not_me_is_taken_back_from_the_same_page_while_there_is_time(api, who, entry, path, clock):
    page = send(api, path, action="not_me")
    assert ('value="me_after_all"' in page.text, "Les Voisins" in page.text) == (True, False)
    reopened = send(api, path, action="me_after_all")
    assert (reopened.status_code, 'value="confirm"' in reopened.text) == (200, True)
    assert (axes(entry)[1], shown(who, entry)["tutor_mail_status"]) == ("requested", "sent")
    assert told(who.person) == ["attestation_bounced", "attestation_reopened"]
    assert send(api, path, action="me_after_all").status_code == 200  # again changes nothing
    assert act(who.phone, entry, "resend-attestation") == (200, None)
    assert give(api, path, "confirm").json()["status"] == "confirmed"
    assert chain.verify_chain(Record.objects.get(person=who.person)) is None
    assert api.post(path, {"action": "me_after_all"}).json()["status"] == "confirmed"


def test_not_me_stays_once_the_time_to_answer_is_over(api, entry, path, clock):
    api.post(path, {"action": "not_me"})
    clock.shift(timedelta(days=40))
    answer = api.post(path, {"action": "me_after_all"})
    assert (answer.status_code, answer.json()["code"]) == (410, "expired")
    assert axes(entry)[1] == "bounced"


def test_not_me_confirms_and_denies_nothing_and_the_address_is_not_asked_again(api, who, entry, path):
    for _time in range(2):
        page = send(api, path, action="not_me")
        assert (page.status_code, "Les Voisins" in page.text) == (200, False)
    assert axes(entry) == ("submitted", "bounced", None, None)
    assert told(who.person) == ["attestation_bounced"]
    assert shown(who, entry)["tutor_mail_status"] == "disowned"
    assert act(who.phone, entry, "request-attestation") == (409, "tutor_disowned")
    act(who.phone, entry, "withdraw")
    act(who.phone, entry, "submit")
    assert (axes(entry)[1], len(mails_to())) == ("bounced", 1)
    act(who.phone, entry, "withdraw")
    body = outside(tutor_email="lou@voisins.example")
    assert who.phone.put(f"{API}hour-entries/{entry.pk}/", body, HTTP_IF_MATCH="*").status_code == 200
    act(who.phone, entry, "submit")
    assert (axes(entry)[1], len(mails_to("lou@voisins.example"))) == ("requested", 1)
    assert api.get(path).status_code == 410


def test_never_again_ends_the_asking_for_everybody(api, who, entry, path):
    friend = pupil(api)
    other = log(friend, start=DAY - 300 * MINUTE)
    etag = friend.phone.get(f"{API}hour-entries/{other.pk}/")["ETag"]
    for _time in range(2):
        assert send(api, path, action="never_again").status_code == 200
    assert axes(entry)[1] == "bounced"
    assert told(who.person) == ["attestation_bounced"]
    assert shown(who, entry)["tutor_mail_status"] == "blocked"
    assert act(who.phone, entry, "request-attestation") == (409, "tutor_blocked")
    cursor = friend.phone.get(f"{API}sync/").json()["cursor"]
    assert attestation_requests.remind() == 0
    assert (axes(other)[1], told(friend.person)) == ("bounced", ["attestation_bounced"])
    seen_by_friend = friend.phone.get(f"{API}hour-entries/{other.pk}/")
    assert (seen_by_friend.json()["tutor_mail_status"], seen_by_friend["ETag"] == etag) == ("blocked", False)
    changes = friend.phone.get(f"{API}sync/?cursor={cursor}").json()["changes"]
    assert str(other.pk) in [change["id"] for change in changes]
    assert attestation_requests.remind() == 0
    assert told(friend.person) == ["attestation_bounced"]


def test_never_again_after_an_answer_leaves_the_answer(api, entry, path):
    give(api, path, "confirm")
    page = api.post(path, {"action": "never_again"}).json()
    assert (page["status"], page["is_blocked"]) == ("confirmed", True)
    assert axes(entry)[1] == "confirmed"
    assert TutorAddress.objects.get().blocked_at


@pytest.mark.parametrize(("seconds", "flags"), [(59, ["quick_answer"]), (61, [])])
def test_an_answer_within_a_minute_is_flagged_for_the_teacher_alone(api, who, seconds, flags):
    entry = log(who)
    path = link_in(mails_to()[0])
    asked_at = timezone.now()
    AttestationRequest.objects.update(asked_at=asked_at)
    with time_machine.travel(asked_at + timedelta(seconds=seconds), tick=False):
        give(api, path, "confirm")
    assert who.teacher.get(f"{API}hour-entries/{entry.pk}/").json()["flags"] == flags
    assert "flags" not in shown(who, entry)


def test_a_tutors_word_never_approves_by_itself(api, who, entry, path):
    manager = api.as_(StaffMembershipFactory(school=who.enrolment.class_group.school, manager=True).person)
    option = f"{API}engagement-options/{entry.record.option_id}/"
    assert manager.patch(option, {"automatic_approval": "confirmed_attendance"}, HTTP_IF_MATCH="*").status_code == 200
    give(api, path, "confirm")
    act(who.phone, entry, "withdraw")
    act(who.phone, entry, "submit")
    assert axes(entry)[:2] == ("submitted", "confirmed")


def test_a_teacher_who_is_the_tutor_does_not_decide(api, who):
    OrganizationMembershipFactory(person=who.teacher_person)
    entry = log(who, tutor_email=who.teacher_person.email)
    assert act(who.teacher, entry, "approve") == (409, "attested_by_you")


# --- What changed or closed meanwhile ----------------------------------------------------------------------------
def test_hours_that_changed_since_are_shown_anew_and_not_answered(api, who, entry, path):
    facts = seen(api, path)
    act(who.teacher, entry, "return", reason="Quelle association ?")
    edit = who.phone.patch(f"{API}hour-entries/{entry.pk}/", {"break_minutes": 30}, HTTP_IF_MATCH="*")
    assert edit.status_code == 200
    answer = api.post(path, {"action": "confirm", "seen": facts})
    assert (answer.status_code, answer.json()["code"]) == (409, "facts_changed")
    page = send(api, path, action="confirm", seen=facts)
    assert (page.status_code, "1\u00a0h\u00a000" in page.text, 'role="alert"' in page.text) == (409, True, True)
    assert axes(entry)[1] == "requested"
    assert give(api, path, "confirm").status_code == 200


def test_a_teachers_decision_is_no_change(api, who, entry, path):
    facts = seen(api, path)
    act(who.teacher, entry, "approve")
    assert api.post(path, {"action": "confirm", "seen": facts}).status_code == 200
    assert axes(entry) == ("approved", "confirmed", 90, 90)


def test_hours_taken_back_cannot_be_answered_and_can_again_once_handed_in_unchanged(api, who, entry, path):
    facts = seen(api, path)
    act(who.phone, entry, "withdraw")
    for answer in (api.get(path), api.post(path, {"action": "confirm", "seen": facts})):
        assert (answer.status_code, answer.json()["code"]) == (410, "taken_back")
    act(who.phone, entry, "submit")
    assert api.post(path, {"action": "confirm", "seen": facts}).status_code == 200


def test_a_link_lives_21_days_and_the_next_asking_ends_it(api, who, entry, path):
    with time_machine.travel(timezone.now() + timedelta(days=20, hours=22)):
        attestation_requests.expire()
        assert api.get(path).json()["status"] == "open"
    late = timezone.now() + timedelta(days=21, minutes=1)
    with time_machine.travel(late):
        for accept in (HTML, "application/json"):
            assert api.get(path, HTTP_ACCEPT=accept).status_code == 410
        assert api.get(path).json()["code"] == "expired"
        assert api.post(path, {"action": "confirm", "seen": "x"}).json()["code"] == "expired"
        attestation_requests.expire()
        assert api.get(path).json()["code"] == "expired"
        phone = type(who.phone)().as_(who.person)
        assert act(phone, entry, "request-attestation") == (200, None)
        assert api.get(path).json()["code"] == "gone"
        assert api.get(link_in(mails_to()[-1])).status_code == 200
    assert axes(entry)[1] == "requested"


def test_a_link_that_is_none_or_of_another_row_opens_nothing(api, who, entry, path):
    other = log(pupil(api), start=DAY - 300 * MINUTE)
    token, foreign = path.split("/")[-2], tutor_token(other.attestation_request)
    mixed = foreign[:22] + token[22:]
    for wrong in ("none", token[:-1], token + "A", token.swapcase(), mixed):
        address = f"{API}attestations/{wrong}/"
        for answer in (api.get(address), api.post(address, {"action": "not_me"})):
            assert (answer.status_code, answer.json()["code"]) == (410, "gone")
    page = api.get(f"{API}attestations/none/", HTTP_ACCEPT=HTML)
    assert (page.status_code, page["Content-Type"].split(";")[0]) == (410, HTML)


def test_another_secret_key_closes_every_link(api, path, settings):
    settings.SECRET_KEY = "another-one-after-a-theft-of-the-first"
    assert api.get(path).status_code == 410


# --- What is sent ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("body", [
    {}, {"action": "burn"}, {"action": "confirm"}, {"action": "amend", "seen": "x"}, {"action": "not_me", "seen": "x"},
    {"action": "never_again", "reason": "x"}, {"action": "confirm", "seen": "x", "minutes": 5},
    {"action": "confirm", "seen": "x" * 65}, {"action": "amend", "seen": "x", "minutes": 0},
    {"action": "amend", "seen": "x", "minutes": 721}, {"action": "amend", "seen": "x", "minutes": 10**40},
    {"action": "amend", "seen": "x", "minutes": "60"}, {"action": "amend", "seen": "x", "minutes": True},
    {"action": "deny", "seen": "x", "reason": "a\x00b"}, {"action": "deny", "seen": "x", "reason": "x" * 1001},
    {"action": ["confirm"], "seen": {}},
])  # fmt: skip
def test_what_cannot_be_right_is_refused_and_changes_nothing(api, entry, path, body):
    assert api.post(path, body).status_code == 400
    assert axes(entry)[1] == "requested"


@pytest.mark.parametrize("minutes", ["", "abc", "-5", "1e3", "60.5", "٦٠", "9" * 5000, "0", "721", "6_0", "6\x000"])
def test_minutes_in_a_form_are_digits_or_said_wrong_beside_the_field(api, entry, path, minutes):
    page = send(api, path, action="amend", seen=seen(api, path), minutes=minutes)
    assert (page.status_code, page["Content-Type"].split(";")[0]) == (400, HTML)
    assert 'role="alert"' in page.text
    assert axes(entry)[1] == "requested"


def test_a_form_of_a_megabyte_and_other_media_are_refused(api, entry, path):
    assert send(api, path, action="deny", seen="x", reason="x" * 1_000_001).status_code in (400, 413)
    for media in ("text/plain", "multipart/form-data; boundary=x", "application/xml"):
        assert api.generic("POST", path, b"action=not_me", content_type=media).status_code == 415
    assert api.generic("POST", path, b"action=not_me&action=not_me", content_type=FORM).status_code == 400
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        assert api.generic(method, path).status_code == 405
    assert axes(entry)[1] == "requested"


def test_readings_of_one_address_are_limited(api, path, monkeypatch):
    monkeypatch.setattr("common.api.throttling.CeilingThrottle.THROTTLE_RATES", {"tutor": "2/min", "one-link": "9/min"})
    with time_machine.travel(timezone.now(), tick=False):
        statuses = [api.get(path).status_code for _time in range(3)]
    assert statuses == [200, 200, 429]


@pytest.mark.parametrize(("rate", "said"), [("1/min", "dans 1 min."), ("1/hour", "dans 1 h 00.")])
def test_people_who_ask_too_often_read_in_minutes_and_hours_when_to_come_back(api, path, monkeypatch, rate, said):
    monkeypatch.setattr("common.api.throttling.CeilingThrottle.THROTTLE_RATES", {"tutor": rate, "one-link": "9/min"})
    with time_machine.travel(timezone.now(), tick=False):
        api.get(path)
        page = api.get(path, HTTP_ACCEPT=HTML)
    assert page.status_code == 429
    assert f"Trop de demandes sont venues d’ici. Réessayez {said}" in page.text.replace("\u00a0", " ")


# --- Races -------------------------------------------------------------------------------------------------------
@pytest.fixture
def racing(transactional_db, who):
    entry = log(who)
    return entry, tutor_token(entry.attestation_request)


def answering(token, verb, **facts):
    asked = tutor_answers.request_of_token(token)
    digest = tutor_answers.tutor_pages.seen_of(asked)
    return lambda: tutor_answers.answer(token, verb, seen=digest, **facts)


def refusals(racing, times=8, **how):
    """Answers at once, two by two against each other; who did not get the first word, and why."""
    _entry, token = racing
    answers = at_once([answering(token, verb) for verb in ("confirm", "deny") * times], **how)
    return [answer for answer in answers if isinstance(answer, Exception)]


@pytest.mark.django_db(transaction=True)
def test_of_many_answers_at_once_one_counts_and_the_others_are_told(racing):
    entry, _token = racing
    assert {type(refusal) for refusal in refusals(racing)} == {tutor_answers.AlreadyAnswered}
    assert Attestation.objects.filter(entry=entry).count() == 1
    assert entry.events.filter(facts__verb__in=["confirm", "deny"]).count() == 1
    assert list(verification.verify_records(Record.objects.all())) == []


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_without_locks_answers_at_once_stumble_over_each_other(racing, monkeypatch):
    """The control: all have looked before one writes, and only the chain's unique sequence stops the others."""
    without_row_locks(monkeypatch)
    stumbled = refusals(racing, times=2, meet_before=OutboxMessage)
    assert [type(refusal) for refusal in stumbled] == [IntegrityError] * 3


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_a_withdrawal_at_once_leave_a_ledger_that_holds(racing, who):
    entry, token = racing
    calls = [answering(token, "confirm"), lambda: entries.withdraw_entry(entry, actor=who.person)]
    answered, withdrawn = at_once(calls)
    status, word, *_rest = axes(entry)
    assert not isinstance(withdrawn, Exception)
    assert status == "draft"
    assert word == ("requested" if isinstance(answered, Exception) else "confirmed")
    assert list(verification.verify_records(Record.objects.all())) == []


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_a_resend_at_once_leave_one_answer(racing, who):
    entry, token = racing
    calls = [answering(token, "confirm"), lambda: attestation_requests.resend_attestation(entry, actor=who.person)]
    answered, _resent = at_once(calls)
    assert not isinstance(answered, Exception)
    assert axes(entry)[1] == "confirmed"
    assert list(verification.verify_records(Record.objects.all())) == []
    waiting = OutboxMessage.objects.filter(kind="tutor_asked", expanded_at__isnull=True)
    assert not waiting.exists(), "what waits for an answer that came does not leave"


@pytest.mark.django_db(transaction=True)
def test_students_who_ask_one_address_at_once_are_three(transactional_db, api):
    several = [pupil(api) for _student in range(6)]
    logged = []
    for one in several:
        answer = one.phone.put(f"{API}hour-entries/{(entry_id := uuid7())}/", outside())
        assert answer.status_code == 201
        logged.append((one, HourEntry.objects.get(pk=entry_id)))
    at_once([lambda one=one, entry=entry: entries.submit_entry(entry, actor=one.person) for one, entry in logged])
    statuses = sorted(AttestationRequest.objects.values_list("mail_status", flat=True))
    assert statuses == ["held"] * 3 + ["queued"] * 3


def test_never_again_is_taken_back_from_the_tutors_own_page_and_the_hours_are_open_again(api, who, entry, path):
    assert send(api, path, action="never_again").status_code == 200
    page = api.get(path, HTTP_ACCEPT=HTML).text
    assert 'value="write_again"' in page
    assert "Les Voisins" not in page
    reopened = send(api, path, action="write_again")
    assert (reopened.status_code, 'value="confirm"' in reopened.text) == (200, True)
    assert shown(who, entry)["attestation_status"] == "requested"
    assert told(who.person)[-2:] == ["attestation_bounced", "attestation_reopened"]
    assert send(api, path, action="write_again").status_code == 200  # again changes nothing
    data = api.get(path).json()
    assert api.post(path, {"action": "confirm", "seen": data["seen"]}).json()["status"] == "confirmed"
    record = Record.objects.get(person=who.person)
    assert chain.verify_chain(record) is None


def test_never_again_is_taken_back_when_the_hours_are_gone_or_over_as_well(api, who, entry, path, clock):
    assert api.post(path, {"action": "never_again"}).json()["is_blocked"] is True
    clock.shift(timedelta(days=40))
    who.phone = api.as_(who.person)
    assert api.get(path).json()["status"] == "blocked"
    assert api.post(path, {"action": "confirm", "seen": "x"}).status_code == 409
    back = api.post(path, {"action": "write_again"}).json()
    assert (back["is_blocked"], back["title"]) == (False, "")
    assert shown(who, entry)["attestation_status"] == "bounced"
    assert act(who.phone, entry, "request-attestation") == (200, None)
    assert mails_to()[-1].to == [TUTOR]


def test_never_again_after_an_answer_is_taken_back_and_leaves_the_answer(api, entry, path):
    seen = api.get(path).json()["seen"]
    api.post(path, {"action": "confirm", "seen": seen})
    api.post(path, {"action": "never_again"})
    assert 'value="write_again"' in api.get(path, HTTP_ACCEPT=HTML).text
    page = api.post(path, {"action": "write_again"}).json()
    assert (page["status"], page["is_blocked"]) == ("confirmed", False)
