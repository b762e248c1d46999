import common.models
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Preference',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('refused_pushes', models.JSONField(default=list)),
                ('refused_mails', models.JSONField(default=list)),
                ('quiet_from', models.TimeField(null=True)),
                ('quiet_until', models.TimeField(null=True)),
                ('digest', models.CharField(blank=True, choices=[('immediate', 'At once'), ('daily', 'Every day'), ('weekly', 'Every week')], max_length=9)),
                ('version', models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.RemoveIndex(
            model_name='delivery',
            name='delivery_due',
        ),
        migrations.RemoveIndex(
            model_name='outboxmessage',
            name='outbox_message_due',
        ),
        migrations.AddField(
            model_name='delivery',
            name='collapse_key',
            field=models.CharField(blank=True, db_default='', max_length=64),
        ),
        migrations.AddField(
            model_name='delivery',
            name='priority',
            field=models.PositiveSmallIntegerField(choices=[(0, 'First'), (5, 'Normal'), (9, 'Last')], db_default=5, default=5),
        ),
        migrations.AddField(
            model_name='delivery',
            name='sequence',
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='device',
            name='app_version',
            field=models.CharField(blank=True, db_default='', max_length=20),
        ),
        migrations.AddField(
            model_name='device',
            name='last_sequence',
            field=models.PositiveBigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='device',
            name='locale',
            field=models.CharField(blank=True, db_default='', max_length=35),
        ),
        migrations.AddField(
            model_name='device',
            name='notifications_allowed',
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name='notification',
            name='digest_due_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='outboxmessage',
            name='audience',
            field=models.CharField(blank=True, db_default='', max_length=20),
        ),
        migrations.AddField(
            model_name='outboxmessage',
            name='expires_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='outboxmessage',
            name='priority',
            field=models.PositiveSmallIntegerField(choices=[(0, 'First'), (5, 'Normal'), (9, 'Last')], db_default=5, default=5),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['channel', 'priority', 'due_at', 'id'], name='delivery_in_turn'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['device', 'sequence'], name='delivery_before'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('collapse_key', ''), _negated=True), fields=['collapse_key', 'channel'], name='delivery_of_collapse_key'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('digest_due_at__isnull', False)), fields=['digest_due_at', 'recipient'], name='notification_for_digest'),
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(condition=models.Q(('expanded_at__isnull', True)), fields=['priority', 'due_at', 'id'], name='outbox_message_in_turn'),
        ),
        migrations.AddField(
            model_name='preference',
            name='person',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='preference', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='preference',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('quiet_from__isnull', True), ('quiet_until__isnull', True)), models.Q(('quiet_from__isnull', False), ('quiet_until__isnull', False)), _connector='OR'), name='preference_has_both_ends_of_quiet_hours'),
        ),
    ]
