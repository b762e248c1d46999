"""Enrolments: asked for with a class code, decided by whoever answers for the class, ended by the school."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import allowances
from accounts import services as accounts
from accounts.allowances import Rule
from accounts.locks import lock_person
from accounts.models import User
from common import hooks, paris
from common.errors import BadInput, DomainError, NotAllowed, WrongState, next_state
from common.names import are_alike, best_spelling, name_key
from notifications import outbox
from schools import notices, selectors
from schools.kinds import Kind
from schools.models import ClassGroup, Enrolment, RosterLine
from schools.states import ENROLMENT_TRANSITIONS, EnrolmentStatus

# An account and the join that opened it are written in one transaction.
YOUNGEST_STUDENT, OLDEST_STUDENT = 10, 25
OPENED_BY_THE_JOIN = timedelta(minutes=1)
CORRECTIONS = Rule("birth date corrected", 5)


class RosterLineUndecided(DomainError):
    """409: the roster expects somebody of this name, and it was not said whether this is them."""

    code = "roster_line_undecided"
    field = "roster_line"
    detail = _(
        "The roster expects somebody like them: the same name or surname, or the same birth date. Say whether it is "
        "them: send the roster line, or null."
    )


def ensure_age_of_student(birth_date: date, class_group: ClassGroup) -> None:
    """Raises BadInput for a date that makes nobody a lycéen at the start of the class's year."""
    age = paris.age_on(birth_date, class_group.school_year.starts_on)
    if not YOUNGEST_STUDENT <= age <= OLDEST_STUDENT:
        raise BadInput(
            code="birth_date_impossible",
            fields={
                "birth_date": _(
                    "A student is between %(youngest)d and %(oldest)d years old at the start of the year. Check the"
                    " birth date."
                )
                % {"youngest": YOUNGEST_STUDENT, "oldest": OLDEST_STUDENT}
            },
        )


def ask_to_join(class_group: ClassGroup, student: User) -> None:
    """Enrols a student who has the class's code: active when an unclaimed roster line matches, else waiting.

    Whoever waits or is in stays so; a student who was refused or left asks anew. Called under the class's lock.
    """
    known = Enrolment.objects.filter(class_group=class_group, student=student)
    enrolment = known.select_for_update(of=("self",)).first()
    if enrolment is None:
        enrolment = Enrolment(class_group=class_group, student=student, status=EnrolmentStatus.REQUESTED)
    elif enrolment.status in (EnrolmentStatus.REQUESTED, EnrolmentStatus.ACTIVE):
        return
    else:
        enrolment.status = next_state(ENROLMENT_TRANSITIONS, "ask_again", enrolment.status)
        enrolment.decided_by = enrolment.activated_at = enrolment.ended_at = None
    enrolment.requested_at, enrolment.join_code = timezone.now(), class_group.join_code
    line = line_of(class_group, student)
    if line is None:
        enrolment.save()
        _ask_referents(enrolment)
        return
    enrolment.status = next_state(ENROLMENT_TRANSITIONS, "admit", enrolment.status)
    enrolment.activated_at = timezone.now()
    enrolment.save()
    _take_name_of(line, student)
    _claim(line, enrolment)
    _activated(enrolment)


def line_of(class_group: ClassGroup, student: User) -> RosterLine | None:
    """The unclaimed line that expects this very person."""
    key = name_key(student.first_name, student.last_name)
    lines = RosterLine.objects.unclaimed().filter(class_group=class_group, birth_date=student.birth_date)
    return lines.filter(name_key=key).first()


def lines_like(lines: Iterable[RosterLine], student: User) -> list[RosterLine]:
    """Those that may expect the student: of the name, of a surname like theirs, or of the birth date."""
    key = name_key(student.first_name, student.last_name)
    surname = student.last_name or student.first_name
    return [
        line
        for line in lines
        if line.name_key == key
        or line.birth_date == student.birth_date
        or are_alike(line.last_name or line.first_name, surname)
    ]


def _take_name_of(line: RosterLine, student: User) -> None:
    """The student's civil name is the roster's, with the accents that one of the two has and the other has not."""
    name = best_spelling((line.first_name, line.last_name), (student.first_name, student.last_name))
    if name != [student.first_name, student.last_name]:
        accounts.set_name(student, *name)


def _ask_referents(enrolment: Enrolment) -> None:
    occasion = outbox.occasion_of(enrolment.requested_at)
    for person in selectors.referents_of(enrolment.class_group):
        outbox.publish(notices.join_waiting, enrolment, to=person, occasion=occasion)


def _claim(line: RosterLine, enrolment: Enrolment) -> None:
    line.enrolment = enrolment
    line.save(update_fields=["enrolment"])
    hooks.roster_gives_guardian(line=line)


def _activated(enrolment: Enrolment) -> None:
    occasion = outbox.occasion_of(enrolment.activated_at)
    outbox.publish(notices.join_accepted, enrolment, to=enrolment.student, occasion=occasion)
    hooks.enrolment_activated(enrolment=enrolment)


def _lock(enrolment: Enrolment, actor: User) -> Enrolment:
    """The enrolment as it is now, its student locked before it. Raises NotAllowed."""
    if not selectors.leads(actor, enrolment.class_group):
        raise NotAllowed
    lock_person(enrolment.student_id)
    return (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("class_group__school_year", "student")
        .get(pk=enrolment.pk)
    )


