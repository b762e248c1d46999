"""Housekeeping of accounts."""

from celery import shared_task

from accounts import allowances, attempts, sessions


@shared_task(name="accounts.forget_old_attempts")
def forget_old_attempts() -> None:
    """Deletes sign-in attempts, and what was counted of limits, out of every window. Safe to run twice."""
    attempts.forget_old()
    allowances.forget_old()


@shared_task(name="accounts.end_expired_sessions")
def end_expired_sessions() -> None:
    """Ends sessions whose time is over, so that their phones fall silent. Safe to run twice."""
    sessions.end_expired()
