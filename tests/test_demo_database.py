"""`make run` on data of an older version sets them aside, whole, and begins anew; on today's it changes nothing."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from django.db import connection
from django.db.models import UniqueConstraint

from demo.database import BELONGS_TO_IT, FILE, is_older
from missions.models import SignUp
from tests.support.gate import once_on
from tests.support.processes import ROOT


def run(command, **variables):
    """With the settings of `make run` and no others."""
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(command, cwd=ROOT, env=env | variables, capture_output=True, text=True)


def execute(file, sql):
    with closing(sqlite3.connect(file)) as database, database:
        return database.execute(sql).fetchall()


@pytest.mark.django_db
def test_a_database_of_today_is_not_older():
    assert not is_older(connection)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO django_migrations (app, name, applied) VALUES ('missions', '0002_no_more', CURRENT_TIMESTAMP)",
        "CREATE TABLE missions_no_more (id integer PRIMARY KEY)",
        "ALTER TABLE missions_favourite RENAME TO elsewhere",
        "ALTER TABLE accounts_user ADD COLUMN no_more integer",
        "ALTER TABLE accounts_user RENAME COLUMN language TO no_more",
        "ALTER TABLE schools_enrolment ADD COLUMN no_more uuid REFERENCES schools_school (id)",
    ],
)
def test_a_database_whose_tables_or_migrations_are_others_is_older(change):
    with connection.cursor() as cursor:
        cursor.execute(change)
    assert is_older(connection)


@pytest.mark.django_db
def test_a_constraint_that_is_not_there_makes_a_database_older():
    partial = [one for one in SignUp._meta.constraints if isinstance(one, UniqueConstraint) and one.condition]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {partial[0].name}")
    assert is_older(connection)


@pytest.mark.django_db
def test_an_app_that_waits_for_a_migration_is_not_older():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'missions'")
        cursor.execute("ALTER TABLE missions_favourite RENAME TO elsewhere")
    assert not is_older(connection)


@once_on("sqlite")
@pytest.mark.slow
def test_make_run_sets_an_older_database_aside_with_what_belongs_to_it(tmp_path):
    execute(tmp_path / FILE, "CREATE TABLE django_migrations (app text, name text)")
    execute(tmp_path / FILE, "INSERT INTO django_migrations VALUES ('missions', '0042_no_more')")
    (tmp_path / "secret-key").write_text("the-key-of-an-older-version")
    for folder in ("media", "outside", "test-templates"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "what").write_text(folder)
    begun = run([sys.executable, "-m", "demo.database"], DATA_DIR=str(tmp_path), DEMO="1")
    assert begun.returncode == 0, begun.stderr
    [aside] = tmp_path.glob("elan-*-1")
    assert str(aside) in begun.stdout
    assert execute(aside / FILE, "SELECT name FROM django_migrations") == [("0042_no_more",)]
    assert {path.name for path in aside.iterdir()} == {"media", "outside", "secret-key", FILE} < {*BELONGS_TO_IT}
    assert (aside / "media" / "what").read_text() == "media"
    assert (tmp_path / "test-templates" / "what").exists()
    assert execute(tmp_path / FILE, "SELECT count(*) FROM missions_mission") == [(0,)]


def test_an_older_database_that_is_not_the_demos_is_left_alone(tmp_path):
    theirs = tmp_path / "theirs.sqlite3"
    execute(theirs, "CREATE TABLE django_migrations AS SELECT 'missions' AS app, '0042_no_more' AS name")
    variables = {"DATABASE_URL": f"sqlite:///{theirs}", "DATA_DIR": str(tmp_path / "var"), "DEMO": "1"}
    refused = run([sys.executable, "-m", "demo.database"], **variables)
    assert refused.returncode == 1
    assert "It is not the demo's own" in refused.stderr
    assert execute(theirs, "SELECT name FROM sqlite_master") == [("django_migrations",)]


def test_make_run_asks_before_it_migrates():
    recipe = (ROOT / "Makefile").read_text().split("demo-data: install free-ports\n")[1].split("\n\n")[0]
    assert recipe.index("-m demo.database") < recipe.index("load_demo")
    assert "manage.py migrate" not in recipe
