"""A birth date that is corrected to and fro is few mails to its student."""

import pytest

from notifications.models import OutboxMessage
from schools.models import ClassReferent
from tests.support.factories import enrolled_student, years_ago
from tests.support.world import API

pytestmark = pytest.mark.django_db


def test_a_birth_date_is_corrected_five_times_a_day(api):
    enrolment = enrolled_student()
    teacher = api.as_(ClassReferent.objects.get(class_group=enrolment.class_group).membership.person)
    answers = []
    for number in range(7):
        body = {"birth_date": str(years_ago(16 + number % 2)), "reason": "Erreur."}
        answers.append(teacher.post(f"{API}enrolments/{enrolment.pk}/change-birth-date/", body))
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert answers[-1].json()["code"] == "too_often"
    told = OutboxMessage.objects.filter(recipient=enrolment.student, kind="account_birth_date_changed")
    assert told.count() == 5
