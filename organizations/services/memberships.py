"""Members of an organisation: invited by its managers or the region, gone at the next request."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import invitations
from accounts.models import Invitation, InvitationKind, User
from common.errors import DomainError, NotAllowed, next_state
from organizations import selectors
from organizations.models import Organization, OrganizationMembership
from organizations.states import MEMBERSHIP_TRANSITIONS, OrganizationRole


class LastManager(DomainError):
    """409: an organisation that has managers keeps one."""

    code = "last_manager"
    detail = _("The last manager cannot leave: name another one first.")


@transaction.atomic
def invite_member(organization: Organization, *, email: str, role: str, actor: User) -> Invitation:
    """Invites an address as coordinator or manager. Raises NotAllowed: who runs it as manager, or the region."""
    if not (actor.is_region_staff or selectors.manages(actor, organization)):
        raise NotAllowed
    return invitations.invite(
        email=email,
        kind=InvitationKind.ORGANIZATION_MEMBER,
        target_id=organization.pk,
        target_name=organization.name,
        role=role,
        actor=actor,
    )


def join_by_invitation(*, invitation: Invitation, person: User) -> None:
    """Hook `invitation_accepted`: makes the organisation membership."""
    if invitation.kind == InvitationKind.ORGANIZATION_MEMBER:
        organization = Organization.objects.get(pk=invitation.target_id)
        add_member(organization=organization, person=person, role=invitation.role)


@transaction.atomic
def end_membership(membership: OrganizationMembership, *, actor: User) -> OrganizationMembership:
    """Ends a membership, one's own or, for a manager or the region, anyone's; its rights end at the next request.

    Raises NotAllowed, WrongState, LastManager.
    """
    others = actor.is_region_staff or selectors.manages(actor, membership.organization)
    if membership.person_id != actor.pk and not others:
        raise NotAllowed
    # The organisation's lock, so that two last managers cannot leave past each other.
    Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=membership.organization_id)
    locked = (
        OrganizationMembership.objects.select_for_update(of=("self",)).select_related("person").get(pk=membership.pk)
    )
    status = next_state(MEMBERSHIP_TRANSITIONS, "end", locked.status)
    managers = OrganizationMembership.objects.active().filter(
        organization_id=locked.organization_id, role=OrganizationRole.MANAGER
    )
    if locked.role == OrganizationRole.MANAGER and not managers.exclude(pk=locked.pk).exists():
        raise LastManager
    locked.status = status
    locked.ended_at = timezone.now()
    locked.save(update_fields=["status", "ended_at"])
    return locked


@transaction.atomic
def add_member(*, organization: Organization, person: User, role: str) -> OrganizationMembership:
    """Makes a person a member; an active membership of that role is returned as it is."""
    Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=organization.pk)
    known = OrganizationMembership.objects.active().filter(organization=organization, person=person, role=role)
    return known.first() or OrganizationMembership.objects.create(
        organization=organization, person=person, role=role
    )
