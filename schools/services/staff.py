"""Staff of a school: invited by its managers (the first by the region), gone at the next request."""

from accounts import invitations, memberships
from accounts.models import Invitation, InvitationKind, User
from common.errors import NotAllowed
from schools import selectors
from schools.models import School, StaffMembership
from schools.states import StaffRole


def invite_staff(school: School, *, email: str, role: str, actor: User) -> Invitation:
    """Invites an address as teacher or manager. Raises NotAllowed: managers of the school, or the region (managers)."""
    by_region = actor.is_region_staff and role == StaffRole.MANAGER
    if not (by_region or selectors.manages(actor, school)):
        raise NotAllowed
    return invitations.invite(
        email=email,
        kind=InvitationKind.SCHOOL_STAFF,
        target_id=school.pk,
        target_name=school.name,
        role=role,
        actor=actor,
    )


def join_by_invitation(*, invitation: Invitation, person: User) -> None:
    """Hook `invitation_accepted`: makes the staff membership."""
    memberships.join_by_invitation(StaffMembership, invitation, person)


def end_staff(membership: StaffMembership, *, actor: User) -> StaffMembership:
    """Ends a membership, one's own or, for a manager, anyone's of the school (accounts.memberships)."""
    may_end_others = selectors.manages(actor, membership.school)
    return memberships.end_membership(membership, actor=actor, may_end_others=may_end_others)
