"""A mission's life: written, reviewed or trusted, changed, closed, cancelled, archived."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from missions import tasks
from missions.models import Mission, MissionRevision, Shift, SignUp
from notifications.models import OutboxMessage
from tests.support.factories import (
    AttendanceFactory,
    EnrolmentFactory,
    GuardianFactory,
    MissionFactory,
    OrganizationFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
)

pytestmark = pytest.mark.django_db
URL = "/api/v1/missions/"
REVISIONS = "/api/v1/mission-revisions/"


@pytest.fixture
def region():
    return UserFactory(region=True)


def coordinator_of(mission):
    return OrganizationMembershipFactory(organization=mission.organization).person


def minor_with_guardian():
    student = EnrolmentFactory(student=UserFactory(aged_17=True)).student
    return student, GuardianFactory(student=student)


def told(kind):
    return {message.recipient or message.address for message in OutboxMessage.objects.filter(kind=kind)}


# --- Review and trust ------------------------------------------------------------------------------------------
def test_a_trusted_organisation_publishes_at_once_and_an_unverified_one_not_at_all(api, region):
    cases = (({"trusted": True}, "published", 200), ({}, "in_review", 200), ({"unverified": True}, "", 409))
    for traits, status, answer in cases:
        mission = MissionFactory(draft=True, organization=OrganizationFactory(**traits))
        ShiftFactory(mission=mission)
        done = api.as_(coordinator_of(mission)).post(f"{URL}{mission.pk}/submit/")
        assert done.status_code == answer
        assert done.json().get("code") == "organization_unverified" or done.json()["status"] == status
    assert told("mission_to_review") == {region}


def test_a_cancelled_shift_is_no_shift_to_come(api):
    mission = MissionFactory(draft=True)
    ShiftFactory(mission=mission, cancelled=True)
    done = api.as_(coordinator_of(mission)).post(f"{URL}{mission.pk}/submit/")
    assert (done.status_code, done.json()["code"]) == (409, "no_future_shift")


def test_the_review_goes_back_and_forth_until_the_mission_is_published(api, region):
    mission = MissionFactory(draft=True)
    ShiftFactory(mission=mission)
    coordinator, staff = api.as_(coordinator_of(mission)), api.as_(region)
    path = f"{URL}{mission.pk}/"
    coordinator.post(f"{path}submit/")
    assert coordinator.patch(path, {"title": "Maraude"}, HTTP_IF_MATCH="*").status_code == 409
    assert staff.post(f"{path}request-changes/", {"reason": ""}).status_code == 400
    back = staff.post(f"{path}request-changes/", {"reason": "Où ?"}).json()
    assert (back["status"], back["review_reason"]) == ("changes_requested", "Où ?")
    assert coordinator.patch(path, {"title": "Maraude"}, HTTP_IF_MATCH="*").status_code == 200
    coordinator.post(f"{path}submit/")
    assert coordinator.post(f"{path}withdraw/").json()["status"] == "draft"
    coordinator.post(f"{path}submit/")
    assert staff.post(f"{path}approve/").json()["status"] == "published"
    assert [row["id"] for row in api.get(URL).json()["results"]] == [str(mission.pk)]


def test_what_was_suspended_during_the_review_is_not_published(api, region):
    mission = MissionFactory(in_review=True, organization=OrganizationFactory(suspended=True))
    done = api.as_(region).post(f"{URL}{mission.pk}/approve/")
    assert (done.status_code, done.json()["code"]) == (409, "organization_unverified")


# --- Revisions -------------------------------------------------------------------------------------------------
def test_some_changes_of_a_published_mission_wait_for_the_region_and_others_do_not(api, region):
    mission = MissionFactory(title="Tri")
    coordinator = api.as_(coordinator_of(mission))
    path = f"{URL}{mission.pk}/"
    changes = {"title": "Maraude", "min_age": 16, "contact": "06", "activities": ["tri"]}
    edited = coordinator.patch(path, changes, HTTP_IF_MATCH=coordinator.get(path)["ETag"]).json()
    assert (edited["title"], edited["min_age"], edited["activities"]) == ("Tri", 0, ["tri"])
    waiting = edited["waiting_revision"]
    assert told("revision_to_review") == {region}
    for reader in (api, api.as_(UserFactory()), api.as_(coordinator_of(MissionFactory()))):
        assert reader.get(path).json()["waiting_revision"] is None
    rows = coordinator.get(f"{path}revisions/").json()
    assert [(row["id"], row["changes"], row["status"]) for row in rows] == [
        (waiting, {"title": "Maraude", "min_age": 16}, "proposed")
    ]
    done = api.as_(region).post(f"{REVISIONS}{waiting}/accept/")
    assert (done.status_code, done.json()["status"]) == (200, "accepted")
    now = coordinator.get(path).json()
    assert (now["title"], now["min_age"], now["waiting_revision"]) == ("Maraude", 16, None)
    assert len(told("revision_accepted")) == 1


def test_who_edits_a_mission_reads_its_contact_in_every_answer_before_anybody_is_accepted(api):
    owner = OrganizationMembershipFactory()
    client = api.as_(owner.person)
    facts = {"title": "Maraude", "description": "Servir.", "domain": "sport", "is_remote": True, "contact": "06 07"}
    made = client.post(URL, {"organization": str(owner.organization_id), **facts}).json()
    path = f"{URL}{made['id']}/"
    assert (made["contact"], client.get(path).json()["contact"]) == ("06 07", "06 07")
    assert client.patch(path, {"contact": "08"}, HTTP_IF_MATCH="*").json()["contact"] == "08"
    assert client.post(f"{path}copy/").json()["contact"] == "08"
    Mission.objects.filter(pk=made["id"]).update(status="published", published_at=timezone.now())
    for reader in (api, api.as_(UserFactory()), api.as_(OrganizationMembershipFactory().person)):
        assert reader.get(path).json()["contact"] is None


def test_a_refused_revision_leaves_the_mission_as_it_was_and_says_why(api, region):
    mission = MissionFactory(title="Tri")
    coordinator = coordinator_of(mission)
    path = f"{URL}{mission.pk}/"
    waiting = api.as_(coordinator).patch(path, {"title": "Gagnez !"}, HTTP_IF_MATCH="*").json()["waiting_revision"]
    assert api.as_(region).post(f"{REVISIONS}{waiting}/refuse/", {"reason": " "}).status_code == 400
    assert api.as_(region).post(f"{REVISIONS}{waiting}/refuse/", {"reason": "Trop vague."}).status_code == 200
    assert api.get(path).json()["title"] == "Tri"
    assert OutboxMessage.objects.get(kind="revision_refused", recipient=coordinator).body == "Trop vague."
    assert api.as_(region).post(f"{REVISIONS}{waiting}/accept/").status_code == 409


def test_an_edit_while_one_waits_replaces_it_so_that_nothing_unread_is_accepted(api, region):
    mission = MissionFactory(title="Tri", min_age=0)
    coordinator = api.as_(coordinator_of(mission))
    path = f"{URL}{mission.pk}/"
    first = coordinator.patch(path, {"title": "Maraude", "min_age": 16}, HTTP_IF_MATCH="*").json()["waiting_revision"]
    second = coordinator.patch(path, {"title": "Maraude du soir"}, HTTP_IF_MATCH="*").json()["waiting_revision"]
    assert api.as_(region).post(f"{REVISIONS}{first}/accept/").status_code == 404
    assert MissionRevision.objects.get().changes == {"title": "Maraude du soir", "min_age": 16}
    assert [message.data["revision"] for message in OutboxMessage.objects.filter(kind="revision_to_review")] == [second]
    # Back to what it is: nothing is left to be read.
    last = coordinator.patch(path, {"title": "Tri", "min_age": 0}, HTTP_IF_MATCH="*").json()
    assert last["waiting_revision"] is None
    assert not MissionRevision.objects.exists()


def test_a_trusted_organisation_changes_at_once_and_overtakes_what_waited(api, region):
    mission = MissionFactory(title="Tri")
    coordinator = api.as_(coordinator_of(mission))
    path = f"{URL}{mission.pk}/"
    coordinator.patch(path, {"title": "Maraude", "min_age": 16}, HTTP_IF_MATCH="*")
    api.as_(region).post(f"/api/v1/organizations/{mission.organization_id}/trust/")
    edited = coordinator.patch(path, {"title": "Collecte"}, HTTP_IF_MATCH="*").json()
    assert edited["title"] == "Collecte"
    assert MissionRevision.objects.get().changes == {"min_age": 16}


def test_a_place_is_whole_in_a_revision_too(api):
    mission = MissionFactory()
    coordinator = api.as_(coordinator_of(mission))
    answer = coordinator.patch(f"{URL}{mission.pk}/", {"is_remote": True}, HTTP_IF_MATCH="*")
    assert (answer.status_code, answer.json()["code"]) == (400, "place_impossible")
    remote = {"is_remote": True, "latitude": None, "longitude": None}
    assert coordinator.patch(f"{URL}{mission.pk}/", remote, HTTP_IF_MATCH="*").status_code == 200


def test_the_commune_is_part_of_the_place_that_the_region_reads_first(api, region):
    mission = MissionFactory(postal_code="93200", city="Saint-Denis", commune_code="93066")
    coordinator = api.as_(coordinator_of(mission))
    path = f"{URL}{mission.pk}/"
    moved = {"postal_code": "75004", "city": "Paris", "commune_code": "75056", "department_code": "75"}
    edited = coordinator.patch(path, moved, HTTP_IF_MATCH="*").json()
    assert (edited["city"], edited["commune_code"], edited["department_code"]) == ("Saint-Denis", "93066", "93")
    assert coordinator.get(f"{path}revisions/").json()[0]["changes"] == moved
    api.as_(region).post(f"{REVISIONS}{edited['waiting_revision']}/accept/")
    now = api.get(path).json()
    assert {name: now[name] for name in moved} == moved


def test_revisions_of_others_are_not_known_to_exist(api):
    row = MissionRevision.objects.create(mission=MissionFactory(), changes={"title": "Maraude"})
    stranger = api.as_(coordinator_of(MissionFactory()))
    assert stranger.get(f"{REVISIONS}{row.pk}/").status_code == 404
    assert stranger.get(f"{URL}{row.mission_id}/revisions/").status_code == 404
    assert stranger.get(f"{REVISIONS}?mission={row.mission_id}").json()["results"] == []


# --- Changes that people feel -----------------------------------------------------------------------------------
@pytest.mark.parametrize("is_trusted", [True, False])
def test_who_is_too_young_for_the_new_age_is_removed_and_who_stays_is_told(api, region, is_trusted):
    mission = MissionFactory(organization=OrganizationFactory(trusted=is_trusted))
    shift = ShiftFactory(mission=mission, taken_count=2)
    past = ShiftFactory(mission=mission, starts_at=afternoon(-2), taken_count=1)
    minor, guardian = minor_with_guardian()
    adult = UserFactory()
    place = AttendanceFactory(sign_up__shift=shift, sign_up__person=minor).sign_up
    stays = AttendanceFactory(sign_up__shift=shift, sign_up__person=adult).sign_up
    was = AttendanceFactory(sign_up__shift=past, sign_up__person=minor).sign_up
    change = {"min_age": 18, "accept_losses": True}
    edited = api.as_(coordinator_of(mission)).patch(f"{URL}{mission.pk}/", change, HTTP_IF_MATCH="*").json()
    if not is_trusted:
        assert SignUp.objects.accepted().count() == 3
        api.as_(region).post(f"{REVISIONS}{edited['waiting_revision']}/accept/")
    rows = SignUp.objects.in_bulk()
    assert (rows[place.pk].status, rows[place.pk].machine_reason) == ("removed", "too_young")
    assert (rows[stays.pk].status, rows[was.pk].status) == ("accepted", "accepted")
    shift.refresh_from_db()
    assert shift.taken_count == 1
    assert (told("sign_up_removed"), told("shift_changed")) == ({minor}, {adult})
    assert told("guardian_told_of_loss") == {guardian.email}


def test_a_new_place_is_told_to_everybody_on_shifts_to_come_and_to_guardians(api):
    mission = MissionFactory(organization=OrganizationFactory(trusted=True), reviewed_sign_ups=True)
    shift = ShiftFactory(mission=mission, taken_count=1)
    minor, guardian = minor_with_guardian()
    AttendanceFactory(sign_up__shift=shift, sign_up__person=minor)
    asking = SignUpFactory(shift=shift).person
    client = api.as_(coordinator_of(mission))
    client.patch(f"{URL}{mission.pk}/", {"contact": "06"}, HTTP_IF_MATCH="*")
    client.patch(f"{URL}{mission.pk}/", {"title": "Maraude"}, HTTP_IF_MATCH="*")
    assert not OutboxMessage.objects.exists()
    client.patch(f"{URL}{mission.pk}/", {"address": "1 rue Neuve", "city": "Pantin"}, HTTP_IF_MATCH="*")
    assert (told("shift_changed"), told("guardian_told_of_change")) == ({minor, asking}, {guardian.email})
    letter = OutboxMessage.objects.get(kind="guardian_told_of_change").body
    assert "1 rue Neuve, Pantin" in letter
    assert minor.last_name not in letter
    # The same again changes nothing; another change is told again.
    client.patch(f"{URL}{mission.pk}/", {"city": "Pantin"}, HTTP_IF_MATCH="*")
    assert OutboxMessage.objects.filter(kind="shift_changed").count() == 2
    client.patch(f"{URL}{mission.pk}/", {"city": "Bobigny"}, HTTP_IF_MATCH="*")
    assert OutboxMessage.objects.filter(kind="shift_changed").count() == 4


def test_a_requirement_that_comes_later_removes_who_does_not_meet_it(api):
    mission = MissionFactory(organization=OrganizationFactory(trusted=True))
    place = AttendanceFactory(sign_up__shift__mission=mission, sign_up__shift__taken_count=1).sign_up
    change = {"requirements": ["psc"], "accept_losses": True}
    api.as_(coordinator_of(mission)).patch(f"{URL}{mission.pk}/", change, HTTP_IF_MATCH="*")
    place.refresh_from_db()
    assert (place.status, place.machine_reason) == ("removed", "requirement_missing")


# --- Ends ------------------------------------------------------------------------------------------------------
def test_a_closed_mission_takes_nobody_in_and_keeps_who_has_a_place(api):
    mission = MissionFactory(reviewed_sign_ups=True)
    shift = ShiftFactory(mission=mission, taken_count=1)
    place = AttendanceFactory(sign_up__shift=shift).sign_up
    asking = SignUpFactory(shift=shift)
    client = api.as_(coordinator_of(mission))
    waits = client.post(f"{URL}{mission.pk}/close/")
    assert (waits.status_code, waits.json()["code"]) == (409, "sign_ups_pending")
    client.post(f"/api/v1/sign-ups/{asking.pk}/decline/")
    assert client.post(f"{URL}{mission.pk}/close/").json()["status"] == "closed"
    assert api.get(URL).json()["results"] == []
    assert api.as_(UserFactory()).post(f"/api/v1/shifts/{shift.pk}/sign-up/").status_code == 404
    holder = api.as_(place.person)
    assert holder.get(f"{URL}{mission.pk}/").status_code == holder.get(f"/api/v1/shifts/{shift.pk}/").status_code == 200
    # Its shifts may still move, and nobody loses a place by it.
    later = {"starts_at": afternoon(8).isoformat(), "ends_at": afternoon(8, 15).isoformat()}
    assert client.patch(f"/api/v1/shifts/{shift.pk}/", later, HTTP_IF_MATCH="*").status_code == 200
    place.refresh_from_db()
    assert place.status == "accepted"
    another = {"mission": str(mission.pk), "capacity": 5, **later}
    assert client.post("/api/v1/shifts/", another).status_code == 409
    assert client.patch(f"{URL}{mission.pk}/", {"contact": "06"}, HTTP_IF_MATCH="*").status_code == 409


@pytest.mark.parametrize("by_region", [True, False])
def test_cancelling_a_mission_cancels_its_shifts_to_come_and_tells_everybody(api, region, by_region):
    mission = MissionFactory(reviewed_sign_ups=True)
    coming, second = ShiftFactory(mission=mission, taken_count=1), ShiftFactory(mission=mission)
    past = ShiftFactory(mission=mission, starts_at=afternoon(-2), taken_count=1)
    minor, guardian = minor_with_guardian()
    place = AttendanceFactory(sign_up__shift=coming, sign_up__person=minor).sign_up
    asking = SignUpFactory(shift=second)
    was = AttendanceFactory(sign_up__shift=past, sign_up__person=minor).sign_up
    MissionRevision.objects.create(mission=mission, changes={"title": "Maraude"})
    coordinator, colleague = coordinator_of(mission), coordinator_of(mission)
    client = api.as_(region if by_region else coordinator)
    assert client.post(f"{URL}{mission.pk}/cancel/", {"reason": ""}).status_code == 400
    done = client.post(f"{URL}{mission.pk}/cancel/", {"reason": "Alerte orange."}).json()
    assert (done["status"], done["cancel_reason"], done["waiting_revision"]) == ("cancelled", "Alerte orange.", None)
    assert dict(SignUp.objects.values_list("pk", "status")) == {
        place.pk: "cancelled",
        asking.pk: "cancelled",
        was.pk: "accepted",
    }
    assert dict(Shift.objects.values_list("pk", "status")) == {
        coming.pk: "cancelled",
        second.pk: "cancelled",
        past.pk: "scheduled",
    }
    assert told("sign_up_cancelled") == {minor, asking.person}
    assert told("guardian_told_of_loss") == {guardian.email}
    assert told("mission_cancelled") == ({coordinator, colleague} if by_region else {colleague})
    body = OutboxMessage.objects.get(kind="sign_up_cancelled", recipient=minor).body
    assert "Alerte orange." not in body
    assert "Lisez le motif dans l’application." in body
    assert MissionRevision.objects.get().status == "refused"
    assert api.get(f"{URL}{mission.pk}/").status_code == 404
    assert api.as_(minor).get(f"{URL}{mission.pk}/").json()["cancel_reason"] == "Alerte orange."
    assert client.post(f"{URL}{mission.pk}/cancel/", {"reason": "Encore."}).status_code == 409


def test_a_cancellation_within_a_day_passes_the_quiet_hours(api):
    mission, day = MissionFactory(), timedelta(hours=24)
    with time_machine.travel(timezone.now(), tick=False):
        soon = ShiftFactory(mission=mission, taken_count=1, starts_at=timezone.now() + day)
        later = ShiftFactory(mission=mission, taken_count=1, starts_at=timezone.now() + day + timedelta(minutes=1))
        for shift in (soon, later):
            AttendanceFactory(sign_up__shift=shift)
        api.as_(coordinator_of(mission)).post(f"{URL}{mission.pk}/cancel/", {"reason": "Pluie."})
    messages = OutboxMessage.objects.filter(kind="sign_up_cancelled")
    urgent = {message.data["shift"]: message.is_urgent for message in messages}
    assert urgent == {str(soon.pk): True, str(later.pk): False}


def test_missions_close_after_their_last_shift_and_are_archived_a_month_later():
    over, running, without = MissionFactory(), MissionFactory(), MissionFactory()
    ShiftFactory(mission=over, starts_at=afternoon(-3))
    ShiftFactory(mission=running, running=True)
    cancelled = MissionFactory(status="cancelled", published_at=None, ended_at=timezone.now(), cancel_reason="Pluie.")
    statuses = lambda: [Mission.objects.get(pk=row.pk).status for row in (over, running, without, cancelled)]  # noqa: E731
    for _twice in range(2):
        tasks.close_finished_missions()
        tasks.archive_missions()
    assert statuses() == ["closed", "published", "published", "cancelled"]
    with time_machine.travel(timezone.now() + timedelta(days=29, hours=23)):
        tasks.close_finished_missions()
        tasks.archive_missions()
    assert statuses() == ["closed", "closed", "published", "cancelled"]
    with time_machine.travel(timezone.now() + timedelta(days=30, hours=1)):
        for _twice in range(2):
            tasks.archive_missions()
        assert statuses() == ["archived", "closed", "published", "archived"]
    assert Mission.objects.get(pk=over.pk).version == 3


def test_a_closed_mission_is_not_archived_while_people_are_expected_on_its_shifts(api):
    mission = MissionFactory()
    coordinator = coordinator_of(mission)
    client = api.as_(coordinator)
    later = ShiftFactory(mission=mission, starts_at=afternoon(40), taken_count=1)
    place = AttendanceFactory(sign_up__shift=later).sign_up
    assert client.post(f"{URL}{mission.pk}/close/").status_code == 200

    def status_in(days):
        with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
            tasks.archive_missions()
        return Mission.objects.get(pk=mission.pk).status

    assert status_in(35) == "closed"
    with time_machine.travel(timezone.now() + timedelta(days=35), tick=False):
        cancelled = api.as_(coordinator).post(f"/api/v1/shifts/{later.pk}/cancel/", {"reason": "Salle fermée."})
    assert cancelled.status_code == 200
    assert told("sign_up_cancelled") == {place.person}
    assert status_in(35) == "archived"


def test_a_copy_is_a_draft_with_the_same_words_and_nothing_that_happened(api):
    mission = MissionFactory(activities=["tri"], requirements=["psc"], min_age=16, image="missions/x.jpg")
    ShiftFactory(mission=mission)
    client = api.as_(coordinator_of(mission))
    made = client.post(f"{URL}{mission.pk}/copy/")
    row = made.json()
    assert (made.status_code, row["status"], row["next_shifts"], row["image_url"]) == (201, "draft", [], None)
    copied = Mission.objects.get(pk=row["id"])
    for name in ("title", "description", "activities", "requirements", "min_age", "latitude", "contact"):
        assert getattr(copied, name) == getattr(mission, name)
    assert api.get(f"{URL}{copied.pk}/").status_code == 404


def test_a_copy_lies_in_the_same_commune(api):
    mission = MissionFactory(commune_code="2A004", city="Ajaccio")
    copied = api.as_(coordinator_of(mission)).post(f"{URL}{mission.pk}/copy/").json()
    assert (copied["commune_code"], copied["department_code"]) == ("2A004", "2A")


def test_what_ends_is_read_by_its_organisation_and_not_by_another(api, region):
    for status in ("closed", "cancelled", "archived"):
        mission = MissionFactory(
            status=status,
            ended_at=timezone.now(),
            archived_at=timezone.now() if status == "archived" else None,
            cancel_reason="Pluie.",
        )
        path = f"{URL}{mission.pk}/"
        assert api.as_(coordinator_of(mission)).get(path).status_code == api.as_(region).get(path).status_code == 200
        for reader in (api, api.as_(UserFactory()), api.as_(coordinator_of(MissionFactory()))):
            assert reader.get(path).status_code == 404
