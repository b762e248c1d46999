"""What time does to consents and guardians."""

from celery import shared_task

from consents.services import consent_requests, guardianships


@shared_task(name="consents.remind_guardians")
def remind_guardians() -> None:
    """Asks once more who has not answered. Safe to run twice."""
    consent_requests.remind_guardians()


@shared_task(name="consents.expire_consents")
def expire_consents() -> None:
    """Ends what no guardian decided in time. Safe to run twice."""
    consent_requests.expire_consents()


@shared_task(name="consents.end_guardianships")
def end_guardianships() -> None:
    """Erases the guardians of students who came of age. Safe to run twice."""
    guardianships.end_guardianships()
