"""Shutting a person out, and letting them in again: the region's word."""

from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import notices, sessions
from accounts.locks import lock_person_if_there
from accounts.models import Suspension, User
from common import hooks
from common.errors import BadInput, DomainError, NotAllowed, ensure_reason
from notifications import outbox

logger = structlog.get_logger("elan.accounts")


class AlreadySuspended(DomainError):
    code = "already_suspended"
    field = "person"
    detail = _("This person is suspended already. See the list of suspensions.")


class AlreadyRestored(DomainError):
    code = "already_restored"
    detail = _("This suspension is over: there is nothing to take back. Read the list again.")


class OneOfUs(DomainError):
    """409: a person who suspends others is not suspended here; an operator takes their rights away first."""

    code = "region_staff"
    field = "person"
    detail = _("Region staff are not suspended here. Ask an operator to end their rights first.")


@transaction.atomic
def suspend_person(person_id: UUID, *, reason: str, actor: User) -> Suspension:
    """Signs the person out everywhere at once and keeps them out; their places to come are released (hook).

    The person is told that, not why. Raises NotAllowed, BadInput (`reason_needed`, `person_unknown`), OneOfUs,
    AlreadySuspended.
    """
    if not actor.is_region_staff:
        raise NotAllowed
    ensure_reason(reason)
    person = lock_person_if_there(person_id)
    if person is None or not person.is_active:
        raise BadInput(code="person_unknown", fields={"person": _("There is no such person. Check the identifier.")})
    if person.is_region_staff or person.is_superuser:
        raise OneOfUs
    if person.suspended_at is not None:
        raise AlreadySuspended
    person.suspended_at = timezone.now()
    person.save(update_fields=["suspended_at"])
    row = Suspension.objects.create(person=person, reason=reason, suspended_by=actor)
    sessions.revoke_all(person)
    hooks.person_suspended(person=person)
    outbox.publish(notices.account_suspended, row, to=person)
    logger.info("person_suspended", suspended_person_id=str(person.pk), actor_id=str(actor.pk))
    return row


@transaction.atomic
def restore_person(suspension: Suspension, *, actor: User) -> Suspension:
    """Lets the person sign in again; released places do not come back. Raises NotAllowed, AlreadyRestored."""
    if not actor.is_region_staff:
        raise NotAllowed
    person = lock_person_if_there(suspension.person_id)
    row = Suspension.objects.select_for_update(of=("self",)).get(pk=suspension.pk)
    if row.restored_at is not None or person is None:
        raise AlreadyRestored
    row.restored_at, row.restored_by = timezone.now(), actor
    row.save(update_fields=["restored_at", "restored_by"])
    person.suspended_at = None
    person.save(update_fields=["suspended_at"])
    outbox.publish(notices.account_restored, row, to=person)
    logger.info("person_restored", restored_person_id=str(person.pk), actor_id=str(actor.pk))
    row.person = person
    return row
