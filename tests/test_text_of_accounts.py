"""What accounts write reaches people without one as theirs: a name leads nowhere, no link in a mail but ours."""

import re

import pytest
from django.core import mail

from accounts.models import User
from common.models import uuid7
from common.names import without_links
from notifications import outbox, relay
from organizations.models import Organization
from tests.support.factories import (
    PASSWORD,
    ClassReferentFactory,
    GuardianFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    StaffMembershipFactory,
    UserFactory,
    years_ago,
)
from tests.support.notices import notice
from tests.support.refused import HOSTILE_NAMES
from tests.support.tutors import act, mails_to, pupil, put
from tests.support.world import API

pytestmark = pytest.mark.django_db

# What mail programs make a link of, of all that people may write.
LINKABLE = ["www.x.fr", "x.fr/y", "x.fr", "élan.example/a?b", "Lycée www.x.co.uk/y", "bit.ly/2x", "x。fr", "X.FR:8080"]
# A host with a dot before a letter, a scheme, an address.
LINK = re.compile(r"\S[.。．｡][^\W\d_]|://|\S@\S")


def links_in(text, ours="http://127.0.0.1:8000"):
    return LINK.findall(re.sub(re.escape(ours) + r"\S*", "", text))


def test_no_name_that_leads_elsewhere_is_taken_by_any_body(api, client):
    who = pupil(api)
    referent = ClassReferentFactory()
    manager = StaffMembershipFactory(manager=True)
    organization = OrganizationMembershipFactory(manager=True).organization
    boss = api.as_(OrganizationMembershipFactory(organization=organization, manager=True).person)
    region, citizen = api.as_(UserFactory(region=True)), api.as_(UserFactory())
    code = referent.class_group.join_code
    born = {"birth_date": years_ago(20).isoformat()}
    version = boss.get(f"{API}organizations/{organization.pk}/")["ETag"]
    account = {**born, "email": "x@example.org", "password": PASSWORD}
    teacher = api.as_(referent.membership.person)
    client.force_login(User.objects.create_superuser("admin@example.org", PASSWORD, first_name="A", last_name="B"))
    for text in HOSTILE_NAMES:
        text = f"a{text}a"  # what stands at an end may be trimmed
        names = [{"first_name": text, "last_name": "Bâ"}, {"first_name": "Zoé", "last_name": text}]
        answers = {}
        for n, name in enumerate(names):
            students = f"{API}classes/{referent.class_group_id}/students/"
            answers |= {
                f"register {n}": api.post(f"{API}auth/register/", {**account, **name}),
                f"join {n}": api.post(f"{API}classes/join/", {**account, **name, "join_code": code}),
                f"me {n}": citizen.patch(f"{API}me/", name, HTTP_IF_MATCH="*"),
                f"roster {n}": teacher.post(students, {"students": [{**name, **born}]}),
            }
        answers |= {
            "class": api.as_(manager.person).post(f"{API}classes/", {"school": str(manager.school_id), "name": text}),
            "organization": region.post(f"{API}organizations/", {"name": text, "kind": "association"}),
            "renamed": boss.patch(f"{API}organizations/{organization.pk}/", {"name": text}, HTTP_IF_MATCH=version),
            "hours at": put(who, organization_name=text)[0],
            "tutor": put(who, tutor_name=text)[0],
        }
        wrong = {where: answer.status_code for where, answer in answers.items() if answer.status_code != 400}
        assert not wrong, (ascii(text), wrong)
        form = {"email": "y@example.org", "first_name": text, "last_name": "B", "usable_password": "true"}
        form |= {"password1": PASSWORD, "password2": PASSWORD}
        assert client.post("/admin/accounts/user/add/", form).status_code == 200
    assert not Organization.objects.exclude(pk=organization.pk).exists()
    assert not User.objects.filter(email__in=["x@example.org", "y@example.org"]).exists()


def test_the_mail_to_a_tutor_quotes_the_student_and_links_to_us_alone(api):
    for n, text in enumerate(LINKABLE):
        who, tutor = pupil(api), f"jo{n}@voisins.example"
        User.objects.filter(pk=who.person.pk).update(first_name=text, last_name=text)
        answer, entry_id = put(who, organization_name=text, title=text, tutor_name=text, tutor_email=tutor)
        assert answer.status_code == 201, text
        assert act(who.phone, entry_id, "submit") == (200, None)
        (message,) = mails_to(tutor)
        assert links_in(f"{message.subject}\n{message.body}") == [], message.body
        assert len(re.findall(r"http://127.0.0.1:8000/api/v1/attestations/\S+", message.body)) == 2, "in two languages"
        assert f"«\u00a0{without_links(text)}\u00a0»" in message.body


def test_the_mails_to_guardians_and_the_invited_link_to_us_alone(api):
    for n, text in enumerate(LINKABLE):
        mail.outbox.clear()
        who = pupil(api)
        GuardianFactory(student=who.person, email=f"mere{n}@example.org")
        User.objects.filter(pk=who.person.pk).update(first_name=text)
        facts = {"mission__title": text, "mission__address": text, "mission__city": text}
        shift = ShiftFactory(**facts, mission__organization__name=text)
        assert who.phone.post(f"{API}shifts/{shift.pk}/sign-up/").status_code == 201
        manager = OrganizationMembershipFactory(organization=shift.mission.organization, manager=True)
        path = f"{API}organizations/{shift.mission.organization_id}/invitations/"
        body = {"email": f"invited{n}@example.org", "role": "coordinator"}
        assert api.as_(manager.person).post(path, body).status_code == 201
        relay.run()
        sent = [one for one in mail.outbox if one.to[0].startswith(("mere", "invited"))]
        assert {one.to[0][:4] for one in sent} == {"mere", "invi"}
        for message in sent:
            assert links_in(f"{message.subject}\n{message.body}") == [], message.body


def test_a_mail_without_account_holds_no_hidden_sign_and_one_to_an_account_is_as_it_was_written():
    def say(text):
        return notice(text, f"{text}\n{{link}}")

    mailbox = outbox.Mailbox("x@example.org", uuid7())
    stranger = outbox.publish(say, "a\u202eb www.x.fr", subject=uuid7(), at=mailbox)
    person = outbox.publish(say, "www.x.fr", subject=uuid7(), to=UserFactory())
    assert (stranger.title, stranger.body) == ("ab www. x. fr", "ab www. x. fr\n{link}")
    assert person.title == "www.x.fr"
    for text in ("14.30", "Le 3.4 à 9 h. Merci", "M. Bâ, 12 rue des Lilas"):
        assert without_links(text) == text
