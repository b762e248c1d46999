"""A PostgreSQL server of a test's own, to stop, kill and start again. On Debian and as root it runs as `postgres`."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.patience import PATIENCE_SECONDS
from tests.support.processes import free_port

PATIENT = ("-w", "-t", PATIENCE_SECONDS)


def binaries() -> Path | None:
    """Where initdb and pg_ctl are; None on a machine without them."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


class Cluster:
    """`url` names its one database; `stop`, `kill` and `start` are what happens to servers."""

    def __init__(self, folder: Path) -> None:
        self.data, self.log, self.port = folder / "data", folder / "log", free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync", "--locale", "C.UTF-8")
        self.start()

    def _run(self, program: str, *arguments: object) -> None:
        known = binaries()
        assert known is not None
        # PostgreSQL refuses to run as root.
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run(
            [*prefix, str(known / program), *map(str, arguments)],
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE_SECONDS,
        )

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k '' -c fsync=off"
        self._run("pg_ctl", "start", *PATIENT, "-D", self.data, "-l", self.log, "-o", options)

    def stop(self) -> None:
        """As an upgrade does: connections are ended, what is committed is written."""
        self._run("pg_ctl", "stop", *PATIENT, "-m", "fast", "-D", self.data)

    def kill(self) -> None:
        """As a crash does: the next start recovers from the log."""
        self._run("pg_ctl", "stop", *PATIENT, "-m", "immediate", "-D", self.data)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running server, and nothing left of it afterwards."""
    # Not pytest's folder, into which another user than the test's may not look.
    folder = Path(tempfile.mkdtemp(prefix="elan-cluster-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    made = None
    try:
        made = Cluster(folder)
        yield made
    finally:
        if made is not None:
            # It may be down already: the test failed in the middle.
            with suppress(subprocess.CalledProcessError):
                made.kill()
        shutil.rmtree(folder, ignore_errors=True)
