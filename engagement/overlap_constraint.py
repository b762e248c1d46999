"""PostgreSQL's part in the rule that an hour counts once, which Django cannot write for two databases.

No two entries of a person that stand (submitted, approved) share an instant, and an entry's person is its record's. The
rule itself is `HourEntryQuerySet.sharing_time_with`, asked under the person's lock; this is what is left without one.
"""

from typing import Any

from django.db import migrations

from engagement.states import STANDING_HOUR_ENTRY

STANDING = ", ".join(f"'{status.value}'" for status in STANDING_HOUR_ENTRY)
POSTGRESQL = [
    # Compares ids in a GiST index. PostgreSQL trusts it: whoever may create in the database may make it.
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    f"""
    ALTER TABLE engagement_hourentry ADD CONSTRAINT hour_entry_covers_no_time_of_another
    EXCLUDE USING gist (person_id WITH =, tstzrange(started_at, ended_at, '[)') WITH &&) WHERE (status IN ({STANDING}))
    """,
    "ALTER TABLE engagement_record ADD CONSTRAINT record_once_with_its_person UNIQUE (id, person_id)",
    """
    ALTER TABLE engagement_hourentry ADD CONSTRAINT hour_entry_is_of_its_records_person
    FOREIGN KEY (record_id, person_id) REFERENCES engagement_record (id, person_id) DEFERRABLE INITIALLY DEFERRED
    """,
]


def add_constraints(apps: Any, schema_editor: Any) -> None:
    """Called by the migration that creates the tables, with which they go."""
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else []:
        schema_editor.execute(statement)


OPERATION = migrations.RunPython(add_constraints, migrations.RunPython.noop)
