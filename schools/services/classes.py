"""Classes: opened by the school, joined by students with a code that lives a while."""

import secrets
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NotRequired, TypedDict

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import attempts, passwords
from accounts import services as accounts
from accounts.models import User
from common import codes, hooks
from common.errors import BadInput, DomainError, NotAllowed
from common.mailboxes import known_address
from common.names import name_key
from common.phones import normalise_phone
from schools import notices, selectors
from schools.models import ClassGroup, ClassReferent, Enrolment, RosterLine, School, SchoolYear, StaffMembership
from schools.services import enrolments

# No letters or digits that are mistaken for one another when read aloud or copied from a board.
JOIN_CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
JOIN_CODE_LENGTH = 8
FIRST_MONTH = 9
# With the same person twice, a code opens no more accounts than this for each place.
MOST_JOINS_A_PLACE = 2


class RosterLineFacts(TypedDict):
    """One expected student, as the school knows them."""

    first_name: str
    last_name: str
    birth_date: date
    guardian_email: str | None
    guardian_phone: NotRequired[str]


class JoinCodeRefused(BadInput):
    """The code opens no class now: unknown, expired, revoked or used up, and which is not said."""

    code = "join_code_refused"
    field = "join_code"
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
    *, school: School, name: str, capacity: int, referent_ids: Sequence[Any], day: date, actor: User
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
            code="referent_unknown",
            fields={"referents": _("This person is not on the school's staff. Invite them first.")},
        )
    class_group, created = ClassGroup.objects.get_or_create(
        school=school, school_year=ensure_school_year(day), name=name, defaults={"capacity": capacity}
    )
    if not created:
        said = _("This school already has a class of that name this year. Choose another name.")
        raise DomainError(said, code="class_exists", field="name")
    ClassReferent.objects.bulk_create(
        ClassReferent(class_group=class_group, membership=membership) for membership in memberships
    )
    return renew_join_code(class_group, actor=actor)


@transaction.atomic
def renew_join_code(class_group: ClassGroup, *, actor: User) -> ClassGroup:
    """Gives the class a new code for JOIN_CODE_DAYS; the old one stops working. Raises NotAllowed."""
    if not selectors.leads(actor, class_group):
        raise NotAllowed
    class_group.join_code = _new_join_code()
    class_group.join_code_expires_at = timezone.now() + timedelta(days=settings.JOIN_CODE_DAYS)
    class_group.save(update_fields=["join_code", "join_code_expires_at"])
    return class_group


@transaction.atomic
def add_to_roster(
    class_group: ClassGroup, lines: Sequence[RosterLineFacts], *, actor: User
) -> list[RosterLine]:
    """Adds expected students; a line already there (name and birth date) learns a guardian's address, and stays.

    Raises NotAllowed, BadInput (`phone_invalid`, a birth date that is not possible).
    """
    if not selectors.leads(actor, class_group):
        raise NotAllowed
    roster = []
    for number, line in enumerate(lines):
        phone = _phone_of(line, number, class_group)
        row, created = RosterLine.objects.get_or_create(
            class_group=class_group,
            name_key=name_key(line["first_name"], line["last_name"]),
            birth_date=line["birth_date"],
            defaults={
                "first_name": line["first_name"],
                "last_name": line["last_name"],
                "guardian_email": known_address(line["guardian_email"] or ""),
                "guardian_phone": phone,
            },
        )
        if not created and line["guardian_email"] and not row.guardian_email:
            row.guardian_email, row.guardian_phone = known_address(line["guardian_email"]), phone
            row.save(update_fields=["guardian_email", "guardian_phone"])
            hooks.roster_gives_guardian(line=row)
        roster.append(row)
    return roster


