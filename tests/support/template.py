"""A migrated SQLite database that is kept and copied: migrating anew took 12 s of each process of each run."""

import os
import shutil
from hashlib import sha256
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "var" / "test-templates"


def template() -> Path:
    """The file for the migrations, and the libraries, as they are now."""
    digest = sha256((ROOT / "requirements-dev.txt").read_bytes())
    for migration in sorted(ROOT.glob("*/migrations/*.py")):
        digest.update(f"{migration.relative_to(ROOT)}\n".encode() + migration.read_bytes())
    return FOLDER / f"{digest.hexdigest()[:20]}.sqlite3"


def copy_template(database: str) -> bool:
    """Puts the kept database where the tests' shall be; whether there was one."""
    for journal in (f"{database}-wal", f"{database}-shm"):
        Path(journal).unlink(missing_ok=True)
    if not template().exists():
        return False
    Path(database).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(template(), database)
    return True


def keep_template() -> None:
    """Keeps the tests' database, as it is after its migrations, for the runs to come."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = template().with_suffix(f".{os.getpid()}")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(made)])
    for outdated in FOLDER.glob("*.sqlite3"):
        outdated.unlink(missing_ok=True)
    made.rename(template())
