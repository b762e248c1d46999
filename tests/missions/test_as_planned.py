"""A paper list is confirmed "as planned": the shift's own hours, and a flag where nobody checked in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.factories import AttendanceFactory, OrganizationMembershipFactory, ShiftFactory, SignUpFactory
from tests.support.world import API

pytestmark = pytest.mark.django_db


def attendance_on(shift):
    return AttendanceFactory(sign_up=SignUpFactory(shift=shift, accepted=True))


def shift_that_ended(hours_ago):
    ends_at = timezone.now() - timedelta(hours=hours_ago)
    return ShiftFactory(starts_at=ends_at - timedelta(hours=2), ends_at=ends_at)


def confirm(api, shift, *rows, **how):
    boss = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
    body = {"confirmations": [{"attendance": str(row.pk), **how} for row in rows]}
    answer = boss.post(f"{API}attendances/bulk-confirm/", body)
    assert answer.status_code == 200, answer.json()
    return boss, [(row["status"], row["minutes"], row["code"]) for row in answer.json()["results"]]


def test_as_planned_gives_the_shifts_hours_and_says_that_nobody_checked_in(api):
    shift = shift_that_ended(3)
    here, there = attendance_on(shift), attendance_on(shift)
    boss, results = confirm(api, shift, here, there, as_planned=True)
    assert results == [("confirmed", 120, None)] * 2
    seen = boss.get(f"{API}attendances/{here.pk}/").json()
    assert seen["flags"] == ["no_check_in"]
    assert (seen["arrived_at"], seen["left_at"]) == (
        shift.starts_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        shift.ends_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    )


def test_without_the_word_minutes_are_asked_for(api):
    shift = shift_that_ended(3)
    _boss, results = confirm(api, shift, attendance_on(shift))
    assert results == [(None, None, "minutes_needed")]


def test_a_shift_that_runs_still_has_no_planned_end_to_confirm(api):
    shift = shift_that_ended(-1)
    _boss, results = confirm(api, shift, attendance_on(shift), as_planned=True)
    assert results == [(None, None, "minutes_impossible")]


def test_nobody_is_flagged_before_somebody_says_what_happened(api):
    shift = shift_that_ended(3)
    row = attendance_on(shift)
    boss = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
    assert boss.get(f"{API}attendances/{row.pk}/").json()["flags"] == []
