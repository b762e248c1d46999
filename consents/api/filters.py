"""How consents are listed."""

import django_filters

from consents.states import ConsentStatus


class ConsentFilter(django_filters.FilterSet):
    """By student and state."""

    student = django_filters.UUIDFilter(field_name="student_id")
    status = django_filters.ChoiceFilter(choices=ConsentStatus.choices)
