"""Members of schools and organisations: how people join and leave, and the last manager."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation, Reader, User
from accounts.states import MEMBERSHIP_TRANSITIONS, MembershipStatus
from common.errors import DomainError, NotAllowed, next_state
from common.models import Row
from common.querysets import related

# The one role that every kind of membership has.
MANAGER = "manager"
M = TypeVar("M", bound="Membership")


class MembershipQuerySet(QuerySet[M]):
    def active(self) -> Self:
        return self.filter(status=MembershipStatus.ACTIVE)

    def managers(self) -> Self:
        return self.filter(role=MANAGER)

    def of(self, person: Reader) -> Self:
        """Those of one person; none without an account."""
        return self.filter(person=person.pk)

    def at(self, target_id: UUID) -> Self:
        """Those at one school or organisation."""
        return self.filter(**{self.model.TARGET: target_id})


class Membership(Row):
    """Abstract: a person's role somewhere. Each kind says its roles, and adds the foreign key that TARGET names."""

    objects: Any  # each kind's own
    TARGET: ClassVar[str]
    # The kind of an invitation to it (accounts.models.InvitationKind).
    INVITATION: ClassVar[str]

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    role = models.CharField(max_length=11)
    status = models.CharField(max_length=6, choices=MembershipStatus, default=MembershipStatus.ACTIVE)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_ended_iff_dated",
                condition=Q(status=MembershipStatus.ACTIVE, ended_at__isnull=True)
                | Q(status=MembershipStatus.ENDED, ended_at__isnull=False),
            )
        ]

    @property
    def target_id(self) -> UUID:
        """The id of the school or organisation."""
        found: UUID = getattr(self, f"{self.TARGET}_id")
        return found


def once_per_role(target: str) -> models.UniqueConstraint:
    """The constraint that each kind needs with the name of its TARGET."""
    return models.UniqueConstraint(
        fields=[target, "person", "role"],
        condition=Q(status=MembershipStatus.ACTIVE),
        name="%(class)s_once_per_role",
    )


class LastManager(DomainError):
    """409: a school, or an organisation that has managers, keeps one."""

    code = "last_manager"
    detail = _("The last manager cannot leave: name another one first.")


def _rows_of(kind: type[M]) -> MembershipQuerySet[M]:
    rows: MembershipQuerySet[M] = kind.objects.all()
    return rows


def _lock_target(kind: type[Membership], target_id: UUID) -> None:
    """Under the lock of the school or organisation nobody else joins or leaves it."""
    related(_rows_of(kind), kind.TARGET).select_for_update(of=("self",), no_key=True).get(pk=target_id)


@transaction.atomic
def add_member(kind: type[M], target_id: UUID, *, person: User, role: str) -> M:
    """Makes a person a member; an active membership of that role is returned as it is."""
    _lock_target(kind, target_id)
    known = _rows_of(kind).active().at(target_id).of(person).filter(role=role).first()
    return known or _rows_of(kind).create(**{f"{kind.TARGET}_id": target_id}, person=person, role=role)


def join_by_invitation(kind: type[Membership], invitation: Invitation, person: User) -> None:
    """Makes the membership that an accepted invitation is about, when it is about one of this kind."""
    if invitation.kind == kind.INVITATION:
        add_member(kind, invitation.target_id, person=person, role=invitation.role)


@transaction.atomic
def end_membership(membership: M, *, actor: User, may_end_others: bool) -> M:
    """Ends a membership, one's own or, where the actor may, another's; its rights end at the next request.

    Raises NotAllowed, WrongState, LastManager.
    """
    if membership.person_id != actor.pk and not may_end_others:
        raise NotAllowed
    kind = type(membership)
    # So that two last managers cannot leave past each other.
    _lock_target(kind, membership.target_id)
    locked = _rows_of(kind).select_for_update(of=("self",)).select_related("person").get(pk=membership.pk)
    status = next_state(MEMBERSHIP_TRANSITIONS, "end", locked.status)
    others = _rows_of(kind).active().managers().at(locked.target_id).exclude(pk=locked.pk)
    if locked.role == MANAGER and not others.exists():
        raise LastManager
    locked.status = status
    locked.ended_at = timezone.now()
    locked.save(update_fields=["status", "ended_at"])
    return locked
