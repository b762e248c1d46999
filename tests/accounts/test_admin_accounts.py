"""What the admin does to an account: passwords, rights, address. It has the effects that the API's own ways have."""

import logging

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from notifications import relay
from tests.support.api import ContractClient
from tests.support.factories import PASSWORD, UserFactory
from tests.support.signing_in import at_the_door, hammer

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "une autre phrase de passe"
CHANGE = "/admin/password_change/"


def mails():
    """To whom and about what, oldest first."""
    relay.run()
    return [(message.to[0], message.subject) for message in mail.outbox]


def is_in(phone):
    return phone.get("/api/v1/me/").status_code == 200


@pytest.fixture
def operator(client):
    person = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(person)
    return person


def change_own(client, old=PASSWORD, new=NEW_PASSWORD):
    return client.post(CHANGE, {"old_password": old, "new_password1": new, "new_password2": new})


def test_ones_own_new_password_signs_every_device_out_and_is_told(client, operator):
    phone = ContractClient().as_(operator)
    assert change_own(client).status_code == 302
    assert not is_in(phone)
    assert client.get("/admin/").status_code == 200, "this browser stays in"
    assert mails() == [(operator.email, "Votre mot de passe a changé")]
    operator.refresh_from_db()
    assert operator.check_password(NEW_PASSWORD)


def test_the_old_password_is_asked_and_counted_where_one_is_signed_in(client, operator):
    hammer(operator)
    phone = ContractClient().as_(operator)
    for _try in range(5):
        assert change_own(client, old="not the password").status_code == 200
    assert change_own(client).status_code == 200, "five wrong ones, then it waits"
    assert is_in(phone)
    assert mails() == []
    operator.refresh_from_db()
    assert operator.check_password(PASSWORD)


def test_others_wrong_tries_do_not_stand_in_the_way_of_a_new_password(client, operator):
    hammer(operator)
    assert change_own(client).status_code == 302


def test_a_weak_new_password_is_said_beside_the_form(client, operator):
    answer = change_own(client, new="motdepasse2026")
    assert (answer.status_code, mails()) == (200, [])


def test_a_password_set_by_an_operator_signs_the_person_out_and_is_told(client, operator):
    person = UserFactory()
    phone = ContractClient().as_(person)
    page = reverse("admin:auth_user_password_change", args=[person.pk])
    answer = client.post(page, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"})
    assert answer.status_code == 302
    assert not is_in(phone)
    assert mails() == [(person.email, "Votre mot de passe a changé")]
    phone = ContractClient().as_(person)
    assert client.post(page, {"usable_password": "false", "unset-password": "1"}).status_code == 302
    person.refresh_from_db()
    assert not person.has_usable_password()
    assert not is_in(phone)
    assert len(mails()) == 2


def edit(client, person, **changes):
    """The form of the account, sent back with these changes."""
    page = reverse("admin:accounts_user_change", args=[person.pk])
    facts = {
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "language": "fr",
        **{name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(person, name)},
        **changes,
    }
    answer = client.post(page, {name: value for name, value in facts.items() if value is not None})
    assert answer.status_code == 302, answer.text
    person.refresh_from_db()


@pytest.mark.parametrize("changes", [{"is_active": None}, {"is_staff": "on"}, {"is_superuser": "on"}])
def test_other_rights_and_a_closed_account_sign_the_person_out_and_are_told(client, operator, changes):
    person = UserFactory()
    phone = ContractClient().as_(person)
    edit(client, person, **changes)
    assert not is_in(phone)
    assert [to for to, _subject in mails()] == [person.email]
    person.is_active = True
    person.save()
    assert not is_in(phone), "an account that opens again brings no old session back"


def test_another_group_signs_the_person_out(client, operator):
    person = UserFactory(region=True)
    group = person.groups.get()
    phone = ContractClient().as_(person)
    edit(client, person, groups=[])
    assert not person.groups.filter(pk=group.pk).exists()
    assert not is_in(phone)


def test_another_address_is_unconfirmed_and_told_to_the_former_one(client, operator):
    person = UserFactory(email_verified_at=timezone.now())
    former, phone = person.email, ContractClient().as_(person)
    edit(client, person, email="Nouvelle@Example.org")
    assert (person.email, person.email_verified_at) == ("nouvelle@example.org", None)
    assert not is_in(phone)
    assert [to for to, _subject in mails()] == [former, "nouvelle@example.org"]


def test_another_name_signs_nobody_out_and_tells_nobody(client, operator):
    person = UserFactory()
    phone = ContractClient().as_(person)
    edit(client, person, first_name="Zoé")
    assert is_in(phone)
    assert mails() == []
    assert User.objects.get(pk=person.pk).first_name == "Zoé"


def test_the_admins_ordinary_refusals_are_no_errors_in_the_log(client, caplog):
    client.force_login(UserFactory(region=True))
    with caplog.at_level(logging.ERROR):
        assert client.get("/admin/accounts/user/").status_code == 403
        assert client.get("/admin/nothing/").status_code == 404
        missing = reverse("admin:accounts_user_change", args=["0192f5a0-0000-7000-8000-000000000000"])
        assert client.get(missing).status_code in (302, 403, 404)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_the_admins_door_takes_so_many_forms_of_one_address_only(client, monkeypatch):
    monkeypatch.setattr("common.api.throttling.CeilingThrottle.THROTTLE_RATES", {"sign-in": "3/min"})
    region = UserFactory(region=True)
    assert [at_the_door(client, region, "not the password") for _try in range(3)] == [False] * 3
    answer = client.post("/admin/login/", {"username": region.email, "password": PASSWORD}, REMOTE_ADDR="192.0.2.1")
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert client.get("/admin/login/").status_code == 200
