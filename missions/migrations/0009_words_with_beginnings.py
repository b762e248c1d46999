"""The words of missions anew, with what they begin with."""

from django.db import migrations

from common import french


def fill(apps, schema_editor):
    alias = schema_editor.connection.alias
    MissionSearch = apps.get_model('missions', 'MissionSearch')
    rows = []
    for row in MissionSearch.objects.using(alias).select_related('mission__organization').iterator(500):
        mission = row.mission
        words = f'{mission.title} {mission.organization.name} {mission.city} {mission.description}'
        row.stems = ' '.join(french.with_beginnings(french.stems(words)))
        rows.append(row)
    MissionSearch.objects.using(alias).bulk_update(rows, ['stems'], 200)


class Migration(migrations.Migration):

    dependencies = [
        ('missions', '0008_exchange_and_calendars'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
