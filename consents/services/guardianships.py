"""What guardians do on their page, what the school records for them, and the end of their part at 18."""

from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import allowances
from accounts.allowances import Rule
from accounts.models import BirthDateChange, User
from common import hooks, paris
from common.errors import BadInput, DomainError, NotAllowed, NotVisible
from common.links import fingerprint
from common.mailboxes import known_address
from consents import notices
from consents.kinds import Kind
from consents.models import Consent, ConsentEvent, Guardian
from consents.services import guardian_links, guardians, naming
from consents.services.consents import (
    decide,
    end_consents_of,
    general_consent_of,
    give_page,
    lock_consent,
    lock_for_decision,
    tell_guardian,
)
from consents.states import AGAINST_CONSENT
from notifications import outbox
from schools import selectors as schools
from schools.services import roster_addresses

OF_AGE = 18
# A withdrawal is always heard, and needs a consent to withdraw.
GIVEN_AGAIN = Rule("consent given again", 5)
# As long can a birth date that somebody mistyped be put right before the guardians' data go for it.
CORRECTION_STANDS_AFTER = timedelta(days=7)


class NothingToSettle(DomainError):
    """409: this guardian is not against anything."""

    code = "nothing_to_settle"
    detail = _("This guardian neither refused nor withdrew a consent: there is nothing to settle. Read the list again.")


class GuardianAnswered(DomainError):
    """409: an address that the school vouches for, or where somebody answered, is the school's to change."""

    code = "guardian_answered"
    detail = _("This address is confirmed, or somebody has answered there. Ask your school to change it.")


# --- Behind the management link ----------------------------------------------------------------------------------


@transaction.atomic
def speak(token: str, verb: str, *, consent_id: UUID | None = None, language: str = "") -> Consent:
    """`grant`, `refuse` or `withdraw` by the guardian's page: a consent of theirs, else that to all missions.

    Raises Gone, NotVisible, WrongState, TooOften: each time student and organisers are told.
    """
    found = guardian_links.guardian_of_token(token)
    consents = Consent.objects.filter(guardian=found)
    about = consents.filter(pk=consent_id).first() if consent_id else consents.to_all().first()
    if consent_id and about is None:
        raise NotVisible
    lock_for_decision(found.student_id, about.mission_id if about else None)
    guardian = guardian_links.guardian_of_token(token)
    to_one = about.pk if about is not None and about.mission_id is not None else None
    consent = lock_consent(to_one) if to_one else general_consent_of(guardian)
    if verb == "grant":
        allowances.take_or_refuse(GIVEN_AGAIN, f"consent:{consent.pk}")
    return decide(consent, verb, language=language)


@transaction.atomic
def disown(token: str) -> None:
    """ "Not my child": the guardian's part ends, what depended on it is released, the school is told. Raises Gone."""
    lock_for_decision(guardian_links.guardian_of_token(token).student_id)
    guardian = guardian_links.guardian_of_token(token)
    _end(guardian, accept_losses=True)
    for person in schools.who_answers_for(guardian.student):
        outbox.publish(notices.guardian_disowned, guardian, to=person)


def _end(guardian: Guardian, *, accept_losses: bool) -> None:
    guardians.end_guardian(guardian)
    end_consents_of(guardian)
    hooks.consent_gone(student=guardian.student, accept_losses=accept_losses)


def ask_for_new_address(token: str, email: str) -> Guardian:
    """Another address, theirs once the mail sent there is answered; a few tries a day, for each answer tells a little
    of who has an account. Raises Gone, GuardianAddressRefused, TooOften, `too_soon`."""
    # In a transaction of its own: a try that is refused stays counted.
    naming.take_a_try(guardian_links.guardian_of_token(token))
    return _ask_for_new_address(token, email)


@transaction.atomic
def _ask_for_new_address(token: str, email: str) -> Guardian:
    found = guardian_links.guardian_of_token(token)
    lock_for_decision(found.student_id)
    naming.ensure_no_students_or_staffs(email)
    return guardian_links.ask_for_new_address(guardian_links.guardian_of_token(token), email)


def try_address(guardian: Guardian, *, email: str, actor: User) -> Guardian | DomainError:
    """`correct_address`, a few times a day; a refusal is answered, not raised: it stays counted. Raises TooOften."""
    naming.take_a_try(actor)
    try:
        return correct_address(guardian, email=email, actor=actor)
    except DomainError as refusal:
        return refusal


@transaction.atomic
def correct_address(guardian: Guardian, *, email: str, actor: User) -> Guardian:
    """The student corrects an address they gave, while nobody has vouched for it or answered there; its links close.

    Raises GuardianEnded, GuardianAnswered, GuardianAddressRefused.
    """
    student = lock_for_decision(actor.pk)
    guardian = Guardian.objects.select_for_update(of=("self",)).get(pk=guardian.pk, student=student)
    guardian.student = student
    if guardian.ended_at:
        raise guardians.GuardianEnded
    is_answered = Consent.objects.filter(guardian=guardian, decided_at__isnull=False).exists()
    if guardian.verified_at is not None or is_answered:
        raise GuardianAnswered
    naming.ensure_no_students_or_staffs(email)
    return naming.confirm_if_on_roster(guardians.correct_address(guardian, email))


