"""With RabbitMQ as broker by settings alone, a commit wakes a worker; the mail does not wait for the sweep."""

from typing import Any

import pytest
from django.conf import settings as deployment
from django.core import mail

from notifications.models import Delivery, OutboxMessage
from notifications.states import DeliveryStatus
from tests.support.patience import wait_until
from tests.support.worker import running_worker

pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.skipif(
        not deployment.CELERY_BROKER_URL.startswith("amqp"), reason="CELERY_BROKER_URL is not RabbitMQ's"
    ),
    pytest.mark.django_db(transaction=True),
]

NEWCOMER = {
    "email": "sam@example.org",
    "password": "quatre mots pour entrer",
    "first_name": "Sam",
    "last_name": "Diallo",
    "birth_date": "1990-05-04",
}


def test_a_commit_nudges_a_worker_through_rabbitmq_and_the_mail_leaves(api: Any, settings: Any):
    settings.OUTBOX_NUDGE = True
    with running_worker():
        assert api.post("/api/v1/auth/register/", NEWCOMER).status_code == 202
        assert wait_until(Delivery.objects.filter(status=DeliveryStatus.SENT).exists), "the relay did not run"
    assert [message.to for message in mail.outbox] == [[NEWCOMER["email"]]]
    assert not OutboxMessage.objects.filter(expanded_at__isnull=True).exists()
