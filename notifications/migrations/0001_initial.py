import common.models
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('platform', models.CharField(choices=[('android', 'Android'), ('ios', 'Ios'), ('web', 'Web')], max_length=10)),
                ('token', models.CharField(max_length=4096)),
                ('token_sha256', models.CharField(max_length=64, unique=True)),
                ('installation_id', models.CharField(blank=True, max_length=255)),
                ('seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('session_id', models.UUIDField(db_index=True, null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='devices', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OutboxMessage',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('kind', models.CharField(max_length=60)),
                ('subject_id', models.UUIDField()),
                ('occasion', models.CharField(blank=True, max_length=120)),
                ('address', models.EmailField(blank=True, max_length=254)),
                ('mailbox', models.CharField(blank=True, editable=False, max_length=254)),
                ('holder_id', models.UUIDField(editable=False, null=True)),
                ('title', models.CharField(max_length=200)),
                ('body', models.TextField()),
                ('data', models.JSONField(default=dict)),
                ('link', models.JSONField(null=True)),
                ('channels', models.JSONField(default=list)),
                ('is_urgent', models.BooleanField(default=False)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expanded_at', models.DateTimeField(null=True)),
                ('recipient', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='outbox_messages', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('kind', models.CharField(max_length=60)),
                ('title', models.CharField(max_length=200)),
                ('body', models.TextField()),
                ('data', models.JSONField(default=dict)),
                ('read_at', models.DateTimeField(null=True)),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL)),
                ('message', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='notification', to='notifications.outboxmessage')),
            ],
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('channel', models.CharField(choices=[('push', 'Push'), ('mail', 'Mail')], max_length=4)),
                ('address', models.EmailField(blank=True, max_length=254)),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('sent', 'Sent'), ('dropped', 'Dropped'), ('dead', 'Dead')], default='pending', max_length=8)),
                ('attempt_count', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('lease', models.UUIDField(null=True)),
                ('leased_until', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=60)),
                ('device', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='deliveries', to='notifications.device')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='notifications.outboxmessage')),
            ],
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(condition=models.Q(('expanded_at__isnull', True)), fields=['due_at', 'id'], name='outbox_message_due'),
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(condition=models.Q(('mailbox', ''), _negated=True), fields=['mailbox'], name='outbox_message_to_mailbox'),
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(condition=models.Q(('holder_id__isnull', False)), fields=['holder_id'], name='outbox_message_of_holder'),
        ),
        migrations.AddConstraint(
            model_name='outboxmessage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('address', ''), ('holder_id__isnull', True), ('recipient__isnull', False)), models.Q(('holder_id__isnull', False), ('recipient__isnull', True), models.Q(('address', ''), _negated=True)), _connector='OR'), name='outbox_message_is_to_a_person_or_an_address'),
        ),
        migrations.AddConstraint(
            model_name='outboxmessage',
            constraint=models.UniqueConstraint(fields=('subject_id', 'kind', 'occasion', 'recipient'), name='outbox_message_is_written_once_to_a_person'),
        ),
        migrations.AddConstraint(
            model_name='outboxmessage',
            constraint=models.UniqueConstraint(condition=models.Q(('holder_id__isnull', False)), fields=('subject_id', 'kind', 'occasion', 'holder_id'), name='outbox_message_is_written_once_to_a_holder'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(fields=['recipient', '-id'], name='notification_inbox'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['due_at', 'id'], name='delivery_due'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('status', 'dead')), fields=['finished_at'], name='delivery_dead'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('status', 'pending')), models.Q(models.Q(('status', 'pending'), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='delivery_is_finished_iff_not_pending'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('message', 'device'), name='delivery_once_per_message_and_device'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(condition=models.Q(('channel', 'mail')), fields=('message', 'address'), name='delivery_once_per_message_and_address'),
        ),
    ]