@transaction.atomic
def confirm_new_address(token: str) -> Guardian:
    """The new address is the guardian's: their page goes there, and what still waits for an answer is asked there.

    Raises Gone, GuardianAddressRefused.
    """
    lock_for_decision(guardian_links.guardian_of_address_token(token).student_id)
    guardian = guardian_links.confirm_new_address(token)
    give_page(guardian)
    waiting = Consent.objects.requested().filter(guardian=guardian, expires_at__gt=timezone.now())
    for consent in waiting.select_related("student", "guardian"):
        occasion = outbox.occasion_of(consent.ask_count, fingerprint(guardian.email)[:20])
        tell_guardian(Kind.CONSENT_ASKED, notices.consent_asked, consent, guardian, occasion)
    return guardian


@transaction.atomic
def set_phone(token: str, phone: str) -> Guardian:
    """The number for emergencies. Raises Gone, BadInput (`phone_invalid`)."""
    return guardians.set_phone(guardian_links.guardian_of_token(token), phone)


@transaction.atomic
def set_place_notices(token: str, wanted: bool) -> Guardian:
    """Mails for each place, or none. Raises Gone."""
    return guardians.set_place_notices(guardian_links.guardian_of_token(token), wanted)


# --- Recorded by the school --------------------------------------------------------------------------------------


def _lock_for_school(guardian: Guardian, actor: User) -> Guardian:
    """Raises NotAllowed for an actor who is no manager of the student's school, GuardianEnded."""
    if not schools.manages_student(actor, guardian.student):
        raise NotAllowed
    student = lock_for_decision(guardian.student_id)
    guardian = Guardian.objects.select_for_update(of=("self",)).get(pk=guardian.pk)
    guardian.student = student
    if guardian.ended_at:
        raise guardians.GuardianEnded
    return guardian


@transaction.atomic
def record_paper(guardian: Guardian, *, signed_on: date, note: str = "", actor: User) -> Consent:
    """The school holds a paper that the guardian signed: consent to all missions, and the guardian is told of it.

    Raises NotAllowed, GuardianEnded, BadInput (`signed_on_impossible`), WrongState when they agree already.
    """
    if signed_on > paris.day_of(timezone.now()):
        said = _("This day is still to come. Check the date.")
        raise BadInput(code="signed_on_impossible", fields={"signed_on": said})
    guardian = _lock_for_school(guardian, actor)
    consent = general_consent_of(guardian)
    decide(consent, "grant", actor=actor, note=f"{signed_on.isoformat()} {note}".strip())
    occasion = outbox.occasion_of(timezone.now())
    tell_guardian(Kind.CONSENT_PAPER_RECORDED, notices.consent_paper_recorded, consent, guardian, occasion)
    return consent


@transaction.atomic
def settle_refusal(guardian: Guardian, *, note: str, actor: User) -> list[Consent]:
    """The school records how a guardian's refusal was settled: it binds no more. Both are told.

    The rows keep who settled it, when and how. Raises NotAllowed, GuardianEnded, NothingToSettle.
    """
    guardian = _lock_for_school(guardian, actor)
    against = Consent.objects.filter(guardian=guardian, status__in=AGAINST_CONSENT, settled_at__isnull=True)
    settled = list(against.select_for_update(of=("self",)).order_by("pk"))
    if not settled:
        raise NothingToSettle
    now = timezone.now()
    for consent in settled:
        consent.settled_at = now
        consent.save(update_fields=["settled_at"])
        ConsentEvent.objects.create(
            consent=consent, verb="settle", text_version=consent.text_version, actor=actor, note=note
        )
    tell_guardian(Kind.CONSENT_SETTLED, notices.consent_settled, guardian, guardian, outbox.occasion_of(now))
    return settled


@transaction.atomic
def replace_guardian(
    guardian: Guardian, *, email: str, phone: str = "", accept_losses: bool, actor: User
) -> Guardian:
    """The school names somebody else in a guardian's place: the former address is told and binds no more, the new one
    is asked. Raises NotAllowed, GuardianEnded, GuardianAddressRefused, BadInput, WouldLose for the places that rest on
    the former's consent unless losses are accepted."""
    former = _lock_for_school(guardian, actor)
    if known_address(email) == former.email:
        raise guardians.GuardianAddressRefused(_("This is the present address. Give another one."))
    tell_guardian(Kind.GUARDIAN_REPLACED, notices.guardian_replaced, former, former)
    _end(former, accept_losses=accept_losses)
    return naming.add_guardian(former.student, email=email, phone=phone, actor=actor)


# --- At 18 -------------------------------------------------------------------------------------------------------


def end_guardianships() -> int:
    """Erases the guardians of everybody who is 18 by now: rows, consents, addresses on rosters, mails that were sent.

    Whose birth date was corrected keeps theirs for another 7 days: a typo would erase a refusal for good. Safe to run
    twice. Returns of how many people.
    """
    today = paris.day_of(timezone.now())
    # The latest day on which somebody of 18 was born, of a leap year's last day too.
    born_by = date(today.year - OF_AGE, today.month, min(today.day, 28) if today.month == 2 else today.day)
    unsure = BirthDateChange.objects.filter(created_at__gt=timezone.now() - CORRECTION_STANDS_AFTER).values("person")
    came_of_age = User.objects.filter(guardians__isnull=False, birth_date__lte=born_by).exclude(pk__in=unsure)
    ended = sum(_erase_guardians(pk, today) for pk in list(came_of_age.values_list("pk", flat=True).distinct()))
    roster_addresses.forget_addresses_of_the_unclaimed(born_by)
    return ended


@transaction.atomic
def _erase_guardians(student_id: UUID, today: date) -> bool:
    student = lock_for_decision(student_id)
    if student.is_minor_on(today):
        return False
    guardians.erase_guardians(student)
    roster_addresses.forget_guardian_addresses(student)
    return True