def _phone_of(line: RosterLineFacts, number: int, class_group: ClassGroup) -> str:
    """The guardian's number as it is kept. Raises BadInput that names the line, for a number or a birth date."""
    try:
        enrolments.ensure_age_of_student(line["birth_date"], class_group)
        return normalise_phone(line["guardian_phone"]) if line.get("guardian_phone") else ""
    except BadInput as error:
        names = {"phone": "guardian_phone"}
        fields = {f"students.{number}.{names.get(name, name)}": text for name, text in error.fields.items()}
        raise BadInput(code=error.code, fields=fields) from error


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
    device_key: str = "",
) -> None:
    """Opens a student's account by a class code, or joins with the account they have.

    A join that matches an unclaimed roster line (name and birth date) is active at once, any other waits for
    whoever answers for the class; a refused one asks anew. The same join sent again changes nothing. The
    answer says neither whether the address was known nor whether the roster matched: the student learns it by
    signing in. Since it tries a password, it is counted like a sign-in from `address`. The code is looked at before
    anything that costs time. Raises JoinCodeRefused, PasswordTooWeak, BadInput, TooManyAttempts.
    """
    if not _of_code(join_code).exists():
        raise JoinCodeRefused
    accounts.ensure_birth_date_possible(birth_date)
    newcomer = User(email=known_address(email), first_name=first_name, last_name=last_name)
    passwords.ensure_strong(password, person=newcomer)
    known = User.objects.filter(email=newcomer.email).first() if device_key else None
    attempt = attempts.begin_attempt(email=email, address=address, user=known, key=device_key)
    newcomer.language = language
    try:
        joined = _join(join_code, newcomer, birth_date, passwords.prove(email, password))
    except passwords.ProofOutdated:
        # Most often the same join, sent twice at once: the other one has opened the account.
        joined = _join(join_code, newcomer, birth_date, passwords.prove(email, password))
    if joined:
        attempts.succeed(attempt)


@transaction.atomic
def _join(join_code: str, newcomer: User, birth_date: date, proof: passwords.Proof) -> bool:
    """Whether the password opened or proved an account, which is then enrolled."""
    class_group = _class_of_code(join_code)
    enrolments.ensure_age_of_student(birth_date, class_group)
    known = User.objects.filter(email=newcomer.email).first()
    proof.ensure_current(known)
    newcomer.birth_date = birth_date
    if not (proof.is_right and _is_repeat(class_group, known)) and not _has_room_for(newcomer, class_group):
        raise JoinCodeRefused
    if known is None:
        student = accounts.open_account(
            email=newcomer.email,
            password_hash=proof.hash,
            first_name=newcomer.first_name,
            last_name=newcomer.last_name,
            birth_date=birth_date,
            language=newcomer.language,
        )
        if student is None:  # opened by somebody else since it was looked for
            raise passwords.ProofOutdated
    elif proof.is_right and _is_theirs(known, birth_date):
        student = known
    else:
        accounts.tell_owner(notices.already_has_an_account, class_group.name, owner=known)
        return False
    enrolments.ask_to_join(class_group, student)
    return True


def _of_code(join_code: str) -> QuerySet[ClassGroup]:
    return ClassGroup.objects.filter(
        join_code=codes.as_typed(join_code), join_code_expires_at__gt=timezone.now()
    )


def _class_of_code(join_code: str) -> ClassGroup:
    locked = _of_code(join_code).select_for_update(of=("self",), no_key=True)
    class_group = locked.select_related("school", "school_year").first()
    if class_group is None:
        raise JoinCodeRefused
    return class_group


def _is_repeat(class_group: ClassGroup, known: User | None) -> bool:
    """Whether somebody who has joined already sends their join again: the one join that a used-up code answers."""
    return Enrolment.objects.filter(class_group=class_group, student=known).exists()


def _has_room_for(newcomer: User, class_group: ClassGroup) -> bool:
    """Whether the code has a use left. One person who joins twice, by a mistyped address say, is one use.

    Somebody whom the roster expects finds their place whatever others did with the code.
    """
    came = Enrolment.objects.filter(class_group=class_group, join_code=class_group.join_code)
    students = User.objects.filter(pk__in=came.waiting_or_active().values("student"))
    facts = list(students.values_list("first_name", "last_name", "birth_date"))
    if len(facts) >= MOST_JOINS_A_PLACE * class_group.capacity:
        return False
    people = {(name_key(first_name, last_name), born_on) for first_name, last_name, born_on in facts}
    return len(people) < class_group.capacity or enrolments.line_of(class_group, newcomer) is not None


def _is_theirs(known: User, birth_date: date) -> bool:
    """Whether the join fits its account: the birth date it has; an account without one (staff, members) takes it,
    so that nobody becomes an adult by having had an account before."""
    if not known.is_active or known.suspended_at:
        return False
    if known.birth_date is None:
        accounts.set_birth_date(known, birth_date)
    return known.birth_date == birth_date
