"""Invitations: staff and members come by a link in their mail, never by declaring themselves."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import attempts, notices, passwords
from accounts.models import Invitation, User
from accounts.states import INVITATION_TRANSITIONS, InvitationStatus
from common import hooks, links
from common.changes import note_change
from common.errors import BadInput, Gone, next_state
from common.mailboxes import known_address
from common.names import NAME_NEEDED, in_order
from notifications import outbox


@transaction.atomic
def invite(*, email: str, kind: str, target_id: UUID, target_name: str, role: str, actor: Any) -> Invitation:
    """Mails a link to join; an open invitation of that address to that role is mailed again, not doubled.

    Whether the actor may invite there is the caller's to have checked.
    """
    email = known_address(email)
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


def accept_invitation(token: str, *, password: str, first_name: str, last_name: str, address: str) -> Invitation:
    """Joins, once: with the account of the address (its password proves it), or with a new one.

    The membership is made by the app of the target, in the same transaction (hook `invitation_accepted`). Since it
    tries a password, it is counted like a sign-in from `address`. Raises Gone, PasswordWrong, PasswordTooWeak,
    TooManyAttempts, ProofOutdated.
    """
    found = invitation_of_token(token)
    attempt = attempts.begin_attempt(email=found.email, address=address, user=None, key="")
    proof = passwords.prove(found.email, password)
    if not proof.is_known:
        passwords.ensure_strong(password, person=User(email=found.email, first_name=first_name, last_name=last_name))
    invitation = _accept(found, proof, first_name, last_name)
    attempts.succeed(attempt)
    return invitation


@transaction.atomic
def _accept(found: Invitation, proof: passwords.Proof, first_name: str, last_name: str) -> Invitation:
    invitation = Invitation.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if invitation.status != InvitationStatus.INVITED:
        raise Gone
    person = _person(invitation.email, proof, first_name, last_name)
    invitation.status = next_state(INVITATION_TRANSITIONS, "accept", invitation.status)
    invitation.accepted_at = timezone.now()
    invitation.accepted_by = person
    invitation.save(update_fields=["status", "accepted_at", "accepted_by"])
    hooks.invitation_accepted(invitation=invitation, person=person)
    return invitation


def _person(email: str, proof: passwords.Proof, first_name: str, last_name: str) -> User:
    known = User.objects.filter(email=email).first()
    proof.ensure_current(known)
    if known is None:
        first_name, last_name = in_order(first_name, last_name)
        if not first_name:
            raise BadInput(code="name_needed", fields={"first_name": NAME_NEEDED})
        return User.objects.create(
            email=email,
            password=proof.hash,
            first_name=first_name,
            last_name=last_name,
            email_verified_at=timezone.now(),
        )
    if not proof.is_right or not known.is_active or known.suspended_at:
        raise passwords.PasswordWrong(fields={"password": passwords.WRONG})
    # The link came by mail: whoever follows it reads that mailbox.
    if User.objects.filter(pk=known.pk, email_verified_at__isnull=True).update(email_verified_at=timezone.now()):
        note_change(known.pk, "settings", known.pk)
    return known
