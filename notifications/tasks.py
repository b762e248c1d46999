"""The relay as a job: nudged after commits, swept by the beat."""

from celery import shared_task

from notifications import relay


@shared_task(name="notifications.relay")
def run_relay() -> None:
    """Delivers everything due. Safe to run twice: rows are leased."""
    relay.run()
