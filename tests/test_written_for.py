"""Each mail about a school or an organisation says for which it is written; through HTTP, as the mailbox gets it."""

import re

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from notifications import relay
from notifications.models import Device
from tests.support.world import World, calls

pytestmark = pytest.mark.django_db

SCHOOL, ORGANIZATION = "Lycée Paul-Bert", "Les Restos du canal"


@pytest.mark.parametrize(
    ("key", "names"),
    [
        # To the person, and to a guardian.
        ("POST sign-ups/{id}/accept/", {ORGANIZATION, SCHOOL}),
        ("POST hour-entries/{id}/return/", {SCHOOL}),
        ("POST enrolments/{id}/admit/", {SCHOOL}),
        ("POST organizations/{id}/verify/", {ORGANIZATION}),
    ],
)
def test_a_mail_names_the_school_or_organisation_it_is_written_for(api, key, names):
    world = World()
    type(world.school).objects.update(name=SCHOOL)
    type(world.organization).objects.update(name=ORGANIZATION)
    call = calls(world)[key]
    User.objects.update(email_verified_at=timezone.now())
    Device.objects.all().delete()
    relay.run()
    mail.outbox.clear()
    assert call.send(api.as_(world.person(call.by))).status_code < 300
    relay.run()
    named = [set(re.findall(r"Écrit par Élan \(.+\) pour (.+)\.", sent.body)) for sent in mail.outbox]
    assert all(len(found) == 1 for found in named), [sent.body for sent in mail.outbox]
    assert set().union(*named) == names
    for sent, (name,) in zip(mail.outbox, named, strict=True):
        assert f"pour {name}." in sent.alternatives[0][0]


def test_a_mail_about_an_account_alone_names_neither(api):
    world = World()
    call = calls(world)["POST auth/password/reset/"]
    call.send(api.as_(None))
    relay.run()
    (sent,) = mail.outbox
    assert "Écrit par Élan (" in sent.body
    assert ") pour " not in sent.body
