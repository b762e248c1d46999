"""Answers about schools that no single model owns."""

from datetime import date
from typing import Any

from django.utils import timezone

from common import paris
from schools.models import ClassGroup, Enrolment, School, StaffMembership


def is_enrolled(*, person: Any) -> bool:
    """Whether a school vouches for this person by an active enrolment of the present school year."""
    return Enrolment.objects.active().on_day(paris.day_of(timezone.now())).filter(student=person).exists()


def enrolment_on(person: Any, day: date) -> Enrolment | None:
    """The person's active enrolment in the school year that holds the day; the newest when they changed class."""
    return (
        Enrolment.objects.active()
        .on_day(day)
        .filter(student=person)
        .select_related("class_group__school_year", "class_group__school")
        .order_by("-id")
        .first()
    )


def is_staff(person: Any) -> bool:
    """Whether the person is active staff of any school."""
    return StaffMembership.objects.active().filter(person=person).exists()


def is_school_manager(person: Any) -> bool:
    """Whether the person is an active manager of any school."""
    return StaffMembership.objects.active().managers().filter(person=person).exists()


def manages(person: Any, school: School) -> bool:
    """Whether the person is an active manager of this school."""
    return School.objects.managed_by(person).filter(pk=school.pk).exists()


def answers_for(person: Any, student: Any) -> bool:
    """Whether the person leads a class the student is active in."""
    today = paris.day_of(timezone.now())
    return Enrolment.objects.active().on_day(today).led_by(person).filter(student=student).exists()


def leads(person: Any, class_group: ClassGroup) -> bool:
    """Whether the person answers for this class (referent, delegate, or manager of its school)."""
    return ClassGroup.objects.led_by(person).filter(pk=class_group.pk).exists()
