"""Runs the processes of a Procfile side by side, and starts again what ends: `python -m demo.runner demo/Procfile`.

Ctrl-C, SIGTERM or a closed terminal stops all of them. Their output is printed with their name before it.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

LONG_LIVED_SECONDS = 30
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# How long what is stopped may take to end by itself; nothing is lost when it is killed then.
GRACE_SECONDS = 1.0


class Kept:
    """One line of the Procfile: its process, or the pause before it starts again."""

    def __init__(self, name: str, command: str, width: int, undertaker: IO[str] | None = None) -> None:
        self.name, self.command, self.width, self.undertaker = name, command, width, undertaker
        self.pause = FIRST_PAUSE_SECONDS
        self.start()

    def start(self) -> None:
        # A session of its own: Ctrl-C reaches the runner alone, and its children can be killed with it.
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", self.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.tell_undertaker(self.process.pid)
        self.started = time.monotonic()
        self.due: float | None = None
        assert self.process.stdout is not None
        threading.Thread(target=self.copy, args=(self.process.stdout,), daemon=True).start()
        self.say(f"started, process {self.process.pid}")

    def tell_undertaker(self, number: int) -> None:
        """Of a group that began, or below zero of one that is over."""
        if self.undertaker is not None:
            with suppress(OSError):
                print(number, file=self.undertaker, flush=True)

    def copy(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self.say(line.rstrip("\n"))

    def say(self, line: str) -> None:
        # One write, so that lines of two processes do not mix.
        sys.stdout.write(f"{self.name:<{self.width}} | {line}\n")
        sys.stdout.flush()

    def look(self) -> None:
        """Starts it again once it has ended and its pause is over; one that ends soon waits twice as long each time."""
        now = time.monotonic()
        if self.due is None and self.process.poll() is not None:
            if now - self.started > LONG_LIVED_SECONDS:
                self.pause = FIRST_PAUSE_SECONDS
            self.signal(signal.SIGKILL)  # what it left behind would hold its port
            self.tell_undertaker(-self.process.pid)
            self.say(f"ended ({self.process.returncode}), starts again in {self.pause:g} s")
            self.due = now + self.pause
            self.pause = min(2 * self.pause, LONGEST_PAUSE_SECONDS)
        elif self.due is not None and now >= self.due:
            self.start()

    def signal(self, number: signal.Signals) -> None:
        """To the process and its children."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return

    def is_running(self) -> bool:
        return self.process.poll() is None


def read(procfile: Path) -> list[tuple[str, str]]:
    """The names and commands of its lines."""
    lines = (line.partition(":") for line in procfile.read_text().splitlines() if line.strip() and line[0] != "#")
    return [(name.strip(), command.strip()) for name, _colon, command in lines]


def bury() -> None:
    """Reads the groups of a runner until it is no more, then ends them: killed, it cannot, and they hold its ports."""
    groups: set[int] = set()
    for line in sys.stdin:
        number = int(line)
        groups.add(number) if number > 0 else groups.discard(-number)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for group in sorted(groups):
            try:
                os.killpg(group, number)
            except ProcessLookupError:
                groups.discard(group)
        if groups:
            time.sleep(GRACE_SECONDS)


def main(procfile: Path) -> int:
    """Runs until it is told to stop; returns 128 and the signal's number."""
    undertaker = subprocess.Popen(
        [sys.executable, "-c", "from demo.runner import bury; bury()"],
        stdin=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    told: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _frame: told.append(got))
    lines = read(procfile)
    width = max(len(name) for name, _command in lines)
    all_kept = [Kept(name, command, width, undertaker.stdin) for name, command in lines]
    while not told:
        for kept in all_kept:
            kept.look()
        time.sleep(0.1)
    for kept in all_kept:
        kept.signal(signal.SIGTERM)
    end = time.monotonic() + GRACE_SECONDS
    while any(kept.is_running() for kept in all_kept) and time.monotonic() < end:
        time.sleep(0.05)
    for kept in all_kept:
        kept.signal(signal.SIGKILL)
    return 128 + told[0]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
