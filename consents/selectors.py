"""What a minor needs of their guardians, and who is of whose family."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from common.mailboxes import mailbox_of
from consents.models import Consent, Guardian
from consents.states import AGAINST_CONSENT, ConsentStatus
from notifications.models import OutboxMessage
from notifications.outbox import ids_in
from schools.selectors import schools_today


def agree(student: User, mission_id: UUID | None) -> bool:
    """Whether one guardian agrees that the student takes part in the mission and none is against it."""
    return Consent.objects.allows(student.pk, mission_id)


def agreed_to(students: Iterable[UUID], mission_id: UUID | None) -> set[UUID]:
    """`agree` for many, by their ids, in one query."""
    return Consent.objects.allowed(students, mission_id)


def refusals_to_settle(student_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """Of these students, the guardians who are against what another one agrees to, by their ids, each with the time of
    the newest such word. In one query."""
    rows = Consent.objects.binding().filter(student__in=list(student_ids)).order_by("decided_at", "id")
    words: dict[UUID, list[Consent]] = {}
    for row in rows:
        words.setdefault(row.student_id, []).append(row)
    found: dict[UUID, datetime] = {}
    for said in words.values():
        for mission_id in {row.mission_id for row in said}:
            # As ConsentQuerySet.allowed: each one's last word, on this mission or on all.
            last = {row.guardian_id: row for row in said if row.mission_id in (None, mission_id)}
            if any(row.status == ConsentStatus.GRANTED for row in last.values()):
                for pk, row in last.items():
                    if row.status in AGAINST_CONSENT and row.decided_at is not None:
                        found[pk] = max(row.decided_at, found.get(pk, row.decided_at))
    return found


def can_be_asked(student: User) -> bool:
    """Whether the school knows the address of a guardian."""
    return Guardian.objects.reachable().filter(student=student).exists()


def family_among(others: Iterable[User], one: User) -> set[Any]:
    """The ids of those who are of one's family as far as we can tell: a mailbox or a guardian's in common, or one of
    the two is the other's guardian (dots and `+tag` aside)."""
    mailboxes: dict[Any, set[str]] = {person.pk: {person.mailbox} for person in (one, *others)}
    guardians = Guardian.objects.filter(student__in=list(mailboxes)).exclude(email="")
    for student_id, email in guardians.values_list("student", "email"):
        mailboxes[student_id].add(mailbox_of(email))
    return {pk for pk, theirs in mailboxes.items() if theirs & mailboxes[one.pk]} - {one.pk}


def is_address_of_family(email: str, person: User) -> bool:
    """Whether an address is the person's own, a guardian's, or of an account of the family (`family_among`)."""
    mailbox = mailbox_of(email)
    guardians = Guardian.objects.filter(student=person).exclude(email="").values_list("email", flat=True)
    if mailbox in {person.mailbox, *map(mailbox_of, guardians)}:
        return True
    return bool(family_among(User.objects.filter(mailbox=mailbox), person))


def written_for(*, messages: Iterable[OutboxMessage]) -> dict[UUID, str]:
    """Hook `mail_written_for`: the schools of the students whose guardians are written to, or spoken of. note: causes
    two queries where any is."""
    about = {one.pk: one.holder_id for one in messages if one.holder_id}
    about |= ids_in(messages, "guardian")
    students = dict(Guardian.objects.filter(pk__in=set(about.values())).values_list("pk", "student_id"))
    schools = schools_today(students.values())
    return {pk: schools[students[guardian]] for pk, guardian in about.items() if students.get(guardian) in schools}
