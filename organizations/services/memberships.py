"""Members of an organisation: invited by its managers or the region, gone at the next request."""

from accounts import invitations, memberships
from accounts.models import Invitation, InvitationKind, User
from common.errors import NotAllowed
from organizations import selectors
from organizations.models import Organization, OrganizationMembership


def invite_member(organization: Organization, *, email: str, role: str, actor: User) -> Invitation:
    """Invites an address as coordinator or manager. Raises NotAllowed: its managers may, and the region."""
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
    memberships.join_by_invitation(OrganizationMembership, invitation, person)


def end_membership(membership: OrganizationMembership, *, actor: User) -> OrganizationMembership:
    """Ends a membership, one's own or, for a manager or the region, anyone's (accounts.memberships)."""
    may_end_others = actor.is_region_staff or selectors.manages(actor, membership.organization)
    return memberships.end_membership(membership, actor=actor, may_end_others=may_end_others)
