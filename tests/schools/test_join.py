"""Students come by a class code; guardians are asked by a link that decides once."""

import re
from datetime import date, time, timedelta
from functools import partial

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts.models import SignInAttempt, User
from common import links, paris
from consents.models import Consent, Guardian
from consents.notices import CONSENT_PURPOSE, consent_nonce
from consents.notices.texts import TEXT_VERSION, text_of
from notifications import relay
from notifications.models import Notification, OutboxMessage
from schools.models import ClassGroup, Enrolment, RosterLine
from tests.support.factories import (
    PASSWORD,
    ClassGroupFactory,
    ClassReferentFactory,
    ConsentFactory,
    RosterLineFactory,
    UserFactory,
    years_ago,
)
from tests.support.guardians import consent_token, decision_path
from tests.support.races import at_once

pytestmark = pytest.mark.django_db

URL = "/api/v1/classes/join/"


@pytest.fixture
def referent():
    """Who answers for a class whose roster expects Inès Bâ, 15."""
    referent = ClassReferentFactory(class_group__join_code="ABCD2345")
    RosterLineFactory(class_group=referent.class_group)
    return referent


def facts(**changes):
    return {
        "join_code": "ABCD2345",
        "email": "ines@example.org",
        "password": PASSWORD,
        "first_name": "INES",
        "last_name": "ba",
        "birth_date": years_ago(15).isoformat(),
        **changes,
    }


def join(api, **changes):
    return api.post(URL, facts(**changes))


def signed_in(api, email="ines@example.org", password=PASSWORD):
    answer = api.post("/api/v1/auth/token/", {"email": email, "password": password})
    assert answer.status_code == 200, answer.json()
    client = type(api)()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    return client


def my_enrolments(client):
    return [one["status"] for one in client.get("/api/v1/enrolments/").json()["results"]]


# --- Joining ---------------------------------------------------------------------------------------------------
def test_a_join_that_matches_the_roster_is_active_at_once_whatever_the_accents_and_case(api, referent):
    assert join(api, join_code=" abcd2345 ").status_code == 202
    client = signed_in(api)
    assert my_enrolments(client) == ["active"]
    assert RosterLine.objects.get().enrolment.student.email == "ines@example.org"
    assert len(client.get("/api/v1/classes/").json()["results"]) == 1
    assert OutboxMessage.objects.filter(kind="join_accepted").count() == 1


@pytest.mark.parametrize("change", [{"last_name": "Diop"}, {"birth_date": years_ago(17).isoformat()}])
def test_any_other_join_waits_for_the_teacher_and_sees_nothing_of_the_class(api, referent, change):
    answer = join(api, **change)
    assert (answer.status_code, answer.json()) == (202, join(api, email="x@example.org").json())
    client = signed_in(api)
    assert my_enrolments(client) == ["requested"]
    assert client.get("/api/v1/classes/").json()["results"] == []
    relay.run()
    assert Notification.objects.get(kind="join_waiting").recipient == referent.membership.person
    row = Enrolment.objects.get(student__email="ines@example.org")
    teacher = api.as_(referent.membership.person)
    assert teacher.post(f"/api/v1/enrolments/{row.pk}/admit/").json()["status"] == "active"
    assert len(client.get("/api/v1/classes/").json()["results"]) == 1


def test_a_roster_line_is_claimed_once_and_the_second_of_that_name_waits(api, referent):
    join(api)
    join(api, email="twin@example.org")
    assert sorted(Enrolment.objects.values_list("status", flat=True)) == ["active", "requested"]


def test_the_same_join_sent_again_because_its_answer_was_lost_changes_nothing(api, referent):
    answers = [join(api) for _time in range(3)]
    assert {answer.status_code for answer in answers} == {202}
    assert answers[0].json() == answers[2].json()
    assert (User.objects.filter(email="ines@example.org").count(), Enrolment.objects.count()) == (1, 1)
    assert Enrolment.objects.get().join_code == "ABCD2345"


def test_the_last_place_of_a_code_still_answers_its_own_repeat_and_nobody_else(api, referent):
    ClassGroup.objects.update(capacity=1)
    assert [join(api).status_code for _time in range(2)] == [202, 202]
    late = join(api, email="late@example.org")
    assert (late.status_code, late.json()["code"]) == (400, "join_code_refused")
    assert not User.objects.filter(email="late@example.org").exists()
    stranger = join(api, password="une autre phrase secrète")
    assert (stranger.status_code, stranger.json()["code"]) == (400, "join_code_refused")


