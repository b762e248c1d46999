"""When jobs are due: Celery's schedule on disk, which a clock that goes back never keeps waiting."""

from datetime import UTC, datetime
from typing import Any

from celery.beat import PersistentScheduler, Scheduler


class SteadyScheduler(PersistentScheduler):
    """Celery's own, save that nothing ran later than now.

    A server that was set back, or the demo in the morning, finds runs of the future on disk or in memory: each job
    would wait for its interval after that instant.
    """

    # The clock is looked at that often, and a beat that is stopped ends as soon.
    max_interval = 1

    def setup_schedule(self) -> None:
        """Reads what ran when from the file, without the future."""
        super().setup_schedule()
        self.forget_the_future()

    def tick(self, *args: Any, **options: Any) -> float:
        """Sends what is due; returns the seconds until the next look."""
        if self.forget_the_future():
            self.populate_heap()
        wait: float = super().tick(*args, **options)
        return wait

    def forget_the_future(self) -> bool:
        """Takes a run that lies ahead for one of this moment; returns whether there was any."""
        now = datetime.now(UTC)
        # In UTC, for two times of Paris compare by their wall clocks, and one night has an hour twice.
        ahead = [
            entry
            for entry in self.schedule.values()
            if entry.last_run_at is not None and entry.last_run_at.astimezone(UTC) > now
        ]
        for entry in ahead:
            entry.last_run_at = entry.default_now()
        return bool(ahead)


class IdleScheduler(Scheduler):
    """For a beat of its own where there is no broker: it would reach nobody, and the worker has one (config.alone)."""

    def setup_schedule(self) -> None:
        """Reads nothing."""
        self.logger.warning("Without a broker the worker is its own beat: this one does nothing.")

    def tick(self, *args: Any, **options: Any) -> float:
        """Sends nothing; returns the seconds until the next look."""
        return 1
