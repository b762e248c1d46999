"""The paper of a certificate: what it names, what its code holds, and how it is marked once it is valid no more."""

import io
import json

import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image
from pypdf import PdfReader

from engagement import pdf, signing
from engagement.models import Certificate, EngagementOption
from engagement.services import certificates, passports
from examples import check_certificate
from tests.support.factories import HourEntryFactory, StaffMembershipFactory, enrolled_student, record_of
from tests.support.world import API

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrolment():
    enrolment = enrolled_student(student__first_name="Zoé", student__last_name="Müller")
    enrolment.record = record_of(enrolment)
    EngagementOption.objects.update(target_minutes=90)
    HourEntryFactory(record=enrolment.record, approved=True)
    return enrolment


@pytest.fixture
def certificate(enrolment):
    return certificates.issue_certificate(enrolment.record, actor=enrolment.student)


def texts(data):
    return [page.extract_text().replace("\xa0", " ") for page in PdfReader(io.BytesIO(data)).pages]


def code_on(certificate):
    """What a phone reads in the QR code of the first page."""
    page = Image.open(io.BytesIO(pdf.certificate_pictures(certificate)[0]))
    (code,) = zxingcpp.read_barcodes(page)
    return code.text


def keys_of(api):
    return api.get(f"{API}certificates/keys/").json()


def test_it_names_region_school_class_person_target_and_total(enrolment, certificate):
    first = texts(pdf.certificate_pdf(certificate))[0]
    school = enrolment.class_group.school
    for said in (
        "RÉGION ÎLE-DE-FRANCE", school.name, school.uai, enrolment.class_group.name, "Zoé Müller",
        "1 h 30", "objectif de l’année : 1 h 30", certificate.number, certificate.school_year_label, certificate.key_id,
    ):  # fmt: skip
        assert said in first, said


def test_it_bears_the_heads_name_once_they_agreed_for_the_year(api, enrolment):
    option, manager = enrolment.record.option, StaffMembershipFactory(school=enrolment.class_group.school, manager=True)
    made = certificates.issue_certificate(enrolment.record, actor=enrolment.student)
    assert "direction" not in texts(pdf.certificate_pdf(made))[0]
    path = f"{API}engagement-options/{option.pk}/"
    answer = api.as_(manager.person).patch(path, {"head_name": "Paule Fontaine"}, HTTP_IF_MATCH="*")
    assert (answer.status_code, answer.json()["head_name"]) == (200, "Paule Fontaine")
    again = certificates.issue_certificate(enrolment.record, actor=enrolment.student)
    assert "Paule Fontaine" in texts(pdf.certificate_pdf(again))[0]


def test_its_code_leads_to_the_check_and_is_checked_without_a_network(api, enrolment, certificate, tmp_path, capsys):
    read = code_on(certificate)
    address, statement = read.split("#")
    assert address.endswith(f"/api/v1/verify/{certificate.number}/")
    assert certificate.statement == statement
    keys = keys_of(api)
    said = check_certificate.read_statement(read, keys)
    assert {name: said[name] for name in ("number", "uai", "year", "minutes", "day")} == {
        "number": certificate.number,
        "uai": enrolment.class_group.school.uai,
        "year": certificate.school_year_label,
        "minutes": 90,
        "day": certificate.issued_at.date().isoformat(),
    }
    assert "Zoé" not in json.dumps(said, ensure_ascii=False)
    born = str(enrolment.student.birth_date)
    assert check_certificate.is_of(said, "zoé  MÜLLER", born)
    assert not check_certificate.is_of(said, "Zoé Muller", born)
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(keys))
    assert check_certificate.main([str(file), read, "--name", "Zoé Müller", "--born", born]) == 0
    assert certificate.number in capsys.readouterr().out
    head, facts, signature = statement.split(".")
    other = {**said, "minutes": 2160}
    forged = signing.state(certificate.key_id, Ed25519PrivateKey.generate(), other)
    for wrong in (forged, f"{head}.{facts[:-2]}.{signature}", statement[:-4], "", "a.b.c"):
        assert check_certificate.main([str(file), f"{address}#{wrong}"]) == 1, wrong


def test_one_that_is_valid_no_more_is_served_and_marked_so_on_every_page(api, enrolment, certificate):
    client, path = api.as_(enrolment.student), f"{API}certificates/{certificate.pk}/pdf/"
    valid = texts(client.get(path).content)
    assert not any("RÉVOQUÉ" in page for page in valid)
    manager = StaffMembershipFactory(school=enrolment.class_group.school, manager=True).person
    certificates.revoke_certificate(certificate, reason="Erreur.", actor=manager)
    revoked = texts(client.get(path).content)
    assert len(revoked) == len(valid) == 2
    assert all("RÉVOQUÉ" in page for page in revoked)
    assert "il n’est plus valable" in revoked[0]
    code_on(Certificate.objects.get(pk=certificate.pk))
    second = certificates.issue_certificate(enrolment.record, reason="Corrigé.", actor=manager)
    HourEntryFactory(record=enrolment.record, approved=True)
    certificates.issue_certificate(enrolment.record, reason="Complété.", actor=manager)
    replaced = texts(client.get(f"{API}certificates/{second.pk}/pdf/").content)
    assert all("REMPLACÉ" in page for page in replaced)


def test_a_passport_is_checked_in_the_same_way(api, enrolment):
    passport, _is_new = passports.issue_passport(enrolment.record, actor=enrolment.student)
    said = check_certificate.read_statement(code_on(passport), keys_of(api))
    assert (said["number"], said["uai"], said["year"], said["minutes"]) == (passport.number, "", "", 90)