@pytest.mark.django_db(transaction=True)
def test_twelve_joins_at_once_fill_a_class_of_five_and_no_more(api, referent):
    ClassGroup.objects.update(capacity=5)
    people = [{"last_name": f"Roy {letter}", "email": f"{letter}@example.org"} for letter in "abcdefghijkl"]
    answers = at_once([partial(join, api, **one) for one in people])
    assert sorted(answer.status_code for answer in answers) == [202] * 5 + [400] * 7
    assert Enrolment.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_one_join_sent_five_times_at_once_is_one_enrolment(api, referent):
    answers = at_once([partial(join, api)] * 5)
    assert {answer.status_code for answer in answers} == {202}
    assert (User.objects.filter(email="ines@example.org").count(), Enrolment.objects.count()) == (1, 1)


def test_a_code_that_is_unknown_expired_or_renewed_is_refused_alike(api, referent):
    refused = [join(api, join_code="ZZZZ9999")]
    client = api.as_(referent.membership.person)
    renewed = client.post(f"/api/v1/classes/{referent.class_group_id}/join-code/").json()
    refused.append(join(api))
    with time_machine.travel(timezone.now() + timedelta(days=14, seconds=1), tick=False):
        refused.append(join(api, join_code=renewed["join_code"]))
    problems = [{**answer.json(), "request_id": ""} for answer in refused]
    assert problems[0] == problems[1] == problems[2]
    assert problems[0]["code"] == "join_code_refused"
    assert not User.objects.filter(email="ines@example.org").exists()
    assert join(api, join_code=renewed["join_code"]).status_code == 202


def test_a_known_address_with_a_wrong_password_answers_the_same_and_its_owner_is_told(api, referent):
    owner = UserFactory(email="ines@example.org")
    answer = join(api, email="Ines@Example.org", password="une autre phrase secrète")
    assert (answer.status_code, answer.json()) == (202, join(api, email="new@example.org").json())
    assert not Enrolment.objects.filter(student=owner).exists()
    relay.run()
    (told,) = [message for message in mail.outbox if message.to == [owner.email]]
    assert referent.class_group.name in told.body
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)


def test_however_often_it_is_tried_the_owner_of_an_address_is_told_once_in_ten_minutes(api, referent):
    owner = UserFactory(email="ines@example.org", birth_date=years_ago(30))
    now = paris.instant(timezone.now().date(), time(12))
    with time_machine.travel(now, tick=False):
        answers = [join(api, password="une autre phrase secrète") for _time in range(3)]
        adult = {name: value for name, value in facts(birth_date="1990-01-01").items() if name != "join_code"}
        answers += [api.post("/api/v1/auth/register/", adult) for _time in range(3)]
        assert {answer.status_code for answer in answers} == {202}
        relay.run()
        assert [message.to for message in mail.outbox] == [[owner.email]]
    with time_machine.travel(now + timedelta(minutes=11), tick=False):
        join(api, password="une autre phrase secrète")
        relay.run()
    assert len(mail.outbox) == 2


def test_no_password_is_hashed_while_the_class_is_locked(api, referent, no_hash_under_locks):
    join(api)
    join(api)
    join(api, password="une autre phrase secrète")
    adult = {name: value for name, value in facts(birth_date="1990-01-01").items() if name != "join_code"}
    api.post("/api/v1/auth/register/", {**adult, "email": "adult@example.org"})
    assert no_hash_under_locks() == 4


def test_a_known_person_joins_with_their_own_password_and_keeps_their_own_name(api, referent):
    known = UserFactory(email="ines@example.org", first_name="Léa", last_name="Roy", birth_date=years_ago(15))
    assert join(api).status_code == 202
    known.refresh_from_db()
    assert known.full_name == "Léa Roy"
    assert Enrolment.objects.get(student=known).status == "requested"


@pytest.mark.parametrize("change", [
    {"password": "court"}, {"password": "123456789012"}, {"birth_date": "2999-01-01"}, {"birth_date": "1899-12-31"},
    {"email": "nobody"}, {"first_name": "", "last_name": ""}, {"first_name": "A\u0000"}, {"is_staff": True},
])  # fmt: skip
def test_what_cannot_be_a_join_is_a_400_and_opens_nothing(api, referent, change):
    assert join(api, **change).status_code == 400
    assert User.objects.count() == 1


