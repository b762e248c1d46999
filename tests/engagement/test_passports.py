"""A passport: what organisations attested of a record, numbered, signed, and true as long as they stand by it."""

import base64
import io
import json

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection
from pypdf import PdfReader

from engagement.models import Certificate, HourEntry
from engagement.services import certificates, erasure, passports
from notifications import relay
from tests.support.attending import HOUR, NOON, organizer_of, running_place
from tests.support.factories import (
    CheckInFactory,
    ClassReferentFactory,
    HourEntryFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    RecordFactory,
    StaffMembershipFactory,
    UserFactory,
    enrolled_student,
    record_of,
)
from tests.support.races import at_once, without_row_locks
from tests.support.world import API

pytestmark = pytest.mark.django_db
CERTIFICATES = f"{API}certificates/"


@pytest.fixture
def record(settings, tmp_path):
    """A citizen's record with two attested entries of 90 minutes and one that nobody attested."""
    settings.SIGNING_KEYS_DIR = tmp_path / "keys"
    record = RecordFactory(person=UserFactory(last_name="Traoré"))
    for domain in ("sante", "sport"):
        HourEntryFactory(record=record, mission=MissionFactory(domain=domain), title=f"Aide {domain}", submitted=True)
    HourEntryFactory(record=record, title="Dit sans témoin", attestation_status="none", attested_minutes=None)
    return record


def path_of(record):
    return f"{API}records/{record.pk}/passport/"


def paper(api, record):
    answer = api.as_(record.person).get(path_of(record))
    assert answer.status_code == 200, answer.content
    return PdfReader(io.BytesIO(answer.content))


def listed(api, person):
    return api.as_(person).get(CERTIFICATES).json()["results"]


def test_a_passport_is_numbered_signed_and_lists_what_is_attested(api, record):
    answer = api.as_(record.person).get(path_of(record))
    (made,) = listed(api, record.person)
    named = f'attachment; filename="passeport-{made["number"]}.pdf"'
    again = api.as_(record.person).get(f"{CERTIFICATES}{made['id']}/pdf/")
    assert (answer["Content-Disposition"], again["Content-Disposition"]) == (named, named)
    assert again.content == answer.content
    assert (made["kind"], made["status"], made["minutes"], made["record"]) == (
        "passport",
        "issued",
        180,
        str(record.pk),
    )
    facts = made["snapshot"]
    assert facts["by_domain"] == [{"domain": "sante", "minutes": 90}, {"domain": "sport", "minutes": 90}]
    assert {entry["title"] for entry in facts["entries"]} == {"Aide sante", "Aide sport"}
    assert facts["entries"] == sorted(facts["entries"], key=lambda entry: entry["on"])
    assert "school" not in facts
    reader = PdfReader(io.BytesIO(answer.content))
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    text = "\n".join(page.extract_text() for page in reader.pages)
    time = "3\u00a0h\u00a000"
    for said in ("Passeport bénévole", record.person.full_name, made["number"], time, "verify", made["key_id"]):
        assert said in text, said
    assert "Dit sans témoin" not in text


