"""Classes: opened by the school, joined by students with a code that lives a while."""

import secrets
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, TypedDict

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import attempts, passwords
from accounts import services as accounts
from accounts.models import User
from common import hooks, paris
from common.errors import BadInput, DomainError, NotAllowed, next_state
from common.models import uuid7
from common.text import fold
from notifications import outbox
from schools import notices, selectors
from schools.models import ClassGroup, ClassReferent, Enrolment, RosterLine, School, SchoolYear, StaffMembership
from schools.states import ENROLMENT_TRANSITIONS, EnrolmentStatus

# No letters or digits that are mistaken for one another when read aloud or copied from a board.
JOIN_CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
JOIN_CODE_LENGTH = 8
FIRST_MONTH = 9


class RosterLineFacts(TypedDict):
    """One expected student, as the school knows them."""

    first_name: str
    last_name: str
    birth_date: date
    guardian_email: str | None


class JoinCodeRefused(BadInput):
    """The code opens no class now: unknown, expired, revoked or used up, and which is not said."""

    code = "join_code_refused"
    detail = _("This class code is not valid (any more). Ask your teacher for the present one.")


def ensure_school_year(day: date) -> SchoolYear:
    """The school year that holds the day (1 September to 31 August), made when it is not there yet."""
    first_year = day.year if day.month >= FIRST_MONTH else day.year - 1
    year, _created = SchoolYear.objects.get_or_create(
        starts_on=date(first_year, FIRST_MONTH, 1), defaults={"ends_on": date(first_year + 1, 8, 31)}
    )
    return year


def _new_join_code() -> str:
    return "".join(secrets.choice(JOIN_CODE_ALPHABET) for _position in range(JOIN_CODE_LENGTH))


@transaction.atomic
def open_class(
    *, school: School, name: str, capacity: int, referent_ids: Sequence[Any], day: date, actor: Any
) -> ClassGroup:
    """Opens a class of the year that holds `day`, with its join code and its referents.

    Raises NotAllowed when the actor does not manage the school, BadInput for a referent who is not its staff,
    DomainError (`class_exists`) when the year has a class of that name.
    """
    if not selectors.manages(actor, school):
        raise NotAllowed
    memberships = list(StaffMembership.objects.active().filter(school=school, pk__in=referent_ids))
    if len(memberships) != len(set(referent_ids)):
        raise BadInput(
            code="referent_unknown", fields={"referents": _("Not a staff membership of this school.")}
        )
    class_group, created = ClassGroup.objects.get_or_create(
        school=school, school_year=ensure_school_year(day), name=name, defaults={"capacity": capacity}
    )
    if not created:
        raise DomainError(_("This school already has a class of that name this year."), code="class_exists")
    ClassReferent.objects.bulk_create(
        ClassReferent(class_group=class_group, membership=membership) for membership in memberships
    )
    return renew_join_code(class_group, actor=actor)


@transaction.atomic
def renew_join_code(class_group: ClassGroup, *, actor: Any) -> ClassGroup:
    """Gives the class a new code for JOIN_CODE_DAYS; the old one stops working. Raises NotAllowed."""
    if not selectors.leads(actor, class_group):
        raise NotAllowed
    class_group.join_code = _new_join_code()
    class_group.join_code_expires_at = timezone.now() + timedelta(days=settings.JOIN_CODE_DAYS)
    class_group.join_count = 0
    class_group.save(update_fields=["join_code", "join_code_expires_at", "join_count"])
    return class_group


@transaction.atomic
def add_to_roster(
    class_group: ClassGroup, lines: Sequence[RosterLineFacts], *, actor: Any
) -> list[RosterLine]:
    """Adds expected students; a line already there (name and birth date) is returned as it is. Raises NotAllowed."""
    if not selectors.leads(actor, class_group):
        raise NotAllowed
    roster = []
    for line in lines:
        accounts.ensure_birth_date_possible(line["birth_date"])
        row, _created = RosterLine.objects.get_or_create(
            class_group=class_group,
            name_key=fold(f"{line['first_name']} {line['last_name']}"),
            birth_date=line["birth_date"],
            defaults={
                "first_name": line["first_name"],
                "last_name": line["last_name"],
                "guardian_email": (line["guardian_email"] or "").lower(),
            },
        )
        roster.append(row)
    return roster


