"""Readers that go wrong on purpose: what the kernel does with them is what it does with a decoder under a bomb."""

import os
import signal
import sys
from pathlib import Path

from common.readers import limits, sizes


def spin(data: bytes) -> bytes:
    """For ever."""
    while True:
        data = bytes(reversed(data))


def hoard(data: bytes) -> bytes:
    """As much memory as there is."""
    taken = []
    while True:
        taken.append(b"x" * 1_000_000)


def crash(data: bytes) -> bytes:
    """As a decoder of C does."""
    os.kill(os.getpid(), signal.SIGSEGV)
    return data


def tell(data: bytes) -> bytes:
    """What a reader knows of the world: its environment, the files it inherited, the modules it has read."""
    files = sorted(int(number) for number in os.listdir("/proc/self/fd"))
    told = repr((dict(os.environ), files, "django" in sys.modules, Path.cwd().name)).encode()
    return sizes.pack(1, 1, {"thumbnail": b"t", "card": b"c", "full": told})


def lie(data: bytes) -> bytes:
    """Of files that it does not hand over."""
    return b"40x30 1 1 9999999\nabc"


if __name__ == "__main__":
    readers = {b"spin": spin, b"hoard": hoard, b"crash": crash, b"tell": tell, b"lie": lie}
    limits.run(readers[sys.stdin.buffer.peek(5)[:5].strip()])
