"""A sign-up remembers the class it was made with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('missions', '0010_web_addresses_with_accents'),
        ('schools', '0005_comments'),
    ]

    operations = [
        migrations.AddField(
            model_name='signup',
            name='class_group',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='schools.classgroup'),
        ),
    ]
