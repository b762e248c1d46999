"""What counts as attested: the organisation's word as it stands, on hours as they were, each hour once; over HTTP."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.utils import timezone

from common.models import uuid7
from engagement.models import EngagementOption, HourEntry
from tests.support.attending import HOUR, MINUTE, NOON, organizer_of, running_place
from tests.support.factories import (
    CheckInFactory,
    HourEntryFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    RecordFactory,
    UserFactory,
)
from tests.support.tutors import act, link_in, log, mails_to, pupil
from tests.support.world import API

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings, tmp_path):
    settings.SIGNING_KEYS_DIR = tmp_path / "keys"
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        yield


@pytest.fixture
def there(api):
    """Somebody without a school who was on a shift for two hours, and the coordinator of its mission."""
    place = running_place(status="checked_out", sign_up__person=UserFactory())
    came = place.sign_up.shift.starts_at
    CheckInFactory(attendance=place, occurred_at=came)
    CheckInFactory(attendance=place, direction="out", occurred_at=came + 2 * HOUR)
    return SimpleNamespace(
        place=place,
        came=came,
        mission=place.sign_up.shift.mission,
        person=place.sign_up.person,
        phone=api.as_(place.sign_up.person),
        organiser=api.as_(organizer_of(place)),
    )


def by_hand(who, mission, start, minutes):
    """Hours logged by hand for a mission, handed in."""
    entry_id = uuid7()
    times = {"started_at": start.isoformat(), "ended_at": (start + minutes * MINUTE).isoformat()}
    made = who.phone.put(f"{API}hour-entries/{entry_id}/", {"mission": str(mission.pk), **times})
    assert made.status_code == 201, made.content
    assert act(who.phone, entry_id, "submit") == (200, None)
    return HourEntry.objects.get(pk=entry_id)


def confirm_attendance(there, **body):
    assert there.organiser.post(f"{API}attendances/{there.place.pk}/confirm/", body).status_code == 200
    return HourEntry.objects.get(attendance=there.place)


def attested(who):
    """The attested minutes of a person's only record: those of their progress, which are those of their passport."""
    (mine,) = who.phone.get(f"{API}me/progress/").json()["records"]
    answer = who.phone.get(f"{API}records/{mine['record']}/passport/")
    if answer.status_code == 409:
        assert (answer.json()["code"], mine["attested_minutes"]) == ("nothing_attested", 0)
        return 0
    issued = [one for one in who.phone.get(f"{API}certificates/").json()["results"] if one["status"] == "issued"]
    assert [one["minutes"] for one in issued if one["kind"] == "passport"] == [mine["attested_minutes"]]
    return mine["attested_minutes"]


# --- Corrected minutes -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("by", ["organiser", "tutor"])
def test_corrected_minutes_are_attested_once_the_student_has_acknowledged_them(api, by):
    who = pupil(api)
    if by == "organiser":
        mission = MissionFactory()
        entry = by_hand(who, mission, NOON, 90)
        organiser = api.as_(OrganizationMembershipFactory(organization=mission.organization).person)
        assert act(organiser, entry, "amend", minutes=60) == (200, None)
    else:
        entry = log(who, start=NOON)
        (mail,) = mails_to()
        seen = api.get(link_in(mail)).json()["seen"]
        assert api.post(link_in(mail), {"action": "amend", "seen": seen, "minutes": 60}).status_code == 200
    EngagementOption.objects.update(is_attestation_required=True)
    assert attested(who) == 0
    refused = who.teacher.post(f"{API}hour-entries/{entry.pk}/approve/", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "attestation_needed")
    assert "n’a pas encore pris connaissance" in refused.json()["detail"]
    bulk = {"decisions": [{"entry": str(entry.pk), "verb": "approve"}]}
    (outcome,) = who.teacher.post(f"{API}hour-entries/bulk-decisions/", bulk).json()["results"]
    assert outcome["code"] == "attestation_needed"
    assert act(who.phone, entry, "acknowledge") == (200, None)
    assert attested(who) == 60
    assert who.teacher.post(f"{API}hour-entries/{entry.pk}/approve/", {}).json()["approved_minutes"] == 60


