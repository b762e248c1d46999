"""What a program that parses a person's file may use, and how it ends; the kernel holds it."""

import os
import signal
import sys
from collections.abc import Callable

# How a reader ends, beside 0: the file is not one that is taken here; it would need more than the limits.
REFUSED = 20
TOO_LARGE = 21

# The libraries' own code (under 15 MB) comes on top of the data: 150 MB in all.
DATA_KIB = 132_800
CPU_SECONDS = 2
# The timer knows fractions of a second, which the limit does not; what comes first ends the reader.
TIMER_SECONDS = 1.8
LONGEST_SECONDS = 30
# No core, so much memory and time, and small stacks for the threads of decoders; then the reader itself.
START = f'ulimit -c 0 && ulimit -d {DATA_KIB} && ulimit -t {CPU_SECONDS} && ulimit -S -s 1024 && exec "$0" -m "$1"'
# Memory that a decoder has freed goes back to the system at once, instead of lying about in glibc's heaps.
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072"}
# Of these signals a reader dies when it is over its time.
OUT_OF_TIME = {signal.SIGPROF, signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL}


def run(read: Callable[[bytes], bytes]) -> None:
    """Reads standard input, writes what is kept of it to standard output, and ends this process."""
    signal.setitimer(signal.ITIMER_PROF, TIMER_SECONDS)
    signal.alarm(LONGEST_SECONDS)
    try:
        written = read(sys.stdin.buffer.read())
    except Exception as error:  # decoders fail on hostile bytes in more ways than they document
        # Pillow and libheif tell of memory that they did not get in a sentence, not by the kind of the error.
        os._exit(TOO_LARGE if isinstance(error, MemoryError) or "memory" in str(error).lower() else REFUSED)
    sys.stdout.buffer.write(written)
    sys.stdout.buffer.flush()
    # No destructor of a library runs on a file that may have confused it.
    os._exit(0)
