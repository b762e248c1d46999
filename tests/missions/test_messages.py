"""Messages of organisers: who gets one, who reads it, how many a day; what protects minors."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from common import links
from consents.notices.texts import TEXT_VERSION, text_of
from missions import tasks
from missions.models import Message, Report, SignUp
from missions.notices import MESSAGE_PURPOSE, copy_nonce, when
from notifications.models import OutboxMessage
from organizations.models import Organization
from tests.support.factories import (
    EnrolmentFactory,
    GuardianFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    StaffMembershipFactory,
    UserFactory,
    afternoon,
    enrolled_student,
)
from tests.support.world import API

pytestmark = pytest.mark.django_db
TEXT = "Rendez-vous devant la porte bleue, apportez des gants."


@pytest.fixture
def shift():
    return ShiftFactory(starts_at=afternoon(7, hour=14), ends_at=afternoon(7, hour=16))


@pytest.fixture
def coordinator(shift):
    return OrganizationMembershipFactory(organization=shift.mission.organization).person


def place_on(shift, **person):
    return SignUpFactory(shift=shift, person=UserFactory(**person), accepted=True)


def minor_on(shift, **facts):
    enrolment = enrolled_student(student=UserFactory(aged_15=True, first_name="Inès", last_name="Bâ"))
    return SignUpFactory(shift=shift, person=enrolment.student, accepted=True), enrolment


def notices(kind="organizer_message"):
    return OutboxMessage.objects.filter(kind=kind)


def write(api, person, path, **body):
    return api.as_(person).post(f"{API}{path}/messages/", {"text": TEXT, **body})


def test_everybody_with_a_place_on_the_shift_is_told_and_reads_it_in_the_app(api, shift, coordinator):
    mine, other = place_on(shift), place_on(shift)
    SignUpFactory(shift=shift, person=UserFactory())  # asks for a place
    SignUpFactory(shift=shift, person=UserFactory(), removed=True)
    place_on(ShiftFactory(mission=shift.mission))
    place_on(shift, suspended_at=timezone.now())
    answer = write(api, coordinator, f"shifts/{shift.pk}")
    assert answer.status_code == 201, answer.json()
    assert {row["sign_up"] for row in answer.json()["results"]} == {str(mine.pk), str(other.pk)}
    assert {row["code"] for row in answer.json()["results"]} == {None}
    assert set(notices().values_list("recipient", flat=True)) == {mine.person_id, other.person_id}
    for notice in notices():
        assert TEXT not in notice.title + notice.body
        assert notice.data["message"] == answer.json()["message"]["id"]
    seen = api.as_(mine.person).get(f"{API}messages/{answer.json()['message']['id']}/").json()
    assert (seen["text"], seen["shift"], seen["mission"]) == (TEXT, str(shift.pk), str(shift.mission_id))
    assert [row["person"] for row in seen["recipients"]] == [str(mine.person_id)]
    listed = api.as_(mine.person).get(f"{API}shifts/{shift.pk}/messages/").json()["results"]
    assert [row["id"] for row in listed] == [seen["id"]]
    assert api.as_(UserFactory()).get(f"{API}messages/{seen['id']}/").status_code == 404


def test_a_message_to_the_mission_reaches_each_person_once_on_shifts_that_are_not_long_over(api, shift, coordinator):
    both = place_on(shift)
    SignUpFactory(shift=ShiftFactory(mission=shift.mission), person=both.person, accepted=True)
    elsewhere = place_on(ShiftFactory(mission=shift.mission))
    place_on(ShiftFactory(mission=shift.mission, starts_at=afternoon(-9), ends_at=afternoon(-9) + timedelta(hours=2)))
    answer = write(api, coordinator, f"missions/{shift.mission_id}")
    assert answer.status_code == 201, answer.json()
    assert {row["person"] for row in answer.json()["results"]} == {str(both.person_id), str(elsewhere.person_id)}
    assert answer.json()["message"]["shift"] is None
    assert notices().count() == 2


def test_one_person_is_written_to_while_their_sign_up_lives(api, shift, coordinator):
    place_on(shift)
    asks, gone = SignUpFactory(shift=shift), SignUpFactory(shift=shift, removed=True)
    answer = write(api, coordinator, f"shifts/{shift.pk}", sign_up=str(asks.pk))
    assert answer.status_code == 201, answer.json()
    assert list(notices().values_list("recipient", flat=True)) == [asks.person_id]
    refused = write(api, coordinator, f"shifts/{shift.pk}", sign_up=str(gone.pk))
    assert (refused.status_code, refused.json()["code"]) == (400, "sign_up_unknown")
    other = SignUpFactory()
    refused = write(api, coordinator, f"missions/{shift.mission_id}", sign_up=str(other.pk))
    assert (refused.status_code, refused.json()["code"]) == (400, "sign_up_unknown")


def test_nobody_to_write_to_is_said_and_nothing_is_kept(api, shift, coordinator):
    answer = write(api, coordinator, f"shifts/{shift.pk}")
    assert (answer.status_code, answer.json()["code"]) == (409, "nobody_to_write_to")
    Organization.objects.update(status="suspended", former_status="verified", suspended_at=timezone.now())
    place_on(shift)
    assert write(api, coordinator, f"shifts/{shift.pk}").json()["code"] == "suspended"
    assert not Message.objects.exists()


def test_a_person_gets_five_a_day_of_an_organisation_and_holds_nobody_else_back(api, shift, coordinator):
    tired = place_on(shift)
    for _time in range(5):
        sent = write(api, coordinator, f"shifts/{shift.pk}", sign_up=str(tired.pk))
        assert sent.status_code == 201
    refused = write(api, coordinator, f"shifts/{shift.pk}", sign_up=str(tired.pk))
    assert (refused.status_code, refused.json()["code"]) == (429, "message_limit")
    fresh = place_on(shift)
    answer = write(api, coordinator, f"shifts/{shift.pk}").json()
    assert {row["sign_up"]: row["code"] for row in answer["results"]} == {
        str(tired.pk): "message_limit",
        str(fresh.pk): None,
    }
    assert not Message.objects.get(pk=answer["message"]["id"]).recipients.filter(person=tired.person).exists()
    # Another organisation has its own five.
    elsewhere = SignUpFactory(shift=ShiftFactory(), person=tired.person, accepted=True)
    theirs = OrganizationMembershipFactory(organization=elsewhere.shift.mission.organization).person
    assert write(api, theirs, f"shifts/{elsewhere.shift_id}").status_code == 201


def test_a_message_passes_quiet_hours_only_about_a_shift_that_runs_or_starts_within_a_day(api, coordinator, shift):
    soon = ShiftFactory(
        mission=shift.mission,
        starts_at=timezone.now() + timedelta(hours=5),
        ends_at=timezone.now() + timedelta(hours=6),
    )
    over = ShiftFactory(
        mission=shift.mission,
        starts_at=timezone.now() - timedelta(hours=5),
        ends_at=timezone.now() - timedelta(hours=3),
    )
    urgent = {place_on(soon).person_id: True, place_on(shift).person_id: False, place_on(over).person_id: False}
    assert write(api, coordinator, f"missions/{shift.mission_id}").status_code == 201
    assert dict(notices().values_list("recipient", "is_urgent")) == urgent


def test_a_minors_guardians_read_the_text_and_where_even_if_they_switched_place_mails_off(api, shift, coordinator):
    sign_up, _enrolment = minor_on(shift)
    GuardianFactory(student=sign_up.person, email="mere@example.org", wants_place_notices=False)
    text = "Voir www.piege.example ou {link}"
    assert write(api, coordinator, f"shifts/{shift.pk}", text=text).status_code == 201
    (mail,) = notices("guardian_told_of_message")
    assert mail.address == "mere@example.org"
    assert "> Voir www. piege. example" in mail.body
    assert mail.body.count("{link}") == 2  # ours, in each language
    assert shift.mission.title in mail.body
    assert shift.mission.organization.name in mail.body
    for word in ("Bâ", sign_up.person.email):
        assert word not in mail.title + mail.body


def test_an_unverified_address_reads_neither_place_nor_hour_nor_text_and_at_most_once_a_day(api, shift, coordinator):
    sign_up, enrolment = minor_on(shift)
    guardian = GuardianFactory(student=sign_up.person, email="qui@example.org", verified_at=None)
    write(api, coordinator, f"shifts/{shift.pk}")
    write(api, coordinator, f"shifts/{shift.pk}")
    (mail,) = notices("guardian_told_of_message")
    assert "Inès B." in mail.body
    assert enrolment.class_group.school.name in mail.body
    for word in (TEXT, shift.mission.title, shift.mission.organization.name, "Bâ", when(shift.starts_at)):
        assert word not in mail.title + mail.body
    page = api.get(copy_path(guardian))
    assert page.status_code == 200
    assert page.json()["text"] == page.json()["organization"] == page.json()["mission_title"] == ""
    refused = api.post(copy_path(guardian), {"text": "Ce message m'inquiète."})
    assert (refused.status_code, refused.json()["code"]) == (409, "address_unconfirmed")


def copy_path(guardian):
    recipient = Message.objects.earliest("id").recipients.get(person=guardian.student)
    token = links.make_token(MESSAGE_PURPOSE, recipient.pk, copy_nonce(guardian))
    return f"{API}messages/copy/{token}/"


def test_a_guardian_reports_a_message_by_the_link_once_and_the_region_and_the_school_read_it(api, shift, coordinator):
    sign_up, enrolment = minor_on(shift)
    guardian = GuardianFactory(student=sign_up.person)
    manager = StaffMembershipFactory(school=enrolment.class_group.school, manager=True).person
    region = UserFactory(region=True)
    write(api, coordinator, f"shifts/{shift.pk}")
    page = api.get(copy_path(guardian)).json()
    assert (page["text"], page["first_name"], page["is_reported"]) == (TEXT, "Inès", False)
    assert page["mission_title"] == shift.mission.title
    for _time in range(2):
        answer = api.post(copy_path(guardian), {"text": "Pourquoi des gants ?"})
        assert (answer.status_code, answer.json()["is_reported"]) == (200, True)
    report = Report.objects.get()
    told = OutboxMessage.objects.filter(kind="danger_reported").values_list("recipient", flat=True)
    assert set(told) == {region.pk, manager.pk}
    for reader in (region, manager):
        seen = api.as_(reader).get(f"{API}reports/{report.pk}/").json()
        assert (seen["message_text"], seen["guardian_of_name"]) == (TEXT, "Inès Bâ")
        assert seen["message_author_name"] == coordinator.full_name
    assert api.as_(coordinator).get(f"{API}reports/").json()["results"] == []


def test_a_link_is_over_with_the_guardians_part_and_after_ninety_days(api, shift, coordinator):
    sign_up, _enrolment = minor_on(shift)
    guardian = GuardianFactory(student=sign_up.person)
    write(api, coordinator, f"shifts/{shift.pk}")
    path = copy_path(guardian)
    assert api.get(f"{API}messages/copy/nothing/").status_code == 410
    with_other_address = links.make_token(MESSAGE_PURPOSE, guardian.pk, copy_nonce(guardian))
    assert api.get(f"{API}messages/copy/{with_other_address}/").status_code == 410
    guardian.ended_at = timezone.now()
    guardian.save()
    assert api.get(path).status_code == 410
    guardian.ended_at = None
    guardian.save()
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        assert api.get(path).status_code == 410


def test_the_person_written_to_reports_a_message_and_its_author_never_reads_that(api, shift, coordinator):
    sign_up, _enrolment = minor_on(shift)
    region = UserFactory(region=True)
    message = write(api, coordinator, f"shifts/{shift.pk}").json()["message"]["id"]
    body = {"message": message, "text": "Il me met mal à l'aise."}
    assert api.as_(UserFactory()).post(f"{API}reports/", body).json()["code"] == "target_unknown"
    made = api.as_(sign_up.person).post(f"{API}reports/", body)
    assert made.status_code == 201
    assert made.json()["message"] == message
    assert api.as_(region).get(f"{API}reports/{made.json()['id']}/").json()["message_text"] == TEXT
    coordinator.groups.add(region.groups.get())
    coordinator.is_staff = True
    coordinator.save()
    assert api.as_(coordinator).get(f"{API}reports/{made.json()['id']}/").status_code == 404


def test_a_school_manager_reads_what_organisers_write_to_their_minors_and_to_nobody_else(api, shift, coordinator):
    sign_up, enrolment = minor_on(shift)
    place_on(shift)
    school = enrolment.class_group.school
    manager = StaffMembershipFactory(school=school, manager=True).person
    message = write(api, coordinator, f"shifts/{shift.pk}").json()["message"]["id"]
    adult = EnrolmentFactory(student=UserFactory(), class_group=enrolment.class_group).student
    to_adult = SignUpFactory(shift=shift, person=adult, accepted=True)
    write(api, coordinator, f"shifts/{shift.pk}", sign_up=str(to_adult.pk))
    rows = api.as_(manager).get(f"{API}messages/").json()["results"]
    assert [row["id"] for row in rows] == [message]
    seen = api.as_(manager).get(f"{API}messages/{message}/").json()
    assert [row["person"] for row in seen["recipients"]] == [str(sign_up.person_id)]
    for reader in (
        StaffMembershipFactory(school=school).person,
        StaffMembershipFactory(manager=True).person,
        UserFactory(region=True),
    ):
        assert api.as_(reader).get(f"{API}messages/{message}/").status_code == 404


def test_organisers_read_to_whom_they_wrote_and_a_minor_who_waits_is_a_first_name_and_an_initial(
    api, shift, coordinator
):
    sign_up, _enrolment = minor_on(shift)
    waiting = SignUpFactory(shift=shift, person=UserFactory(aged_15=True, first_name="Léa", last_name="Roy"))
    first = write(api, coordinator, f"shifts/{shift.pk}").json()
    second = write(api, coordinator, f"shifts/{shift.pk}", sign_up=str(waiting.pk)).json()
    assert [row["person_name"] for row in first["results"]] == ["Inès Bâ"]
    assert [row["person_name"] for row in second["results"]] == ["Léa R."]
    seen = api.as_(coordinator).get(f"{API}messages/{second['message']['id']}/").json()
    assert [row["person_name"] for row in seen["recipients"]] == ["Léa R."]
    assert seen["author_name"] == coordinator.full_name
    assert str(sign_up.pk) not in str(seen)


def test_writing_to_many_takes_as_many_queries_as_to_few(api, shift, coordinator, assert_constant_queries):
    GuardianFactory(student=minor_on(shift)[0].person)

    def grow():
        for _one in range(4):
            place_on(shift)
            GuardianFactory(student=minor_on(shift)[0].person)

    assert_constant_queries(lambda: write(api, coordinator, f"shifts/{shift.pk}"), grow=grow)


def test_the_text_of_consent_says_that_organisers_write(api):
    for language, word in (("fr", "message"), ("en", "message")):
        _opening, points = text_of(TEXT_VERSION, language, first_name="Inès", is_to_one=False)
        assert any(word in point for point in points)


def test_messages_are_kept_a_year_longer_while_a_report_is_open_and_go_with_the_last_reader(api, shift, coordinator):
    sign_up, reader = place_on(shift), place_on(shift)
    kept = write(api, coordinator, f"shifts/{shift.pk}", sign_up=str(sign_up.pk)).json()["message"]["id"]
    write(api, coordinator, f"shifts/{shift.pk}", sign_up=str(sign_up.pk))
    alone = write(api, coordinator, f"shifts/{shift.pk}", sign_up=str(reader.pk)).json()["message"]["id"]
    api.as_(sign_up.person).post(f"{API}reports/", {"message": kept, "text": "Menace."})
    SignUp.objects.filter(pk=reader.pk).delete()
    tasks.forget_messages()
    assert not Message.objects.filter(pk=alone).exists()
    assert Message.objects.count() == 2
    with time_machine.travel(timezone.now() + timedelta(days=366)):
        tasks.forget_messages()
    assert [str(row.pk) for row in Message.objects.all()] == [kept]
