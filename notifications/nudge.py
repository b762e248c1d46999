"""Wakes the relay after a commit without ever making a request wait for, or fail by, the broker."""

import logging
import threading

from celery import current_app
from django.conf import settings

logger = logging.getLogger(__name__)

RELAY_TASK = "notifications.relay"

_wanted = threading.Event()
_start_lock = threading.Lock()
_thread: threading.Thread | None = None


def relay() -> None:
    """Asks, from a background thread, that the relay runs soon. Many asks at once become one."""
    if not settings.OUTBOX_NUDGE:
        return
    _ensure_thread()
    _wanted.set()


def _ensure_thread() -> None:
    global _thread
    with _start_lock:
        # A forked server inherits the object but not the running thread.
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_run, name="outbox-nudge", daemon=True)
            _thread.start()


def _run() -> None:
    while True:
        _wanted.wait()
        _wanted.clear()
        try:
            _ask()
        except Exception as error:
            # The sweep delivers what a lost nudge would have; the broker's state is no request's business.
            logger.warning("relay not nudged: %s", type(error).__name__)


def _ask() -> None:
    if settings.HAS_BROKER:
        current_app.send_task(RELAY_TASK, retry=False, expires=30)
    else:
        # One byte more is heard (config.alone), however many write at once.
        with settings.BELL_FILE.open("ab") as bell:
            bell.write(b".")