# --- Guardians and consent -------------------------------------------------------------------------------------
def asked_for(age, api):
    RosterLine.objects.update(birth_date=years_ago(age))
    join(api, birth_date=years_ago(age).isoformat())
    return Guardian.objects.get(), Consent.objects.first()


def test_below_16_the_guardian_of_the_roster_is_recorded_and_asked(api, referent):
    guardian, consent = asked_for(15, api)
    assert (guardian.email, guardian.source, bool(guardian.verified_at)) == ("parent@example.org", "roster", True)
    assert consent.status == "requested"
    relay.run()
    (asked,) = [message for message in mail.outbox if message.to == ["parent@example.org"]]
    assert "Bâ" not in asked.body + asked.subject
    path = re.search(r"https?://[^/]+(/api/v1/consents/\S+)", asked.body).group(1)
    assert api.get(path).json()["first_name"] == "Inès", "as on the roster"


def test_from_16_no_consent_is_asked(api, referent):
    guardian, consent = asked_for(16, api)
    assert (guardian.email, consent) == ("parent@example.org", None)


@pytest.fixture
def consent():
    return ConsentFactory(guardian__student__first_name="Inès", guardian__student__last_name="Secret")


@pytest.mark.parametrize(("language", "words"), [("fr", "J.accepte"), ("en", "I agree")])
def test_the_page_says_what_is_agreed_to_in_the_readers_language_and_works_without_script(
    api, consent, language, words
):
    headers = {"HTTP_ACCEPT": "text/html", "HTTP_ACCEPT_LANGUAGE": language}
    page = api.get(decision_path(consent), **headers)
    html = page.content.decode()
    assert page["Content-Type"].startswith("text/html")
    private = [page[name] for name in ("Cache-Control", "Referrer-Policy", "X-Robots-Tag")]
    assert private == ["no-store", "no-referrer", "noindex"]
    assert f'<html lang="{language}">' in html
    assert "Inès" in html
    assert "Secret" not in html
    assert consent.text_version in html
    assert "<script" not in html
    assert re.search(words, html)
    assert {*re.findall(r'name="decision" value="(\w+)"', html)} == {"grant", "refuse"}
    form = "application/x-www-form-urlencoded"
    answer = api.post(decision_path(consent), "decision=grant", content_type=form, **headers)
    assert answer.status_code == 200
    assert "<form" not in answer.content.decode()
    consent.refresh_from_db()
    assert consent.status == "granted"


def test_reading_decides_nothing_and_the_machine_reads_json(api, consent):
    opening, points = text_of(TEXT_VERSION, "fr", first_name="Inès", is_to_one=False)
    for _time in range(2):
        answer = api.get(decision_path(consent))
    assert answer.json() == {
        "first_name": "Inès",
        "status": "requested",
        "text_version": TEXT_VERSION,
        "opening": opening,
        "points": points,
        "missions": [],
        "expires_at": consent.expires_at.isoformat().replace("+00:00", "Z"),
        "decided_at": None,
    }
    consent.refresh_from_db()
    assert consent.status == "requested"


@pytest.mark.parametrize(("first", "second"), [("grant", "refuse"), ("refuse", "grant")])
def test_the_link_decides_once_and_its_repeat_answers_the_same(api, consent, first, second):
    decided = api.post(decision_path(consent), {"decision": first})
    assert decided.status_code == 200
    assert api.post(decision_path(consent), {"decision": first}).json() == decided.json()
    other = api.post(decision_path(consent), {"decision": second})
    assert (other.status_code, other.json()["code"]) == (409, "already_decided")
    assert api.get(decision_path(consent)).json() == decided.json()
    assert OutboxMessage.objects.filter(recipient=consent.student).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_guardians_hands_on_one_link_decide_once(api, consent):
    calls = [partial(api.post, decision_path(consent), {"decision": word}) for word in ["grant", "refuse"] * 4]
    answers = at_once(calls)
    statuses = {word: {answer.status_code for answer in answers[index::2]} for index, word in enumerate("gr")}
    assert sorted(map(sorted, statuses.values())) == [[200], [409]]
    kinds = sorted(OutboxMessage.objects.values_list("kind", flat=True))
    assert kinds in (["consent_given", "guardian_page"], ["consent_refused", "guardian_page"])


