"""Hours by hand for a mission, on which its organisers and the student's school give their word."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from common.models import uuid7
from engagement.models import HourEntry
from schools.models import ClassReferent
from tests.support.factories import (
    MissionFactory,
    OrganizationMembershipFactory,
    StaffMembershipFactory,
    enrolled_student,
    record_of,
)

DAY = datetime(2026, 11, 18, 9, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def student_of_a_mission(api: Any) -> SimpleNamespace:
    """A student of a class, its referent and manager, and a mission with its coordinator."""
    enrolment, mission = enrolled_student(), MissionFactory()
    coordinator = OrganizationMembershipFactory(organization=mission.organization).person
    teacher = ClassReferent.objects.get(class_group=enrolment.class_group).membership.person
    manager = StaffMembershipFactory(school=enrolment.class_group.school, manager=True).person
    return SimpleNamespace(
        student=enrolment.student,
        class_group=enrolment.class_group,
        record=record_of(enrolment),
        mission=mission,
        coordinator=coordinator,
        phone=api.as_(enrolment.student),
        organiser=api.as_(coordinator),
        teacher=api.as_(teacher),
        teacher_person=teacher,
        manager=api.as_(manager),
        manager_person=manager,
    )


def act(client: Any, row: Any, verb: str, kind: str = "hour-entries", **body: Any) -> tuple[int, str | None]:
    """Status and code of an action on an entry or another row."""
    answer = client.post(f"/api/v1/{kind}/{getattr(row, 'pk', row)}/{verb}/", body)
    return answer.status_code, answer.json().get("code")


def log(s: SimpleNamespace, start: datetime = DAY, minutes: int = 60, **facts: Any) -> HourEntry:
    """Hours by hand for the mission, handed in."""
    times = {"started_at": start.isoformat(), "ended_at": (start + minutes * MINUTE).isoformat()}
    body = {"mission": str(s.mission.pk), **times}
    entry_id = uuid7()
    assert s.phone.put(f"/api/v1/hour-entries/{entry_id}/", {**body, **facts}).status_code == 201
    assert act(s.phone, entry_id, "submit") == (200, None)
    return HourEntry.objects.get(pk=entry_id)


def axes(entry: HourEntry) -> tuple[str, str, int | None, int | None]:
    """Whether it counts, whether it happened, and the minutes of both."""
    entry.refresh_from_db()
    return entry.status, entry.attestation_status, entry.attested_minutes, entry.approved_minutes
