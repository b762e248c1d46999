"""The stems of missions anew: vélos is vélo, emplois is emploi, jeux is jeu."""

from typing import Any

from django.db import migrations

from common import french


def fill(apps: Any, schema_editor: Any) -> None:
    searches = apps.get_model("missions", "MissionSearch").objects.using(schema_editor.connection.alias)
    rows = []
    for row in searches.select_related("mission__organization").iterator(500):
        mission = row.mission
        text = (
            f"{mission.title} {mission.organization.name} {mission.postal_code} {mission.city} {mission.description}"
        )
        row.title = f" {' '.join(french.stems(mission.title))} "
        row.stems = " ".join(french.with_beginnings(french.stems(text)))
        rows.append(row)
    searches.bulk_update(rows, ["title", "stems"], 200)


class Migration(migrations.Migration):
    dependencies = [("missions", "0015_later_check_outs")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
