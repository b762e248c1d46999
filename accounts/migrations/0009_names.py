from django.db import migrations, models

import common.names


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0008_canonical_addresses"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="first_name",
            field=models.CharField(max_length=80, validators=[common.names.validate_name]),
        ),
        migrations.AlterField(
            model_name="user",
            name="last_name",
            field=models.CharField(blank=True, max_length=80, validators=[common.names.validate_name]),
        ),
    ]
