"""A guardian's refusal, over HTTP: it prevails, and takes back the places to come."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from consents.models import Consent
from consents.services import consent_requests
from missions.models import Shift, SignUp
from notifications import relay
from tests.support.factories import ConsentFactory, GuardianFactory, ShiftFactory, UserFactory, enrolled_student
from tests.support.guardians import decision_path

pytestmark = pytest.mark.django_db


def test_a_second_guardians_refusal_gives_the_places_to_come_back(api):
    student = enrolled_student(student=UserFactory(aged_15=True)).student
    ConsentFactory(guardian=GuardianFactory(student=student), granted=True)
    second = ConsentFactory(guardian=GuardianFactory(student=student))
    shift = ShiftFactory()
    assert api.as_(student).post(f"/api/v1/shifts/{shift.pk}/sign-up/").json()["status"] == "accepted"
    link = decision_path(second)
    assert api.post(link, {"decision": "refuse"}).json()["status"] == "refused"
    assert SignUp.objects.get().status == "withdrawn"
    assert Shift.objects.get(pk=shift.pk).taken_count == 0
    assert api.as_(student).get(f"/api/v1/shifts/{shift.pk}/eligibility/").json()["reason"] == "consent_needed"


def test_a_guardian_whose_time_to_decide_has_passed_is_asked_anew():
    guardian = GuardianFactory()
    consent_requests.ask_for_consent(guardian)
    consent_requests.ask_for_consent(guardian)
    relay.run()
    with time_machine.travel(timezone.now() + timedelta(days=15), tick=False):
        consent_requests.ask_for_consent(guardian)
        assert Consent.objects.get().expires_at > timezone.now()
        relay.run()
    assert len(mail.outbox) == 2
