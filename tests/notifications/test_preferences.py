"""What a person may choose to hear, over HTTP."""

import pytest

from notifications import preferences, registry
from notifications.models import Preference
from tests.support.factories import UserFactory

OWN = {"begin": "22:30", "end": "06:45"}
URL = "/api/v1/notification-preferences/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(api):
    return api.as_(UserFactory())


def choose(client, known, **chosen):
    return client.patch(URL, chosen, HTTP_IF_MATCH=f'"{known}"')


def test_without_a_choice_everything_is_as_the_deployment_has_it(client, nights):
    shown = client.get(URL).json()
    assert (shown["quiet_hours"], shown["has_own_quiet_hours"]) == ({"begin": "21:00", "end": "07:00"}, False)
    assert (shown["refused_pushes"], shown["refused_mails"], shown["digest"]) == ([], [], None)
    assert Preference.objects.count() == 0


def test_what_is_sent_changes_and_the_rest_stays(client):
    first = choose(client, 1, refused_mails=["attested"], quiet_hours=OWN).json()
    assert (first["quiet_hours"], first["has_own_quiet_hours"]) == (OWN, True)
    second = choose(client, first["version"], digest="weekly").json()
    assert (second["refused_mails"], second["quiet_hours"], second["digest"]) == (["attested"], OWN, "weekly")
    third = choose(client, second["version"], quiet_hours=None, digest=None).json()
    assert (third["has_own_quiet_hours"], third["digest"]) == (False, None)
    assert client.get(URL).json()["version"] == third["version"]


def test_an_edit_names_the_version_that_it_is_of(client):
    assert client.patch(URL, {"digest": "daily"}).status_code == 428
    assert choose(client, 1, digest="daily").status_code == 200
    assert choose(client, 7, digest="weekly").json()["code"] == "stale"


def test_what_somebody_counts_on_cannot_be_refused_and_what_is_not_known_yet_is_kept(client):
    refused = choose(client, 1, refused_pushes=["shift_changed"])
    assert (refused.status_code, refused.json()["code"]) == (400, "cannot_be_refused")
    assert choose(client, 1, refused_pushes=["of_next_year", "attested"]).json()["refused_pushes"] == [
        "attested",
        "of_next_year",
    ]


@pytest.mark.parametrize(
    "chosen",
    [
        {"quiet_hours": {"begin": "22:00"}},
        {"quiet_hours": {"begin": "22:00", "end": None}},
        {"quiet_hours": {"begin": "25:00", "end": "07:00"}},
        {"quiet_hours": {"begin": "٢٢:00", "end": "07:00"}},
        {"quiet_hours": "22:00"},
        {"digest": "hourly"},
        {"digest": ""},
        {"refused_mails": "attested"},
        {"version": 3},
    ],
)
def test_what_cannot_be_chosen_is_refused_and_nothing_is_stored(client, chosen):
    refused = choose(client, 1, **chosen)
    assert refused.status_code == 400
    assert refused.json()["errors"]
    assert Preference.objects.count() == 0


def test_every_kind_that_goes_to_an_account_can_be_looked_at(client):
    shown = {one["kind"]: one for one in client.get(URL).json()["kinds"]}
    assert set(shown) == {
        str(one.kind) for one in registry.registered() if not set(one.to) <= registry.WITHOUT_ACCOUNT
    }
    assert shown["attested"]["by_push"] is shown["attested"]["by_mail"] is shown["attested"]["may_be_refused"] is True
    assert shown["account_reset"]["may_be_refused"] is False
    assert shown["join_waiting"]["digest"] == "daily"


def test_a_mails_link_refuses_its_kind_once():
    person = UserFactory()
    preferences.refuse_mails(person, "attested")
    preferences.refuse_mails(person, "attested")
    row = Preference.objects.get(person=person)
    assert (row.refused_mails, row.version) == (["attested"], 2)
