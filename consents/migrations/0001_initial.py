import common.models
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Guardian',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('phone', models.CharField(blank=True, max_length=16)),
                ('source', models.CharField(choices=[('roster', 'Roster'), ('student', 'Student'), ('school', 'School')], max_length=8)),
                ('verified_at', models.DateTimeField(null=True)),
                ('wants_place_notices', models.BooleanField(default=True)),
                ('new_email', models.EmailField(blank=True, max_length=254)),
                ('new_email_asked_at', models.DateTimeField(null=True)),
                ('bounced_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('student', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='guardians', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('email', ''), _negated=True), fields=['email'], name='guardian_of_address')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('email', ''), _negated=True), fields=('student', 'email'), name='guardian_address_once_per_student'), models.CheckConstraint(condition=models.Q(models.Q(('new_email', ''), ('new_email_asked_at__isnull', True)), models.Q(models.Q(('new_email', ''), _negated=True), ('new_email_asked_at__isnull', False)), _connector='OR'), name='guardian_new_address_is_dated')],
            },
        ),
    ]
