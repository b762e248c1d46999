"""The words of missions anew: with their postal code, words made of another as that one, and what finds misspelled ones."""

from typing import Any

from django.db import migrations

from common import french


def fill(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    searches = apps.get_model("missions", "MissionSearch").objects.using(alias)
    keys = apps.get_model("missions", "SearchKey")
    rows, words = [], set()
    for row in searches.select_related("mission__organization").iterator(500):
        mission = row.mission
        text = (
            f"{mission.title} {mission.organization.name} {mission.postal_code} {mission.city} {mission.description}"
        )
        row.title = f" {' '.join(french.stems(mission.title))} "
        row.stems = " ".join(french.with_beginnings(french.stems(text)))
        words.update(french.words(text))
        rows.append(row)
    searches.bulk_update(rows, ["title", "stems"], 200)
    new = sorted((key, word) for word in words for key in french.sound_keys(word))
    keys.objects.using(alias).bulk_create((keys(key=key, word=word) for key, word in new), 1000, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("missions", "0013_awaits_shift_and_search_keys")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
