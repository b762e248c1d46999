"""Answers about schools that no single model owns."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import codes, paris
from common.errors import DomainError
from notifications.models import OutboxMessage
from notifications.outbox import ids_in, named
from schools.models import ClassGroup, ClassReferent, Enrolment, RosterLine, School, StaffMembership


def is_enrolled(*, person: User) -> bool:
    """Whether a school vouches for this person by an active enrolment of the present school year."""
    return Enrolment.objects.active().on_day(paris.day_of(timezone.now())).filter(student=person).exists()


class NameIsTheSchools(DomainError):
    """409: a student's civil name is the school's, at any age."""

    code = "name_is_the_schools"
    field = "first_name"
    detail = _("Your name is the one your school knows. If it is wrong, ask the school to correct it.")


def name_is_the_schools(*, person: User) -> DomainError | None:
    """Hook `name_is_held`: of somebody who is a student this year, or waits to be one."""
    asked = Enrolment.objects.filter(student=person).waiting_or_active()
    return NameIsTheSchools() if asked.on_day(paris.day_of(timezone.now())).exists() else None


def is_on_roster(student_id: UUID, guardian_email: str) -> bool:
    """Whether a roster line that the student claimed gives this very address of a guardian."""
    return RosterLine.objects.filter(enrolment__student=student_id, guardian_email=guardian_email).exists()


def enrolment_on(person: User, day: date) -> Enrolment | None:
    """The person's active enrolment in the school year that holds the day; the newest when they changed class."""
    return enrolments_on({(person.pk, day)}).get((person.pk, day))


def enrolments_on(days: Collection[tuple[Any, date]]) -> dict[tuple[Any, date], Enrolment]:
    """`enrolment_on` by the ids of people and a day of each, in one query; a person who has none is not in it."""
    found: dict[tuple[Any, date], Enrolment] = {}
    if days:
        people = {person_id for person_id, _day in days}
        last, first = max(day for _person_id, day in days), min(day for _person_id, day in days)
        years = {"class_group__school_year__starts_on__lte": last, "class_group__school_year__ends_on__gte": first}
        rows = Enrolment.objects.active().filter(student__in=people, **years).order_by("-id")
        enrolments: dict[Any, list[Enrolment]] = {}
        for row in rows.select_related("class_group__school_year", "class_group__school"):
            enrolments.setdefault(row.student_id, []).append(row)
        for person_id, day in days:
            for row in enrolments.get(person_id, []):
                if row.class_group.school_year.starts_on <= day <= row.class_group.school_year.ends_on:
                    found.setdefault((person_id, day), row)
    return found


def is_staff(person: User) -> bool:
    """Whether the person is active staff of any school."""
    return StaffMembership.objects.active().of(person).exists()


def is_school_manager(person: User) -> bool:
    """Whether the person is an active manager of any school."""
    return StaffMembership.objects.active().managers().of(person).exists()


def manages(person: User, school: School) -> bool:
    """Whether the person is an active manager of this school."""
    return School.objects.managed_by(person).filter(pk=school.pk).exists()


def has_other_ties(*, person: User) -> bool:
    """Hook `person_stays`: whether a school knows the person, as a student of any state or as staff."""
    return Enrolment.objects.filter(student=person).exists() or StaffMembership.objects.filter(person=person).exists()


def referents_of(class_group: ClassGroup) -> list[User]:
    """Who answers for the class today: its referents and delegates who still work there."""
    return referents_of_each([class_group.pk]).get(class_group.pk, [])


def referents_of_each(classes: Iterable[UUID]) -> dict[UUID, list[User]]:
    """`referents_of` each of these, by its id, in one query; a class without any is not in it."""
    found: dict[UUID, dict[UUID, User]] = defaultdict(dict)
    rows = ClassReferent.objects.in_charge().filter(class_group__in=list(classes)).order_by("membership__person")
    for row in rows.select_related("membership__person"):
        found[row.class_group_id][row.membership.person_id] = row.membership.person
    return {pk: list(people.values()) for pk, people in found.items()}


