"""A certificate: once complete, signed, of what counts; its entries locked, its number checked by anybody."""

import base64
import io
import json
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils import timezone
from pypdf import PdfReader

from common.errors import DomainError
from engagement import chain, pdf, selectors
from engagement.models import Certificate, EngagementOption, HourEntry
from engagement.services import certificates, decisions, erasure
from engagement.services.decisions import Ruling
from notifications import relay
from tests.support.factories import (
    ClassReferentFactory,
    HourEntryFactory,
    MissionFactory,
    StaffMembershipFactory,
    UserFactory,
    enrolled_student,
    record_of,
)
from tests.support.races import at_once
from tests.support.world import API

pytestmark = pytest.mark.django_db
CERTIFICATES = f"{API}certificates/"


@pytest.fixture
def student(settings, tmp_path):
    """An enrolment whose record holds two approved entries of 90 minutes, and whose target is 180."""
    settings.SIGNING_KEYS_DIR = tmp_path / "keys"
    enrolment = enrolled_student()
    enrolment.record = record_of(enrolment)
    EngagementOption.objects.filter(pk=enrolment.record.option.pk).update(target_minutes=180)
    for domain in ("sante", "sport"):
        HourEntryFactory(
            record=enrolment.record, mission=MissionFactory(domain=domain), title=f"Aide {domain}", approved=True
        )
    return enrolment


def manager_of(enrolment):
    return StaffMembershipFactory(school=enrolment.class_group.school, manager=True).person


def issue(api, enrolment, person=None, **body):
    return api.as_(person or enrolment.student).post(CERTIFICATES, {"record": str(enrolment.record.pk), **body})


def test_a_complete_student_gets_a_certificate_of_what_counts(api, student):
    answer = issue(api, student)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["status"], made["minutes"]) == ("issued", 180)
    facts = made["snapshot"]
    assert facts["by_domain"] == [{"domain": "sante", "minutes": 90}, {"domain": "sport", "minutes": 90}]
    assert sorted(entry["title"] for entry in facts["entries"]) == ["Aide sante", "Aide sport"]
    assert (facts["first_name"], facts["school"]) == (student.student.first_name, student.class_group.school.name)
    relay.run()
    inbox = api.as_(student.student).get(f"{API}notifications/").json()["results"]
    assert "certificate_issued" in {line["kind"] for line in inbox}


def test_an_incomplete_student_gets_none_and_a_manager_gives_one_with_a_reason_alone(api, student):
    EngagementOption.objects.update(target_minutes=181)
    refused = issue(api, student)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_complete")
    assert refused.json()["counted_minutes"] == 180
    manager = manager_of(student)
    assert issue(api, student, manager).json()["code"] == "reason_needed"
    given = issue(api, student, manager, reason="Déménagement en cours d'année.")
    assert (given.status_code, given.json()["reason"]) == (201, "Déménagement en cours d'année.")


def test_caps_bound_what_is_certified(api, student):
    EngagementOption.objects.update(domain_caps={"sport": 30}, target_minutes=100)
    assert issue(api, student).json()["minutes"] == 120


@pytest.mark.parametrize("who", ["other_student", "teacher", "other_manager", "citizen"])
def test_nobody_else_has_one_issued(api, student, who):
    people = {
        "other_student": enrolled_student().student,
        "teacher": ClassReferentFactory(class_group=student.class_group).membership.person,
        "other_manager": StaffMembershipFactory(manager=True).person,
        "citizen": UserFactory(),
    }
    assert issue(api, student, people[who], reason="Oui.").status_code in (400, 403)
    assert not Certificate.objects.exists()


