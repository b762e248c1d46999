"""Runs a Python program of the demo at a time of day when a minor may be on a mission.

`python -m demo.daytime gunicorn …` is `python -m gunicorn …`; in the evening and at night in Paris its clock
runs twelve hours ahead. The rule that keeps minors from missions at night is not touched: the demo moves instead.
"""

import os
import runpy
import sys
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import time_machine

FIRST, LAST = time(7, 30), time(19, 30)
AHEAD = timedelta(hours=12)
# What a process started again in the evening finds: the demo's clock moves in none of them, or in all.
HOURS = "DEMO_HOURS_AHEAD"


def offset(now: datetime) -> timedelta:
    """How far ahead the demo lives: nothing by day, twelve hours in the evening and at night."""
    wall_time = now.astimezone(ZoneInfo("Europe/Paris")).time()
    return timedelta() if FIRST <= wall_time <= LAST else AHEAD


def main() -> None:
    """Moves the clock if it must, then becomes the program, whose own programs live at the same time."""
    ahead = timedelta(hours=int(os.environ[HOURS])) if HOURS in os.environ else offset(datetime.now(UTC))
    os.environ[HOURS] = str(ahead // timedelta(hours=1))
    if ahead:
        time_machine.travel(datetime.now(UTC) + ahead, tick=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
