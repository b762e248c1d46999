"""How a test waits: for an event, never for time to pass."""

import threading
import time
from collections.abc import Callable

# When a test gives up. It is no part of what passes: long, for a machine that is slow and busy.
PATIENCE_SECONDS = 180


def wait_until(done: Callable[[], object]) -> bool:
    """Whether it came true before patience ended."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := done()) and time.monotonic() < end:
        time.sleep(0.05)
    return bool(found)


def wait_for(event: threading.Event) -> None:
    """Until somebody sets it; fails when nobody does."""
    assert event.wait(PATIENCE_SECONDS), "nobody set what was waited for"


def join(*threads: threading.Thread) -> None:
    """Until they have ended; fails when one does not."""
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert not [thread.name for thread in threads if thread.is_alive()]
