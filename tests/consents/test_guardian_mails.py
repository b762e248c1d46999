"""Every mail to a guardian is in French and English and leads to their page; no answer of the API holds the link."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from consents.services import consent_requests
from missions import tasks
from notifications import relay
from notifications.models import OutboxMessage
from notifications.outbox import in_every_language
from tests.support.factories import (
    GuardianFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    StaffMembershipFactory,
    UserFactory,
    afternoon,
    enrolled_student,
)
from tests.support.guardians import decision_path, page_path
from tests.support.notices import notice

pytestmark = pytest.mark.django_db

API = "/api/v1/"
ADDRESS = "mere@example.org"
# What leads elsewhere: to the decision itself, to the confirmation of an address that is not theirs yet, and nowhere
# for an address that is theirs no longer.
WITHOUT_PAGE = {"consent_asked", "guardian_new_address", "guardian_address_changed", "guardian_replaced"}


@pytest.fixture
def enrolment():
    return enrolled_student(student=UserFactory(aged_15=True, first_name="Inès", last_name="Zwyxenberg"))


@pytest.fixture
def guardian(enrolment):
    return GuardianFactory(student=enrolment.student, email=ADDRESS)


def posted(client, path, body=None, **headers):
    answer = client.post(f"{API}{path}", body, **headers)
    assert answer.status_code < 300, answer.json()
    return answer.json()


def letters():
    """What came by mail, with its kind, and the words of either language."""
    relay.run()
    for message in mail.outbox:
        row = OutboxMessage.objects.get(pk=message.extra_headers["X-Elan-Message"])
        if row.recipient is not None:
            continue
        halves = message.body.split("\n----\n\n")
        assert len(halves) == 2, f"{row.kind} is in one language"
        yield row.kind, message.to[0], message.subject, halves


def live_a_year(api, enrolment, guardian):
    """All that a guardian can be written about, over HTTP where people do it."""
    student = api.as_(enrolment.student)
    school = enrolment.class_group.school
    manager = api.as_(StaffMembershipFactory(school=school, manager=True).person)
    consent = consent_requests.ask_for_consent(guardian)
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        consent_requests.remind_guardians()
    with time_machine.travel(timezone.now() + timedelta(days=20)):
        consent_requests.expire_consents()
        relay.run()
    consent = consent_requests.ask_for_consent(guardian)
    api.post(decision_path(consent), {"decision": "grant"})
    shifts = [ShiftFactory(starts_at=afternoon(days), mission__title=f"Collecte {days}") for days in range(5, 10)]
    coordinators = {
        shift: api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
        for shift in shifts
    }
    places = {shift: posted(student, f"shifts/{shift.pk}/sign-up/") for shift in shifts}
    kept, given_up, removed, cancelled, _until_the_end = shifts
    asked = ShiftFactory(starts_at=afternoon(11), mission__title="Demandé", mission__reviewed_sign_ups=True)
    wish = posted(student, f"shifts/{asked.pk}/sign-up/")
    decider = api.as_(OrganizationMembershipFactory(organization=asked.mission.organization).person)
    posted(decider, f"sign-ups/{wish['id']}/decline/", {"reason": "Complet."})
    moved = {
        "starts_at": (kept.starts_at + timedelta(hours=1)).isoformat(),
        "ends_at": (kept.ends_at + timedelta(hours=1)).isoformat(),
    }
    tag = coordinators[kept].get(f"{API}shifts/{kept.pk}/")["ETag"]
    assert coordinators[kept].patch(f"{API}shifts/{kept.pk}/", moved, HTTP_IF_MATCH=tag).status_code == 200
    posted(student, f"sign-ups/{places[given_up]['id']}/withdraw/")
    posted(coordinators[removed], f"sign-ups/{places[removed]['id']}/remove/", {"reason": "Trop de monde."})
    posted(coordinators[cancelled], f"shifts/{cancelled.pk}/cancel/", {"reason": "Pluie."})
    api.post(page_path(guardian), {"action": "withdraw"})
    posted(manager, f"guardians/{guardian.pk}/settle/", {"note": "Vu."})
    posted(manager, f"guardians/{guardian.pk}/record-paper/", {"signed_on": "2024-09-02"})
    api.post(page_path(guardian), {"action": "withdraw"})
    one = ShiftFactory(starts_at=afternoon(12), mission__title="Loin")
    posted(student, f"missions/{one.mission.pk}/ask-consent/")
    api.post(decision_path(guardian.consents.get(mission_id=one.mission_id)), {"decision": "grant"})
    boss = api.as_(OrganizationMembershipFactory(organization=one.mission.organization).person)
    far = {
        "starts_at": (one.starts_at + timedelta(days=1)).isoformat(),
        "ends_at": (one.ends_at + timedelta(days=1)).isoformat(),
        "accept_losses": True,
    }
    tag = boss.get(f"{API}shifts/{one.pk}/")["ETag"]
    assert boss.patch(f"{API}shifts/{one.pk}/", far, HTTP_IF_MATCH=tag).status_code == 200
    posted(manager, f"guardians/{guardian.pk}/replace/", {"email": "tante@example.org"})
    older = enrolled_student(student=UserFactory(aged_17=True, first_name="Noé", last_name="Zwyxenberg"))
    GuardianFactory(student=older.student, email="pere@example.org")
    consent_requests.ask_for_consent_on_enrolment(enrolment=older)


def test_each_kind_of_mail_is_in_both_languages_and_leads_to_the_page(api, enrolment, guardian):
    live_a_year(api, enrolment, guardian)
    kinds = set()
    for kind, to, subject, (french, english) in letters():
        kinds.add(kind)
        assert "Zwyxenberg" not in subject + french + english
        assert re.search(r"\b(vous|votre|vos|une?|est|les?|la)\b", french), f"{kind} in French: {french}"
        assert re.search(r"\b(you|your|is|the|are|who|has)\b", english), f"{kind} in English: {english}"
        for half in (french, english):
            found = re.findall(r"https?://\S+(/api/v1/\S+)", half)
            if to == ADDRESS and kind not in WITHOUT_PAGE:
                assert found == [page_path(guardian)], kind
            assert len(found) <= 1
    assert kinds >= {
        *("consent_asked", "consent_expired", "consent_lapsed", "consent_paper_recorded", "consent_settled"),
        *("guardian_page", "guardian_informed", "guardian_replaced"),
        *("guardian_told_of_place", "guardian_told_of_withdrawal", "guardian_told_of_loss", "guardian_told_of_change"),
        "guardian_told_of_no_place",
    }


def test_guardians_are_told_of_what_was_declined_or_expired_as_their_child_is(api):
    minor = enrolled_student(student=UserFactory(aged_17=True, first_name="Noé")).student
    guardian = GuardianFactory(student=minor)
    left = {}
    for verb in ("declined", "expired", "no longer fits"):
        shift = ShiftFactory(mission__reviewed_sign_ups=True, starts_at=afternoon(20 + len(left)))
        left[verb] = (posted(api.as_(minor), f"shifts/{shift.pk}/sign-up/")["id"], shift)
    assert not OutboxMessage.objects.filter(address=guardian.email).exists()
    coordinators = {
        verb: api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
        for verb, (_wish, shift) in left.items()
    }
    posted(coordinators["declined"], f"sign-ups/{left['declined'][0]}/decline/", {"reason": "Complet."})
    shift = left["no longer fits"][1]
    to_the_night = {"ends_at": (shift.starts_at + timedelta(hours=11)).isoformat(), "accept_losses": True}
    moved = coordinators["no longer fits"].patch(f"{API}shifts/{shift.pk}/", to_the_night, HTTP_IF_MATCH="*")
    assert moved.status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        tasks.expire_sign_ups()
    to_the_person = OutboxMessage.objects.filter(recipient=minor, kind__in=["sign_up_declined", "sign_up_expired"])
    told = OutboxMessage.objects.filter(address=guardian.email)
    assert (to_the_person.count(), [letter.kind for letter in told]) == (3, ["guardian_told_of_no_place"] * 3)
    assert "Noé n’a pas obtenu de place" in told[0].title


def test_a_new_address_is_asked_for_and_told_in_both_languages(api, guardian):
    api.post(page_path(guardian), {"action": "change_address", "email": "maman@example.org"})
    relay.run()
    (link,) = set(re.findall(r"https?://\S+(/api/v1/\S+)", mail.outbox[-1].body))
    assert api.post(link).status_code == 200
    kinds = {kind: halves for kind, _to, _subject, halves in letters()}
    assert {"guardian_new_address", "guardian_address_changed", "guardian_page"} <= set(kinds)
    assert page_path(guardian) not in "".join(kinds["guardian_address_changed"])


def test_no_link_stands_in_the_outbox_nor_in_an_answer_to_anybody_signed_in(api, enrolment, guardian):
    live_a_year(api, enrolment, guardian)
    guardian.refresh_from_db()
    token = page_path(guardian).split("/")[-2]
    rows = [f"{row.title}{row.body}{row.data}{row.link}" for row in OutboxMessage.objects.all()]
    assert rows
    assert not [row for row in rows if token in row]
    referent = enrolment.class_group.referents.get().membership.person
    manager = StaffMembershipFactory(school=enrolment.class_group.school, manager=True).person
    for person in (enrolment.student, referent, manager):
        for path in ("consents/", "guardians/", "me/guardians/", "notifications/", "sync/", "sign-ups/"):
            assert token not in api.as_(person).get(f"{API}{path}").content.decode()


def test_a_title_that_would_be_cut_is_said_in_the_first_language_alone():
    @in_every_language
    def long(about):
        return notice(f"{about} " * 60, "body")

    @in_every_language
    def short(about):
        return notice(about, "body")

    assert long("ab").title == "ab " * 60
    assert short("ab").title == "ab"
    assert short("ab").body == "body\n----\n\nbody"