@transaction.atomic
def admit_enrolment(
    enrolment: Enrolment, *, actor: User, roster_line: UUID | None = None, is_line_decided: bool = True
) -> Enrolment:
    """Lets a student who was not found on the roster into the class.

    With `roster_line` they are the one whom that line expects: its name, birth date and guardian become theirs. When
    the roster expects somebody like them, it must be decided whether they are: a birth date typed wrong, to be an
    adult, or a friend's name, is not waved through unseen. Raises NotAllowed, WrongState, BadInput,
    RosterLineUndecided.
    """
    enrolment = _lock(enrolment, actor)
    enrolment.status = next_state(ENROLMENT_TRANSITIONS, "admit", enrolment.status)
    lines = RosterLine.objects.unclaimed().filter(class_group=enrolment.class_group)
    line = lines.select_for_update(of=("self",)).filter(pk=roster_line).first() if roster_line else None
    if roster_line and line is None:
        raise BadInput(
            code="roster_line_unknown",
            fields={
                "roster_line": _(
                    "This roster line is of another class, or somebody has it already. Choose another one, or none."
                )
            },
        )
    if not is_line_decided and lines_like(lines, enrolment.student):
        raise RosterLineUndecided
    enrolment.decided_by, enrolment.activated_at = actor, timezone.now()
    enrolment.save(update_fields=["status", "decided_by", "activated_at"])
    if line is not None:
        if line.birth_date != enrolment.student.birth_date:
            accounts.change_birth_date(
                enrolment.student, line.birth_date, reason=str(_("As on the class's roster.")), actor=actor
            )
        _take_name_of(line, enrolment.student)
        _claim(line, enrolment)
    _decided(enrolment)
    _activated(enrolment)
    return enrolment


@transaction.atomic
def refuse_enrolment(enrolment: Enrolment, *, actor: User) -> Enrolment:
    """Refuses a student who was not on the roster; they may ask again. Raises NotAllowed, WrongState."""
    enrolment = _lock(enrolment, actor)
    enrolment.status = next_state(ENROLMENT_TRANSITIONS, "refuse", enrolment.status)
    enrolment.decided_by = actor
    enrolment.save(update_fields=["status", "decided_by"])
    _decided(enrolment)
    return enrolment


@transaction.atomic
def end_enrolment(enrolment: Enrolment, *, actor: User) -> Enrolment:
    """The student leaves the class: it is closed to them at the next request, their record stays readable.

    Raises NotAllowed, WrongState.
    """
    enrolment = _lock(enrolment, actor)
    enrolment.status = next_state(ENROLMENT_TRANSITIONS, "end", enrolment.status)
    enrolment.decided_by, enrolment.ended_at = actor, timezone.now()
    enrolment.save(update_fields=["status", "decided_by", "ended_at"])
    occasion = outbox.occasion_of(enrolment.ended_at)
    outbox.publish(notices.enrolment_ended, enrolment, to=enrolment.student, occasion=occasion)
    return enrolment


@transaction.atomic
def correct_birth_date(
    enrolment: Enrolment, *, birth_date: date, reason: str, accept_losses: bool, actor: User
) -> Enrolment:
    """The school corrects the birth date of its student of this year, with a reason; the student is told.

    Raises NotAllowed, WrongState, BadInput, TooOften, and what the student would lose by it (hook
    `birth_date_changed`) unless losses are accepted: a typo costs nobody a place.
    """
    enrolment = _lock(enrolment, actor)
    if enrolment.status != EnrolmentStatus.ACTIVE:
        raise WrongState("change_birth_date", enrolment.status)
    if not selectors.answers_for(actor, enrolment.student):
        raise NotAllowed
    ensure_age_of_student(birth_date, enrolment.class_group)
    allowances.take_or_refuse(CORRECTIONS, f"person:{enrolment.student_id}")
    accounts.change_birth_date(
        enrolment.student, birth_date, reason=reason, accept_losses=accept_losses, actor=actor
    )
    line = RosterLine.objects.select_related("enrolment__student").filter(enrolment=enrolment).first()
    if line is not None:
        hooks.roster_gives_guardian(line=line)
    # A student who turns out to be younger needs what was not asked for.
    hooks.enrolment_activated(enrolment=enrolment)
    return enrolment


def erase_joins_left_waiting() -> int:
    """Erases what nobody decided for JOIN_WAITING_DAYS: the join, and the account that was opened by it.

    Safe to run twice. Returns how many joins went.
    """
    limit = timezone.now() - timedelta(days=settings.JOIN_WAITING_DAYS)
    waiting = Enrolment.objects.waiting_since(limit).values_list("pk", "student_id")
    return sum(_erase(enrolment_id, student_id, limit) for enrolment_id, student_id in list(waiting))


@transaction.atomic
def _erase(enrolment_id: UUID, student_id: UUID, limit: Any) -> bool:
    student = lock_person(student_id)
    enrolment = Enrolment.objects.waiting_since(limit).select_for_update(of=("self",)).filter(pk=enrolment_id).first()
    if student is None or enrolment is None:
        return False
    _decided(enrolment)
    enrolment.delete()
    was_a_citizen = (
        not student.is_minor_on(paris.day_of(timezone.now()))
        and enrolment.created_at - student.created_at > OPENED_BY_THE_JOIN
    )
    if not was_a_citizen and not any(hooks.person_stays(person=student)):
        accounts.erase_person(student)
    return True


def _decided(enrolment: Enrolment) -> None:
    """Those who were to be told that the student waits need not be told any more."""
    outbox.take_back(Kind.JOIN_WAITING, enrolment)