# --- What its author may rewrite ---------------------------------------------------------------------------------
def test_no_passport_says_of_hours_what_their_author_wrote_after_the_word(api):
    who = SimpleNamespace(person=(person := UserFactory()), phone=api.as_(person))
    entry = log(who, start=NOON)
    (mail,) = mails_to()
    seen = api.get(link_in(mail)).json()["seen"]
    assert api.post(link_in(mail), {"action": "confirm", "seen": seen}).status_code == 200
    assert attested(who) == 90
    assert act(who.phone, entry, "withdraw") == (200, None)
    assert attested(who) == 0, "taken back, they are their author's to rewrite"
    path = f"{API}hour-entries/{entry.pk}/"
    other = {"organization_name": "Une autre", "title": "Tout autre chose"}
    assert who.phone.patch(path, other, HTTP_IF_MATCH="*").status_code == 200
    assert attested(who) == 0
    back = {"organization_name": "Les Voisins", "title": "Repas du soir"}
    assert who.phone.patch(path, back, HTTP_IF_MATCH="*").status_code == 200
    assert act(who.phone, entry, "submit") == (200, None)
    assert attested(who) == 90, "handed in as they were confirmed"


def test_hours_that_the_school_sent_back_are_not_in_a_passport_until_they_are_handed_in_again(api):
    who, mission = pupil(api), MissionFactory()
    entry = by_hand(who, mission, NOON, 60)
    organiser = api.as_(OrganizationMembershipFactory(organization=mission.organization).person)
    assert act(organiser, entry, "confirm") == (200, None)
    assert attested(who) == 60
    assert act(who.teacher, entry, "return", reason="Et votre réflexion ?") == (200, None)
    assert attested(who) == 0
    assert act(who.phone, entry, "submit") == (200, None)
    assert attested(who) == 60


# --- Each hour once ----------------------------------------------------------------------------------------------
def test_hours_logged_by_hand_and_by_an_attendance_count_once(there):
    entry = by_hand(there, there.mission, there.came, 60)
    assert act(there.organiser, entry, "confirm") == (200, None)
    assert attested(there) == 60
    confirm_attendance(there)
    assert attested(there) == 120, "of two that cover one hour, the one with more minutes"


def test_what_the_school_rejected_counts_once_beside_what_was_logged_instead(api):
    who, mission = pupil(api), MissionFactory()
    organiser = api.as_(OrganizationMembershipFactory(organization=mission.organization).person)
    for minutes in (90, 60):
        entry = by_hand(who, mission, NOON, minutes)
        assert act(organiser, entry, "confirm") == (200, None)
        assert act(who.teacher, entry, "reject", reason="Pas de l'engagement.") == (200, None)
    after = by_hand(who, mission, NOON + 90 * MINUTE, 30)
    assert act(organiser, after, "confirm") == (200, None)
    assert attested(who) == 120, "what only touches is another hour"


def test_an_attendance_that_was_shortened_leaves_the_rest_to_other_hours(there):
    entry = confirm_attendance(there)
    assert attested(there) == 120
    shorter = {"ended_at": (there.came + 20 * MINUTE).isoformat()}
    path = f"{API}hour-entries/{entry.pk}/"
    assert there.phone.patch(path, shorter, HTTP_IF_MATCH="*").json()["attested_minutes"] == 120
    assert attested(there) == 20
    rest = by_hand(there, there.mission, there.came + 20 * MINUTE, 100)
    assert act(there.organiser, rest, "confirm") == (200, None)
    assert attested(there) == 120


def test_three_in_a_row_of_which_the_middle_covers_both_count_the_longest_first(api):
    record = RecordFactory(person=UserFactory())
    who = SimpleNamespace(person=record.person, phone=api.as_(record.person))
    start = timezone.now() - timedelta(days=2)
    for after, minutes in ((0, 60), (45, 90), (120, 50)):
        begin = start + after * MINUTE
        HourEntryFactory(
            record=record,
            started_at=begin,
            ended_at=begin + minutes * MINUTE,
            claimed_minutes=minutes,
            attested_minutes=minutes,
            status="rejected",
            submitted_at=timezone.now(),
        )
    assert attested(who) == 90
    HourEntry.objects.filter(attested_minutes=90).update(attested_minutes=55)
    assert attested(who) == 110, "the shorter word gives way, and stands in nobody's way"
