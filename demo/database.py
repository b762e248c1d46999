"""Brings the demo's database to this version, or sets it aside and begins anew: `python -m demo.database`."""

import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import django
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

FILE = "elan.sqlite3"
# What its rows name, and what is signed or derived with its keys. The database goes last: whoever is killed in the
# middle finds it at the next start.
BELONGS_TO_IT = ("media", "ledger-heads", "outside", "signing-keys", "secret-key", f"{FILE}-wal", f"{FILE}-shm", FILE)
SET_ASIDE = (
    "The demo's data are of an older version, which this one cannot go on with: they are in {folder} now, and the demo "
    "begins anew.\n"
)
LEFT_ALONE = (
    "The database of DATABASE_URL is of an older version, which this one cannot go on with. It is not the demo's own: "
    "nothing in it was changed. Name an empty one, or none."
)


def is_older(connection: BaseDatabaseWrapper) -> bool:
    """Whether migrations were applied that are no more, or others were than those of today under the same name."""
    ours = [app for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR]
    known = {(app.label, path.stem) for app in ours for path in Path(app.path).glob("migrations/0*.py")}
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if "django_migrations" not in tables:
            return False
        cursor.execute("SELECT app, name FROM django_migrations")
        labels = {app.label for app in ours}
        applied = {(label, name) for label, name in cursor.fetchall() if label in labels}
    # One that waits for a migration has other tables until then.
    waiting = {label for label, _name in known - applied}
    return bool(applied - known) or any(
        has_other_tables(app, tables, connection) for app in ours if app.label not in waiting
    )


def has_other_tables(app: AppConfig, tables: set[str], connection: BaseDatabaseWrapper) -> bool:
    """Whether an app's tables are not those of its models."""
    models = {model._meta.db_table: model for model in app.get_models(include_auto_created=True)}
    found = {table for table in tables if table.startswith(f"{app.label}_")}
    return found != set(models) or any(is_another(model, connection) for model in models.values())


def is_another(model: type[Model], connection: BaseDatabaseWrapper) -> bool:
    """Whether a model's table has other columns, points elsewhere, or lacks a constraint."""
    inspect, options = connection.introspection, model._meta
    columns = {field.column: field.null for field in options.local_concrete_fields}
    pointing = {
        field.column: field.remote_field.model._meta.db_table
        for field in options.local_concrete_fields
        if field.remote_field
    }
    with connection.cursor() as cursor:
        found = {column.name: column.null_ok for column in inspect.get_table_description(cursor, options.db_table)}
        relations = inspect.get_relations(cursor, options.db_table)
        constraints = inspect.get_constraints(cursor, options.db_table)
    return (
        found != columns
        or {column: relation[1] for column, relation in relations.items()} != pointing
        or not {constraint.name for constraint in options.constraints} <= set(constraints)
    )


def set_aside(data_dir: Path) -> Path:
    """Moves the database and what belongs to it; returns the folder, which the older version can have as DATA_DIR."""
    day, number = datetime.now(UTC).date(), 1
    while (folder := data_dir / f"elan-{day}-{number}").exists():
        number += 1
    folder.mkdir()
    for name in BELONGS_TO_IT:
        if (data_dir / name).exists():
            shutil.move(data_dir / name, folder / name)
    return folder


def main() -> None:
    """Says what it set aside; ends with an error where an older database is not the demo's."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    if is_older(connection):
        if Path(connection.settings_dict["NAME"]).resolve() != (settings.DATA_DIR / FILE).resolve():
            sys.exit(LEFT_ALONE)
        connection.close()
        sys.stdout.write(SET_ASIDE.format(folder=set_aside(settings.DATA_DIR)))
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    main()
