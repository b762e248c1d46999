"""One mailbox, however its address is typed: wherever an address is compared, counted or taken, over HTTP."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from rest_framework.fields import Field

from accounts.models import Invitation, SignInAttempt, User
from common.api.fields import MailAddressField
from common.api.serializers import Input
from consents.models import Guardian
from notifications import relay
from schools.models import StaffMembership
from tests.support.factories import (
    PASSWORD,
    GuardianFactory,
    OrganizationMembershipFactory,
    StaffMembershipFactory,
    UserFactory,
    enrolled_student,
    years_ago,
)
from tests.support.refused import REFUSED_ADDRESSES
from tests.support.tutors import DAY, MINUTE, act, log, outside, pupil, put, shown

pytestmark = pytest.mark.django_db

API = "/api/v1/"
# All of them are read in the mailbox of ines.ba@xn--lan-9la.example.
KEPT = "ines.ba@xn--lan-9la.example"
AS_TYPED = [
    "Ines.Ba@élan.example", "INES.BA@ÉLAN.EXAMPLE", "ｉnes.ba@e\u0301lan.example", "ines.ba@XN--lan-9la.example",
]
SAME_MAILBOX = [*AS_TYPED, "inesba@élan.example", "i.n.e.s.b.a+x@élan.example", "ines.ba+tuteur@Élan.example"]


def every_input(kind=Input):
    for child in kind.__subclasses__():
        yield child
        yield from every_input(child)


def test_every_address_that_a_body_holds_is_taken_by_the_strict_field():
    """Signing in and asking for a link take any text: they compare, and keep nothing."""
    compared_only = {"SignInInput", "ResetAskInput", "SignInLinkAskInput"}
    named = {
        (kind.__name__, name): field
        for kind in every_input()
        for name, field in kind().fields.items()
        if "email" in name and isinstance(field, Field)
    }
    loose = {key for key, field in named.items() if not isinstance(field, MailAddressField)}
    assert {kind for kind, _name in loose} <= compared_only
    assert len(named) > 8


def test_what_cannot_be_made_canonical_is_refused_wherever_an_address_comes_in(api):
    who = pupil(api)
    manager = StaffMembershipFactory(manager=True)
    organizer = OrganizationMembershipFactory(manager=True)
    class_group = who.enrolment.class_group
    newcomer = {"password": PASSWORD, "first_name": "Zoé", "last_name": "Bâ", "birth_date": years_ago(20).isoformat()}
    line = {"first_name": "Zoé", "last_name": "Bâ", "birth_date": years_ago(16).isoformat()}
    for email in REFUSED_ADDRESSES:
        answers = {
            "register": api.post(f"{API}auth/register/", {**newcomer, "email": email}),
            "join": api.post(f"{API}classes/join/", {**newcomer, "email": email, "join_code": class_group.join_code}),
            "guardian": who.phone.post(f"{API}me/guardians/", {"email": email}),
            "tutor": put(who, tutor_email=email)[0],
            "staff": api.as_(manager.person).post(
                f"{API}schools/{manager.school_id}/invitations/", {"email": email, "role": "teacher"}
            ),
            "member": api.as_(organizer.person).post(
                f"{API}organizations/{organizer.organization_id}/invitations/", {"email": email, "role": "coordinator"}
            ),
            "roster": who.teacher.post(
                f"{API}classes/{class_group.pk}/students/", {"students": [{**line, "guardian_email": email}]}
            ),
        }
        wrong = {where: answer.status_code for where, answer in answers.items() if answer.status_code != 400}
        assert not wrong, (ascii(email), wrong)
    assert not Guardian.objects.exists()
    assert not Invitation.objects.exists()


def test_no_spelling_of_a_mailbox_makes_its_owner_their_own_tutor_guardian_or_anothers(api, settings):
    settings.GUARDIAN_TRIES_PER_DAY = 100
    who = pupil(api, email=KEPT)
    friend = pupil(api)
    for email in SAME_MAILBOX:
        for phone in (who, friend):
            assert put(phone, tutor_email=email)[0].json()["code"] == "tutor_refused", email
            refused = phone.phone.post(f"{API}me/guardians/", {"email": email})
            assert refused.json()["code"] == "guardian_address_refused", email


def test_no_spelling_of_a_guardians_or_a_staff_members_mailbox_is_a_tutors(api):
    who = pupil(api)
    GuardianFactory(student=who.person, email="mere@gmail.com")
    StaffMembershipFactory(person=UserFactory(email=KEPT))
    for email in [*SAME_MAILBOX, "m.e.r.e+x@googlemail.com", "MERE@Gmail.com"]:
        assert put(who, tutor_email=email)[0].json()["code"] == "tutor_refused", email


def test_the_mails_of_a_day_are_counted_by_mailbox(api, settings):
    settings.MAX_TUTOR_MAILS_PER_DAY = 2
    with time_machine.travel(DAY + timedelta(days=1)):
        who = pupil(api)
        spellings = ("jo@voisins.example", "j.o+a@voisins.example", "J.O@Voisins.example", "jo+b@voisins.example")
        entries = [log(who, tutor_email=email, start=DAY - n * 200 * MINUTE) for n, email in enumerate(spellings)]
        states = [shown(who, entry)["tutor_mail_status"] for entry in entries]
        assert states == ["queued", "queued", "held", "held"]


def test_somebody_who_is_no_guardian_any_more_is_not_named_again_by_another_spelling(api):
    student = enrolled_student(student=UserFactory(aged_15=True)).student
    GuardianFactory(student=student, email="tante@gmail.com", ended_at=timezone.now())
    other = GuardianFactory(student=student, email="papa@gmail.com")
    client = api.as_(student)
    for email in ("t.ante+x@gmail.com", "tante@googlemail.com"):
        assert client.post(f"{API}me/guardians/", {"email": email}).json()["code"] == "guardian_address_refused"
    again = client.post(f"{API}me/guardians/", {"email": "pa.pa@gmail.com"})
    assert (again.status_code, again.json()["id"]) == (201, str(other.pk))
    assert Guardian.objects.filter(student=student).count() == 2


def test_an_account_is_found_however_its_address_is_typed_and_dots_make_another_one(api, client):
    for number, email in enumerate(AS_TYPED):
        facts = {"first_name": "Inès", "last_name": "Bâ", "birth_date": years_ago(20 + number).isoformat()}
        assert api.post(f"{API}auth/register/", {"email": email, "password": PASSWORD, **facts}).status_code == 202
    assert User.objects.values_list("email", flat=True).get() == KEPT
    for email in AS_TYPED:
        assert api.post(f"{API}auth/token/", {"email": email, "password": PASSWORD}).status_code == 200, email
    for email in ("inesba@élan.example", "ines.ba+x@élan.example", "ines.ba@ⓔ́lan.example", '"ines.ba"@élan.example'):
        assert api.post(f"{API}auth/token/", {"email": email, "password": PASSWORD}).status_code == 401, email
    mail.outbox.clear()
    api.post(f"{API}auth/password/reset/", {"email": AS_TYPED[0]})
    relay.run()
    assert "/password/reset/confirm/" in "".join(message.body for message in mail.outbox)
    User.objects.update(is_staff=True)
    client.post("/admin/login/", {"username": AS_TYPED[0], "password": PASSWORD})
    assert client.get("/admin/").status_code == 200


def test_a_join_and_an_invitation_find_the_account_of_the_address(api):
    person = UserFactory(email=KEPT, birth_date=years_ago(16))
    class_group = enrolled_student().class_group
    joining = {"join_code": class_group.join_code, "first_name": "Inès", "last_name": "Bâ", "password": PASSWORD}
    for email in AS_TYPED:
        body = {**joining, "email": email, "birth_date": person.birth_date.isoformat()}
        assert api.post(f"{API}classes/join/", body).status_code == 202
    assert person.enrolments.count() == 1
    manager = StaffMembershipFactory(manager=True)
    for email in AS_TYPED:
        path = f"{API}schools/{manager.school_id}/invitations/"
        assert api.as_(manager.person).post(path, {"email": email, "role": "teacher"}).json()["email"] == KEPT
    assert Invitation.objects.count() == 1
    relay.run()
    link = re.search(r"https?://[^/]+(/api/v1/invitations/\S+)", mail.outbox[-1].body)[1]
    assert api.post(link, {"password": PASSWORD, "first_name": "Inès", "last_name": "Bâ"}).status_code == 200
    assert StaffMembership.objects.get(school=manager.school, role="teacher").person == person


def test_wrong_passwords_are_counted_for_the_account_however_its_address_is_typed(api):
    UserFactory(email=KEPT)
    tries = [api.post(f"{API}auth/token/", {"email": AS_TYPED[n % 4], "password": "wrong"}) for n in range(7)]
    assert [answer.status_code for answer in tries] == [401] * 5 + [429] * 2
    assert SignInAttempt.objects.values("account_mark").distinct().count() == 1


def test_an_operator_opens_accounts_with_canonical_addresses_alone(client, monkeypatch):
    client.force_login(User.objects.create_superuser("admin@example.org", PASSWORD, first_name="A", last_name="B"))
    form = {"first_name": "Lou", "last_name": "Roi", "password1": "une phrase pour entrer", "usable_password": "true"}
    form["password2"] = form["password1"]
    for email in REFUSED_ADDRESSES:
        assert client.post("/admin/accounts/user/add/", {**form, "email": email}).status_code == 200, ascii(email)
    client.post("/admin/accounts/user/add/", {**form, "email": "Lou.Roi@Élan.example"})
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    names = {"first_name": "Ada", "last_name": "Roi"}
    call_command("createsuperuser", interactive=False, email="Ada@Élan.example", verbosity=0, **names)
    emails = set(User.objects.values_list("email", flat=True))
    assert emails == {"admin@example.org", "lou.roi@xn--lan-9la.example", "ada@xn--lan-9la.example"}


def test_a_tutor_of_hours_kept_from_before_is_compared_as_the_mailbox_it_is(api):
    who = pupil(api, email="ines.ba@example.org")
    entry = log(who)
    assert act(who.phone, entry, "withdraw") == (200, None)
    for kept in ('"inesba"@example.org', "ines\u00adba@example.org", "inesba@ｅxample.org", "inesba@exam\u200bple.org"):
        type(entry).objects.filter(pk=entry.pk).update(tutor_email=kept)
        assert act(who.phone, entry, "submit") == (400, "tutor_refused"), ascii(kept)


def test_the_hours_of_a_retry_are_the_same_whatever_spelling(api):
    who = pupil(api)
    answer, entry_id = put(who, tutor_email="Jo@Élan.example")
    again = who.phone.put(f"{API}hour-entries/{entry_id}/", outside(tutor_email="jo@xn--lan-9la.example"))
    assert (answer.status_code, again.status_code) == (201, 200)
