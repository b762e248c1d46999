"""What of an inbox is asked for."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from common.api.filters import StrictBooleanFilter
from notifications.models import Notification


class NotificationFilter(django_filters.FilterSet):
    """By whether its person has read it."""

    unread = StrictBooleanFilter(method="of_unread")

    class Meta:
        model = Notification
        fields: list[str] = []

    def of_unread(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return queryset.filter(read_at__isnull=value)
