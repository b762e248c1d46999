"""Who answers for a class: named by its school for good, or lent the class until a day by whoever answers for it."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import paris
from common.errors import BadInput, NotAllowed, NotVisible
from schools import selectors
from schools.models import ClassGroup, ClassReferent, StaffMembership


@transaction.atomic
def name_referent(
    class_group: ClassGroup, *, membership_id: UUID, until_on: date | None, actor: User
) -> ClassReferent:
    """Gives the class to a member of the school's staff, until a day (included) or for good; again changes the day.

    Managers do both. A referent for good lends the class until a day; a delegate passes nothing on. Raises NotAllowed,
    BadInput (`referent_unknown`, `until_passed`, `until_needed`).
    """
    is_manager = _ensure_may(class_group, actor)
    membership = StaffMembership.objects.active().filter(school=class_group.school_id, pk=membership_id).first()
    if membership is None:
        said = _("This person is not on the school's staff. Invite them first.")
        raise BadInput(code="referent_unknown", fields={"membership": said})
    if until_on is not None and until_on < paris.day_of(timezone.now()):
        raise BadInput(code="until_passed", fields={"until_on": _("This day has passed. Choose a later one.")})
    if until_on is None and not is_manager:
        raise BadInput(code="until_needed", fields={"until_on": _("You lend your class until a day: choose that day.")})
    ClassGroup.objects.select_for_update(of=("self",), no_key=True).get(pk=class_group.pk)
    known = ClassReferent.objects.filter(class_group=class_group, membership=membership).first()
    if known is None:
        return ClassReferent.objects.create(class_group=class_group, membership=membership, until_on=until_on)
    if known.until_on is None and not is_manager:
        raise NotAllowed
    known.until_on = until_on
    known.save(update_fields=["until_on"])
    return known


@transaction.atomic
def remove_referent(class_group: ClassGroup, *, membership_id: UUID, actor: User) -> None:
    """Takes the class back from somebody. A referent takes back what is lent; the rest is the managers'.

    Raises NotAllowed, NotVisible.
    """
    is_manager = _ensure_may(class_group, actor)
    known = ClassReferent.objects.filter(class_group=class_group, membership=membership_id).first()
    if known is None:
        raise NotVisible
    if known.until_on is None and not is_manager:
        raise NotAllowed
    known.delete()


def _ensure_may(class_group: ClassGroup, actor: User) -> bool:
    """Whether the actor manages the school. Raises NotAllowed for one who neither does nor has the class for good."""
    if selectors.manages(actor, class_group.school):
        return True
    active = StaffMembership.objects.active().filter(person=actor)
    for_good = ClassReferent.objects.filter(class_group=class_group, membership__in=active, until_on=None)
    if not for_good.exists():
        raise NotAllowed
    return False
