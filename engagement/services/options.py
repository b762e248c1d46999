"""A school's rules for one year."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, NotAllowed
from common.versions import ensure_version
from engagement.models import EngagementOption
from schools import selectors as schools
from schools.models import School, SchoolYear


def ensure_option(school: School, school_year: SchoolYear) -> EngagementOption:
    """The school's option of the year, with the region's defaults when the school has not chosen yet."""
    option, _created = EngagementOption.objects.get_or_create(
        school=school, school_year=school_year, defaults={"target_minutes": settings.OPTION_TARGET_MINUTES}
    )
    return option


@transaction.atomic
def create_option(*, school: School, school_year: SchoolYear, target_minutes: int, actor: Any) -> EngagementOption:
    """Sets the year's rules. Raises NotAllowed, DomainError (`option_exists`, with its id)."""
    if not schools.manages(actor, school):
        raise NotAllowed
    option, created = EngagementOption.objects.get_or_create(
        school=school, school_year=school_year, defaults={"target_minutes": target_minutes}
    )
    if not created:
        raise DomainError(
            _("This year already has its option: change it."), code="option_exists", extra={"id": str(option.pk)}
        )
    return option


@transaction.atomic
def edit_option(
    option: EngagementOption, *, target_minutes: int | None, expected: set[int] | None, actor: Any
) -> EngagementOption:
    """Changes the rules; progress follows at once, being computed. Raises NotAllowed, Stale."""
    option = EngagementOption.objects.select_for_update(of=("self",)).select_related("school").get(pk=option.pk)
    if not schools.manages(actor, option.school):
        raise NotAllowed
    ensure_version(option, expected)
    if target_minutes is not None:
        option.target_minutes = target_minutes
    option.version += 1
    option.save(update_fields=["target_minutes", "version"])
    return option