def test_its_signature_is_checked_offline_with_the_published_key(api, record):
    made = api.as_(record.person).post(CERTIFICATES, {"record": str(record.pk)}).json()
    keys = {key["key_id"]: key["public_key"] for key in api.get(f"{CERTIFICATES}keys/").json()["keys"]}
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(keys[made["key_id"]]))
    message = json.dumps(made["snapshot"], sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    key.verify(base64.urlsafe_b64decode(made["signature"]), message)


def test_anybody_checks_it_as_json_and_as_a_page(api, record):
    paper(api, record)
    (made,) = listed(api, record.person)
    assert api.get(f"{API}verify/{made['number']}/").json() == {
        "number": made["number"],
        "kind": "passport",
        "status": "issued",
        "school_year": "",
        "year": int(made["issued_at"][:4]),
        "minutes": 180,
        "first_name": record.person.first_name,
        "initial": "T",
        "school": "",
    }
    page = api.get(f"{API}verify/{made['number']}/", HTTP_ACCEPT="text/html").content.decode()
    assert "Ce passeport bénévole est authentique" in page
    assert "Établissement" not in page
    assert "Traoré" not in page


def test_the_same_hours_are_the_same_passport_and_others_a_newer_one(api, record):
    first = paper(api, record)
    assert paper(api, record).metadata == first.metadata
    (made,) = listed(api, record.person)
    again = api.as_(record.person).post(CERTIFICATES, {"record": str(record.pk)})
    assert (again.status_code, again.json()["code"], again.json()["id"]) == (409, "nothing_new", made["id"])
    HourEntryFactory(record=record, submitted=True)
    paper(api, record)
    states = {row["minutes"]: row["status"] for row in listed(api, record.person)}
    assert states == {180: "superseded", 270: "issued"}


def test_without_an_attested_hour_there_is_no_passport(api, record):
    HourEntry.objects.filter(record=record).update(attestation_status="none", attested_minutes=None)
    answer = api.as_(record.person).get(path_of(record))
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_attested")
    assert not Certificate.objects.exists()


@pytest.fixture
def place(settings, tmp_path):
    """Somebody without a school who was there for an hour, at noon of a day that stands still."""
    settings.SIGNING_KEYS_DIR = tmp_path / "keys"
    with time_machine.travel(NOON, tick=False):
        place = running_place(status="checked_out", sign_up__person=UserFactory())
        came = place.sign_up.shift.starts_at
        CheckInFactory(attendance=place, occurred_at=came)
        CheckInFactory(attendance=place, direction="out", occurred_at=came + HOUR)
        yield place


def test_it_is_revoked_when_an_organiser_takes_the_word_back(api, place):
    """No paper holds an organisation to a mistake, and whoever reads the paper is told the truth."""
    organiser, person = api.as_(organizer_of(place)), place.sign_up.person
    confirm = f"{API}attendances/{place.pk}/confirm/"
    assert organiser.post(confirm).status_code == 200
    own = HourEntry.objects.get(attendance=place).record
    paper(api, own)
    assert organiser.post(f"{API}attendances/{place.pk}/reopen/", {"reason": "Erreur."}).status_code == 200
    (ended,) = listed(api, person)
    assert ended["status"] == "revoked"
    assert ended["revocation_reason"] == "Certaines des heures qu’il liste ne sont plus attestées."
    page = api.get(f"{API}verify/{ended['number']}/", HTTP_ACCEPT="text/html").content.decode()
    assert "n’est plus valable" in page
    changes = api.as_(person).get(f"{API}sync/").json()["changes"]
    assert [one["certificate"]["status"] for one in changes if one["kind"] == "certificate"] == ["revoked"]
    relay.run()
    told = api.as_(person).get(f"{API}notifications/").json()["results"]
    assert [line["title"] for line in told if line["kind"] == "certificate_revoked"] == [
        "Votre passeport bénévole n’est plus valable"
    ]
    assert api.as_(person).get(path_of(own)).json()["code"] == "nothing_attested"
    assert organiser.post(confirm, {"minutes": 40}).status_code == 200
    paper(api, own)
    assert {row["status"] for row in listed(api, person)} == {"revoked", "issued"}


def test_hours_that_are_taken_back_and_deleted_revoke_it(api, record):
    entry, person = HourEntryFactory(record=record, submitted=True), api.as_(record.person)
    paper(api, record)
    assert person.post(f"{API}hour-entries/{entry.pk}/withdraw/").status_code == 200
    assert [row["status"] for row in listed(api, record.person)] == ["issued"]
    assert person.delete(f"{API}hour-entries/{entry.pk}/").status_code == 204
    assert [row["status"] for row in listed(api, record.person)] == ["revoked"]


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_protected", [True, False])
def test_two_phones_at_once_are_given_one_passport(record, monkeypatch, is_protected):
    """The control is without the locks: both look before one writes, and the database alone refuses the second."""
    if not is_protected:
        without_row_locks(monkeypatch)
    calls = [lambda: passports.issue_passport(record, actor=record.person)[0].number] * 2
    given = at_once(calls, meet_before=None if is_protected else Certificate)
    if is_protected:
        assert len(set(given)) == 1
        assert Certificate.objects.get().number == given[0]
    else:
        assert sorted(type(one).__name__ for one in given) == ["IntegrityError", "str"]


@pytest.mark.parametrize("who", ["stranger", "organiser"])
def test_nobody_else_has_one_issued(api, record, who):
    mission = HourEntry.objects.filter(record=record).first().mission
    people = {
        "stranger": UserFactory(),
        "organiser": OrganizationMembershipFactory(organization=mission.organization).person,
    }
    assert api.as_(people[who]).get(path_of(record)).status_code in (403, 404)
    assert api.as_(people[who]).post(CERTIFICATES, {"record": str(record.pk)}).status_code in (400, 403)
    assert not Certificate.objects.exists()


def test_an_erased_one_still_checks_by_number_year_and_minutes(api, record):
    passport, _is_new = passports.issue_passport(record, actor=record.person)
    erasure.erase_ledger(record.person, why=erasure.Why.REQUEST, actor=None)
    checked = api.get(f"{API}verify/{passport.number}/").json()
    assert (checked["first_name"], checked["initial"], checked["minutes"]) == ("", "", 180)
    assert passport.number.startswith(f"P{checked['year']}-")


def test_a_student_has_one_too_beside_the_certificate_and_it_locks_nothing(api, settings, tmp_path):
    settings.SIGNING_KEYS_DIR = tmp_path / "keys"
    enrolment = enrolled_student()
    own = record_of(enrolment)
    own.option.target_minutes = 90
    own.option.save()
    entry = HourEntryFactory(record=own, mission=MissionFactory(), approved=True)
    paper(api, own)
    (passport,) = listed(api, own.person)
    teacher = ClassReferentFactory(class_group=enrolment.class_group).membership.person
    assert api.as_(own.person).post(CERTIFICATES, {"record": str(own.pk)}).status_code == 201
    manager = StaffMembershipFactory(school=enrolment.class_group.school, manager=True).person
    for staff in (teacher, manager):
        assert {row["kind"] for row in listed(api, staff)} == {"option"}
        assert api.as_(staff).get(f"{CERTIFICATES}{passport['id']}/pdf/").status_code == 404
    assert api.as_(manager).post(f"{CERTIFICATES}{passport['id']}/revoke/", {"reason": "Non."}).status_code == 404
    issued = Certificate.objects.get(kind="option")
    certificates.revoke_certificate(issued, reason="Erreur.", actor=manager)
    assert api.as_(teacher).post(f"{API}hour-entries/{entry.pk}/revoke/", {"reason": "Erreur."}).status_code == 200


def test_a_passport_of_many_hours_asks_no_more_queries(api, record, assert_constant_queries):
    client = api.as_(record.person)

    def ask_with_another_hour():
        HourEntryFactory(record=record, submitted=True)
        assert client.get(path_of(record)).status_code == 200

    def grow():
        for _day in range(12):
            HourEntryFactory(record=record, submitted=True)

    assert_constant_queries(ask_with_another_hour, grow=grow)