def classes_of_referents(people: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """The classes that each of these people answers for today as referent or delegate, by ids, in one query."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    rows = ClassReferent.objects.in_charge().filter(membership__person__in=list(people))
    for person_id, class_id in rows.values_list("membership__person", "class_group"):
        found[person_id].add(class_id)
    return dict(found)


def classes_of_managers(people: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """The classes of the schools that each of these people manages, by ids, in one query."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    rows = StaffMembership.objects.active().managers().filter(person__in=list(people))
    for person_id, class_id in rows.values_list("person", "school__classes"):
        found[person_id].add(class_id)
    return dict(found)


def answers_for(person: User, student: User) -> bool:
    """Whether the person leads a class the student is active in, and is somebody else."""
    if person.pk == student.pk:
        return False
    today = paris.day_of(timezone.now())
    return Enrolment.objects.active().on_day(today).led_by(person).filter(student=student).exists()


def class_of(class_id: UUID) -> ClassGroup | None:
    """The class of this id; whether somebody may name it is the caller's to ask (`leads`)."""
    return ClassGroup.objects.select_related("school_year").filter(pk=class_id).first()


def class_name_of(person_id: UUID, school_id: UUID, school_year_id: UUID) -> str:
    """The name of the person's class in a school and year: the newest they were active in; "" without any."""
    enrolments = Enrolment.objects.filter(
        student=person_id, class_group__school=school_id, class_group__school_year=school_year_id
    ).filter(activated_at__isnull=False)
    return str(enrolments.order_by("activated_at", "pk").values_list("class_group__name", flat=True).last() or "")


def class_of_code(join_code: str) -> ClassGroup | None:
    """The class that this code opens now."""
    living = ClassGroup.objects.filter(join_code_expires_at__gt=timezone.now()).exclude(join_code="")
    return living.select_related("school_year").filter(join_code=codes.as_typed(join_code)).first()


def students_of(class_group: ClassGroup) -> list[User]:
    """Who is active in the class, by name."""
    active = Enrolment.objects.active().filter(class_group=class_group).values("student")
    return list(User.objects.filter(pk__in=active).order_by("last_name", "first_name", "id"))


def manages_student(person: User, student: User) -> bool:
    """Whether the person is an active manager of the school the student is in this year, and somebody else."""
    if person.pk == student.pk:
        return False
    enrolled = Enrolment.objects.active().on_day(paris.day_of(timezone.now())).filter(student=student)
    return School.objects.managed_by(person).filter(classes__enrolments__in=enrolled).exists()


def who_answers_for(student: User) -> list[User]:
    """The referents of the student's class today and the managers of its school."""
    enrolment = enrolment_on(student, paris.day_of(timezone.now()))
    if enrolment is None:
        return []
    people = {person.pk: person for person in referents_of(enrolment.class_group)}
    people |= {person.pk: person for person in managers_of(enrolment.class_group.school)}
    return [people[pk] for pk in sorted(people)]


def managers_of_student(student: User) -> list[User]:
    """The managers of the school that the student is in today."""
    enrolment = enrolment_on(student, paris.day_of(timezone.now()))
    return managers_of(enrolment.class_group.school) if enrolment else []


def leads(person: User, class_group: ClassGroup) -> bool:
    """Whether the person answers for this class (referent, delegate, or manager of its school)."""
    return ClassGroup.objects.led_by(person).filter(pk=class_group.pk).exists()


def managers_of(school: School) -> list[User]:
    """The school's active managers."""
    return managers_of_each([school.pk]).get(school.pk, [])


def managers_of_each(school_ids: Iterable[UUID]) -> dict[UUID, list[User]]:
    """`managers_of` each of these, by its id, in one query; a school without any is not in it."""
    found: dict[UUID, list[User]] = defaultdict(list)
    rows = StaffMembership.objects.active().managers().filter(school__in=set(school_ids), person__is_active=True)
    for row in rows.select_related("person").order_by("person"):
        found[row.school_id].append(row.person)
    return dict(found)


def written_for(*, messages: Iterable[OutboxMessage]) -> dict[UUID, str]:
    """Hook `mail_written_for`: the schools of the enrolments they are about. note: causes a query where any is."""
    about = ids_in(messages, "enrolment")
    rows = Enrolment.objects.filter(pk__in=set(about.values()))
    return named(about, rows.values_list("pk", "class_group__school__name"))


def schools_today(student_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of the schools where these people are enrolled today, by their ids."""
    rows = Enrolment.objects.active().on_day(paris.day_of(timezone.now())).filter(student__in=student_ids)
    return dict(rows.values_list("student_id", "class_group__school__name"))
