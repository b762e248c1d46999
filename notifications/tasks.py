"""The relay as a job: nudged after commits, swept by the beat."""

from celery import shared_task

from notifications import outbox, relay


@shared_task(name="notifications.relay")
def run_relay() -> None:
    """Delivers everything due. Safe to run twice: rows are leased."""
    relay.run()


@shared_task(name="notifications.forget_nothings")
def forget_nothings() -> None:
    """Deletes what was written to be sent to nobody. Safe to run twice."""
    outbox.forget_nothings()
