"""What people were trained for: stated by themselves, verified by somebody who saw the paper."""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_person
from accounts.models import User
from common import paris
from common.errors import BadInput, DomainError, NotAllowed, NotVisible
from missions.models import Qualification
from missions.services.shift_changes import recheck_places_of


@transaction.atomic
def state_qualification(*, kind: str, issued_on: date, expires_on: date | None, actor: User) -> Qualification:
    """A person states a qualification of theirs. Raises BadInput, DomainError (`already_stated`)."""
    if issued_on > paris.day_of(timezone.now()):
        raise BadInput(code="not_issued_yet", fields={"issued_on": _("This day is still to come. Check the date.")})
    if expires_on is not None and expires_on <= issued_on:
        raise BadInput(
            code="expires_too_early",
            fields={"expires_on": _("The day it expires is not after the day it was issued. Check both days.")},
        )
    person = lock_person(actor.pk)
    if Qualification.objects.filter(person=person, kind=kind, issued_on=issued_on).exists():
        said = _("You have stated this qualification already. Delete the old one first.")
        raise DomainError(said, code="already_stated", field="kind")
    return Qualification.objects.create(person=person, kind=kind, issued_on=issued_on, expires_on=expires_on)


@transaction.atomic
def forget_qualification(qualification: Qualification, *, accept_losses: bool, actor: User) -> None:
    """Deletes one's own; places to come that need it and nothing else covers go, too.

    Raises NotAllowed, NotVisible, WouldLose for such a place unless losses are accepted.
    """
    if qualification.person_id != actor.pk:
        raise NotAllowed
    person = lock_person(actor.pk)
    kind = qualification.kind
    if not qualification.delete()[0]:
        raise NotVisible
    recheck_places_of(person=person, accept_losses=accept_losses, requiring=kind)


@transaction.atomic
def verify_qualification(qualification: Qualification, *, actor: User) -> Qualification:
    """Says that one has seen the paper, as one who runs a mission they are signed up for or answers for them at school.

    A second word changes nothing. Raises NotAllowed (one's own, too), DomainError (`qualification_expired`).
    """
    row = Qualification.objects.select_for_update(of=("self",)).get(pk=qualification.pk)
    if row.person_id == actor.pk or not Qualification.objects.of_others_for(actor).filter(pk=row.pk).exists():
        raise NotAllowed
    if row.expires_on and row.expires_on < paris.day_of(timezone.now()):
        raise DomainError(_("This qualification has expired. Ask for a newer paper."), code="qualification_expired")
    if row.verified_at is None:
        row.verified_at, row.verified_by = timezone.now(), actor
        row.save(update_fields=["verified_at", "verified_by"])
    return row
