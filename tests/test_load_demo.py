"""The demo's data: loaded once, by the services people use; from then on they are theirs."""

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from demo.management.commands.load_demo import PASSWORD
from missions.models import Mission, Shift
from organizations.models import Organization
from schools.models import ClassGroup, School, StaffMembership
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo(settings):
    settings.DEMO = True


def everything():
    return {model._meta.label: sorted(map(str, model.objects.values_list())) for model in apps.get_models()}


def said(capsys):
    call_command("load_demo")
    return capsys.readouterr().out


def test_it_fills_an_empty_database_and_names_accounts_that_can_sign_in(api, capsys):
    out = said(capsys)
    for name in ("region", "proviseure", "professeur", "eleve", "citoyenne", "coordinatrice", "delegation", "jardins"):
        assert f"{name}@elan.example" in out
        signed_in = api.post("/api/v1/auth/token/", {"email": f"{name}@elan.example", "password": PASSWORD})
        assert signed_in.status_code == 200, name
    assert Mission.objects.published().count() == 1


def test_a_second_run_adds_and_changes_nothing_whatever_use_made_of_the_first(capsys):
    said(capsys)
    UserFactory(email="quelquun@ailleurs.example")
    now = timezone.now()
    User.objects.filter(email="region@elan.example").update(email="rachel@region.example")
    User.objects.filter(email="professeur@elan.example").update(first_name="Tom", suspended_at=now)
    User.objects.filter(email="citoyenne@elan.example").update(is_active=False)
    User.objects.filter(email="jardins@elan.example").update(password="!")
    StaffMembership.objects.update(status="ended", ended_at=now)
    ClassGroup.objects.update(name="2nde B")
    Organization.objects.update(name="Autrement", status="suspended", suspended_at=now, former_status="verified")
    Mission.objects.update(title="Autre chose", status="cancelled", ended_at=now, cancel_reason="Pluie")
    Shift.objects.update(status="cancelled", cancelled_at=now, cancel_reason="Pluie")
    School.objects.update(closed_on=now.date(), name="Lycée fermé")
    before = everything()
    out = said(capsys)
    assert everything() == before
    for name in ("region", "professeur", "citoyenne", "jardins"):
        assert f"{name}@elan.example" not in out, name
    assert "eleve@elan.example" in out


def test_what_it_prints_works_with_the_addresses_that_were_chosen(capsys, settings):
    settings.PUBLIC_URL, settings.FCM_URL = "http://127.0.0.1:8000", "http://127.0.0.1:8025"
    assert "examples/journey.py\n" in said(capsys)
    settings.PUBLIC_URL, settings.FCM_URL = "http://127.0.0.1:8001", "http://127.0.0.1:8026"
    out = said(capsys)
    assert "examples/journey.py --api http://127.0.0.1:8001 --outside http://127.0.0.1:8026\n" in out
    assert "http://127.0.0.1:8001/admin/" in out


def test_it_refuses_a_real_deployment(settings):
    settings.DEMO = False
    with pytest.raises(CommandError):
        call_command("load_demo")
    assert not User.objects.exists()