def test_the_link_lives_14_days_and_a_decision_stays_readable_after(api, consent):
    late = consent.expires_at
    with time_machine.travel(late, tick=False):
        answer = api.post(decision_path(consent), {"decision": "grant"})
        assert (answer.status_code, answer.json()["code"]) == (410, "expired")
        page = api.get(decision_path(consent), HTTP_ACCEPT="text/html")
        assert (page.status_code, page["Content-Type"].split(";")[0]) == (410, "text/html")
    with time_machine.travel(late - timedelta(seconds=1), tick=False):
        assert api.post(decision_path(consent), {"decision": "refuse"}).status_code == 200
    with time_machine.travel(late + timedelta(days=30), tick=False):
        assert api.get(decision_path(consent)).json()["status"] == "refused"


def test_a_tampered_token_and_one_made_for_something_else_open_nothing(api, consent):
    good, nonce = consent_token(consent), consent_nonce(consent)
    other_row = links.make_token(CONSENT_PURPOSE, UserFactory().pk, nonce)
    forged = [good[:-4] + "AAAA", "B" + good[1:], good[:20], good + "AAAA", other_row, "é" * 48, "%00", "x"]
    forged += [links.make_token("verify-email", consent.pk, nonce), links.make_token(CONSENT_PURPOSE, consent.pk, "x")]
    for token in forged:
        assert api.get(f"/api/v1/consents/{token}/").status_code == 410, token
        assert api.post(f"/api/v1/consents/{token}/", {"decision": "grant"}).status_code == 410, token
    consent.refresh_from_db()
    assert consent.status == "requested"


@pytest.mark.parametrize("body", [{}, {"decision": "yes"}, {"decision": None}, {"decision": "grant", "by": "me"}])
def test_a_decision_is_grant_or_refuse_and_nothing_else(api, consent, body):
    assert api.post(decision_path(consent), body).status_code == 400


def test_nobody_is_an_adult_in_a_class_by_having_had_an_account_before(api):
    class_group = ClassGroupFactory()
    RosterLineFactory(class_group=class_group, first_name="Inès", last_name="Bâ", birth_date=date(2011, 2, 2))
    password = "quatre mots pour entrer"
    names = {"first_name": "Inès", "last_name": "Bâ"}
    adult = UserFactory(email="adult@example.org", birth_date=date(1999, 1, 1), **names)
    member = UserFactory(email="member@example.org", birth_date=None, **names)
    for person in (adult, member):
        body = {"join_code": class_group.join_code, "email": person.email, "password": password, **names}
        assert api.post("/api/v1/classes/join/", {**body, "birth_date": "2011-02-02"}).status_code == 202
    assert not Enrolment.objects.filter(student=adult).exists()
    assert Enrolment.objects.get(student=member).status == "active"
    assert User.objects.get(pk=member.pk).birth_date == date(2011, 2, 2)


def test_names_in_other_letters_are_told_apart(api):
    class_group = ClassGroupFactory()
    expected = {"first_name": "Юлия", "last_name": "Иванова", "birth_date": date(2011, 2, 2)}
    line = RosterLineFactory(class_group=class_group, **expected)
    body = {"join_code": class_group.join_code, "email": "zhang@example.org", "password": "quatre mots pour entrer"}
    names = {"first_name": "伟", "last_name": "张", "birth_date": "2011-02-02"}
    assert api.post("/api/v1/classes/join/", {**body, **names}).status_code == 202
    line.refresh_from_db()
    assert line.enrolment is None
    assert Enrolment.objects.get().status == "requested"


def test_the_code_is_looked_at_before_a_password_is_measured_or_hashed(api, referent, no_hash_under_locks, monkeypatch):
    def fail(*_facts, **_more):
        raise AssertionError("measured")

    monkeypatch.setattr("accounts.passwords.ensure_strong", fail)
    answer = join(api, join_code="ZZZZ9999", password="4@8({[<369&1!|70$5+%2")
    assert (answer.status_code, answer.json()["code"]) == (400, "join_code_refused")
    assert no_hash_under_locks() == 0
    assert not SignInAttempt.objects.exists()
    with pytest.raises(AssertionError, match="measured"):
        join(api)
