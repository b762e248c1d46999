"""Whoever signs in reads what they are and where in one request, `me`."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.support.factories import (
    ClassGroupFactory,
    ClassReferentFactory,
    EngagementOptionFactory,
    EnrolmentFactory,
    OrganizationMembershipFactory,
    StaffMembershipFactory,
    UserFactory,
)
from tests.support.world import API

pytestmark = pytest.mark.django_db


def me(api, person):
    return api.as_(person).get(f"{API}me/").json()


def test_somebody_without_a_role_has_none(api):
    mine = me(api, UserFactory())
    assert mine["roles"] == {"classes": [], "schools": [], "organizations": [], "is_region_staff": False}
    assert mine["enrolments"] == []


def test_a_teacher_reads_school_and_classes_a_delegate_until_when(api):
    referent = ClassReferentFactory()
    person, class_group = referent.membership.person, referent.class_group
    tomorrow = timezone.now().date() + timedelta(days=2)
    lent = ClassReferentFactory(membership=referent.membership, class_group=ClassGroupFactory(), until_on=tomorrow)
    ClassReferentFactory(
        membership=referent.membership, class_group=ClassGroupFactory(), until_on=tomorrow - timedelta(days=9)
    )
    roles = me(api, person)["roles"]
    school = referent.membership.school
    assert roles["schools"] == [{"id": str(school.pk), "name": school.name, "role": referent.membership.role}]
    assert [(row["id"], row["until_on"]) for row in roles["classes"]] == [
        (str(lent.class_group_id), str(tomorrow)),
        (str(class_group.pk), None),
    ]
    assert roles["classes"][1]["school"] == {"id": str(class_group.school_id), "name": class_group.school.name}
    assert roles["classes"][1]["school_year_label"] == class_group.school_year.label


def test_a_member_of_an_organisation_reads_it_with_the_role(api):
    member = OrganizationMembershipFactory()
    (row,) = me(api, member.person)["roles"]["organizations"]
    unit = member.organization
    assert row == {
        "id": str(unit.pk), "name": unit.name, "kind": unit.kind, "status": unit.status, "role": member.role
    }  # fmt: skip


def test_a_student_reads_class_school_and_option_in_the_answer_of_an_edit_too(api):
    enrolment = EnrolmentFactory()
    class_group = enrolment.class_group
    (mine,) = me(api, enrolment.student)["enrolments"]
    assert (mine["id"], mine["status"]) == (str(enrolment.pk), "active")
    assert mine["class_group"] == {"id": str(class_group.pk), "name": class_group.name}
    assert mine["school"] == {"id": str(class_group.school_id), "name": class_group.school.name}
    assert (mine["option"]["id"], mine["option"]["target_minutes"]) == (None, 36 * 60)
    option = EngagementOptionFactory(school=class_group.school, school_year=class_group.school_year, target_minutes=600)
    client = api.as_(enrolment.student)
    edited = client.patch(f"{API}me/", {"language": "en"}, HTTP_IF_MATCH="*").json()
    assert edited == me(api, enrolment.student)
    assert (edited["enrolments"][0]["option"]["id"], edited["language"]) == (str(option.pk), "en")


def test_one_who_left_reads_no_class_and_one_who_waits_does(api):
    left = EnrolmentFactory(status="ended", ended_at=datetime(2026, 10, 1, tzinfo=UTC))
    assert me(api, left.student)["enrolments"] == []
    waits = EnrolmentFactory(status="requested", activated_at=None)
    assert [row["status"] for row in me(api, waits.student)["enrolments"]] == ["requested"]


def test_more_roles_take_no_more_queries(api, assert_constant_queries):
    person = ClassReferentFactory().membership.person
    EnrolmentFactory(student=person)

    def grow():
        for _one in range(3):
            ClassReferentFactory(membership=StaffMembershipFactory(person=person))
            OrganizationMembershipFactory(person=person)
            EnrolmentFactory(student=person)

    client = api.as_(person)
    assert_constant_queries(lambda: client.get(f"{API}me/"), grow=grow)
    mine = client.get(f"{API}me/").json()
    assert {len(mine["roles"]["classes"]), len(mine["enrolments"])} == {4}
