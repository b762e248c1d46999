"""A whole class on a shift: by its referent, as if each student asked, or by an organiser, who gives the places."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_people
from accounts.models import User
from common import paris
from common.errors import BadInput
from missions import eligibility, notices
from missions.models import Shift, SignUp
from missions.services.locks import lock_shift_for_place
from missions.services.places import settle, take_place
from missions.services.waiting_list import offer_freed_places
from missions.services.writing import write_sign_up
from missions.states import Reason, SignUpStatus
from notifications import outbox
from organizations import selectors as organizations
from organizations.models import SignUpMode
from schools import selectors as schools
from schools.models import ClassGroup


@dataclass(frozen=True)
class Outcome:
    """What became of one student: the sign-up that was made, or the machine reason against it."""

    student: User
    reason: Reason
    sign_up: SignUp | None = None


class _NotAll(Exception):
    """Some do not fit, and all were asked for."""


def class_for(shift: Shift, *, class_group: UUID | None, join_code: str, actor: User) -> ClassGroup:
    """The class meant: one that the actor answers for, by its id, or one whose living code its teachers gave to
    the one who runs the shift. Raises BadInput (`class_needed`, `class_unknown`)."""
    if bool(class_group) == bool(join_code):
        raise BadInput(code="class_needed", fields={"class_group": _("Send the class, or its code.")})
    found = schools.class_of(class_group) if class_group else schools.class_of_code(join_code)
    runs_it = bool(join_code) and organizations.runs(actor, shift.mission.organization)
    day = paris.day_of(shift.starts_at)
    is_of_the_year = found is not None and found.school_year.starts_on <= day <= found.school_year.ends_on
    if found is None or not is_of_the_year or not (runs_it or schools.leads(actor, found)):
        name = "class_group" if class_group else "join_code"
        said = _("You cannot sign this class up here. Choose one of yours, or ask its teacher for the code.")
        raise BadInput(code="class_unknown", fields={name: said})
    return found


@transaction.atomic
def sign_up_class(shift: Shift, class_group: ClassGroup, *, all_or_none: bool, actor: User) -> list[Outcome]:
    """Signs the students of a class up, all of them or as many as fit, each by the rules of a student who asks alone.

    An organiser's word is the acceptance; a referent's is each student's own: accepted in instant mode, pending in
    review mode. Nobody is put on the waiting list. With `all_or_none` nothing is done unless everybody who is not on
    the shift yet fits.
    """
    people = lock_people(student.pk for student in schools.students_of(class_group))
    shift = lock_shift_for_place(shift.pk, *people)
    as_organizer = organizations.runs(actor, shift.mission.organization)
    # Again, under the locks: an enrolment ends under the lock of its student.
    students = [people[student.pk] for student in schools.students_of(class_group) if student.pk in people]
    outcomes: list[Outcome] = []
    try:
        with transaction.atomic():
            for student in students:
                outcomes.append(_sign_up_one(student, shift, class_group, as_organizer=as_organizer, actor=actor))
            if all_or_none and any(one.reason not in (Reason.OK, Reason.ALREADY_SIGNED_UP) for one in outcomes):
                raise _NotAll
            _tell_the_other_side(shift, class_group, outcomes, as_organizer=as_organizer)
    except _NotAll:
        return [Outcome(one.student, one.reason) for one in outcomes]
    return outcomes


def _sign_up_one(
    student: User, shift: Shift, class_group: ClassGroup, *, as_organizer: bool, actor: User
) -> Outcome:
    now = timezone.now()
    is_instant = shift.mission.sign_up_mode == SignUpMode.INSTANT
    reason = eligibility.reason_for(student, shift, now)
    if reason == Reason.WAITLIST and as_organizer and not is_instant and shift.taken_count < shift.capacity:
        reason = Reason.OK  # the list is the organiser's, and may be passed by
    if reason != Reason.OK:
        return Outcome(student, reason)
    row = SignUp(shift=shift, person=student, class_group=class_group, decided_by=actor if as_organizer else None)
    if not (as_organizer or is_instant):
        row.status = SignUpStatus.PENDING
        write_sign_up(row)
        return Outcome(student, reason, row)
    take_place(shift)
    shift.taken_count += 1
    row.status, row.accepted_at = SignUpStatus.ACCEPTED, now
    write_sign_up(row)
    for other in settle(row):
        offer_freed_places(other.shift)
    return Outcome(student, reason, row)


def _tell_the_other_side(
    shift: Shift, class_group: ClassGroup, outcomes: list[Outcome], *, as_organizer: bool
) -> None:
    made = [one.sign_up for one in outcomes if one.sign_up is not None]
    if not made:
        return
    to = schools.referents_of(class_group) if as_organizer else organizations.organizers_of(shift.mission.organization)
    facts = notices.ClassOnShift(shift, class_group.name, len(made), made[0].status == SignUpStatus.PENDING)
    occasion = outbox.occasion_of(made[0].pk)
    for person in to:
        outbox.publish(notices.class_signed_up, facts, subject=shift, to=person, occasion=occasion)
