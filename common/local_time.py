"""The clocks of the deployment (LOCAL_TIME_ZONE), by which people are reminded and left alone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings


def zone() -> ZoneInfo:
    """Where the deployment's clocks hang."""
    return ZoneInfo(settings.LOCAL_TIME_ZONE)


def day_of(moment: datetime) -> date:
    """The day that these clocks show."""
    return moment.astimezone(zone()).date()


def days_before(moment: datetime, days: int) -> datetime:
    """When these clocks showed the same time so many days ago: on a night when they change, not a multiple of 24 h."""
    local = moment.astimezone(zone())
    # In UTC: Python compares two times of one zone by their wall clocks.
    return (local - timedelta(days=days)).astimezone(UTC)
