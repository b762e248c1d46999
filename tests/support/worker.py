"""A real Celery worker on the broker of the settings, alone on a queue of its own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery.contrib.testing.worker import start_worker
from celery.signals import task_postrun
from django.db import connections

from config.celery import app
from tests.support.patience import PATIENCE_SECONDS


def _close_connections(**_facts: Any) -> None:
    connections.close_all()


@contextmanager
def running_worker() -> Iterator[str]:
    """A worker in a thread; what the project sends meanwhile goes to its queue, whose name is given."""
    queue, before = f"test-{uuid.uuid4()}", app.conf.task_default_queue
    _send_to(queue)
    # The database of the tests cannot be dropped while a thread of the worker holds a connection to it.
    task_postrun.connect(_close_connections, weak=False)
    try:
        options = {"queues": [queue], "loglevel": "ERROR", "without_heartbeat": False}
        with start_worker(app, perform_ping_check=False, shutdown_timeout=PATIENCE_SECONDS, **options):
            yield queue
    finally:
        task_postrun.disconnect(_close_connections)
        with app.connection_for_write() as connection:
            connection.default_channel.queue_delete(queue)
        _send_to(before)


def _send_to(queue: str) -> None:
    app.conf.task_default_queue = queue
    app.__dict__.pop("amqp", None)  # the routes and producers made for the queue before
