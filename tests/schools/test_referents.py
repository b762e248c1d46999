"""A class is answered for by its referents, and lent until a day by one of them."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from common import paris
from tests.support.factories import (
    ClassReferentFactory,
    HourEntryFactory,
    StaffMembershipFactory,
    enrolled_student,
    record_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrolment():
    return enrolled_student()


@pytest.fixture
def class_group(enrolment):
    return enrolment.class_group


@pytest.fixture
def referent(class_group):
    return class_group.referents.get().membership.person


@pytest.fixture
def manager(class_group):
    return StaffMembershipFactory(school=class_group.school, manager=True).person


@pytest.fixture
def colleague(class_group):
    return StaffMembershipFactory(school=class_group.school)


def in_days(days):
    return str(paris.day_of(timezone.now()) + timedelta(days=days))


def lend(client, class_group, membership, until_on):
    body = {"membership": str(membership.pk), "until_on": until_on}
    answer = client.post(f"/api/v1/classes/{class_group.pk}/referents/", body)
    return answer.status_code, answer.json().get("code")


def take_back(client, class_group, membership):
    body = {"membership": str(membership.pk)}
    return client.post(f"/api/v1/classes/{class_group.pk}/remove-referent/", body).status_code


def test_a_colleague_to_whom_a_class_is_lent_decides_until_that_day_and_no_longer(
    api, enrolment, class_group, referent, colleague
):
    first, second = HourEntryFactory.create_batch(2, record=record_of(enrolment), submitted=True)
    decide = [f"/api/v1/hour-entries/{entry.pk}/approve/" for entry in (first, second)]
    assert api.as_(colleague.person).post(decide[0]).status_code == 404
    assert lend(api.as_(referent), class_group, colleague, in_days(3)) == (201, None)
    assert api.as_(colleague.person).post(decide[0]).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        assert api.as_(colleague.person).post(decide[1]).status_code == 404


def test_a_referent_lends_until_a_day_a_manager_for_good_too_and_a_delegate_passes_nothing_on(
    api, class_group, referent, manager, colleague
):
    other = StaffMembershipFactory(school=class_group.school)
    assert lend(api.as_(referent), class_group, colleague, None) == (400, "until_needed")
    assert lend(api.as_(referent), class_group, colleague, in_days(-1)) == (400, "until_passed")
    assert lend(api.as_(referent), class_group, colleague, in_days(0)) == (201, None)
    assert lend(api.as_(colleague.person), class_group, other, in_days(2)) == (403, "permission_denied")
    assert lend(api.as_(manager), class_group, other, None) == (201, None)
    assert lend(api.as_(referent), class_group, other, in_days(2)) == (403, "permission_denied")
    assert lend(api.as_(referent), class_group, StaffMembershipFactory(), in_days(2)) == (400, "referent_unknown")


def test_a_class_is_taken_back_by_the_referent_who_lent_it_and_for_good_by_a_manager(
    api, class_group, referent, manager, colleague
):
    ClassReferentFactory(class_group=class_group, membership=colleague, until_on=in_days(5))
    listed = api.as_(colleague.person).get(f"/api/v1/classes/{class_group.pk}/referents/").json()
    assert [row["until_on"] for row in listed] == [None, in_days(5)]
    own = class_group.referents.get(until_on=None).membership
    assert take_back(api.as_(referent), class_group, own) == 403
    assert take_back(api.as_(referent), class_group, colleague) == 200
    assert take_back(api.as_(referent), class_group, colleague) == 404
    assert take_back(api.as_(manager), class_group, own) == 200
    assert api.as_(referent).get(f"/api/v1/classes/{class_group.pk}/referents/").status_code == 404
