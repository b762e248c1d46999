"""Reports of danger: anyone signed in makes one; the region takes it up and closes it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import paris
from common.errors import BadInput, NotAllowed, NotVisible, next_state
from consents.models import Guardian
from missions import notices, selectors
from missions.models import Message, Mission, Report
from missions.states import REPORT_TRANSITIONS
from notifications import outbox
from notifications.outbox import Notice
from organizations import selectors as organizations
from schools.selectors import enrolment_on, managers_of


class TargetUnknown(BadInput):
    """400: what is reported does not exist, or not for the reporter."""

    code = "target_unknown"


@transaction.atomic
def report_danger(
    *,
    text: str,
    actor: User,
    mission: UUID | None = None,
    organization: UUID | None = None,
    person: UUID | None = None,
    message: UUID | None = None,
) -> Report:
    """Tells the region, and for a minor the school's managers, of a danger about one thing, given by its id.

    Raises BadInput (`one_target`), TargetUnknown.
    """
    ids = {"mission": mission, "organization": organization, "person": person, "message": message}
    named = {name: pk for name, pk in ids.items() if pk is not None}
    if len(named) != 1:
        said = _("Choose one: a mission, an organisation, a person or a message.")
        raise BadInput(code="one_target", fields={"mission": said})
    ((name, pk),) = named.items()
    target = _known_to(actor, name).filter(pk=pk).first()
    if target is None:
        raise TargetUnknown(fields={name: NotVisible.detail})
    report = Report.objects.create(reporter=actor, text=text, **{name: target})
    _tell(report)
    return report


def _known_to(actor: User, name: str) -> Any:
    if name == "mission":
        return Mission.objects.reachable_by(actor)
    if name == "organization":
        return selectors.organizations_known_to(actor)
    if name == "message":
        return Message.objects.visible_to(actor)
    return selectors.people_known_to(actor)


def report_by_guardian(message: Message, guardian: Guardian, *, text: str) -> Report:
    """A guardian tells of a message to their child; told again, the first report stands. Call it in a transaction."""
    report, is_new = Report.objects.get_or_create(message=message, guardian=guardian, defaults={"text": text})
    if is_new:
        _tell(report)
    return report


def _tell(report: Report) -> None:
    """Everybody at once who may read it (`visible_to`), the reporter and the reported excepted."""
    for person in organizations.region_staff():
        _tell_one(notices.danger_reported, report, person)
    today = paris.day_of(timezone.now())
    student = report.guardian.student if report.guardian else None
    for minor in filter(None, (report.reporter, report.person, student)):
        enrolment = enrolment_on(minor, today) if minor.is_minor_on(today) else None
        for manager in managers_of(enrolment.class_group.school) if enrolment else []:
            _tell_one(notices.danger_reported_to_school, report, manager)


def _tell_one(say: Callable[[Any], Notice], report: Report, person: User) -> None:
    if person.pk != report.reporter_id and Report.objects.visible_to(person).filter(pk=report.pk).exists():
        outbox.publish(say, report, to=person)


@transaction.atomic
def take_report(report: Report, *, actor: User) -> Report:
    """One of the region's staff takes it up. Raises NotAllowed, NotVisible, WrongState."""
    row = _locked(report, actor)
    row.status = next_state(REPORT_TRANSITIONS, "take", row.status)
    row.taken_by, row.taken_at = actor, timezone.now()
    row.save(update_fields=["status", "taken_by", "taken_at"])
    return row


@transaction.atomic
def close_report(report: Report, *, follow_up: str, actor: User) -> Report:
    """Closes it, with what was done. Raises BadInput (`follow_up_needed`), NotAllowed, NotVisible, WrongState."""
    if not follow_up.strip():
        raise BadInput(code="follow_up_needed", fields={"follow_up": _("Say what was done.")})
    row = _locked(report, actor)
    row.status = next_state(REPORT_TRANSITIONS, "close", row.status)
    row.follow_up, row.closed_at = follow_up, timezone.now()
    row.save(update_fields=["status", "follow_up", "closed_at"])
    return row


def _locked(report: Report, actor: User) -> Report:
    if not actor.is_region_staff:
        raise NotAllowed
    row = Report.objects.followed_by(actor).filter(pk=report.pk).select_for_update(of=("self",)).first()
    if row is None:
        raise NotVisible
    return row


def forget_closed_reports() -> None:
    """Deletes reports REPORT_KEPT_DAYS after they were closed. Safe to run twice."""
    oldest = timezone.now() - timedelta(days=settings.REPORT_KEPT_DAYS)
    Report.objects.filter(closed_at__lt=oldest).delete()
