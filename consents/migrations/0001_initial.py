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
            name='Consent',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('mission_id', models.UUIDField(null=True)),
                ('status', models.CharField(choices=[('requested', 'Requested'), ('granted', 'Granted'), ('refused', 'Refused'), ('expired', 'Expired'), ('withdrawn', 'Withdrawn'), ('lapsed', 'Lapsed')], default='requested', max_length=9)),
                ('text_version', models.CharField(max_length=20)),
                ('ask_count', models.PositiveSmallIntegerField(default=1)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('reminder_count', models.PositiveSmallIntegerField(default=0)),
                ('expires_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('agreed_to', models.JSONField(null=True)),
                ('settled_at', models.DateTimeField(null=True)),
                ('student', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ConsentEvent',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('verb', models.CharField(max_length=12)),
                ('text_version', models.CharField(max_length=20)),
                ('language', models.CharField(blank=True, max_length=2)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('consent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='consents.consent')),
            ],
            options={
                'abstract': False,
            },
        ),
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
        ),
        migrations.AddField(
            model_name='consent',
            name='guardian',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='consents.guardian'),
        ),
        migrations.AddIndex(
            model_name='guardian',
            index=models.Index(condition=models.Q(('email', ''), _negated=True), fields=['email'], name='guardian_of_address'),
        ),
        migrations.AddConstraint(
            model_name='guardian',
            constraint=models.UniqueConstraint(condition=models.Q(('email', ''), _negated=True), fields=('student', 'email'), name='guardian_address_once_per_student'),
        ),
        migrations.AddConstraint(
            model_name='guardian',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('new_email', ''), ('new_email_asked_at__isnull', True)), models.Q(models.Q(('new_email', ''), _negated=True), ('new_email_asked_at__isnull', False)), _connector='OR'), name='guardian_new_address_is_dated'),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(condition=models.Q(('mission_id__isnull', False)), fields=['mission_id'], name='consent_to_one'),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(condition=models.Q(('status', 'requested')), fields=['expires_at'], name='consent_requested'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.UniqueConstraint(condition=models.Q(('mission_id__isnull', True)), fields=('guardian',), name='consent_to_all_once_per_guardian'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.UniqueConstraint(condition=models.Q(('mission_id__isnull', False)), fields=('guardian', 'mission_id'), name='consent_to_one_once_per_guardian_and_mission'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('status__in', ['requested', 'expired'])), models.Q(('decided_at__isnull', False), ('status__in', ['granted', 'refused', 'withdrawn', 'lapsed'])), _connector='OR'), name='consent_decided_iff_dated'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mission_id__isnull', False), ('status', 'granted'), _negated=True), ('agreed_to__isnull', False), _connector='OR'), name='consent_to_one_says_what_to'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(('settled_at__isnull', True), ('status__in', ['refused', 'withdrawn']), _connector='OR'), name='consent_settled_is_a_no'),
        ),
    ]
