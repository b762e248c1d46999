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
            name='ClassGroup',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('name', models.CharField(max_length=40)),
                ('capacity', models.PositiveSmallIntegerField(default=36)),
                ('join_code', models.CharField(blank=True, max_length=12)),
                ('join_code_expires_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Commune',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('code', models.CharField(max_length=5, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('name_key', models.CharField(max_length=100)),
                ('department_code', models.CharField(max_length=3)),
                ('density_class', models.PositiveSmallIntegerField(null=True)),
                ('population', models.PositiveIntegerField(null=True)),
                ('latitude', models.FloatField(null=True)),
                ('longitude', models.FloatField(null=True)),
                ('priority_neighbourhoods', models.JSONField(default=list)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('density_class__isnull', True), ('density_class__range', (1, 7)), _connector='OR'), name='commune_density_class_is_1_to_7')],
            },
        ),
        migrations.CreateModel(
            name='Enrolment',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('status', models.CharField(choices=[('requested', 'Requested'), ('active', 'Active'), ('refused', 'Refused'), ('ended', 'Ended')], max_length=9)),
                ('join_code', models.CharField(blank=True, max_length=12)),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('activated_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('class_group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='enrolments', to='schools.classgroup')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='enrolments_decided', to=settings.AUTH_USER_MODEL)),
                ('student', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='enrolments', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('text', models.TextField(blank=True, max_length=500)),
                ('version', models.PositiveIntegerField(default=0)),
                ('written_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('enrolment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='comment', to='schools.enrolment')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RosterLine',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('first_name', models.CharField(max_length=80)),
                ('last_name', models.CharField(blank=True, max_length=80)),
                ('name_key', models.CharField(max_length=170)),
                ('birth_date', models.DateField()),
                ('guardian_email', models.EmailField(blank=True, max_length=254)),
                ('guardian_phone', models.CharField(blank=True, max_length=16)),
                ('class_group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='roster_lines', to='schools.classgroup')),
                ('enrolment', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='roster_line', to='schools.enrolment')),
            ],
        ),
        migrations.CreateModel(
            name='School',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('uai', models.CharField(max_length=8, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('directory_name', models.CharField(blank=True, max_length=200)),
                ('is_name_corrected', models.BooleanField(default=False)),
                ('sector', models.CharField(choices=[('public', 'Public'), ('private', 'Private'), ('unknown', 'Unknown')], default='unknown', max_length=7)),
                ('nature_code', models.CharField(blank=True, max_length=3)),
                ('address', models.CharField(blank=True, max_length=300)),
                ('postal_code', models.CharField(blank=True, max_length=5)),
                ('commune_code', models.CharField(blank=True, max_length=5)),
                ('commune_name', models.CharField(blank=True, max_length=100)),
                ('department_code', models.CharField(blank=True, max_length=3)),
                ('academy_name', models.CharField(blank=True, max_length=60)),
                ('region_name', models.CharField(blank=True, max_length=60)),
                ('siret', models.CharField(blank=True, max_length=14)),
                ('phone', models.CharField(blank=True, max_length=20)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('website', models.CharField(blank=True, max_length=300)),
                ('latitude', models.FloatField(null=True)),
                ('longitude', models.FloatField(null=True)),
                ('is_closing', models.BooleanField(default=False)),
                ('closed_on', models.DateField(null=True)),
                ('search_text', models.CharField(blank=True, max_length=500)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('mother_school', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sections', to='schools.school')),
            ],
        ),
        migrations.AddField(
            model_name='classgroup',
            name='school',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='classes', to='schools.school'),
        ),
        migrations.CreateModel(
            name='SchoolYear',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('starts_on', models.DateField(unique=True)),
                ('ends_on', models.DateField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on'))), name='school_year_ends_after_it_starts')],
            },
        ),
        migrations.AddField(
            model_name='classgroup',
            name='school_year',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='classes', to='schools.schoolyear'),
        ),
        migrations.CreateModel(
            name='StaffMembership',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('status', models.CharField(choices=[('active', 'Active'), ('ended', 'Ended')], default='active', max_length=6)),
                ('ended_at', models.DateTimeField(null=True)),
                ('role', models.CharField(choices=[('teacher', 'Teacher'), ('manager', 'Manager')], max_length=7)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                ('school', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='schools.school')),
            ],
            options={
                'abstract': False,
                'default_related_name': 'staff_memberships',
            },
        ),
        migrations.CreateModel(
            name='ClassReferent',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('until_on', models.DateField(null=True)),
                ('class_group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='referents', to='schools.classgroup')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='referent_of', to='schools.staffmembership')),
            ],
        ),
        migrations.CreateModel(
            name='CommunePostalCode',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('postal_code', models.CharField(db_index=True, max_length=5)),
                ('commune', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='postal_codes', to='schools.commune')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('commune', 'postal_code'), name='commune_once_per_postal_code')],
            },
        ),
        migrations.AddIndex(
            model_name='enrolment',
            index=models.Index(condition=models.Q(('status', 'requested')), fields=['requested_at'], name='enrolment_waiting'),
        ),
        migrations.AddConstraint(
            model_name='enrolment',
            constraint=models.UniqueConstraint(fields=('class_group', 'student'), name='enrolment_once_per_class'),
        ),
        migrations.AddConstraint(
            model_name='enrolment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('activated_at__isnull', False), ('status__in', ['active', 'ended'])), models.Q(('activated_at__isnull', True), ('status__in', ['requested', 'refused'])), _connector='OR'), name='enrolment_activated_iff_active_or_ended'),
        ),
        migrations.AddConstraint(
            model_name='enrolment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('status', 'ended')), models.Q(models.Q(('status', 'ended'), _negated=True), ('ended_at__isnull', True)), _connector='OR'), name='enrolment_ended_iff_dated'),
        ),
        migrations.AddConstraint(
            model_name='rosterline',
            constraint=models.UniqueConstraint(fields=('class_group', 'name_key', 'birth_date'), name='roster_line_once_per_class'),
        ),
        migrations.AddIndex(
            model_name='school',
            index=models.Index(fields=['latitude', 'longitude'], name='school_position'),
        ),
        migrations.AddConstraint(
            model_name='school',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('latitude__isnull', True), ('longitude__isnull', True)), models.Q(('latitude__isnull', False), ('longitude__isnull', False)), _connector='OR'), name='school_has_both_coordinates_or_none'),
        ),
        migrations.AddConstraint(
            model_name='classgroup',
            constraint=models.UniqueConstraint(fields=('school', 'school_year', 'name'), name='class_name_once_per_year'),
        ),
        migrations.AddConstraint(
            model_name='classgroup',
            constraint=models.CheckConstraint(condition=models.Q(('join_code', ''), ('join_code_expires_at__isnull', False), _connector='OR'), name='class_join_code_has_an_end'),
        ),
        migrations.AddConstraint(
            model_name='classgroup',
            constraint=models.UniqueConstraint(condition=models.Q(('join_code', ''), _negated=True), fields=('join_code',), name='class_join_code_opens_one_class'),
        ),
        migrations.AddConstraint(
            model_name='staffmembership',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('status', 'active')), models.Q(('ended_at__isnull', False), ('status', 'ended')), _connector='OR'), name='staffmembership_ended_iff_dated'),
        ),
        migrations.AddConstraint(
            model_name='staffmembership',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'active')), fields=('school', 'person', 'role'), name='staffmembership_once_per_role'),
        ),
        migrations.AddConstraint(
            model_name='classreferent',
            constraint=models.UniqueConstraint(fields=('class_group', 'membership'), name='class_referent_once'),
        ),
    ]
