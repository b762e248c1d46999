"""The region's desk in the admin: every action goes through its service, and says what was refused."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from engagement.management.commands.load_demo import REGION_PERMISSIONS
from missions.models import MissionRevision
from tests.support.factories import (
    MissionFactory,
    OrganizationFactory,
    OrganizationMembershipFactory,
    ReportFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def region(client):
    person = UserFactory(region=True)
    person.groups.get().permissions.set(Permission.objects.filter(codename__in=REGION_PERMISSIONS))
    client.force_login(person)
    return person


@pytest.fixture
def act(client, region):
    def run(row, action, **fields):
        page = reverse(f"admin:missions_{type(row)._meta.model_name}_changelist")
        answer = client.post(page, {"action": action, "_selected_action": [str(row.pk)], **fields}, follow=True)
        assert answer.status_code == 200
        row.refresh_from_db()
        return row.status

    return run


def test_an_organisation_goes_through_all_its_states(act):
    row = OrganizationFactory(unverified=True)
    assert act(row, "verify") == "verified"
    assert act(row, "trust") == "trusted"
    assert act(row, "suspend") == "trusted"  # no reason, no suspension
    assert act(row, "suspend", reason="Une plainte.") == "suspended"
    assert act(row, "restore") == "trusted"
    assert act(row, "distrust") == "verified"
    assert act(row, "refuse") == "verified"  # not from there


def test_missions_and_their_changes_are_decided(act):
    mission = MissionFactory(in_review=True)
    assert act(mission, "approve") == "published"
    for verb, extra, status in (("refuse", {"reason": "Vague."}, "refused"), ("accept", {}, "accepted")):
        row = MissionRevision.objects.create(mission=mission, changes={"title": "Maraude"})
        assert act(row, verb, **extra) == status
    assert act(mission, "cancel", reason="Pluie.") == "cancelled"


def test_a_danger_is_taken_up_and_closed_but_never_by_the_reported(act, client, region):
    row = ReportFactory()
    assert act(row, "take") == "taken"
    assert act(row, "close") == "taken"
    assert act(row, "close", follow_up="Appelé.") == "closed"
    mine = ReportFactory(mission=None, person=region, text="Un danger.")
    run = ReportFactory(
        mission=None, organization=OrganizationMembershipFactory(person=region).organization, text="Un autre danger."
    )
    assert (act(mine, "take"), act(run, "take")) == ("open", "open")
    page = client.get(reverse("admin:missions_report_changelist")).content.decode()
    assert "danger." not in page
    assert client.get(reverse("admin:missions_report_change", args=[mine.pk])).status_code == 302
