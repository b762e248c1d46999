"""How a worker without a broker gets its jobs: a beat of its own, and a bell that is rung after commits.

Nothing passes between processes but "look": what is to be done stands in the database (ADR 0018).
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

from celery import bootsteps
from celery.beat import Service
from django.conf import settings

from config.scheduler import SteadyScheduler
from notifications.nudge import RELAY_TASK

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 0.1
AGAIN_AFTER_SECONDS = 1


class BeatAndBell(bootsteps.StartStopStep):
    """Both run beside the worker, in threads, and what ends by an error begins again."""

    requires = ("celery.worker.components:Pool",)
    conditional = True

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.enabled = not settings.HAS_BROKER
        self.app = worker.app
        self.stopping = threading.Event()
        self.service: Service | None = None
        self.threads = [
            threading.Thread(target=self.keep, args=(work,), name=work.__name__, daemon=True)
            for work in (self.beat, self.listen)
        ]

    def start(self, worker: Any) -> None:
        """Begins both; returns at once."""
        for thread in self.threads:
            thread.start()

    def stop(self, worker: Any) -> None:
        """Ends both, within about a second."""
        self.stopping.set()
        if self.service is not None:
            self.service.stop()
        for thread in self.threads:
            thread.join(2)

    def keep(self, work: Callable[[], None]) -> None:
        """Does it until the worker stops: a full disk or a broken schedule file costs a second, not the beat."""
        while not self.stopping.is_set():
            try:
                work()
            except Exception:
                logger.exception("%s ended and begins again", work.__name__)
                self.stopping.wait(AGAIN_AFTER_SECONDS)

    def beat(self) -> None:
        """Sends what is due, into this process."""
        self.service = Service(self.app, scheduler_cls=SteadyScheduler)
        if not self.stopping.is_set():
            self.service.start()

    def listen(self) -> None:
        """Runs the relay each time the bell was rung: its length tells, so nothing in it can be wrong."""
        settings.BELL_FILE.write_bytes(b"")
        heard = 0
        while not self.stopping.wait(LOOK_EVERY_SECONDS):
            length = _length()
            if length != heard:
                heard = length
                self.app.send_task(RELAY_TASK, expires=30)


def _length() -> int:
    try:
        return settings.BELL_FILE.stat().st_size
    except FileNotFoundError:
        return 0
