"""The ledger's nightly work."""

from celery import shared_task

from engagement.services import heads


@shared_task(name="engagement.sign_heads")
def sign_heads() -> None:
    """Signs the heads that moved and writes them down outside the database. Safe to run twice."""
    heads.sign_heads()
