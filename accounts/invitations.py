"""Invitations: staff and members come by a link in their mail, never by declaring themselves."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import addresses, allowances, attempts, notices, passwords
from accounts.allowances import Rule
from accounts.kinds import Kind
from accounts.models import Invitation, User
from accounts.states import INVITATION_TRANSITIONS, InvitationStatus
from common import hooks, links
from common.errors import BadInput, Gone, NotVisible, next_state
from common.mailboxes import known_address
from common.names import NAME_NEEDED, in_order
from notifications import outbox

OVER = _("This invitation has been used, taken back, or its time is over. Ask whoever invited you for a new one.")


@transaction.atomic
def invite(*, email: str, kind: str, target_id: UUID, target_name: str, role: str, actor: User) -> Invitation:
    """Mails a link to join; an open invitation of that address to that role is mailed again, not doubled.

    Whether the actor may invite there is the caller's to have checked. Raises TooOften: each mailbox, each school or
    organisation and each person has a number of invitations a day.
    """
    email = known_address(email)
    now = timezone.now()
    _ensure_not_too_often(email, f"{kind}:{target_id}", actor)
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
        notices.invited,
        invitation,
        at=outbox.Mailbox(email, invitation.pk),
        occasion=outbox.occasion_of(now),
    )
    return invitation


@transaction.atomic
def withdraw_invitation(invitation_id: UUID, *, kind: str, target_id: UUID) -> None:
    """Takes an open invitation back: its link ends, a mail that waits does not leave. For an address typed wrong.

    Whether the actor may is the caller's to have checked. Raises NotVisible for one that is not open there (any more).
    """
    found = Invitation.objects.open(timezone.now()).to_target(kind, target_id).filter(pk=invitation_id)
    if found.select_for_update(of=("self",)).first() is None:
        raise NotVisible
    outbox.take_back(Kind.INVITATION, invitation_id)
    found.delete()


def _ensure_not_too_often(email: str, target: str, actor: User) -> None:
    to_mailbox = Rule("invitations to a mailbox", settings.MAX_INVITATIONS_TO_MAILBOX_PER_DAY)
    of_target = Rule("invitations of a target", settings.MAX_INVITATIONS_OF_TARGET_PER_DAY)
    by_person = Rule("invitations by a person", settings.MAX_INVITATIONS_BY_PERSON_PER_DAY)
    allowances.take_or_refuse(
        to_mailbox,
        allowances.of_mailbox(email),
        _("This address has had as many invitations as it may in one day. Try again tomorrow."),
    )
    too_many = _("You have sent as many invitations as you may in one day. Go on tomorrow.")
    allowances.take_or_refuse(of_target, target, too_many)
    allowances.take_or_refuse(by_person, f"person:{actor.pk}", too_many)


def invitation_of_token(token: str) -> Invitation:
    """The open invitation behind a link; raises Gone when it was used, is over, or is none of ours."""
    row_id = links.row_id_of(token)
    invitation = Invitation.objects.open(timezone.now()).filter(pk=row_id).first() if row_id else None
    if invitation is None or not links.token_opens(token, notices.INVITATION_PURPOSE, invitation.pk):
        raise Gone(OVER)
    return invitation


def accept_invitation(token: str, *, password: str, first_name: str, last_name: str, address: str) -> Invitation:
    """Joins, once: with the account of the address (its password proves it), or with a new one.

    The membership is made by the app of the target, in the same transaction (hook `invitation_accepted`). Since it
    tries a password, it is counted like a sign-in from `address`. Raises Gone, PasswordWrong, PasswordTooWeak,
    TooManyAttempts, ProofOutdated.
    """
    found = invitation_of_token(token)
    # The link came by mail: others' wrong tries on this address do not shut it.
    place = f"invitation:{found.pk}:{address}"
    attempt = attempts.begin_attempt(email=found.email, address=place, user=None, key="", is_proved=True)
    proof = passwords.prove(found.email, password)
    if not proof.is_known:
        passwords.ensure_strong(password, person=User(email=found.email, first_name=first_name, last_name=last_name))
    invitation = _accept(found, proof, first_name, last_name)
    attempts.succeed(attempt)
    return invitation


@transaction.atomic
def _accept(found: Invitation, proof: passwords.Proof, first_name: str, last_name: str) -> Invitation:
    invitation = Invitation.objects.select_for_update(of=("self",)).filter(pk=found.pk).first()
    if invitation is None or invitation.status != InvitationStatus.INVITED:
        raise Gone(OVER)
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
    addresses.prove(known)
    return known
