import common.models
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from engagement import overlap_constraint


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('missions', '0001_initial'),
        ('schools', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TutorAddress',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('mailbox_sha256', models.CharField(max_length=64, unique=True)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('blocked_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='EngagementOption',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('target_minutes', models.PositiveIntegerField()),
                ('automatic_approval', models.CharField(choices=[('never', 'Never'), ('confirmed_attendance', 'Confirmed Attendance')], default='never', max_length=20)),
                ('domain_caps', models.JSONField(blank=True, default=dict)),
                ('is_attestation_required', models.BooleanField(default=False)),
                ('counts_before_enrolment', models.BooleanField(default=True)),
                ('deadline_on', models.DateField(blank=True, null=True)),
                ('head_name', models.CharField(blank=True, max_length=120)),
                ('version', models.PositiveIntegerField(default=1)),
                ('school', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='engagement_options', to='schools.school')),
                ('school_year', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='engagement_options', to='schools.schoolyear')),
            ],
        ),
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('file_format', models.CharField(choices=[('csv', 'Csv'), ('xlsx', 'Xlsx')], max_length=4)),
                ('line_count', models.PositiveIntegerField()),
                ('class_group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exports', to='schools.classgroup')),
                ('exported_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='exports', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='HourEntry',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('title', models.CharField(max_length=120)),
                ('domain', models.CharField(choices=[('animaux', 'Animaux'), ('autre', 'Autre'), ('batiment-industrie-logistique', 'Batiment Industrie Logistique'), ('benevolat-competences', 'Benevolat Competences'), ('communication', 'Communication'), ('culture-loisirs', 'Culture Loisirs'), ('education', 'Education'), ('emploi', 'Emploi'), ('environnement', 'Environnement'), ('gestion-finance-droit', 'Gestion Finance Droit'), ('humanitaire', 'Humanitaire'), ('memoire-et-citoyennete', 'Memoire Et Citoyennete'), ('numerique', 'Numerique'), ('prevention-protection', 'Prevention Protection'), ('recherche', 'Recherche'), ('sante', 'Sante'), ('service-public-defense-securite', 'Service Public Defense Securite'), ('solidarite-insertion', 'Solidarite Insertion'), ('sport', 'Sport'), ('vivre-ensemble', 'Vivre Ensemble')], max_length=40)),
                ('organization_name', models.CharField(blank=True, max_length=120)),
                ('tutor_name', models.CharField(blank=True, max_length=120)),
                ('tutor_email', models.EmailField(blank=True, max_length=254)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField()),
                ('break_minutes', models.PositiveSmallIntegerField(default=0)),
                ('claimed_minutes', models.PositiveSmallIntegerField()),
                ('reflection', models.TextField(blank=True, max_length=5000)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'Submitted'), ('approved', 'Approved'), ('returned', 'Returned'), ('rejected', 'Rejected'), ('revoked', 'Revoked'), ('deleted', 'Deleted')], default='draft', max_length=9)),
                ('submitted_at', models.DateTimeField(null=True)),
                ('approved_minutes', models.PositiveSmallIntegerField(null=True)),
                ('attestation_status', models.CharField(choices=[('none', 'None'), ('requested', 'Requested'), ('confirmed', 'Confirmed'), ('amended', 'Amended'), ('denied', 'Denied'), ('expired', 'Expired'), ('bounced', 'Bounced')], default='none', max_length=9)),
                ('attested_minutes', models.PositiveSmallIntegerField(null=True)),
                ('flags', models.JSONField(blank=True, default=list)),
                ('version', models.PositiveIntegerField(default=1)),
                ('attendance', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='hour_entry', to='missions.attendance')),
                ('mission', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='hour_entries', to='missions.mission')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='hour_entries', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('kind', models.CharField(choices=[('image/jpeg', 'Picture'), ('application/pdf', 'Pdf')], max_length=15)),
                ('file', models.FileField(upload_to='evidence')),
                ('size', models.PositiveIntegerField()),
                ('sha256', models.CharField(db_index=True, max_length=64)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='engagement.hourentry')),
            ],
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('verb', models.CharField(choices=[('approve', 'Approve'), ('return', 'Return'), ('reject', 'Reject'), ('revoke', 'Revoke')], max_length=7)),
                ('minutes', models.PositiveSmallIntegerField(null=True)),
                ('reason', models.CharField(blank=True, max_length=1000)),
                ('by_policy', models.BooleanField(default=False)),
                ('class_session', models.BooleanField(default=False)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='engagement.hourentry')),
            ],
        ),
        migrations.CreateModel(
            name='Contest',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('subject', models.CharField(choices=[('rejection', 'Rejection'), ('partial_approval', 'Partial Approval'), ('denial', 'Denial')], max_length=16)),
                ('reason', models.CharField(max_length=2000)),
                ('status', models.CharField(choices=[('open', 'Open'), ('upheld', 'Upheld'), ('dismissed', 'Dismissed')], default='open', max_length=9)),
                ('answer', models.CharField(blank=True, max_length=1000)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='contests_decided', to=settings.AUTH_USER_MODEL)),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='contest', to='engagement.hourentry')),
            ],
        ),
        migrations.CreateModel(
            name='Attestation',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('verb', models.CharField(choices=[('attest_by_attendance', 'Attendance'), ('confirm', 'Confirm'), ('amend', 'Amend'), ('deny', 'Deny')], default='attest_by_attendance', max_length=20)),
                ('minutes', models.PositiveSmallIntegerField(null=True)),
                ('reason', models.CharField(blank=True, max_length=1000)),
                ('by_tutor', models.BooleanField(default=False)),
                ('attested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='attestations', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attestations', to='engagement.hourentry')),
            ],
        ),
        migrations.CreateModel(
            name='Record',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('event_count', models.PositiveIntegerField(default=0)),
                ('head_hash', models.CharField(blank=True, max_length=64)),
                ('signed_event_count', models.PositiveIntegerField(default=0)),
                ('option', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='engagement.engagementoption')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='records', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='hourentry',
            name='record',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='engagement.record'),
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('kind', models.CharField(choices=[('option', 'Option'), ('passport', 'Passport')], db_default='option', default='option', max_length=8)),
                ('number', models.CharField(max_length=24, unique=True)),
                ('status', models.CharField(choices=[('issued', 'Issued'), ('superseded', 'Superseded'), ('revoked', 'Revoked')], default='issued', max_length=10)),
                ('minutes', models.PositiveIntegerField()),
                ('school_year_label', models.CharField(blank=True, max_length=9)),
                ('snapshot', models.JSONField(null=True)),
                ('identity_salt', models.CharField(max_length=32)),
                ('identity_hash', models.CharField(max_length=64)),
                ('key_id', models.CharField(max_length=64)),
                ('signature', models.CharField(max_length=100)),
                ('statement', models.CharField(blank=True, default='', max_length=1000)),
                ('issued_at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, max_length=1000)),
                ('ended_at', models.DateTimeField(null=True)),
                ('revocation_reason', models.CharField(blank=True, max_length=1000)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('issued_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entries', models.ManyToManyField(related_name='certificates', to='engagement.hourentry')),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to='engagement.record')),
            ],
        ),
        migrations.CreateModel(
            name='RecordEvent',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('sequence', models.PositiveIntegerField()),
                ('facts', models.JSONField()),
                ('text', models.TextField(blank=True)),
                ('details', models.JSONField(blank=True, default=dict)),
                ('salt', models.CharField(blank=True, max_length=32)),
                ('previous_hash', models.CharField(blank=True, max_length=64)),
                ('hash', models.CharField(max_length=64)),
                ('entry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='engagement.hourentry')),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='engagement.record')),
            ],
        ),
        migrations.CreateModel(
            name='TerritoryTotal',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('territory', models.CharField(blank=True, choices=[('urban', 'Urban'), ('rural', 'Rural'), ('priority', 'Priority'), ('unknown', 'Unknown')], max_length=8)),
                ('priority', models.CharField(blank=True, choices=[('inside', 'Inside'), ('outside', 'Outside')], max_length=7)),
                ('people_count', models.PositiveIntegerField(default=0)),
                ('attested_people_count', models.PositiveIntegerField(default=0)),
                ('approved_people_count', models.PositiveIntegerField(default=0)),
                ('attested_minutes', models.PositiveBigIntegerField(default=0)),
                ('approved_minutes', models.PositiveBigIntegerField(default=0)),
                ('computed_at', models.DateTimeField()),
                ('school_year', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='territory_totals', to='schools.schoolyear')),
            ],
        ),
        migrations.CreateModel(
            name='AttestationRequest',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('ask_count', models.PositiveSmallIntegerField(default=0)),
                ('resend_count', models.PositiveSmallIntegerField(default=0)),
                ('reminder_count', models.PositiveSmallIntegerField(default=0)),
                ('mail_count', models.PositiveSmallIntegerField(default=0)),
                ('mail_status', models.CharField(blank=True, choices=[('held', 'Held'), ('blocked', 'Blocked'), ('disowned', 'Disowned'), ('queued', 'Queued'), ('sent', 'Sent'), ('bounced', 'Bounced'), ('given_up', 'Given Up')], max_length=8)),
                ('asked_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('disowned_at', models.DateTimeField(null=True)),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='attestation_request', to='engagement.hourentry')),
                ('address', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='engagement.tutoraddress')),
                ('disowned_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='engagement.tutoraddress')),
            ],
        ),
        migrations.AddConstraint(
            model_name='engagementoption',
            constraint=models.UniqueConstraint(fields=('school', 'school_year'), name='engagement_option_once_per_year'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.CheckConstraint(condition=models.Q(('size__range', (1, 10000000))), name='evidence_is_1_byte_to_10_megabytes'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.UniqueConstraint(fields=('entry', 'sha256'), name='evidence_once_per_entry'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('minutes__isnull', False), ('verb', 'approve')), models.Q(models.Q(('verb', 'approve'), _negated=True), ('minutes__isnull', True)), _connector='OR'), name='decision_gives_minutes_iff_it_approves'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('by_policy', False), models.Q(('decided_by__isnull', True), ('verb__in', ['approve', 'revoke'])), _connector='OR'), name='decision_by_policy_approves_or_revokes_and_is_nobodys'),
        ),
        migrations.AddConstraint(
            model_name='contest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('status', 'open')), models.Q(models.Q(('status', 'open'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='contest_decided_iff_dated'),
        ),
        migrations.AddConstraint(
            model_name='attestation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('minutes__isnull', True), ('verb', 'deny')), models.Q(models.Q(('verb', 'deny'), _negated=True), ('minutes__isnull', False)), _connector='OR'), name='attestation_gives_minutes_unless_it_denies'),
        ),
        migrations.AddConstraint(
            model_name='attestation',
            constraint=models.CheckConstraint(condition=models.Q(('by_tutor', False), ('attested_by__isnull', True), _connector='OR'), name='attestation_by_a_tutor_is_nobodys'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(condition=models.Q(('event_count', models.F('signed_event_count')), _negated=True), fields=['id'], name='record_head_to_sign'),
        ),
        migrations.AddConstraint(
            model_name='record',
            constraint=models.UniqueConstraint(fields=('person', 'option'), name='record_once_per_person_and_option'),
        ),
        migrations.AddConstraint(
            model_name='record',
            constraint=models.UniqueConstraint(condition=models.Q(('option__isnull', True)), fields=('person',), name='passport_once_per_person'),
        ),
        migrations.AddIndex(
            model_name='hourentry',
            index=models.Index(fields=['record', 'started_at'], name='hour_entry_of_record'),
        ),
        migrations.AddIndex(
            model_name='hourentry',
            index=models.Index(fields=['person', 'started_at'], name='hour_entry_of_person'),
        ),
        migrations.AddIndex(
            model_name='hourentry',
            index=models.Index(fields=['status', '-id'], name='hour_entry_waiting'),
        ),
        migrations.AddConstraint(
            model_name='hourentry',
            constraint=models.CheckConstraint(condition=models.Q(('ended_at__gt', models.F('started_at'))), name='hour_entry_ends_after_it_starts'),
        ),
        migrations.AddConstraint(
            model_name='hourentry',
            constraint=models.CheckConstraint(condition=models.Q(('claimed_minutes__range', (15, 720))), name='hour_entry_claims_15_to_720_minutes'),
        ),
        migrations.AddConstraint(
            model_name='hourentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_minutes__isnull', False), ('status', 'approved')), models.Q(models.Q(('status', 'approved'), _negated=True), ('approved_minutes__isnull', True)), _connector='OR'), name='hour_entry_approved_iff_minutes'),
        ),
        migrations.AddConstraint(
            model_name='hourentry',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'deleted']), ('submitted_at__isnull', False), _connector='OR'), name='hour_entry_submitted_unless_draft'),
        ),
        migrations.AddConstraint(
            model_name='hourentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('attestation_status__in', ['confirmed', 'amended']), ('attested_minutes__isnull', False)), models.Q(models.Q(('attestation_status__in', ['confirmed', 'amended']), _negated=True), ('attested_minutes__isnull', True)), _connector='OR'), name='hour_entry_attested_iff_minutes'),
        ),
        migrations.AddConstraint(
            model_name='hourentry',
            constraint=models.CheckConstraint(condition=models.Q(('status', 'deleted'), models.Q(('mission__isnull', False), ('organization_name', ''), ('tutor_email', ''), ('tutor_name', '')), models.Q(('mission__isnull', True), models.Q(('organization_name', ''), _negated=True)), _connector='OR'), name='hour_entry_is_for_a_mission_or_an_organization_outside'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'issued')), fields=('record', 'kind'), name='certificate_one_valid_per_record_and_kind'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('status', 'issued')), models.Q(models.Q(('status', 'issued'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='certificate_ended_iff_dated'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'revoked'), _negated=True), models.Q(('revocation_reason', ''), _negated=True), _connector='OR'), name='certificate_revoked_says_why'),
        ),
        migrations.AddConstraint(
            model_name='recordevent',
            constraint=models.UniqueConstraint(fields=('record', 'sequence'), name='record_event_once_per_sequence'),
        ),
        migrations.AddConstraint(
            model_name='territorytotal',
            constraint=models.UniqueConstraint(fields=('school_year', 'territory', 'priority'), name='territory_total_once_per_year_and_territory'),
        ),
        migrations.AddConstraint(
            model_name='territorytotal',
            constraint=models.CheckConstraint(condition=models.Q(('people_count__gte', models.F('attested_people_count')), ('people_count__lte', django.db.models.expressions.CombinedExpression(models.F('attested_people_count'), '+', models.F('approved_people_count'))), ('people_count__gte', models.F('approved_people_count'))), name='territory_total_counts_everybody_with_minutes'),
        ),
        migrations.AddIndex(
            model_name='attestationrequest',
            index=models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='attestation_request_to_expire'),
        ),
        migrations.AddIndex(
            model_name='attestationrequest',
            index=models.Index(condition=models.Q(('mail_status', 'held')), fields=['id'], name='attestation_request_held'),
        ),
        migrations.AddConstraint(
            model_name='attestationrequest',
            constraint=models.CheckConstraint(condition=models.Q(('resend_count__lte', 3)), name='attestation_request_is_resent_at_most_3_times'),
        ),
        migrations.AddConstraint(
            model_name='attestationrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ask_count', 0), ('asked_at__isnull', True), ('expires_at__isnull', True)), models.Q(('ask_count__gt', 0), ('asked_at__isnull', False), ('expires_at__isnull', False)), _connector='OR'), name='attestation_request_expires_iff_asked'),
        ),
        overlap_constraint.OPERATION,
    ]
