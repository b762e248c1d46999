"""Web addresses whose host has accents, kept as the DNS knows them."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('missions', '0009_words_with_beginnings'),
    ]

    operations = [
        migrations.AlterField(
            model_name='organization',
            name='url',
            field=models.URLField(blank=True, max_length=1000),
        ),
    ]
