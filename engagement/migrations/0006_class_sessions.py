"""Decisions of whoever attested the hours, those of a whole class, are marked so."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('engagement', '0005_exports'),
    ]

    operations = [
        migrations.AddField(
            model_name='decision',
            name='class_session',
            field=models.BooleanField(default=False),
        ),
    ]
