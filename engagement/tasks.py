"""What time does to the ledger."""

from celery import shared_task

from engagement.services import (
    attestation_requests,
    heads,
    progress_reached,
    progress_reminders,
    statistics,
    waiting_hours,
)


@shared_task(name="engagement.sign_heads")
def sign_heads() -> None:
    """Signs the heads that moved and writes them down outside the database. Safe to run twice."""
    heads.sign_heads()


@shared_task(name="engagement.remind_of_attestations")
def remind_of_attestations() -> None:
    """Asks once more who has not given their word. Safe to run twice."""
    attestation_requests.remind()


@shared_task(name="engagement.expire_attestations")
def expire_attestations() -> None:
    """Ends what nobody answered in time. Safe to run twice."""
    attestation_requests.expire()


@shared_task(name="engagement.ask_held_tutors")
def ask_held_tutors() -> None:
    """Asks tutors whose address a teacher has confirmed meanwhile. Safe to run twice."""
    attestation_requests.ask_held()


@shared_task(name="engagement.count_territories")
def count_territories() -> None:
    """Counts anew the hours given in each territory. Safe to run twice, and beside itself."""
    statistics.count_territories()


@shared_task(name="engagement.tell_of_waiting_hours")
def tell_of_waiting_hours() -> None:
    """Tells schools of hours that wait for them. Safe to run twice."""
    waiting_hours.tell_of_waiting_hours()


@shared_task(name="engagement.tell_of_progress")
def tell_of_progress() -> None:
    """Tells students that they have reached a share of their target. Safe to run twice."""
    progress_reached.tell_of_progress()


@shared_task(name="engagement.remind_of_progress")
def remind_of_progress() -> None:
    """Tells students who are behind at mid-year, and of deadlines that come near. Safe to run twice."""
    progress_reminders.remind_of_progress()
