"""Housekeeping of schools."""

from celery import shared_task

from schools.services import enrolments


@shared_task(name="schools.erase_joins_left_waiting")
def erase_joins_left_waiting() -> None:
    """Erases joins that nobody decided in time. Safe to run twice."""
    enrolments.erase_joins_left_waiting()