def test_the_signature_is_checked_offline_with_the_published_key(api, student):
    made = issue(api, student).json()
    keys = {key["key_id"]: key["public_key"] for key in api.get(f"{CERTIFICATES}keys/").json()["keys"]}
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(keys[made["key_id"]]))
    message = json.dumps(made["snapshot"], sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    key.verify(base64.urlsafe_b64decode(made["signature"]), message)
    forged = {**made["snapshot"], "minutes": 9999}
    with pytest.raises(InvalidSignature):
        key.verify(base64.urlsafe_b64decode(made["signature"]), chain.canonical(forged).encode())


def test_when_the_same_hours_count_otherwise_a_new_one_supersedes_it(api, student):
    """A setting is followed, and the paper with it: a cap that is lifted must not leave the student the old minutes."""
    EngagementOption.objects.update(domain_caps={"sport": 30}, target_minutes=100)
    first = issue(api, student).json()
    assert issue(api, student).json()["code"] == "nothing_new"
    EngagementOption.objects.update(domain_caps={})
    second = issue(api, student)
    assert (second.status_code, first["minutes"], second.json()["minutes"]) == (201, 120, 180)
    assert api.get(f"{API}verify/{first['number']}/").json()["status"] == "superseded"
    assert issue(api, student).json()["id"] == second.json()["id"]


def test_its_entries_are_locked_until_it_is_revoked(api, student):
    made = issue(api, student).json()
    teacher = api.as_(ClassReferentFactory(class_group=student.class_group).membership.person)
    entry = HourEntry.objects.filter(record=student.record).first()
    path = f"{API}hour-entries/{entry.pk}/revoke/"
    refused = teacher.post(path, {"reason": "Erreur."})
    assert (refused.status_code, refused.json()["code"]) == (409, "certified")
    manager = api.as_(manager_of(student))
    assert teacher.post(f"{CERTIFICATES}{made['id']}/revoke/", {"reason": "Erreur."}).status_code == 403
    revoked = manager.post(f"{CERTIFICATES}{made['id']}/revoke/", {"reason": "Heures en double."})
    assert (revoked.json()["status"], revoked.json()["revocation_reason"]) == ("revoked", "Heures en double.")
    assert teacher.post(path, {"reason": "Erreur."}).status_code == 200
    assert manager.post(f"{CERTIFICATES}{made['id']}/revoke/", {"reason": "Encore."}).json()["code"] == "wrong_state"


def test_after_a_revocation_the_school_alone_issues_the_next_one_over_any_of_its_hours(api, student):
    made = issue(api, student).json()
    manager = manager_of(student)
    assert api.as_(manager).post(f"{CERTIFICATES}{made['id']}/revoke/", {"reason": "En double."}).status_code == 200
    refused = issue(api, student, reason="S'il vous plaît.")
    assert (refused.status_code, refused.json()["code"], refused.json()["id"]) == (409, "revoked_before", made["id"])
    HourEntryFactory(record=student.record, approved=True)
    assert issue(api, student).json()["code"] == "revoked_before"  # of more hours, those of the revoked one among them
    # The same hours as another entry, after the teacher took the first one back, are the same hours.
    first, second = HourEntry.objects.filter(certificates__pk=made["id"])
    for entry in (first, second):
        HourEntry.objects.filter(pk=entry.pk).update(status="revoked", approved_minutes=None)
    again = HourEntryFactory(record=student.record, approved=True, started_at=first.started_at)
    assert issue(api, student).json()["code"] == "revoked_before"
    assert issue(api, student, manager).json()["code"] == "reason_needed"
    given = issue(api, student, manager, reason="Heures vérifiées.")
    assert (given.status_code, given.json()["status"]) == (201, "issued")
    HourEntryFactory(record=student.record, approved=True)
    assert issue(api, student).json()["code"] == "revoked_before"  # superseding it is the school's as well
    # Without any of them, it is the student's own again.
    HourEntry.objects.filter(pk=again.pk).update(status="revoked", approved_minutes=None)
    assert issue(api, student).status_code == 201


def test_the_record_stays_open_and_a_later_certificate_supersedes(api, student):
    first = issue(api, student).json()
    again = issue(api, student)
    assert (again.status_code, again.json()["code"], again.json()["id"]) == (409, "nothing_new", first["id"])
    HourEntryFactory(record=student.record, approved=True)
    second = issue(api, student).json()
    assert second["minutes"] == 270
    states = {row["id"]: row["status"] for row in api.as_(student.student).get(CERTIFICATES).json()["results"]}
    assert states == {first["id"]: "superseded", second["id"]: "issued"}


def test_the_certificate_is_as_it_was_when_names_and_titles_change(api, student):
    made = issue(api, student).json()
    student.student.first_name = "Autre"
    student.student.save()
    HourEntry.objects.update(title="Autre")
    kept = api.as_(student.student).get(f"{CERTIFICATES}{made['id']}/").json()
    assert kept["snapshot"] == made["snapshot"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_protected", [True, False])
def test_an_entry_is_never_both_revoked_and_covered(student, monkeypatch, is_protected):
    """The control looks for certificates before it takes the locks: it lets a covered entry be revoked."""
    teacher = ClassReferentFactory(class_group=student.class_group).membership.person
    entry = HourEntry.objects.filter(record=student.record).first()
    if not is_protected:
        # As if the revocation had looked before the certificate was there.
        monkeypatch.setattr(selectors, "entries_under_certificate", lambda ids: set())
    moves = [
        lambda: certificates.issue_certificate(student.record, actor=student.student),
        lambda: decisions.decide(Ruling(entry.pk, "revoke", reason="Erreur."), actor=teacher),
    ]
    if not is_protected:
        moves[0]()
        moves[0] = lambda: None
    answers = at_once(moves)
    assert [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, DomainError)] == []
    entry.refresh_from_db()
    covered = Certificate.objects.valid().filter(entries=entry).exists()
    assert (covered and entry.status == "revoked") != is_protected


# --- The public check --------------------------------------------------------------------------------------------
def check(api, number, **headers):
    return api.get(f"{API}verify/{number}/", **headers)


def test_anybody_checks_a_number_and_learns_no_more_than_needed(api, student):
    made = issue(api, student).json()
    answer = check(api, made["number"])
    assert answer.json() == {
        "number": made["number"],
        "kind": "option",
        "status": "issued",
        "school_year": made["school_year_label"],
        "year": int(made["issued_at"][:4]),
        "minutes": 180,
        "first_name": student.student.first_name,
        "initial": student.student.last_name[:1],
        "school": student.class_group.school.name,
    }
    assert answer["Cache-Control"] == "no-store"


def test_a_number_is_read_as_people_type_it(api, student):
    number = issue(api, student).json()["number"]
    head, *groups = number.split("-")
    look_alike = "-".join([head, *(group.replace("1", "i").replace("0", "o") for group in groups)])
    for typed in (number.lower(), number.replace("-", ""), number.replace("-", " "), look_alike):
        assert check(api, typed).status_code == 200, typed


@pytest.mark.parametrize("number", ["x", "E2627-AAAA-AAAA-AAAA", "%00", "é", "E2627" + "0" * 12, "a" * 5000])
def test_a_number_of_nothing_is_a_404_for_machines_and_a_page_for_people(api, number):
    assert check(api, number).status_code == 404
    page = check(api, number, HTTP_ACCEPT="text/html")
    assert (page.status_code, page["Content-Type"].split(";")[0]) == (404, "text/html")


def test_the_page_says_it_in_french_or_english_without_a_script(api, student):
    number = issue(api, student).json()["number"]
    page = check(api, number, HTTP_ACCEPT="text/html").content.decode()
    assert "authentique" in page
    assert '<html lang="fr">' in page
    assert "<script" not in page
    assert student.student.last_name not in page
    english = api.get(f"{API}verify/{number}/?lang=en", HTTP_ACCEPT="text/html").content.decode()
    assert "genuine and valid" in english


def test_a_revoked_one_says_so_and_an_erased_one_still_checks(api, student):
    made = issue(api, student).json()
    erasure.erase_ledger(student.student, why=erasure.Why.PURGE, actor=None)
    row = Certificate.objects.get()
    checked = check(api, made["number"]).json()
    assert (checked["first_name"], checked["initial"], checked["minutes"], checked["status"]) == ("", "", 180, "issued")
    assert row.identity_hash == certificates.identity_hash(row.identity_salt, student.student)
    assert api.as_(student.student).get(f"{CERTIFICATES}{made['id']}/pdf/").status_code == 410
    certificates.revoke_certificate(row, reason="Erreur.", actor=manager_of(student))
    assert check(api, made["number"]).json()["status"] == "revoked"


@pytest.mark.parametrize(
    "changed",
    [
        {"minutes": 2160}, {"number": "E2627-0000-0000-0000"}, {"school_year_label": "2020-2021"},
        {"identity_hash": "0" * 64}, {"statement": ""}, {"signature": ""}, {"snapshot": {}}, {"key_id": "x"},
        {"reason": "Parce que."}, {"issued_at": timezone.now() - timedelta(days=2)}, {"kind": "passport"},
    ],
)  # fmt: skip
def test_what_was_changed_by_hand_is_told_to_nobody_as_genuine(api, student, changed):
    made = issue(api, student).json()
    Certificate.objects.update(**changed)
    number = Certificate.objects.get().number
    for answer in (check(api, number), check(api, number, HTTP_ACCEPT="text/html")):
        assert answer.status_code in (404, 409)
        assert "authentique" not in answer.content.decode()
    paper = api.as_(student.student).get(f"{CERTIFICATES}{made['id']}/pdf/")
    assert (paper.status_code, paper.json()["code"]) == (409, "not_as_signed")


def test_a_revoked_one_set_back_by_hand_is_not_valid_again(api, student):
    made = issue(api, student).json()
    certificates.revoke_certificate(Certificate.objects.get(), reason="Erreur.", actor=manager_of(student))
    assert check(api, made["number"]).json()["status"] == "revoked"
    Certificate.objects.update(status="issued", ended_at=None, ended_by=None, revocation_reason="")
    assert check(api, made["number"]).json()["code"] == "not_as_signed"


# --- The paper ---------------------------------------------------------------------------------------------------
def test_the_pdf_is_tagged_french_and_says_what_was_issued(api, student):
    made = issue(api, student).json()
    answer = api.as_(student.student).get(f"{CERTIFICATES}{made['id']}/pdf/")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/pdf", "no-store")
    assert answer["Content-Disposition"] == f'attachment; filename="attestation-{made["number"]}.pdf"'
    reader = PdfReader(io.BytesIO(answer.content))
    catalogue = reader.trailer["/Root"]
    assert catalogue["/Lang"].startswith("fr")
    assert catalogue["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalogue
    text = "\n".join(page.extract_text() for page in reader.pages)
    for said in (student.student.full_name, made["number"], "Aide sport", "3\u00a0h\u00a000", "verify"):
        assert said in text, said
    again = api.as_(student.student).get(f"{CERTIFICATES}{made['id']}/pdf/")
    assert again.content == answer.content


@pytest.mark.parametrize(
    "name",
    ["#emph[x] *y* $z$", "😀 שלום عربي 漢字", "a" * 80, "\u202eévil\u202c", "Ŵ ǅ Ω Ж e\u0301\u0323", '"; panic("x")'],
)
def test_no_name_breaks_the_paper_or_is_read_as_markup(student, name):
    student.student.first_name = name[:80]
    student.student.save()
    HourEntry.objects.update(title=name)
    certificate = certificates.issue_certificate(student.record, actor=student.student)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.certificate_pdf(certificate))).pages)
    if name.startswith("#"):
        assert "#emph[x]" in text


def test_the_paper_is_for_those_who_see_the_record(api, student):
    made = issue(api, student).json()
    path = f"{CERTIFICATES}{made['id']}/pdf/"
    teacher = ClassReferentFactory(class_group=student.class_group).membership.person
    assert api.as_(teacher).get(path).status_code == 200
    assert api.as_(UserFactory()).get(path).status_code == 404
    assert api.get(path).status_code == 401


def test_a_list_of_certificates_takes_a_constant_number_of_queries(api, student, assert_constant_queries):
    client = api.as_(student.student)
    issue(api, student)

    def grow():
        HourEntryFactory(record=student.record, approved=True, started_at=timezone.now() - timedelta(days=60))
        issue(api, student)

    assert_constant_queries(lambda: client.get(CERTIFICATES), grow=grow)
