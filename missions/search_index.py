"""The index of the words of missions: a GIN index on PostgreSQL, an FTS5 table on SQLite, which Django cannot write."""

from typing import Any

from django.db import migrations

POSTGRESQL = ["CREATE INDEX mission_stems ON missions_missionsearch USING gin (stems)"]
# An external-content table: it indexes the rows of missions_missionsearch and copies none (sqlite.org/fts5.html 4.4.3).
# "ascii" splits at spaces only, because stems hold letters and digits alone.
GONE = "INSERT INTO mission_stems (mission_stems, rowid, stems) VALUES ('delete', old.id, old.stems);"
CAME = "INSERT INTO mission_stems (rowid, stems) VALUES (new.id, new.stems);"
SQLITE = [
    "CREATE VIRTUAL TABLE mission_stems USING fts5 "
    "(stems, content='missions_missionsearch', content_rowid='id', tokenize='ascii')",
    f"CREATE TRIGGER mission_stems_came AFTER INSERT ON missions_missionsearch BEGIN {CAME} END",
    f"CREATE TRIGGER mission_stems_gone AFTER DELETE ON missions_missionsearch BEGIN {GONE} END",
    f"CREATE TRIGGER mission_stems_changed AFTER UPDATE ON missions_missionsearch BEGIN {GONE} {CAME} END",
]
SQLITE_UNDONE = [
    *(f"DROP TRIGGER mission_stems_{name}" for name in ("came", "gone", "changed")),
    "DROP TABLE mission_stems",
]


def make_index(apps: Any, schema_editor: Any) -> None:
    """Called by the migration that creates the table."""
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def drop_index(apps: Any, schema_editor: Any) -> None:
    """On PostgreSQL it goes with its table."""
    for statement in SQLITE_UNDONE if schema_editor.connection.vendor == "sqlite" else []:
        schema_editor.execute(statement)


OPERATION = migrations.RunPython(make_index, drop_index)
