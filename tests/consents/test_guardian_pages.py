"""A guardian's own page over HTTP, as a form and as a program: what it shows, what it changes, when it ends."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from consents.models import Consent, ConsentEvent, Guardian
from consents.services import consent_requests, guardianships
from missions.models import SignUp
from notifications import relay
from notifications.models import OutboxMessage
from schools.models import RosterLine
from tests.support.factories import (
    ConsentFactory,
    GuardianFactory,
    RosterLineFactory,
    ShiftFactory,
    SignUpFactory,
    StaffMembershipFactory,
    UserFactory,
    afternoon,
    enrolled_student,
    years_ago,
)
from tests.support.guardians import address_path, decision_path, page_path

pytestmark = pytest.mark.django_db

HTML, FORM = "text/html", "application/x-www-form-urlencoded"
API = "/api/v1/"


@pytest.fixture
def enrolment():
    return enrolled_student(student=UserFactory(aged_15=True, first_name="Inès", last_name="Secret"))


@pytest.fixture
def guardian(enrolment):
    return GuardianFactory(student=enrolment.student, email="mere@example.org")


@pytest.fixture
def consent(guardian):
    return ConsentFactory(guardian=guardian, granted=True)


def send(api, guardian, body, path=None):
    return api.generic("POST", path or page_path(guardian), body, content_type=FORM, HTTP_ACCEPT=HTML)


def act(api, guardian, action, **facts):
    return api.post(page_path(guardian), {"action": action, **facts})


def links_in_mail_to(address):
    relay.run()
    bodies = [message.body for message in mail.outbox if message.to == [address]]
    found = [re.search(r"https?://\S+(/api/v1/\S+)", body) for body in bodies]
    return [match[1] for match in found if match]


def test_the_page_comes_by_mail_after_the_first_decision_and_only_once(api, guardian):
    asked = consent_requests.ask_for_consent(guardian)
    (decide,) = links_in_mail_to("mere@example.org")
    assert decide == decision_path(asked)
    api.post(decide, {"decision": "grant"})
    assert links_in_mail_to("mere@example.org")[1:] == [page_path(guardian)]
    act(api, guardian, "withdraw")
    act(api, guardian, "grant")
    assert len(links_in_mail_to("mere@example.org")) == 2


def test_the_page_lists_the_places_to_come_and_nobody_elses(api, guardian, consent):
    shift = ShiftFactory(mission__address="3 rue des Lilas", mission__postal_code="93200")
    SignUpFactory(shift=shift, person=guardian.student, accepted=True)
    SignUpFactory(shift=ShiftFactory(starts_at=afternoon(9)), person=guardian.student)
    SignUpFactory(shift=shift, accepted=True)
    past = ShiftFactory(starts_at=timezone.now() - timedelta(days=3))
    SignUpFactory(shift=past, person=guardian.student, accepted=True)
    (place,) = api.get(page_path(guardian)).json()["places"]
    assert (place["mission_title"], place["where"]) == (shift.mission.title, "3 rue des Lilas, 93200 Saint-Denis")
    html = api.get(page_path(guardian), HTTP_ACCEPT=HTML).text
    assert html.count(shift.mission.title) == 1
    assert "Secret" not in html


def test_the_number_of_queries_does_not_grow_with_the_places(api, guardian, consent, assert_constant_queries):
    def grow():
        for day in range(10, 15):
            SignUpFactory(shift=ShiftFactory(starts_at=afternoon(day)), person=guardian.student, accepted=True)

    grow()
    assert_constant_queries(lambda: api.get(page_path(guardian)), grow=grow)


def test_reading_changes_nothing_whatever_is_read_and_however_often(api, guardian, consent):
    asked = ConsentFactory(guardian=GuardianFactory(student=guardian.student))
    guardian.new_email, guardian.new_email_asked_at = "autre@example.org", timezone.now()
    guardian.save()
    rows = [Consent, Guardian, SignUp, ConsentEvent, OutboxMessage]
    before = [list(model.objects.order_by("pk").values()) for model in rows]
    for path in (page_path(guardian), decision_path(asked), address_path(guardian)):
        for query in ("", "?lang=en"):
            for accept in (HTML, "application/json"):
                assert api.get(path + query, HTTP_ACCEPT=accept).status_code == 200
                assert api.head(path + query, HTTP_ACCEPT=accept).status_code == 200
        assert api.get(f"{path}?action=withdraw&decision=refuse").status_code == 400
    assert [list(model.objects.order_by("pk").values()) for model in rows] == before


def test_a_form_is_answered_by_a_way_back_that_holds_no_secret(api, guardian, consent):
    answer = send(api, guardian, f"consent={consent.pk}&action=withdraw")
    assert (answer.status_code, answer["Location"]) == (303, "?done=withdraw&lang=fr")
    assert answer["Referrer-Policy"] == "no-referrer"
    page = api.get(page_path(guardian) + answer["Location"], HTTP_ACCEPT=HTML).text
    assert 'role="status"' in page
    assert "votre accord est retiré" in page
    english = send(api, guardian, f"consent={consent.pk}&action=grant", f"{page_path(guardian)}?lang=en")
    assert english["Location"] == "?done=grant&lang=en"
    assert api.get(f"{page_path(guardian)}?done=nonsense").status_code == 400


@pytest.mark.parametrize("state", ["granted", "requested"])
def test_a_guardian_reads_what_a_no_costs_before_they_say_it(api, guardian, state):
    ConsentFactory(guardian=guardian, **({"granted": True} if state == "granted" else {}))
    page = api.get(page_path(guardian), HTTP_ACCEPT=HTML).text
    (button,) = re.findall(r'value="(?:withdraw|refuse)"', page)
    assert 0 < page.index("les places à venir sont rendues") < page.index(button)


def test_what_an_action_does_not_take_is_refused(api, guardian, consent):
    stranger = ConsentFactory()
    for body in (
        {},
        {"action": "burn"},
        {"action": "withdraw", "email": "a@example.org"},
        {"action": "change_address"},
        {"action": "change_phone"},
        {"action": "change_phone", "phone": "15"},
        {"action": "change_address", "email": "a@example.org", "consent": str(consent.pk)},
    ):
        assert api.post(page_path(guardian), body).status_code == 400, body
    assert act(api, guardian, "withdraw", consent=str(stranger.pk)).status_code == 404
    assert act(api, guardian, "refuse").status_code == 409
    consent.refresh_from_db()
    assert consent.status == "granted"


def test_mails_for_each_place_can_be_switched_off_and_on(api, guardian, consent):
    client = api.as_(guardian.student)
    assert act(api, guardian, "switch_place_notices_off").json()["wants_place_notices"] is False
    client.post(f"{API}shifts/{ShiftFactory().pk}/sign-up/")
    assert not OutboxMessage.objects.filter(kind="guardian_told_of_place").exists()
    act(api, guardian, "switch_place_notices_on")
    client.post(f"{API}shifts/{ShiftFactory(starts_at=afternoon(9)).pk}/sign-up/")
    told = OutboxMessage.objects.get(kind="guardian_told_of_place")
    assert "Secret" not in told.title + told.body


def test_a_new_address_counts_once_confirmed_there_and_the_former_one_is_told(api, guardian, consent):
    waiting = ConsentFactory(guardian=guardian, mission=ShiftFactory().mission)
    former_page, former_link = page_path(guardian), decision_path(waiting)
    answer = act(api, guardian, "change_address", email="Maman@Example.org")
    assert (answer.json()["email"], answer.json()["new_email"]) == ("mere@example.org", "maman@example.org")
    assert act(api, guardian, "change_address", email="autre@example.org").json()["code"] == "too_soon"
    (link,) = links_in_mail_to("maman@example.org")
    assert api.get(link).json()["is_done"] is False
    assert api.post(link).json()["is_done"] is True
    guardian.refresh_from_db()
    assert (guardian.email, guardian.new_email) == ("maman@example.org", "")
    assert {api.get(path).status_code for path in (former_page, former_link, link)} == {410}
    assert set(links_in_mail_to("maman@example.org")[1:]) == {page_path(guardian), decision_path(waiting)}
    told = OutboxMessage.objects.get(address="mere@example.org")
    assert told.kind == "guardian_address_changed"
    assert "maman@example.org" not in told.body


def test_the_link_to_a_new_address_lives_seven_days_and_ends_with_the_next_wish(api, guardian):
    act(api, guardian, "change_address", email="un@example.org")
    (first,) = links_in_mail_to("un@example.org")
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        act(api, guardian, "change_address", email="deux@example.org")
        assert api.post(first).status_code == 410
        (second,) = links_in_mail_to("deux@example.org")
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        assert api.post(second).status_code == 410
    guardian.refresh_from_db()
    assert guardian.email == "mere@example.org"


def test_a_guardian_cannot_take_the_childs_another_students_or_staffs_address(api, guardian, enrolment):
    child = enrolment.student
    friend = enrolled_student(student=UserFactory(email="ami.proche@example.org")).student
    teacher = StaffMembershipFactory(person=UserFactory(email="prof@example.org")).person
    other = GuardianFactory(student=child)
    for email in (child.email.replace("@", "+x@"), friend.email.replace(".", "", 1), teacher.email, other.email):
        answer = act(api, guardian, "change_address", email=email)
        assert (answer.status_code, answer.json()["code"]) == (400, "guardian_address_refused"), email
    guardian.refresh_from_db()
    assert guardian.new_email == ""


def test_a_wrong_address_is_said_beside_the_field_and_keeps_what_was_typed(api, guardian, consent):
    answer = send(api, guardian, "email=pas+une+adresse&action=change_address")
    assert answer.status_code == 400
    assert 'href="#email"' in answer.text
    assert 'id="email-error"' in answer.text
    assert 'value="pas une adresse"' in answer.text
    assert "<h1>Inès\u00a0: ses missions</h1>" in answer.text
    phone = send(api, guardian, "phone=15&action=change_phone")
    assert (phone.status_code, 'id="phone-error"' in phone.text) == (400, True)


def test_not_my_child_ends_it_all_and_tells_the_school(api, guardian, consent, enrolment):
    manager = StaffMembershipFactory(school=enrolment.class_group.school, manager=True).person
    referent = enrolment.class_group.referents.get().membership.person
    place = SignUp.objects.get(
        pk=api.as_(enrolment.student).post(f"{API}shifts/{ShiftFactory().pk}/sign-up/").json()["id"]
    )
    answer = send(api, guardian, "action=not_my_child")
    assert (answer.status_code, "ce n’est pas votre enfant" in answer.text) == (200, True)
    place.refresh_from_db()
    consent.refresh_from_db()
    assert (place.status, consent.status) == ("withdrawn", "lapsed")
    told = OutboxMessage.objects.filter(kind="guardian_disowned")
    assert {row.recipient for row in told} == {manager, referent}
    assert all("Secret" not in row.title + row.body for row in told)
    assert send(api, guardian, "action=not_my_child").status_code == 410
    assert api.get(page_path(guardian)).status_code == 410
    # Neither the list nor the student brings the address back; somebody of the school who looked can.
    line = RosterLineFactory(class_group=enrolment.class_group, guardian_email="mere@example.org", enrolment=enrolment)
    assert line.guardian_email == guardian.email
    named = api.as_(enrolment.student).post(f"{API}me/guardians/", {"email": "mere@example.org"})
    assert named.json()["code"] == "guardian_address_refused"
    confirm = api.as_(referent).post(f"{API}guardians/{guardian.pk}/confirm/")
    assert (confirm.status_code, confirm.json()["code"]) == (409, "guardian_ended")
    api.as_(manager).post(f"{API}guardians/", {"student": str(enrolment.student.pk), "email": "mere@example.org"})
    assert api.get(page_path(guardian)).status_code == 200


def test_a_roster_with_the_students_own_address_as_the_guardians_asks_nobody(api):
    enrolment = enrolled_student(student=UserFactory(aged_15=True, email="ines.ba@example.org"))
    student, referent = enrolment.student, enrolment.class_group.referents.get().membership.person
    line = RosterLineFactory(
        class_group=enrolment.class_group, guardian_email="", birth_date=student.birth_date, enrolment=enrolment
    )
    facts = {"first_name": line.first_name, "last_name": line.last_name, "birth_date": str(line.birth_date)}
    roster = [{**facts, "guardian_email": "inesba+maman@example.org"}]
    added = api.as_(referent).post(f"{API}classes/{enrolment.class_group.pk}/students/", {"students": roster})
    assert added.status_code == 201
    assert not Guardian.objects.exists()
    assert not OutboxMessage.objects.filter(kind="consent_asked").exists()


# --- At 18 -------------------------------------------------------------------------------------------------------
def test_at_18_the_links_close_at_once_and_the_data_go_by_a_job_that_is_safe_twice(api, guardian, consent, enrolment):
    sibling = GuardianFactory(email="mere@example.org", student__birth_date=years_ago(13))
    kept = consent_requests.ask_for_consent(sibling)
    student = enrolment.student
    line = {"class_group": enrolment.class_group, "birth_date": student.birth_date, "guardian_phone": "+33612345678"}
    RosterLineFactory(enrolment=enrolment, **line)
    RosterLineFactory(name_key="nobody came", **line)
    asked = ConsentFactory(guardian=guardian, mission=ShiftFactory().mission)
    act(api, guardian, "withdraw")
    relay.run()
    paths = [page_path(guardian), decision_path(asked)]
    birthday = student.birth_date.replace(year=student.birth_date.year + 18)
    day_before = datetime(birthday.year, birthday.month, birthday.day, 12, tzinfo=UTC) - timedelta(days=1)
    with time_machine.travel(day_before, tick=False):
        assert guardianships.end_guardianships() == 0
        assert api.get(paths[0]).status_code == 200
    with time_machine.travel(day_before + timedelta(days=1), tick=False):
        assert {api.get(path).status_code for path in paths} == {410}
        assert [guardianships.end_guardianships() for _time in range(2)] == [1, 0]
        assert {api.get(path).status_code for path in paths} == {410}
    assert list(Guardian.objects.all()) == [sibling]
    assert list(Consent.objects.all()) == [kept]
    assert {row.kind for row in OutboxMessage.objects.filter(address="mere@example.org")} == {"consent_asked"}
    assert set(RosterLine.objects.values_list("guardian_email", "guardian_phone")) == {("", "")}


def test_a_birth_date_mistyped_as_of_age_erases_no_guardian_and_no_refusal_before_it_can_be_put_right(
    api, guardian, enrolment
):
    ConsentFactory(guardian=guardian, refused=True)
    client = api.as_(enrolment.class_group.referents.get().membership.person)
    path, right = f"/api/v1/enrolments/{enrolment.pk}/change-birth-date/", enrolment.student.birth_date
    for typed in (years_ago(19), right):
        body = {"birth_date": str(typed), "reason": "Erreur de saisie."}
        assert client.post(path, body).status_code == 200
        with time_machine.travel(timezone.now() + timedelta(days=3)):
            assert guardianships.end_guardianships() == 0
    assert guardian.consents.get().status == "refused"
    client.post(path, {"birth_date": str(years_ago(19)), "reason": "Vraiment."})
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert guardianships.end_guardianships() == 1


def test_at_18_what_was_written_to_every_address_of_a_guardian_goes(api, guardian, consent):
    former = guardian.email
    written = OutboxMessage.objects.filter(address__in=[former, "maman@example.org"])
    act(api, guardian, "change_address", email="maman@example.org")
    guardian.refresh_from_db()
    assert api.post(address_path(guardian)).status_code == 200
    assert set(written.values_list("address", flat=True)) == {former, "maman@example.org"}
    with time_machine.travel(timezone.now() + timedelta(days=8 * 366), tick=False):
        assert guardianships.end_guardianships() == 1
    assert not written.exists()


def test_no_mail_of_a_consent_names_the_child_in_full_or_a_birth_date(api, guardian, enrolment):
    student = enrolment.student
    client = api.as_(student)
    asked = consent_requests.ask_for_consent(guardian)
    api.post(decision_path(asked), {"decision": "refuse"})
    act(api, guardian, "grant")
    act(api, guardian, "withdraw")
    client.post(f"{API}missions/{ShiftFactory().mission.pk}/ask-consent/")
    act(api, guardian, "change_address", email="maman@example.org")
    with time_machine.travel(timezone.now() + timedelta(days=20), tick=False):
        consent_requests.expire_consents()
    said = [f"{row.title}\n{row.body}\n{row.data}" for row in OutboxMessage.objects.all()]
    assert len(said) >= 8
    for text in said:
        assert "Secret" not in text
        assert str(student.birth_date) not in text
        assert not re.search(r"/consents/[\w-]{20}", text), "a link is filled in when the mail leaves"
