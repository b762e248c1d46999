"""Runs one command against a demo of its own, on free ports and throwaway data.

`python -m tests.support.demo python examples/journey.py` ends as the command ends. It gets `--api` and `--outside`,
and the same two addresses as `ELAN` and `ELAN_OUTSIDE`.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from demo.outside import OutsideWorld, write_service_account
from tests.support.processes import ROOT, environment, running, running_api


def main(command: list[str]) -> int:
    """Starts the API, a worker and the world outside; returns the exit status of the command."""
    with TemporaryDirectory() as name, OutsideWorld() as outside:
        data_dir = Path(name)
        account = data_dir / "service-account.json"
        write_service_account(account, outside.url)
        env = environment(
            data_dir,
            DATABASE_URL=f"sqlite:///{data_dir / 'elan.sqlite3'}",
            REDIS_URL="",
            CELERY_BROKER_URL="",
            EMAIL_URL=f"smtp://127.0.0.1:{outside.smtp_port}",
            FCM_URL=outside.url,
            LOG_LEVEL="WARNING",
            FCM_CREDENTIALS_FILE=str(account),
        )
        for step in (("migrate", "--verbosity", "0"), ("load_demo",)):
            manage = [sys.executable, "-m", "demo.daytime", "manage", *step]
            subprocess.run(manage, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        worker = ("--quiet", "--app", "config", "worker", "--pool", "solo", "--loglevel", "error")
        with running_api(env) as (api, _pid), running("celery", *worker, env=env):
            addresses = {"ELAN": api, "ELAN_OUTSIDE": outside.url}
            options = ["--api", api, "--outside", outside.url]
            return subprocess.call([*command, *options], cwd=ROOT, env={**os.environ, **addresses})


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(main(sys.argv[1:]))
