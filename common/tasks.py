"""Housekeeping of the foundation's own tables."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from common import changes, files
from common.models import IdempotencyKey


@shared_task(name="common.forget_old_keys")
def forget_old_keys() -> None:
    """Deletes the answers kept for repeats once IDEMPOTENCY_KEY_DAYS are over. Safe to run twice."""
    oldest = timezone.now() - timedelta(days=settings.IDEMPOTENCY_KEY_DAYS)
    IdempotencyKey.objects.filter(created_at__lt=oldest).delete()


@shared_task(name="common.forget_old_changes")
def forget_old_changes() -> None:
    """Deletes the changes that no phone follows any more. Safe to run twice."""
    changes.forget_old_changes()


@shared_task(name="common.delete_unnamed_files")
def delete_unnamed_files() -> None:
    """Deletes old files that no row names. Safe to run twice."""
    files.delete_unnamed_files()
