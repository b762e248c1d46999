"""One click in a mail program, or on the page of its link, stops the mails of one kind (RFC 8058)."""

import re

import pytest
from django.core import mail

from common import links
from common.models import uuid7
from engagement.kinds import Kind as LedgerKind
from missions.kinds import Kind as PlaceKind
from notifications import expansion, outbox, preferences, registry, relay
from notifications.models import Channel, Delivery, Preference
from notifications.outbox import Notice
from tests.support.api import ContractClient
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db

ONE_CLICK = "List-Unsubscribe=One-Click"


def tell(person, kind):
    return outbox.publish(lambda _about: Notice(kind, "t", "b"), None, subject=uuid7(), to=person)


def link_of(message):
    return f"/api/v1/unsubscribe/{links.make_token(preferences.UNSUBSCRIBE_PURPOSE, message.pk)}/"


@pytest.fixture
def message():
    return tell(UserFactory(language="fr"), LedgerKind.APPROVED)


@pytest.fixture
def api():
    return ContractClient()


def click(api, message, body=ONE_CLICK, kind="application/x-www-form-urlencoded", **extra):
    return api.generic("POST", link_of(message), body, content_type=kind, **extra)


def test_a_mail_that_may_be_refused_carries_the_one_click_and_the_click_stops_its_kind(message, api):
    relay.run()
    (sent,) = mail.outbox
    assert sent.extra_headers["List-Unsubscribe-Post"] == ONE_CLICK
    (url,) = re.fullmatch(r"<(.+)>", sent.extra_headers["List-Unsubscribe"]).groups()
    assert url in sent.body
    assert url.endswith(link_of(message))
    assert click(api, message).json()["is_done"] is True
    assert Preference.objects.get().refused_mails == [LedgerKind.APPROVED]
    tell(message.recipient, LedgerKind.APPROVED)
    tell(message.recipient, LedgerKind.RETURNED)
    expansion.expand_due()
    mails = Delivery.objects.filter(channel=Channel.MAIL).order_by("id")
    assert [one.message.kind for one in mails] == [LedgerKind.APPROVED, LedgerKind.RETURNED]


def test_the_other_form_of_a_mail_program_does_the_same(message, api):
    body = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    assert click(api, message, body, "multipart/form-data; boundary=b").status_code == 200
    assert Preference.objects.get().refused_mails == [LedgerKind.APPROVED]


def test_reading_the_link_stops_nothing_and_says_what_would_stop(message, api):
    read = api.get(link_of(message), HTTP_ACCEPT_LANGUAGE="fr").json()
    assert read["is_done"] is False
    assert (read["kind"], read["label"]) == ("approved", "Heures validées par le lycée")
    assert read["label"] in read["detail"]
    assert api.head(link_of(message)).status_code in (200, 405)
    assert not Preference.objects.exists()


def test_the_page_in_a_browser_has_one_button_and_afterwards_none(message, api):
    page = api.get(link_of(message), HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="fr")
    assert "<button" in page.content.decode()
    pressed = click(api, message, "", HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="fr")
    assert pressed.status_code == 200
    assert "<button" not in pressed.content.decode()
    assert "<button" not in api.get(link_of(message), HTTP_ACCEPT="text/html").content.decode()
    assert Preference.objects.get().refused_mails == [LedgerKind.APPROVED]


def test_clicking_twice_is_clicking_once_and_keeps_what_was_chosen(message, api):
    Preference.objects.create(person=message.recipient, refused_mails=["returned"], refused_pushes=["denied"])
    versions = []
    for _time in range(2):
        assert click(api, message).status_code == 200
        versions.append(Preference.objects.get().version)
    row = Preference.objects.get()
    assert (row.refused_mails, row.refused_pushes) == (["returned", "approved"], ["denied"])
    assert versions[0] == versions[1]


def test_mails_that_nobody_may_refuse_and_those_to_people_without_account_have_no_such_link(api):
    fixed = tell(UserFactory(), PlaceKind.SHIFT_CHANGED)
    guardian = registry.facts_of("guardian_told_of_place").kind
    at = outbox.Mailbox("p@example.org", uuid7())
    told = outbox.publish(lambda _about: Notice(guardian, "t", "b"), None, subject=uuid7(), at=at)
    for one in (fixed, told):
        assert preferences.unsubscribe_url(one) == ""
        assert click(api, one).status_code == 410
    relay.run()
    assert not any("List-Unsubscribe" in sent.extra_headers for sent in mail.outbox)


def test_the_link_dies_with_the_account_and_with_its_closing(message, api):
    person = message.recipient
    person.is_active = False
    person.save()
    assert (click(api, message).status_code, api.get(link_of(message)).status_code) == (410, 410)
    person.delete()
    assert click(api, message).status_code == 410
    assert not Preference.objects.exists()


@pytest.mark.parametrize("purpose", ["verify-email", "tutor", "consent"])
def test_a_link_made_for_something_else_stops_nothing(message, api, purpose):
    token = links.make_token(purpose, message.pk)
    assert api.post(f"/api/v1/unsubscribe/{token}/").status_code == 410
    assert not Preference.objects.exists()


@pytest.mark.parametrize("body", [
    "List-Unsubscribe=Two-Clicks", f"{ONE_CLICK}&kind=returned", f"{ONE_CLICK}&{ONE_CLICK}",
])  # fmt: skip
def test_another_form_is_refused_and_stops_nothing(message, api, body):
    assert click(api, message, body).status_code == 400
    assert not Preference.objects.exists()


@pytest.mark.parametrize(("part", "status"), [
    ('name="List-Unsubscribe"; filename="a.txt"', 400),
    ('name="kind"', 400),
])  # fmt: skip
def test_a_file_or_another_part_is_refused(message, api, part, status):
    body = f"--b\r\nContent-Disposition: form-data; {part}\r\n\r\nOne-Click\r\n--b--\r\n"
    assert click(api, message, body, "multipart/form-data; boundary=b").status_code == status
    assert not Preference.objects.exists()


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=b"])
def test_a_broken_or_endless_form_of_parts_is_a_clear_refusal(message, api, kind):
    assert click(api, message, "--b\r\nnothing", kind).status_code in (200, 400)
    part = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
    assert click(api, message, part * 60 + "--b--\r\n", kind).status_code == 400
    assert click(api, message, part * 5000 + "--b--\r\n", kind).status_code in (400, 413)


def test_every_kind_has_a_name_of_its_own_that_people_read(api):
    for language in ("fr", "en"):
        kinds = api.as_(UserFactory()).get("/api/v1/notification-preferences/", HTTP_ACCEPT_LANGUAGE=language).json()
        labels = {one["kind"]: one["label"] for one in kinds["kinds"]}
        assert len(set(labels.values())) == len(labels)
        said = {"fr": "Heures validées par le lycée", "en": "Hours approved by the school"}
        assert labels["approved"] == said[language]
        assert not any("_" in label or not label[0].isupper() for label in labels.values() if label[0] != "“")
