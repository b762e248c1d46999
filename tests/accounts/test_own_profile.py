"""What people change of themselves: their name until a certificate bears it, a birth date once, over HTTP."""

import unicodedata
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from engagement.models import Record
from notifications.models import Device
from tests.support.factories import (
    PASSWORD,
    AttendanceFactory,
    CertificateFactory,
    EnrolmentFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    StaffMembershipFactory,
    UserFactory,
    enrolled_student,
    years_ago,
)

pytestmark = pytest.mark.django_db

API = "/api/v1/"


def edit(client, **body):
    answer = client.patch(f"{API}me/", body, HTTP_IF_MATCH="*")
    return answer.status_code, answer.json().get("code")


def test_staff_members_and_citizens_edit_their_name_and_one_name_is_enough(api):
    for person in (StaffMembershipFactory().person, OrganizationMembershipFactory().person, UserFactory()):
        client = api.as_(person)
        assert edit(client, first_name="Lou", last_name="Œuvrard") == (200, None)
        assert edit(client, last_name="Roi") == (200, None)
        me = client.get(f"{API}me/").json()
        assert (me["first_name"], me["last_name"]) == ("Lou", "Roi")
        assert edit(client, first_name="", last_name="Suharto") == (200, None)
        person.refresh_from_db()
        assert (person.full_name, person.short_name, person.last_name) == ("Suharto", "Suharto", "")
        assert edit(client, first_name="", last_name="") == (400, "name_needed")
        assert edit(client, first_name="Lou@x.fr") == (400, "invalid")


def test_a_students_name_is_the_schools_at_any_age_and_one_that_waits_changes_none_either(api):
    waiting = EnrolmentFactory(requested=True, student=UserFactory())
    grown = enrolled_student(student=UserFactory(birth_date=years_ago(19)))
    for enrolment in (waiting, grown, enrolled_student()):
        assert edit(api.as_(enrolment.student), first_name="Autre") == (409, "name_is_the_schools")
        assert edit(api.as_(enrolment.student), first_name=enrolment.student.first_name, language="en") == (200, None)
    grown.class_group.school_year.starts_on -= timedelta(days=800)
    grown.class_group.school_year.ends_on -= timedelta(days=800)
    grown.class_group.school_year.save()
    assert edit(api.as_(grown.student), first_name="Autre") == (200, None)


def test_a_name_that_a_certificate_bears_stays_until_it_is_revoked(api):
    person = UserFactory()
    certificate = CertificateFactory(record=Record.objects.create(person=person), kind="passport")
    assert edit(api.as_(person), first_name="Autre") == (409, "name_on_certificate")
    type(certificate).objects.filter(pk=certificate.pk).update(
        status="revoked", ended_at=timezone.now(), revocation_reason="Erreur"
    )
    assert edit(api.as_(person), first_name="Autre") == (200, None)


def test_a_birth_date_is_given_once_by_an_adult(api):
    person = UserFactory(birth_date=None)
    client = api.as_(person)
    for born in (timezone.now().date(), years_ago(120)):
        assert edit(client, birth_date=born.isoformat()) == (400, "birth_date_impossible")
    assert edit(client, birth_date=years_ago(17).isoformat()) == (400, "too_young")
    born = years_ago(18).isoformat()
    assert edit(client, birth_date=born) == (200, None)
    assert edit(client, birth_date=born) == (200, None)
    assert edit(client, birth_date=years_ago(40).isoformat()) == (409, "birth_date_set")
    assert client.get(f"{API}me/").json()["birth_date"] == born


def test_a_given_birth_date_asks_the_rules_again_about_places_from_before(api):
    person = UserFactory(birth_date=None)
    places = [
        AttendanceFactory(
            sign_up__person=person,
            sign_up__shift=ShiftFactory(starts_at=start, mission__min_age=age, taken_count=1),
        ).sign_up
        for start, age in (
            (timezone.now() + timedelta(days=5), 0),
            (timezone.now() + timedelta(days=6), 21),
        )
    ]
    assert edit(api.as_(person), birth_date=years_ago(19).isoformat()) == (200, None)
    for place in places:
        place.refresh_from_db()
    assert [(place.status, place.machine_reason) for place in places] == [("accepted", ""), ("removed", "too_young")]


def test_a_password_is_the_same_however_a_keyboard_composes_its_accents(api, client):
    typed = "une clé pour entrer à l’école"
    composed, decomposed = (unicodedata.normalize(form, typed) for form in ("NFC", "NFD"))
    assert composed != decomposed
    facts = {"first_name": "Lou", "last_name": "Roi", "birth_date": years_ago(20).isoformat()}
    for n, (chosen, given) in enumerate([(composed, decomposed), (decomposed, composed)]):
        email = f"lou{n}@example.org"
        assert api.post(f"{API}auth/register/", {"email": email, "password": chosen, **facts}).status_code == 202
        answer = api.post(f"{API}auth/token/", {"email": email, "password": given})
        assert answer.status_code == 200
    User.objects.filter(email=email).update(is_staff=True)
    client.post("/admin/login/", {"username": email, "password": decomposed})
    assert client.get("/admin/").status_code == 200
    person = User.objects.get(email=email)
    person.set_password(decomposed)
    assert person.check_password(composed)
    assert not person.check_password(PASSWORD)


def test_a_new_token_of_the_same_installation_replaces_the_old_one(api):
    person, other = UserFactory(), UserFactory()
    phone = {"platform": "android", "installation_id": "fid-1"}

    def register(who, token, **facts):
        return api.as_(who).post(f"{API}devices/", {**phone, "token": token, **facts}).json()["id"]

    first = register(person, "one")
    assert register(person, "two") == first
    register(person, "tablet", installation_id="fid-2")
    register(person, "old app", installation_id="")
    register(person, "older app", installation_id="")
    register(other, "three")
    assert set(Device.objects.values_list("person", "token")) == {
        (person.pk, "two"), (person.pk, "tablet"), (person.pk, "old app"), (person.pk, "older app"), (other.pk, "three")
    }  # fmt: skip
    register(person, "three")
    assert set(Device.objects.filter(installation_id="fid-1").values_list("person", "token")) == {(person.pk, "three")}
