"""Words and departments of the missions that are there already."""

from django.db import migrations

from common import french
from common.territory import department_of


def fill(apps, schema_editor):
    alias = schema_editor.connection.alias
    Mission = apps.get_model('missions', 'Mission')
    MissionSearch = apps.get_model('missions', 'MissionSearch')
    missions = Mission.objects.using(alias).select_related('organization')
    rows = []
    for mission in missions.iterator(500):
        words = f'{mission.title} {mission.organization.name} {mission.city} {mission.description}'
        rows.append(
            MissionSearch(
                mission_id=mission.pk,
                title=f" {' '.join(french.stems(mission.title))} ",
                stems=' '.join(french.stems(words)),
            )
        )
        department_code = department_of(commune_code='', postal_code=mission.postal_code)
        Mission.objects.using(alias).filter(pk=mission.pk).update(department_code=department_code)
    MissionSearch.objects.using(alias).bulk_create(rows, 500)


class Migration(migrations.Migration):

    dependencies = [
        ('missions', '0006_finding'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
