"""The beat goes on: after a clock that went back, over the nights of changes, and without a broker."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
import time_machine

from config.alone import BeatAndBell
from config.celery import app
from config.scheduler import SteadyScheduler
from notifications import nudge
from tests.support.patience import wait_until

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Noted(SteadyScheduler):
    """Notes when each job was sent, and sends none."""

    def setup_schedule(self):
        self.sent = defaultdict(list)
        super().setup_schedule()

    def apply_async(self, entry, **_options):
        self.sent[entry.name].append(datetime.now(UTC))


@pytest.fixture
def beat(tmp_path):
    """Makes a beat on the same schedule file, as a process that starts does; each is closed at the end."""
    made = []

    def make():
        made.append(Noted(app, schedule_filename=str(tmp_path / "schedule")))
        return made[-1]

    yield make
    for each in made:
        each.close()


def live(scheduler, clock, span):
    """Lets the beat's days pass as they would, without waiting."""
    end = datetime.now(UTC) + span
    while datetime.now(UTC) < end:
        clock.shift(max(scheduler.tick(), 0.02))


def test_a_schedule_file_ahead_of_the_clock_keeps_no_job_waiting(beat):
    with time_machine.travel(NOON + timedelta(hours=12), tick=False) as clock:
        at_night = beat()
        live(at_night, clock, 5 * MINUTE)
        assert at_night.sent["relay"]
        at_night.close()
    with time_machine.travel(NOON, tick=False) as clock:
        in_the_morning = beat()
        live(in_the_morning, clock, 2 * MINUTE)
    for name in ("relay", "lapse-offers", "tell-check-in-open"):
        assert in_the_morning.sent[name][0] <= NOON + MINUTE + timedelta(seconds=1), name


def test_a_clock_that_goes_back_under_a_running_beat_keeps_no_job_waiting(beat):
    with time_machine.travel(NOON, tick=False) as clock:
        running_beat = beat()
        live(running_beat, clock, 5 * MINUTE)
        clock.move_to(NOON - timedelta(days=1))
        running_beat.sent.clear()
        live(running_beat, clock, 2 * MINUTE)
    for name in ("relay", "lapse-offers", "tell-check-in-open"):
        assert running_beat.sent[name][0] <= NOON - timedelta(days=1) + MINUTE + timedelta(seconds=1), name


@pytest.mark.parametrize(
    "instant", [datetime(2026, 10, 25, 0, 40, tzinfo=UTC), datetime(2027, 3, 28, 0, 40, tzinfo=UTC)]
)
def test_what_runs_every_minute_does_so_over_the_nights_of_changes_and_what_runs_nightly_once(beat, instant):
    often = {"tell-check-in-open": MINUTE, "remind-forgotten-check-outs": 5 * MINUTE}
    nightly = ("sign-ledger-heads", "forget-old-keys")
    hours = timedelta(hours=2, minutes=40)
    with time_machine.travel(instant, tick=False) as clock:
        night_beat = beat()
        night_beat.schedule = {name: night_beat.schedule[name] for name in (*often, *nightly)}
        live(night_beat, clock, hours)
    for name, longest in often.items():
        instants = [instant, *night_beat.sent[name], instant + hours]
        gaps = [later - earlier for earlier, later in pairwise(instants)]
        assert max(gaps) <= longest + timedelta(seconds=1), (name, max(gaps))
    for name in nightly:
        assert len(night_beat.sent[name]) == 1, name


def test_without_a_broker_a_bell_wakes_the_worker_whatever_is_written_in_it(settings, tmp_path, monkeypatch):
    settings.BELL_FILE, settings.HAS_BROKER, settings.OUTBOX_NUDGE = tmp_path / "bell", False, True
    heard = []
    monkeypatch.setattr(app, "send_task", lambda name, **_options: heard.append(name))

    step = BeatAndBell(SimpleNamespace(app=app))
    assert step.enabled
    step.threads = [thread for thread in step.threads if thread.name == "listen"]
    step.start(None)
    try:
        for ring in (
            nudge.relay,
            lambda: settings.BELL_FILE.write_bytes(b"\xff" * 10),
            settings.BELL_FILE.unlink,
        ):
            before = len(heard)
            assert wait_until(settings.BELL_FILE.exists)
            ring()
            assert wait_until(lambda before=before: len(heard) > before)
        assert set(heard) == {nudge.RELAY_TASK}
    finally:
        step.stop(None)
