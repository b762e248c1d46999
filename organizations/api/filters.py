"""How organisations and their members are found."""

import django_filters

from organizations.models import OrganizationKind
from organizations.states import OrganizationStatus


class OrganizationMembershipFilter(django_filters.FilterSet):
    """By organisation."""

    organization = django_filters.UUIDFilter(field_name="organization_id")


class OrganizationFilter(django_filters.FilterSet):
    """By the organisation above, kind and state."""

    parent = django_filters.UUIDFilter(field_name="visible_parent")
    kind = django_filters.ChoiceFilter(choices=OrganizationKind.choices)
    status = django_filters.ChoiceFilter(choices=OrganizationStatus.choices)
