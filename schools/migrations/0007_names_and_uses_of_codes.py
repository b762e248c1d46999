from datetime import timedelta

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

from common.names import name_key


def find_by_name(apps, schema_editor):
    """Lines are found by the new key; two of one person in a class keep their old ones."""
    lines = apps.get_model("schools", "RosterLine").objects.using(schema_editor.connection.alias)
    for line in lines.only("first_name", "last_name", "name_key", "class_group_id", "birth_date").iterator():
        key = name_key(line.first_name, line.last_name)
        same = lines.filter(class_group=line.class_group_id, birth_date=line.birth_date, name_key=key)
        if key != line.name_key and not same.exists():
            lines.filter(pk=line.pk).update(name_key=key)


def note_uses(apps, schema_editor):
    """Whoever asked while the present code lived used it."""
    alias = schema_editor.connection.alias
    enrolments = apps.get_model("schools", "Enrolment").objects.using(alias)
    classes = apps.get_model("schools", "ClassGroup").objects.using(alias).exclude(join_code="")
    for class_group in classes.filter(join_code_expires_at__gt=timezone.now()).iterator():
        made_at = class_group.join_code_expires_at - timedelta(days=settings.JOIN_CODE_DAYS)
        came = enrolments.filter(class_group=class_group.pk, requested_at__gte=made_at)
        came.update(join_code=class_group.join_code)


class Migration(migrations.Migration):

    dependencies = [
        ("schools", "0006_canonical_addresses"),
    ]

    operations = [
        migrations.AddField(
            model_name="enrolment",
            name="join_code",
            field=models.CharField(blank=True, default="", max_length=12),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="rosterline",
            name="last_name",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.RunPython(find_by_name, migrations.RunPython.noop),
        migrations.RunPython(note_uses, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name="classgroup",
            name="join_count",
        ),
    ]
