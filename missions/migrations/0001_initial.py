import common.models
import django.db.models.deletion
import missions.models.calendars
import missions.models.search
from django.conf import settings
from django.db import migrations, models

from missions import search_index


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organizations', '0001_initial'),
        ('schools', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Attendance',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('status', models.CharField(choices=[('expected', 'Expected'), ('checked_in', 'Checked In'), ('checked_out', 'Checked Out'), ('confirmed', 'Confirmed'), ('no_show', 'No Show'), ('excused', 'Excused'), ('voided', 'Voided')], default='expected', max_length=11)),
                ('closed_at', models.DateTimeField(null=True)),
                ('arrived_at', models.DateTimeField(null=True)),
                ('left_at', models.DateTimeField(null=True)),
                ('minutes', models.PositiveSmallIntegerField(null=True)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='attendances_confirmed', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='AttendanceEvent',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('verb', models.CharField(choices=[('confirm', 'Confirm'), ('mark_no_show', 'Mark No Show'), ('excuse', 'Excuse'), ('reopen', 'Reopen')], max_length=12)),
                ('minutes', models.PositiveSmallIntegerField(null=True)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('attendance', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='missions.attendance')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Calendar',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('nonce', models.CharField(default=missions.models.calendars.fresh_nonce, max_length=32)),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='calendar', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Mission',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('title', models.CharField(max_length=120)),
                ('description', models.TextField(max_length=20000)),
                ('domain', models.CharField(choices=[('animaux', 'Animaux'), ('autre', 'Autre'), ('batiment-industrie-logistique', 'Batiment Industrie Logistique'), ('benevolat-competences', 'Benevolat Competences'), ('communication', 'Communication'), ('culture-loisirs', 'Culture Loisirs'), ('education', 'Education'), ('emploi', 'Emploi'), ('environnement', 'Environnement'), ('gestion-finance-droit', 'Gestion Finance Droit'), ('humanitaire', 'Humanitaire'), ('memoire-et-citoyennete', 'Memoire Et Citoyennete'), ('numerique', 'Numerique'), ('prevention-protection', 'Prevention Protection'), ('recherche', 'Recherche'), ('sante', 'Sante'), ('service-public-defense-securite', 'Service Public Defense Securite'), ('solidarite-insertion', 'Solidarite Insertion'), ('sport', 'Sport'), ('vivre-ensemble', 'Vivre Ensemble')], max_length=40)),
                ('activities', models.JSONField(default=list)),
                ('beneficiaries', models.JSONField(default=list)),
                ('address', models.CharField(blank=True, max_length=200)),
                ('postal_code', models.CharField(blank=True, max_length=5)),
                ('city', models.CharField(blank=True, max_length=100)),
                ('commune_code', models.CharField(blank=True, max_length=5)),
                ('department_code', models.CharField(blank=True, max_length=3)),
                ('latitude', models.FloatField(null=True)),
                ('longitude', models.FloatField(null=True)),
                ('is_remote', models.BooleanField(default=False)),
                ('min_age', models.PositiveSmallIntegerField(default=0)),
                ('requirements', models.JSONField(default=list)),
                ('audience', models.CharField(choices=[('students', 'Students'), ('citizens', 'Citizens'), ('both', 'Both')], default='both', max_length=8)),
                ('sign_up_mode', models.CharField(choices=[('instant', 'Instant'), ('review', 'Review')], default='review', max_length=7)),
                ('contact', models.CharField(blank=True, max_length=200)),
                ('image', models.CharField(blank=True, max_length=100)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('in_review', 'In Review'), ('changes_requested', 'Changes Requested'), ('published', 'Published'), ('closed', 'Closed'), ('cancelled', 'Cancelled'), ('archived', 'Archived')], default='draft', max_length=17)),
                ('review_reason', models.CharField(blank=True, max_length=500)),
                ('published_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('archived_at', models.DateTimeField(null=True)),
                ('cancel_reason', models.CharField(blank=True, max_length=500)),
                ('awaits_shift', models.BooleanField(db_default=False, default=False)),
                ('version', models.PositiveIntegerField(default=1)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='missions', to='organizations.organization')),
            ],
        ),
        migrations.CreateModel(
            name='Favourite',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('title', models.CharField(max_length=120)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='favourites', to=settings.AUTH_USER_MODEL)),
                ('mission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='favourites', to='missions.mission')),
            ],
        ),
        migrations.CreateModel(
            name='MissionRevision',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('changes', models.JSONField()),
                ('status', models.CharField(choices=[('proposed', 'Proposed'), ('accepted', 'Accepted'), ('refused', 'Refused')], default='proposed', max_length=8)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('mission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='missions.mission')),
                ('proposed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='MissionSearch',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('title', models.TextField()),
                ('stems', missions.models.search.StemsField()),
                ('mission', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='search', to='missions.mission')),
            ],
        ),
        migrations.CreateModel(
            name='PartnerMission',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('publisher', models.CharField(max_length=100)),
                ('client_id', models.CharField(max_length=255)),
                ('title', models.CharField(max_length=255)),
                ('organization_name', models.CharField(blank=True, max_length=255)),
                ('domain', models.CharField(choices=[('animaux', 'Animaux'), ('autre', 'Autre'), ('batiment-industrie-logistique', 'Batiment Industrie Logistique'), ('benevolat-competences', 'Benevolat Competences'), ('communication', 'Communication'), ('culture-loisirs', 'Culture Loisirs'), ('education', 'Education'), ('emploi', 'Emploi'), ('environnement', 'Environnement'), ('gestion-finance-droit', 'Gestion Finance Droit'), ('humanitaire', 'Humanitaire'), ('memoire-et-citoyennete', 'Memoire Et Citoyennete'), ('numerique', 'Numerique'), ('prevention-protection', 'Prevention Protection'), ('recherche', 'Recherche'), ('sante', 'Sante'), ('service-public-defense-securite', 'Service Public Defense Securite'), ('solidarite-insertion', 'Solidarite Insertion'), ('sport', 'Sport'), ('vivre-ensemble', 'Vivre Ensemble')], max_length=40)),
                ('type', models.CharField(choices=[('benevolat', 'Benevolat'), ('volontariat_service_civique', 'Service Civique'), ('volontariat_sapeurs_pompiers', 'Sapeurs Pompiers'), ('volontariat_reserve_operationnelle', 'Reserve Operationnelle')], max_length=34)),
                ('remote', models.CharField(choices=[('no', 'No'), ('possible', 'Possible'), ('full', 'Full'), ('local', 'Local')], max_length=8)),
                ('application_url', models.URLField(max_length=2000)),
                ('opens_to_minors', models.BooleanField(default=False)),
                ('places', models.PositiveIntegerField(default=1)),
                ('starts_at', models.DateTimeField(null=True)),
                ('ends_at', models.DateTimeField(null=True)),
                ('department_code', models.CharField(blank=True, max_length=3)),
                ('latitude', models.FloatField(null=True)),
                ('longitude', models.FloatField(null=True)),
                ('facts', models.JSONField()),
                ('received_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['latitude', 'longitude'], name='partner_mission_position')],
                'constraints': [models.UniqueConstraint(fields=('publisher', 'client_id'), name='partner_mission_once_per_publisher'), models.CheckConstraint(condition=models.Q(models.Q(('latitude__isnull', True), ('longitude__isnull', True)), models.Q(('latitude__isnull', False), ('longitude__isnull', False)), _connector='OR'), name='partner_mission_has_both_coordinates_or_none'), models.CheckConstraint(condition=models.Q(('places__gte', 1)), name='partner_mission_has_a_place')],
            },
        ),
        migrations.CreateModel(
            name='Qualification',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('kind', models.CharField(choices=[('psc', 'Psc'), ('pse1', 'Pse1'), ('pse2', 'Pse2'), ('sst', 'Sst'), ('bnssa', 'Bnssa'), ('bafa', 'Bafa'), ('bafd', 'Bafd'), ('driving_licence_b', 'Driving Licence B')], max_length=20)),
                ('issued_on', models.DateField()),
                ('expires_on', models.DateField(null=True)),
                ('verified_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='qualifications', to=settings.AUTH_USER_MODEL)),
                ('verified_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('text', models.CharField(max_length=2000)),
                ('status', models.CharField(choices=[('open', 'Open'), ('taken', 'Taken'), ('closed', 'Closed')], default='open', max_length=6)),
                ('taken_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('follow_up', models.CharField(blank=True, max_length=2000)),
                ('mission', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='missions.mission')),
                ('organization', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='organizations.organization')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reports_about', to=settings.AUTH_USER_MODEL)),
                ('reporter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reports_made', to=settings.AUTH_USER_MODEL)),
                ('taken_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SearchKey',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=40)),
                ('word', models.CharField(db_index=True, max_length=40)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key', 'word'), name='search_key_once_per_word')],
            },
        ),
        migrations.CreateModel(
            name='Shift',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('capacity', models.PositiveSmallIntegerField()),
                ('taken_count', models.PositiveSmallIntegerField(default=0)),
                ('minimum', models.PositiveSmallIntegerField(null=True)),
                ('status', models.CharField(choices=[('scheduled', 'Scheduled'), ('cancelled', 'Cancelled')], default='scheduled', max_length=9)),
                ('cancel_reason', models.CharField(blank=True, max_length=500)),
                ('cancelled_at', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('mission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shifts', to='missions.mission')),
            ],
        ),
        migrations.CreateModel(
            name='SignUp',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('waitlisted', 'Waitlisted'), ('offered', 'Offered'), ('accepted', 'Accepted'), ('declined', 'Declined'), ('withdrawn', 'Withdrawn'), ('lapsed', 'Lapsed'), ('expired', 'Expired'), ('removed', 'Removed'), ('cancelled', 'Cancelled')], max_length=10)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('is_walk_in', models.BooleanField(default=False)),
                ('machine_reason', models.CharField(blank=True, max_length=20)),
                ('queue_number', models.PositiveIntegerField(null=True)),
                ('offered_at', models.DateTimeField(null=True)),
                ('offer_expires_at', models.DateTimeField(null=True)),
                ('reminded_at', models.DateTimeField(null=True)),
                ('accepted_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('class_group', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='schools.classgroup')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sign_ups', to=settings.AUTH_USER_MODEL)),
                ('shift', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sign_ups', to='missions.shift')),
            ],
        ),
        migrations.CreateModel(
            name='EmergencyNumberView',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('viewer_name', models.CharField(max_length=161)),
                ('viewer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='emergency_number_views', to=settings.AUTH_USER_MODEL)),
                ('sign_up', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='emergency_number_views', to='missions.signup')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='attendance',
            name='sign_up',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='attendance', to='missions.signup'),
        ),
        migrations.CreateModel(
            name='WrongCode',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('shift', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='missions.shift')),
            ],
        ),
        migrations.CreateModel(
            name='CheckIn',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('direction', models.CharField(choices=[('in', 'In'), ('out', 'Out')], max_length=3)),
                ('method', models.CharField(choices=[('qr', 'Qr'), ('spoken', 'Spoken'), ('list', 'List')], default='qr', max_length=6)),
                ('occurred_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('is_offline', models.BooleanField(default=False)),
                ('is_drifting', models.BooleanField(default=False)),
                ('distance_metres', models.PositiveIntegerField(null=True)),
                ('accuracy_metres', models.PositiveIntegerField(null=True)),
                ('attendance', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='check_ins', to='missions.attendance')),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('direction', 'in')), fields=('attendance',), name='check_in_once_per_attendance'), models.UniqueConstraint(condition=models.Q(('direction', 'out')), fields=('attendance', 'method', 'occurred_at'), name='check_out_once_per_method_and_instant'), models.CheckConstraint(condition=models.Q(models.Q(('accuracy_metres__isnull', True), ('distance_metres__isnull', True)), models.Q(('accuracy_metres__isnull', False), ('distance_metres__isnull', False)), _connector='OR'), name='check_in_has_distance_iff_accuracy')],
            },
        ),
        migrations.AddIndex(
            model_name='mission',
            index=models.Index(fields=['latitude', 'longitude'], name='mission_position'),
        ),
        migrations.AddIndex(
            model_name='mission',
            index=models.Index(fields=['status', '-id'], name='mission_feed'),
        ),
        migrations.AddConstraint(
            model_name='mission',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('is_remote', True), ('latitude__isnull', True), ('longitude__isnull', True)), models.Q(('is_remote', False), ('latitude__isnull', False), ('longitude__isnull', False)), _connector='OR'), name='mission_is_remote_or_has_a_point'),
        ),
        migrations.AddConstraint(
            model_name='mission',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('published_at__isnull', True), ('status__in', ['draft', 'in_review', 'changes_requested'])), models.Q(('published_at__isnull', False), ('status__in', ['published', 'closed'])), ('status__in', ['cancelled', 'archived']), _connector='OR'), name='mission_published_or_closed_is_dated'),
        ),
        migrations.AddConstraint(
            model_name='mission',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('status__in', ['closed', 'cancelled', 'archived'])), models.Q(models.Q(('status__in', ['closed', 'cancelled', 'archived']), _negated=True), ('ended_at__isnull', True)), _connector='OR'), name='mission_ended_iff_dated'),
        ),
        migrations.AddConstraint(
            model_name='mission',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('archived_at__isnull', False), ('status', 'archived')), models.Q(models.Q(('status', 'archived'), _negated=True), ('archived_at__isnull', True)), _connector='OR'), name='mission_archived_iff_dated'),
        ),
        migrations.AddConstraint(
            model_name='mission',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'cancelled'), _negated=True), models.Q(('cancel_reason', ''), _negated=True), _connector='OR'), name='mission_cancelled_says_why'),
        ),
        migrations.AddConstraint(
            model_name='favourite',
            constraint=models.UniqueConstraint(fields=('person', 'mission'), name='favourite_once_per_person_and_mission'),
        ),
        migrations.AddConstraint(
            model_name='missionrevision',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'proposed')), fields=('mission',), name='mission_revision_one_proposed_per_mission'),
        ),
        migrations.AddConstraint(
            model_name='missionrevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('status', 'proposed')), models.Q(models.Q(('status', 'proposed'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='mission_revision_decided_iff_dated'),
        ),
        migrations.AddConstraint(
            model_name='qualification',
            constraint=models.UniqueConstraint(fields=('person', 'kind', 'issued_on'), name='qualification_once_per_kind_and_day'),
        ),
        migrations.AddConstraint(
            model_name='qualification',
            constraint=models.CheckConstraint(condition=models.Q(('expires_on__isnull', True), ('expires_on__gt', models.F('issued_on')), _connector='OR'), name='qualification_expires_after_it_was_issued'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('organization__isnull', True), ('person__isnull', True)), models.Q(('mission__isnull', True), ('person__isnull', True)), models.Q(('mission__isnull', True), ('organization__isnull', True)), _connector='OR'), name='report_is_about_one_thing_at_most'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('status', 'open'), ('taken_at__isnull', True)), models.Q(('closed_at__isnull', True), ('status', 'taken'), ('taken_at__isnull', False)), models.Q(('closed_at__isnull', False), ('status', 'closed'), ('taken_at__isnull', False)), _connector='OR'), name='report_dated_as_far_as_it_has_come'),
        ),
        migrations.AddIndex(
            model_name='shift',
            index=models.Index(fields=['mission', 'starts_at'], name='shift_of_mission'),
        ),
        migrations.AddIndex(
            model_name='shift',
            index=models.Index(fields=['starts_at'], name='shift_by_start'),
        ),
        migrations.AddConstraint(
            model_name='shift',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='shift_ends_after_it_starts'),
        ),
        migrations.AddConstraint(
            model_name='shift',
            constraint=models.CheckConstraint(condition=models.Q(('taken_count__lte', models.F('capacity'))), name='shift_is_never_oversold'),
        ),
        migrations.AddConstraint(
            model_name='shift',
            constraint=models.CheckConstraint(condition=models.Q(('capacity__range', (1, 500))), name='shift_capacity_is_1_to_500'),
        ),
        migrations.AddConstraint(
            model_name='shift',
            constraint=models.CheckConstraint(condition=models.Q(('minimum__isnull', True), models.Q(('minimum__gte', 1), ('minimum__lte', models.F('capacity'))), _connector='OR'), name='shift_minimum_is_1_to_capacity'),
        ),
        migrations.AddConstraint(
            model_name='shift',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cancelled_at__isnull', False), ('status', 'cancelled'), models.Q(('cancel_reason', ''), _negated=True)), models.Q(('cancel_reason', ''), ('cancelled_at__isnull', True), ('status', 'scheduled')), _connector='OR'), name='shift_cancelled_iff_dated_and_said_why'),
        ),
        migrations.AddIndex(
            model_name='signup',
            index=models.Index(condition=models.Q(('status__in', ['pending', 'waitlisted', 'offered'])), fields=['shift', 'queue_number'], name='sign_up_undecided'),
        ),
        migrations.AddConstraint(
            model_name='signup',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['pending', 'waitlisted', 'offered', 'accepted'])), fields=('shift', 'person'), name='sign_up_once_live_per_person_and_shift'),
        ),
        migrations.AddConstraint(
            model_name='signup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'accepted'), _negated=True), ('accepted_at__isnull', False), _connector='OR'), name='sign_up_accepted_has_its_instant'),
        ),
        migrations.AddConstraint(
            model_name='signup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('status__in', ['pending', 'waitlisted', 'offered', 'accepted'])), models.Q(models.Q(('status__in', ['pending', 'waitlisted', 'offered', 'accepted']), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='sign_up_ended_iff_not_live'),
        ),
        migrations.AddConstraint(
            model_name='signup',
            constraint=models.UniqueConstraint(fields=('shift', 'queue_number'), name='sign_up_waits_alone_at_its_number'),
        ),
        migrations.AddConstraint(
            model_name='signup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['waitlisted', 'offered']), _negated=True), ('queue_number__isnull', False), _connector='OR'), name='sign_up_waiting_has_its_number'),
        ),
        migrations.AddConstraint(
            model_name='signup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'offered'), _negated=True), models.Q(('offer_expires_at__isnull', False), ('offered_at__isnull', False)), _connector='OR'), name='sign_up_offered_has_its_end'),
        ),
        migrations.AddIndex(
            model_name='attendance',
            index=models.Index(condition=models.Q(('status', 'checked_in')), fields=['sign_up'], name='attendance_checked_in'),
        ),
        migrations.AddConstraint(
            model_name='attendance',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('arrived_at__isnull', False), ('confirmed_at__isnull', False), ('left_at__isnull', False), ('minutes__isnull', False), ('status', 'confirmed')), models.Q(models.Q(('status', 'confirmed'), _negated=True), ('arrived_at__isnull', True), ('confirmed_at__isnull', True), ('left_at__isnull', True), ('minutes__isnull', True)), _connector='OR'), name='attendance_confirmed_iff_its_facts'),
        ),
        migrations.AddConstraint(
            model_name='attendance',
            constraint=models.CheckConstraint(condition=models.Q(('closed_at__isnull', True), ('status__in', ['checked_out', 'confirmed']), _connector='OR'), name='attendance_closed_was_checked_out'),
        ),
        migrations.AddIndex(
            model_name='wrongcode',
            index=models.Index(fields=['shift', 'created_at'], name='wrong_code_of_shift'),
        ),
        migrations.AddIndex(
            model_name='wrongcode',
            index=models.Index(fields=['created_at'], name='wrong_code_old'),
        ),
        search_index.OPERATION,
    ]
