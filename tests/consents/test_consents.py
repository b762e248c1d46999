"""Consent over HTTP: asked for all missions or one, decided once, moved later; whose word counts; what time does."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from common import paris
from consents.models import Consent, ConsentEvent, Guardian
from consents.services import consent_requests
from missions.models import Mission, Shift, SignUp
from missions.services import consent_lapses, sign_ups
from missions.services.locks import lock_everybody_on
from notifications import relay
from notifications.models import OutboxMessage
from tests.support.factories import (
    ConsentFactory,
    GuardianFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    StaffMembershipFactory,
    UserFactory,
    afternoon,
    enrolled_student,
    years_ago,
)
from tests.support.guardians import decision_path, page_path
from tests.support.races import at_once, without_row_locks

pytestmark = pytest.mark.django_db

API = "/api/v1/"


@pytest.fixture
def student():
    return enrolled_student(student=UserFactory(aged_15=True, first_name="Inès", last_name="Secret")).student


@pytest.fixture
def mother(student):
    return GuardianFactory(student=student, email="mere@example.org")


@pytest.fixture
def father(student):
    return GuardianFactory(student=student, email="pere@example.org")


@pytest.fixture
def shift():
    return ShiftFactory()


def eligibility(api, student, shift):
    return api.as_(student).get(f"{API}shifts/{shift.pk}/eligibility/").json()["reason"]


def sign_up(api, student, shift):
    answer = api.as_(student).post(f"{API}shifts/{shift.pk}/sign-up/")
    assert answer.status_code == 201, answer.json()
    return SignUp.objects.get(pk=answer.json()["id"])


def ask_for(api, student, mission):
    return api.as_(student).post(f"{API}missions/{mission.pk}/ask-consent/")


def act(api, guardian, action, **facts):
    return api.post(page_path(guardian), {"action": action, **facts})


def mails():
    relay.run()
    return [(message.to[0], message.subject, message.body) for message in mail.outbox]


def manager_of(student):
    school = student.enrolments.get().class_group.school
    return StaffMembershipFactory(school=school, manager=True).person


# --- Whose word counts -------------------------------------------------------------------------------------------
def test_one_guardians_agreement_is_enough_and_anothers_refusal_prevails(api, student, mother, father, shift):
    assert eligibility(api, student, shift) == "consent_needed"
    ours, theirs = ConsentFactory(guardian=mother), ConsentFactory(guardian=father)
    api.post(decision_path(ours), {"decision": "grant"})
    assert eligibility(api, student, shift) == "ok"
    api.post(decision_path(theirs), {"decision": "refuse"})
    assert eligibility(api, student, shift) == "consent_needed"


def test_a_withdrawal_gives_the_places_to_come_back_and_counts_as_a_no(api, student, mother, father, shift):
    for guardian in (mother, father):
        ConsentFactory(guardian=guardian, granted=True)
    OrganizationMembershipFactory(organization=shift.mission.organization, person__email="coord@example.org")
    place = sign_up(api, student, shift)
    assert act(api, mother, "withdraw").json()["consents"][0]["status"] == "withdrawn"
    place.refresh_from_db()
    assert (place.status, Shift.objects.get().taken_count) == ("withdrawn", 0)
    assert place.reason == "Il manque l’accord des responsables légaux."
    assert eligibility(api, student, shift) == "consent_needed"
    kinds = set(OutboxMessage.objects.values_list("kind", flat=True))
    assert {"consent_withdrawn", "place_withdrawn", "guardian_told_of_loss"} <= kinds
    told = OutboxMessage.objects.get(kind="place_withdrawn")
    # The reason is the family's: the coordinator reads it in the app, not on a locked screen.
    assert told.body.endswith("Lisez le motif dans l’application.")
    assert act(api, mother, "grant").status_code == 200
    assert sign_up(api, student, shift).status == "accepted"


def test_a_withdrawn_place_goes_to_the_next_in_line(api, student, mother):
    shift = ShiftFactory(capacity=1)
    ConsentFactory(guardian=mother, granted=True)
    sign_up(api, student, shift)
    neighbour = UserFactory()
    assert sign_up(api, neighbour, shift).status == "waitlisted"
    act(api, mother, "withdraw")
    assert SignUp.objects.get(person=neighbour).status == "offered"


def test_places_at_an_age_that_needs_no_consent_stay_when_it_is_withdrawn(api, mother, student):
    birthday = timezone.now().date() + timedelta(days=5)
    student.birth_date = birthday.replace(year=birthday.year - 16)
    student.save()
    ConsentFactory(guardian=mother, granted=True)
    before, after = ShiftFactory(starts_at=afternoon(2)), ShiftFactory(starts_at=afternoon(12))
    early, late = sign_up(api, student, before), sign_up(api, student, after)
    act(api, mother, "withdraw")
    early.refresh_from_db()
    late.refresh_from_db()
    assert (early.status, late.status) == ("withdrawn", "accepted")


def test_the_school_manager_settles_a_refusal_in_writing_and_the_guardian_is_told(api, student, mother, father, shift):
    ConsentFactory(guardian=mother, granted=True)
    refusal = ConsentFactory(guardian=father, refused=True)
    manager, teacher = manager_of(student), student.enrolments.get().class_group.referents.get().membership.person
    path = f"{API}guardians/{father.pk}/settle/"
    assert api.as_(teacher).post(path, {"note": "Vu."}).status_code == 403
    assert api.as_(manager).post(path, {"note": ""}).status_code == 400
    events = api.as_(manager).post(path, {"note": "Rendez-vous du 3 : accord."}).json()
    assert [(row["verb"], row["note"], row["actor_name"]) for row in events] == [
        ("settle", "Rendez-vous du 3 : accord.", manager.full_name)
    ]
    refusal.refresh_from_db()
    assert (refusal.status, bool(refusal.settled_at)) == ("refused", True)
    assert eligibility(api, student, shift) == "ok"
    assert [to for to, _subject, _body in mails()] == ["pere@example.org"]
    assert api.as_(manager).post(path, {"note": "Encore."}).json()["code"] == "nothing_to_settle"
    # The guardian agrees after all, and withdraws again: that is a no of its own.
    act(api, father, "grant")
    act(api, father, "withdraw")
    assert eligibility(api, student, shift) == "consent_needed"


def test_a_signed_paper_counts_as_granted_and_the_guardian_hears_of_it(api, student, mother, shift):
    manager = manager_of(student)
    paper = partial(api.as_(manager).post, f"{API}guardians/{mother.pk}/record-paper/")
    tomorrow = (timezone.now() + timedelta(days=2)).date().isoformat()
    assert paper({"signed_on": tomorrow}).json()["code"] == "signed_on_impossible"
    assert paper({"signed_on": "2026-01-05", "note": "Classeur 3"}).status_code == 200
    assert eligibility(api, student, shift) == "ok"
    assert ConsentEvent.objects.get(verb="grant").note == "2026-01-05 Classeur 3"
    subjects = [subject.split(" / ")[0] for _to, subject, _body in mails()]
    assert "Le lycée a enregistré votre accord pour Inès" in subjects
    assert paper({"signed_on": "2026-01-05"}).json()["code"] == "wrong_state"


def test_a_family_without_an_address_agrees_on_paper(api, student, shift):
    manager = api.as_(manager_of(student))
    made = manager.post(f"{API}guardians/", {"student": str(student.pk), "phone": "01 48 09 00 00"})
    assert (made.status_code, made.json()["email"], made.json()["has_phone"]) == (201, "", True)
    assert eligibility(api, student, shift) == "guardian_needed"
    manager.post(f"{API}guardians/{made.json()['id']}/record-paper/", {"signed_on": "2026-01-05"})
    assert eligibility(api, student, shift) == "ok"
    assert mails() == []


def test_a_guardian_who_refused_is_replaced_by_the_school_alone_and_the_former_address_is_told(
    api, student, mother, father, shift
):
    ConsentFactory(guardian=mother, granted=True)
    ConsentFactory(guardian=father, refused=True)
    path = f"{API}guardians/{father.pk}/replace/"
    assert api.as_(student).post(path, {"email": "oncle@example.org"}).status_code == 403
    # Naming another address does not undo the refusal.
    api.as_(student).post(f"{API}me/guardians/", {"email": "oncle@example.org"})
    assert eligibility(api, student, shift) == "consent_needed"
    made = api.as_(manager_of(student)).post(path, {"email": "tuteur@example.org"})
    assert (made.status_code, made.json()["email"], made.json()["is_verified"]) == (201, "tuteur@example.org", True)
    assert eligibility(api, student, shift) == "ok"
    assert sorted(to for to, _subject, _body in mails()) == ["pere@example.org", "tuteur@example.org"]
    assert api.get(page_path(father)).status_code == 410
    again = api.as_(student).post(f"{API}me/guardians/", {"email": "pere@example.org"})
    assert again.json()["code"] == "guardian_address_refused"


def test_replacing_who_agreed_gives_the_places_back_until_the_new_one_agrees(api, student, mother, shift):
    ConsentFactory(guardian=mother, granted=True)
    place = sign_up(api, student, shift)
    path, body = f"{API}guardians/{mother.pk}/replace/", {"email": "tuteur@example.org"}
    refused = api.as_(manager_of(student)).post(path, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "would_lose")
    assert [loss["sign_up"] for loss in refused.json()["losses"]] == [str(place.pk)]
    place.refresh_from_db()
    assert (place.status, mother.consents.get().status) == ("accepted", "granted")
    assert "tuteur@example.org" not in {to for to, _subject, _body in mails()}
    assert api.as_(manager_of(student)).post(path, {**body, "accept_losses": True}).status_code == 201
    place.refresh_from_db()
    assert place.status == "withdrawn"
    assert list(Consent.objects.order_by("id").values_list("status", flat=True)) == ["lapsed", "requested"]


# --- For one mission ---------------------------------------------------------------------------------------------
def test_a_student_has_their_guardians_asked_about_one_mission(api, student, mother, shift):
    other = ShiftFactory(starts_at=afternoon(9))
    asked = ask_for(api, student, shift.mission)
    assert (asked.status_code, [row["status"] for row in asked.json()]) == (200, ["requested"])
    assert ask_for(api, student, shift.mission).status_code == 200
    ((to, _subject, body),) = mails()
    assert to == "mere@example.org"
    assert shift.mission.title in body
    assert "Saint-Denis" in body
    assert "Secret" not in body
    consent = Consent.objects.get()
    shown = api.get(decision_path(consent)).json()
    assert [mission["title"] for mission in shown["missions"]] == [shift.mission.title]
    assert [row["starts_at"] for row in shown["missions"][0]["shifts"]] == [
        shift.starts_at.isoformat().replace("+00:00", "Z")
    ]
    api.post(decision_path(consent), {"decision": "grant"})
    assert eligibility(api, student, shift) == "ok"
    assert eligibility(api, student, other) == "consent_needed"
    assert ask_for(api, student, shift.mission).json()["code"] == "consent_not_needed"


def test_asked_about_one_mission_a_guardian_may_agree_to_all(api, student, mother, shift):
    ask_for(api, student, shift.mission)
    consent = Consent.objects.get()
    for _time in range(2):
        assert api.post(decision_path(consent), {"decision": "grant_all"}).json()["status"] == "granted"
    assert Consent.objects.to_all().get().status == "granted"
    assert eligibility(api, student, ShiftFactory(starts_at=afternoon(9))) == "ok"


def test_each_guardians_last_word_counts_whether_on_one_mission_or_on_all(api, student, mother, shift):
    elsewhere = ShiftFactory(starts_at=afternoon(9))
    general = ConsentFactory(guardian=mother)
    api.post(decision_path(general), {"decision": "refuse"})
    ask_for(api, student, shift.mission)
    one = Consent.objects.exclude(pk=general.pk).get()
    api.post(decision_path(one), {"decision": "grant"})
    assert (eligibility(api, student, shift), eligibility(api, student, elsewhere)) == ("ok", "consent_needed")
    act(api, mother, "grant")
    assert eligibility(api, student, elsewhere) == "ok"
    act(api, mother, "withdraw")
    assert eligibility(api, student, shift) == "consent_needed", "who withdraws from all withdraws from each"


def test_who_cannot_be_asked_is_told_why(api, student, shift, settings):
    assert ask_for(api, student, shift.mission).json()["code"] == "guardian_needed"
    assert ask_for(api, UserFactory(), shift.mission).json()["code"] == "consent_not_needed"
    mother = GuardianFactory(student=student)
    past = ShiftFactory(starts_at=timezone.now() - timedelta(days=2))
    assert ask_for(api, student, past.mission).json()["code"] == "not_open"
    assert ask_for(api, student, MissionFactory(draft=True)).status_code == 404
    ConsentFactory(guardian=mother, mission=shift.mission, refused=True)
    assert ask_for(api, student, shift.mission).json()["code"] == "consent_refused"
    Consent.objects.update(settled_at=timezone.now())  # it prevents nothing any more, and is not asked for again
    assert ask_for(api, student, shift.mission).json()["code"] == "consent_refused"
    settings.MAX_MISSION_CONSENTS_ASKED = 2
    codes = [ask_for(api, student, ShiftFactory().mission).json() for _number in range(3)]
    assert codes[2]["code"] == "too_many_consents_asked"


def agreed_to_one(api, student, guardian, shift):
    ask_for(api, student, shift.mission)
    consent = Consent.objects.get(guardian=guardian, mission_id=shift.mission_id)
    api.post(decision_path(consent), {"decision": "grant"})
    return consent


def later_by(shift, **how):
    return {"starts_at": shift.starts_at + timedelta(**how), "ends_at": shift.ends_at + timedelta(**how)}


def change(shift, **facts):
    """What an edit of a shift or mission does around the consents (missions.services.shift_changes)."""
    with transaction.atomic():
        (shift,) = lock_everybody_on([shift.pk])
        mission_facts = {name: facts.pop(name) for name in ("latitude",) if name in facts}
        Shift.objects.filter(pk=shift.pk).update(capacity=shift.capacity, **facts)
        Mission.objects.filter(pk=shift.mission_id).update(title=shift.mission.title, **mission_facts)
        shift = Shift.objects.select_related("mission").get(pk=shift.pk)
        consent_lapses.lapse_moved_consents(shift.mission)
        consent_lapses.release_lapsed_places(shift)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("moved", "status"),
    [
        (lambda shift: later_by(shift, hours=2), "granted"),
        (lambda shift: {"ends_at": shift.ends_at + timedelta(hours=2, minutes=1)}, "lapsed"),
        (lambda shift: later_by(shift, hours=-3), "lapsed"),
        (lambda shift: {"latitude": shift.mission.latitude + 0.04}, "granted"),  # 4.4 km
        (lambda shift: {"latitude": shift.mission.latitude + 0.05}, "lapsed"),  # 5.6 km
    ],
)
def test_a_consent_to_one_mission_lapses_when_it_moves_far(api, student, mother, shift, moved, status):
    consent = agreed_to_one(api, student, mother, shift)
    place = sign_up(api, student, shift)
    change(shift, **moved(shift))
    consent.refresh_from_db()
    place.refresh_from_db()
    assert consent.status == status
    assert place.status == ("withdrawn" if status == "lapsed" else "accepted")
    if status == "lapsed":
        assert place.machine_reason == "consent_needed"
        lost = OutboxMessage.objects.get(kind="sign_up_removed", recipient=student)
        assert shift.mission.title in lost.title
        assert "consent_lapsed" in {row.kind for row in OutboxMessage.objects.filter(recipient=student)}
        assert ask_for(api, student, shift.mission).json()[0]["status"] == "requested"
        consent.refresh_from_db()
        assert (consent.ask_count, consent.decided_at) == (2, None)
        api.post(decision_path(consent), {"decision": "grant"})
        assert sign_up(api, student, shift).status == "accepted"


@pytest.mark.django_db(transaction=True)
def test_small_moves_count_together_and_the_missions_other_places_go_too(api, student, mother, shift):
    other = ShiftFactory(mission=shift.mission, starts_at=afternoon(9))
    agreed_to_one(api, student, mother, shift)
    places = [sign_up(api, student, row) for row in (shift, other)]
    for minutes in (70, 140):
        change(shift, **later_by(shift, minutes=minutes))
    assert Consent.objects.get().status == "lapsed"
    assert {SignUp.objects.get(pk=place.pk).status for place in places} == {"withdrawn"}
    assert consent_lapses.release_places_of_lapsed() == 0


def test_a_consent_to_all_missions_never_lapses_by_a_move(api, student, mother, shift):
    consent = ConsentFactory(guardian=mother, granted=True)
    change(shift, starts_at=shift.starts_at + timedelta(days=3), ends_at=afternoon(12))
    consent.refresh_from_db()
    assert consent.status == "granted"


# --- Time passes -------------------------------------------------------------------------------------------------
def test_who_does_not_answer_is_reminded_twice_then_it_expires_and_can_still_be_given(api, student, mother, shift):
    consent_requests.ask_for_consent(mother)
    start = timezone.now()
    sent = {}
    for day in range(16):
        with time_machine.travel(start + timedelta(days=day, minutes=1), tick=False):
            for _time in range(2):
                consent_requests.remind_guardians()
                consent_requests.expire_consents()
            relay.run()
            if len(mail.outbox) > sum(sent.values()):
                sent[day] = len(mail.outbox) - sum(sent.values())
    assert sent == {0: 1, 3: 1, 7: 1, 14: 1}
    assert "Rappel" in mail.outbox[1].subject
    links = [next(line for line in message.body.splitlines() if "/consents/" in line) for message in mail.outbox]
    assert links[0] == links[1] == links[2]
    assert "/consents/manage/" in links[3]
    consent = Consent.objects.get()
    assert consent.status == "expired"
    with time_machine.travel(start + timedelta(days=15), tick=False):
        gone = api.post(decision_path(consent), {"decision": "grant"})
        assert (gone.status_code, gone.json()["code"]) == (410, "expired")
        assert act(api, mother, "grant").status_code == 200
    assert eligibility(api, student, shift) == "ok"


@pytest.mark.parametrize("ended", [
    {"status": "cancelled", "cancel_reason": "Pluie.", "ended_at": timezone.now()},
    {"status": "closed", "ended_at": timezone.now()},
    {},  # published, its shifts over
])  # fmt: skip
def test_nobody_is_reminded_of_a_mission_that_is_over_and_it_counts_as_open_no_more(
    api, student, mother, shift, settings, ended
):
    settings.MAX_MISSION_CONSENTS_ASKED = 1
    assert ask_for(api, student, shift.mission).status_code == 200
    Mission.objects.filter(pk=shift.mission_id).update(**ended)
    if not ended:
        Shift.objects.filter(pk=shift.pk).update(starts_at=afternoon(-1), ends_at=afternoon(-1, 15))
    with time_machine.travel(timezone.now() + timedelta(days=3, hours=1), tick=False):
        assert consent_requests.remind_guardians() == 0
        assert ask_for(api, student, ShiftFactory(starts_at=afternoon(9)).mission).status_code == 200


def test_nobody_is_reminded_of_a_mission_whose_organisation_the_region_suspended(api, student, mother, shift):
    assert ask_for(api, student, shift.mission).status_code == 200
    suspend = f"{API}organizations/{shift.mission.organization_id}/suspend/"
    assert api.as_(UserFactory(region=True)).post(suspend, {"reason": "Un danger."}).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=3, hours=1), tick=False):
        assert consent_requests.remind_guardians() == 0


def test_who_has_turned_16_is_told_nothing_of_a_consent_that_is_needed_no_more(api, student, mother, shift):
    consent_requests.ask_for_consent(mother)
    student.birth_date = paris.day_of(timezone.now()) - timedelta(days=365 * 16 + 5)
    student.save(update_fields=["birth_date"])
    mails()
    asked = len(mail.outbox)
    for days in (3, 7, 15):
        with time_machine.travel(timezone.now() + timedelta(days=days, hours=1), tick=False):
            consent_requests.remind_guardians()
            consent_requests.expire_consents()
            mails()
    assert Consent.objects.get().status == "expired"
    assert (len(mail.outbox), OutboxMessage.objects.filter(recipient=student).count()) == (asked, 0)


@pytest.mark.parametrize("action", ["refuse", "withdraw"])
def test_who_has_turned_16_reads_that_a_no_prevents_nothing(api, student, mother, shift, action):
    ConsentFactory(guardian=mother, granted=action == "withdraw", refused=False)
    student.birth_date = paris.day_of(timezone.now()) - timedelta(days=365 * 16 + 5)
    student.save(update_fields=["birth_date"])
    assert act(api, mother, action).status_code == 200
    relay.run()
    (said,) = OutboxMessage.objects.filter(recipient=student).values_list("body", flat=True)
    assert said == "À partir de 16\u00a0ans, vous participez sans leur consentement."
    assert eligibility(api, student, shift) == "ok"


def test_a_job_that_was_down_reminds_once(mother):
    consent_requests.ask_for_consent(mother)
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        assert (consent_requests.remind_guardians(), consent_requests.remind_guardians()) == (1, 0)


def test_asked_anew_the_former_link_is_closed(api, mother):
    consent = consent_requests.ask_for_consent(mother)
    former = decision_path(consent)
    with time_machine.travel(timezone.now() + timedelta(days=15), tick=False):
        consent_requests.expire_consents()
        consent = consent_requests.ask_for_consent(mother)
        assert (consent.status, consent.ask_count) == ("requested", 2)
        assert api.get(former).status_code == 410
        assert api.get(decision_path(consent)).status_code == 200


def test_at_16_the_guardian_is_told_once_and_not_asked(api):
    enrolment = enrolled_student(student=UserFactory(aged_17=True, first_name="Noé", last_name="Secret"))
    guardian = GuardianFactory(student=enrolment.student)
    for _time in range(2):
        consent_requests.ask_for_consent_on_enrolment(enrolment=enrolment)
    ((to, subject, body),) = mails()
    assert (to, subject) == (guardian.email, "Noé suit l’option engagement / Noé follows the option engagement")
    assert "Secret" not in body
    assert not Consent.objects.exists()
    shift = ShiftFactory()
    sign_up(api, enrolment.student, shift)
    assert [to for to, _subject, _body in mails()] == [guardian.email] * 2


def test_who_turns_out_to_be_younger_has_their_guardian_asked(api):
    enrolment = enrolled_student(student=UserFactory(aged_17=True))
    guardian = GuardianFactory(student=enrolment.student)
    referent = enrolment.class_group.referents.get().membership.person
    body = {"birth_date": str(years_ago(15)), "reason": "Erreur de saisie."}
    assert api.as_(referent).post(f"{API}enrolments/{enrolment.pk}/change-birth-date/", body).status_code == 200
    assert Consent.objects.get().guardian == guardian


def test_the_text_is_kept_by_its_version_and_the_language_it_was_read_in(api, mother):
    consent = ConsentFactory(guardian=mother)
    page = api.get(f"{decision_path(consent)}?lang=en").json()
    assert page["opening"].startswith("Inès follows")
    api.post(f"{decision_path(consent)}?lang=en", {"decision": "grant"})
    event = ConsentEvent.objects.get()
    assert (event.verb, event.text_version, event.language) == ("grant", page["text_version"], "en")


def test_who_was_asked_before_reads_the_words_of_then_and_who_is_asked_now_reads_of_the_initial(api, mother):
    """Organisers see first name and initial of a minor until the place is given."""
    before = ConsentFactory(guardian=mother, text_version="2026-11")
    now = ConsentFactory(guardian=GuardianFactory(student=mother.student), text_version="2026-11-24")
    for lang, initial in (("fr", "l’initiale de son nom"), ("en", "the initial of the surname")):
        former, present = (api.get(f"{decision_path(one)}?lang={lang}").json()["points"] for one in (before, now))
        assert [initial in " ".join(points) for points in (former, present)] == [False, True]
        assert sum(said != meant for said, meant in zip(former, present, strict=True)) == 1


def test_who_is_asked_about_one_mission_reads_what_agreeing_to_that_one_is(api, student, mother, shift):
    before = ConsentFactory(guardian=mother, mission=shift.mission, text_version="2026-11-24")
    other = GuardianFactory(student=student)
    one = ConsentFactory(guardian=other, mission=shift.mission)
    every = ConsentFactory(guardian=other)
    said = {
        "fr": "Inès peut s’inscrire à cette mission ou, si vous acceptez toutes les missions, à celles",
        "en": "Inès may sign up for this mission or, if you agree to all missions, for those",
    }
    for lang, words in said.items():
        pages = [api.get(f"{decision_path(consent)}?lang={lang}").json()["points"] for consent in (before, one, every)]
        assert [points[0].startswith(words) for points in pages] == [False, True, False]
        assert pages[1][1:] == pages[2][1:]
        # Since then organisers write, and the text says so.
        assert [point for point in pages[1][1:] if point not in pages[0]] == [pages[1][-2]]


def test_a_guardian_reads_every_shift_of_the_mission_they_agree_to(api, mother):
    mission = MissionFactory()
    for day in range(25):
        ShiftFactory(mission=mission, starts_at=afternoon(2 + day))
    consent = ConsentFactory(guardian=mother, mission=mission)
    (shown,) = api.get(decision_path(consent)).json()["missions"]
    api.post(decision_path(consent), {"decision": "grant"})
    assert len(shown["shifts"]) == len(Consent.objects.get().agreed_to["shifts"]) == 25


# --- Races -------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_no_place_slips_past_a_withdrawal(api, student, mother):
    """Whichever comes first, after a withdrawal nobody holds a place that needs the consent."""
    consent = ConsentFactory(guardian=mother, granted=True)
    client = api.as_(student)
    for _round in range(5):
        shifts = [ShiftFactory(starts_at=afternoon(20 + number)) for number in range(4)]
        calls = [partial(client.post, f"{API}shifts/{row.pk}/sign-up/") for row in shifts]
        calls.insert(2, partial(act, api, mother, "withdraw"))
        answers = at_once(calls)
        assert {answer.status_code for answer in answers} <= {200, 201, 409}, answers
        assert not SignUp.objects.live().exists()
        Consent.objects.filter(pk=consent.pk).update(status="granted")


@pytest.mark.django_db(transaction=True)
def test_a_mission_that_moves_while_its_guardian_decides_leaves_no_place_without_consent(api, student, mother):
    """Nobody waits for anybody in a circle, and a guardian who agreed to the former time agreed to nothing."""
    for number in range(6):
        shift = ShiftFactory(starts_at=afternoon(20 + number))
        other = ShiftFactory(mission=shift.mission, starts_at=afternoon(40 + number))
        consent = agreed_to_one(api, student, mother, shift)
        sign_up(api, student, other)
        client = api.as_(student)
        answers = at_once(
            [
                partial(client.post, f"{API}shifts/{shift.pk}/sign-up/"),
                partial(change, shift, **later_by(shift, hours=4)),
                partial(act, api, mother, "withdraw", consent=str(consent.pk)),
                partial(act, api, mother, "grant", consent=str(consent.pk)),
                partial(client.post, f"{API}shifts/{other.pk}/sign-up/"),
            ]
        )
        assert [answer for answer in answers if isinstance(answer, Exception)] == []
        assert {answer.status_code for answer in answers if answer is not None} <= {200, 201, 409}
        consent_lapses.release_places_of_lapsed()
        consent.refresh_from_db()
        shift.refresh_from_db()
        if SignUp.objects.live().filter(shift__mission=shift.mission).exists():
            assert consent.status == "granted"
            assert consent.agreed_to["shifts"][str(shift.pk)][0] == shift.starts_at.isoformat()


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_the_control_without_locks_lets_a_place_slip_past(api, student, mother, monkeypatch):
    """The withdrawal comes after the look at the consent and before the place is taken."""
    without_row_locks(monkeypatch)
    consent = ConsentFactory(guardian=mother, granted=True)
    take_place = sign_ups.take_place

    def be_overtaken(row):
        monkeypatch.setattr(sign_ups, "take_place", take_place)
        (withdrawn,) = at_once([partial(act, api, mother, "withdraw")])
        assert withdrawn.status_code == 200
        return take_place(row)

    monkeypatch.setattr(sign_ups, "take_place", be_overtaken)
    assert sign_up(api, student, ShiftFactory()).status == "accepted"
    consent.refresh_from_db()
    assert consent.status == "withdrawn"


def test_a_guardian_who_ended_is_no_guardian_of_anybodys(student, mother):
    mother.ended_at = timezone.now()
    mother.save()
    assert list(Guardian.objects.reachable()) == []
