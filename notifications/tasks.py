"""The relay as a job: nudged after commits, swept by the beat."""

import threading

from celery import shared_task

from notifications import digests, outbox, relay

_running = threading.Lock()
_asked = threading.Event()


@shared_task(name="notifications.relay")
def run_relay() -> None:
    """Delivers everything due. Safe to run twice: rows are leased.

    One run in each process is enough: one that is asked for meanwhile follows it at once, in its place.
    """
    _asked.set()
    while _asked.is_set() and _running.acquire(blocking=False):
        try:
            _asked.clear()
            relay.run()
        finally:
            _running.release()


@shared_task(name="notifications.send_digests")
def send_digests() -> None:
    """Sends the digests whose time has come. Safe to run twice."""
    digests.send_digests()


@shared_task(name="notifications.forget_nothings")
def forget_nothings() -> None:
    """Deletes what was written to be sent to nobody. Safe to run twice."""
    outbox.forget_nothings()
