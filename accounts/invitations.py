"""Invitations: staff and members come by a link in their mail, never by declaring themselves."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone

from accounts import notices, passwords
from accounts.models import Invitation, User
from accounts.states import INVITATION_TRANSITIONS, InvitationStatus
from common import hooks, links
from common.errors import Gone, next_state
from notifications import outbox


@transaction.atomic
def invite(*, email: str, kind: str, target_id: UUID, target_name: str, role: str, actor: Any) -> Invitation:
    """Mails a link to join; an open invitation of that address to that role is mailed again, not doubled.

    Whether the actor may invite there is the caller's to have checked.
    """
    email = email.strip().lower()
    now = timezone.now()
    known = Invitation.objects.open(now).to_target(kind, target_id).filter(email=email, role=role).first()
    invitation = known or Invitation.objects.create(
        email=email,
        kind=kind,
        target_id=target_id,
        target_name=target_name,
        role=role,
        invited_by=actor,
        expires_at=now + timedelta(days=settings.INVITATION_DAYS),
    )
    outbox.publish(
        notices.invited, invitation, address=email, dedupe_key=f"invited:{invitation.pk}:{now.isoformat()}"
    )
    return invitation


def invitation_of_token(token: str) -> Invitation:
    """The open invitation behind a link; raises Gone when it was used, is over, or is none of ours."""
    row_id = links.row_id_of(token)
    invitation = Invitation.objects.open(timezone.now()).filter(pk=row_id).first() if row_id else None
    if invitation is None or not links.token_opens(token, notices.INVITATION_PURPOSE, invitation.pk):
        raise Gone
    return invitation


@transaction.atomic
def accept_invitation(token: str, *, password: str, first_name: str, last_name: str) -> Invitation:
    """Joins, once: with the account of the address (its password proves it), or with a new one.

    The membership is made by the app of the target, in this transaction (hook `invitation_accepted`). Raises
    Gone, PasswordWrong, PasswordTooWeak.
    """
    found = invitation_of_token(token)
    invitation = Invitation.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if invitation.status != InvitationStatus.INVITED:
        raise Gone
    person = _person(invitation.email, password, first_name, last_name)
    invitation.status = next_state(INVITATION_TRANSITIONS, "accept", invitation.status)
    invitation.accepted_at = timezone.now()
    invitation.accepted_by = person
    invitation.save(update_fields=["status", "accepted_at", "accepted_by"])
    hooks.invitation_accepted(invitation=invitation, person=person)
    return invitation


def _person(email: str, password: str, first_name: str, last_name: str) -> User:
    known = User.objects.filter(email=email).first()
    if known is None:
        newcomer = User(email=email, first_name=first_name, last_name=last_name, email_verified_at=timezone.now())
        passwords.ensure_strong(password, person=newcomer)
        newcomer.set_password(password)
        newcomer.save(force_insert=True)
        return newcomer
    if not check_password(password, known.password) or not known.is_active or known.suspended_at:
        raise passwords.PasswordWrong(fields={"password": passwords.WRONG})
    # The link came by mail: whoever follows it reads that mailbox.
    User.objects.filter(pk=known.pk, email_verified_at__isnull=True).update(email_verified_at=timezone.now())
    return known
