"""Staff of a school: invited by its managers (the first by the region), gone at the next request."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import invitations
from accounts.models import Invitation, InvitationKind, User
from common.errors import DomainError, NotAllowed, next_state
from schools import selectors
from schools.models import School, StaffMembership
from schools.states import MEMBERSHIP_TRANSITIONS, StaffRole


class LastManager(DomainError):
    """409: a school is never left without a manager."""

    code = "last_manager"
    detail = _("The last manager cannot leave: name another one first.")


@transaction.atomic
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
    if invitation.kind == InvitationKind.SCHOOL_STAFF:
        add_staff(school=School.objects.get(pk=invitation.target_id), person=person, role=invitation.role)


@transaction.atomic
def add_staff(*, school: School, person: User, role: str) -> StaffMembership:
    """Makes a person staff of a school; an active membership of that role is returned as it is."""
    School.objects.select_for_update(of=("self",), no_key=True).get(pk=school.pk)
    known = StaffMembership.objects.active().filter(school=school, person=person, role=role)
    return known.first() or StaffMembership.objects.create(school=school, person=person, role=role)


@transaction.atomic
def end_staff(membership: StaffMembership, *, actor: User) -> StaffMembership:
    """Ends a membership, one's own or, for a manager, anyone's of the school; its rights end at the next request.

    Raises NotAllowed, WrongState, LastManager.
    """
    if membership.person_id != actor.pk and not selectors.manages(actor, membership.school):
        raise NotAllowed
    # The school's lock, so that two last managers cannot leave past each other.
    School.objects.select_for_update(of=("self",), no_key=True).get(pk=membership.school_id)
    locked = StaffMembership.objects.select_for_update(of=("self",)).select_related("person").get(pk=membership.pk)
    status = next_state(MEMBERSHIP_TRANSITIONS, "end", locked.status)
    managers = StaffMembership.objects.active().managers().filter(school_id=locked.school_id)
    if locked.role == StaffRole.MANAGER and not managers.exclude(pk=locked.pk).exists():
        raise LastManager
    locked.status = status
    locked.ended_at = timezone.now()
    locked.save(update_fields=["status", "ended_at"])
    return locked
