"""The region's desk in the admin: every action goes through its service, and says what was refused."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from common.middleware import RequestMiddleware
from demo.management.commands.load_demo import REGION_PERMISSIONS
from missions.models import Mission, MissionRevision
from tests.support.factories import (
    MissionFactory,
    OrganizationFactory,
    OrganizationMembershipFactory,
    ReportFactory,
    ShiftFactory,
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
        page = reverse(f"admin:{type(row)._meta.label_lower.replace('.', '_')}_changelist")
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


def test_the_region_reads_no_state_of_a_machine_in_english(client, region):
    region.user_permissions.set(Permission.objects.all())
    mission = MissionFactory(in_review=True)
    ShiftFactory(mission=mission, cancelled=True)
    rows = [mission, OrganizationFactory(unverified=True), ReportFactory(mission=None, organization=None)]
    rows.append(MissionRevision.objects.create(mission=mission, changes={"title": "Maraude"}))
    names = [(f"admin:{type(row)._meta.label_lower.replace('.', '_')}", row) for row in rows]
    addresses = [reverse(f"{name}_changelist") for name, _row in names]
    addresses += [reverse(f"{name}_change", args=[row.pk]) for name, row in names]
    said = "".join(client.get(address, HTTP_ACCEPT_LANGUAGE="fr").content.decode() for address in addresses)
    assert {"en relecture", "pas encore vérifié", "annulé", "proposé"} <= set(re.findall(r">\s*([^<>]+?)\s*<", said))
    english = {"In Review", "Changes Requested", "Unverified", "Trusted", "Proposed", "Cancelled", "Taken", "Open"}
    assert english & set(re.findall(r">\s*([^<>]+?)\s*<", said)) == set()


@pytest.mark.parametrize(
    ("starts_at", "read"),
    [
        ("2026-07-14T20:30:00Z", "22\u00a0h\u00a030"),
        ("2026-12-14T20:30:00Z", "21\u00a0h\u00a030"),
        # The nights of changes: an hour that does not exist, and one that comes twice.
        ("2026-03-29T01:30:00Z", "3\u00a0h\u00a030"),
        ("2026-10-25T00:30:00Z", "2\u00a0h\u00a030"),
        ("2026-10-25T01:30:00Z", "2\u00a0h\u00a030"),
    ],
)
def test_the_region_reads_times_as_people_in_paris_live_them(client, region, starts_at, read):
    region.user_permissions.set(Permission.objects.all())
    starts = datetime.fromisoformat(starts_at)
    mission = MissionFactory()
    ShiftFactory(mission=mission, starts_at=starts, ends_at=starts + timedelta(hours=1))
    Mission.objects.filter(pk=mission.pk).update(created_at=starts)
    pages = [reverse("admin:missions_mission_change", args=[mission.pk]), reverse("admin:missions_mission_changelist")]
    for page in pages:
        text = client.get(page).content.decode()
        assert f" {read}" in text, page
        assert starts_at[11:16] not in text, page


def test_a_time_that_the_region_types_is_one_of_paris(client, region):
    """Through Django's own admin: no form of ours takes a time today, and the first one that does is right."""
    typed = []

    def view(request):
        typed.append(forms.DateTimeField().clean(request.GET["at"]))
        return HttpResponse()

    middleware = RequestMiddleware(view)
    for at, instant in (("2026-07-14 22:30", "2026-07-14T20:30"), ("2026-12-14 22:30", "2026-12-14T21:30")):
        middleware(RequestFactory().get("/admin/", {"at": at}))
        assert typed[-1].astimezone(UTC).isoformat().startswith(instant)
    for at in ("2026-03-29 02:30", "2026-10-25 02:30"):
        with pytest.raises(forms.ValidationError):
            middleware(RequestFactory().get("/admin/", {"at": at}))