def join_class(
    *,
    join_code: str,
    email: str,
    password: str,
    first_name: str,
    last_name: str,
    birth_date: date,
    language: str,
    address: str,
) -> None:
    """Opens a student's account by a class code, or joins with the account they have.

    A join that matches an unclaimed roster line (name and birth date) is active at once, any other waits for
    whoever answers for the class. The same join sent again, because its answer was lost, changes nothing. The
    answer says neither whether the address was known nor whether the roster matched: the student learns it by
    signing in. Since it tries a password, it is counted like a sign-in from `address`. Raises JoinCodeRefused,
    PasswordTooWeak, BadInput, TooManyAttempts.
    """
    accounts.ensure_birth_date_possible(birth_date)
    newcomer = User(email=email.strip().lower(), first_name=first_name, last_name=last_name)
    passwords.ensure_strong(password, person=newcomer)
    attempt = attempts.begin_attempt(email=email, address=address, user=None, key="")
    with transaction.atomic():
        class_group = _class_of_code(join_code)
        known = User.objects.filter(email=email.strip().lower()).first()
        if class_group.join_count >= class_group.capacity and not _is_repeat(class_group, known, password):
            raise JoinCodeRefused
        if known is None:
            student = accounts.open_account(
                email=email,
                password=password,
                first_name=first_name,
                last_name=last_name,
                birth_date=birth_date,
                language=language,
            )
        elif _is_proved(known, password, birth_date):
            student = known
        else:
            student = None
        if student is None:
            _tell_owner(email, class_group)
            return
        _enrol(class_group, student)
    attempts.succeed(attempt)


def _class_of_code(join_code: str) -> ClassGroup:
    class_group = (
        ClassGroup.objects.select_for_update(of=("self",), no_key=True)
        .select_related("school")
        .filter(join_code=join_code.strip().upper(), join_code_expires_at__gt=timezone.now())
        .first()
    )
    if class_group is None:
        raise JoinCodeRefused
    return class_group


def _is_repeat(class_group: ClassGroup, known: User | None, password: str) -> bool:
    """Whether somebody who has joined already sends their join again: the one join that a used-up code answers."""
    enrolled = known is not None and Enrolment.objects.filter(class_group=class_group, student=known).exists()
    return known is not None and enrolled and check_password(password, known.password)


def _is_proved(known: User, password: str, birth_date: date) -> bool:
    """Whether the join is the account owner's: its password, and the birth date it has; an account without one
    (staff, members) takes it, so that nobody becomes an adult by having had an account before."""
    if not (check_password(password, known.password) and known.is_active and not known.suspended_at):
        return False
    if known.birth_date is None:
        accounts.change_birth_date(known, birth_date)
    return known.birth_date == birth_date


def _tell_owner(email: str, class_group: ClassGroup) -> None:
    owner = User.objects.filter(email=email.strip().lower()).first()
    if owner is not None:
        outbox.publish(
            notices.already_has_an_account, class_group.name, to=owner, dedupe_key=f"account-exists:{uuid7()}"
        )


def _enrol(class_group: ClassGroup, student: User) -> None:
    if Enrolment.objects.filter(class_group=class_group, student=student).exists():
        return
    line = (
        RosterLine.objects.unclaimed()
        .filter(class_group=class_group, name_key=fold(student.full_name), birth_date=student.birth_date)
        .first()
    )
    enrolment = Enrolment.objects.create(
        class_group=class_group,
        student=student,
        status=EnrolmentStatus.ACTIVE if line else EnrolmentStatus.REQUESTED,
        activated_at=timezone.now() if line else None,
    )
    ClassGroup.objects.filter(pk=class_group.pk).update(join_count=F("join_count") + 1)
    if line is None:
        _ask_referents(enrolment)
        return
    line.enrolment = enrolment
    line.save(update_fields=["enrolment"])
    _activated(enrolment, line)


def _activated(enrolment: Enrolment, line: RosterLine | None) -> None:
    minor = enrolment.student.is_minor_on(paris.day_of(timezone.now()))
    if line is not None and line.guardian_email and minor:
        accounts.add_guardian_from_roster(student=enrolment.student, email=line.guardian_email)
    outbox.publish(
        notices.join_accepted, enrolment, to=enrolment.student, dedupe_key=f"join-accepted:{enrolment.pk}"
    )
    hooks.enrolment_activated(enrolment=enrolment)


def _ask_referents(enrolment: Enrolment) -> None:
    for referent in enrolment.class_group.referents.select_related("membership__person"):
        person = referent.membership.person
        outbox.publish(
            notices.join_waiting, enrolment, to=person, dedupe_key=f"join-waiting:{enrolment.pk}:{person.pk}"
        )


def _move(enrolment: Enrolment, verb: str, actor: Any) -> Enrolment:
    if not selectors.leads(actor, enrolment.class_group):
        raise NotAllowed
    enrolment = (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("class_group", "student")
        .get(pk=enrolment.pk)
    )
    enrolment.status = next_state(ENROLMENT_TRANSITIONS, verb, enrolment.status)
    enrolment.decided_by = actor
    enrolment.activated_at = timezone.now() if enrolment.status == EnrolmentStatus.ACTIVE else None
    enrolment.save(update_fields=["status", "decided_by", "activated_at"])
    return enrolment


@transaction.atomic
def admit_enrolment(enrolment: Enrolment, *, actor: Any) -> Enrolment:
    """Lets a student who was not on the roster into the class. Raises NotAllowed, WrongState."""
    enrolment = _move(enrolment, "admit", actor)
    _activated(enrolment, None)
    return enrolment


@transaction.atomic
def refuse_enrolment(enrolment: Enrolment, *, actor: Any) -> Enrolment:
    """Refuses a student who was not on the roster. Raises NotAllowed, WrongState."""
    return _move(enrolment, "refuse", actor)
