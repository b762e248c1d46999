"""Housekeeping of accounts."""

from celery import shared_task

from accounts import attempts


@shared_task(name="accounts.forget_old_attempts")
def forget_old_attempts() -> None:
    """Deletes sign-in attempts out of every window. Safe to run twice."""
    attempts.forget_old()
