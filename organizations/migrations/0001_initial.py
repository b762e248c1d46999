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
            name='Organization',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('path', models.CharField(editable=False, max_length=400, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('croix_rouge', 'Croix Rouge'), ('association', 'Association'), ('public', 'Public'), ('school', 'School')], max_length=11)),
                ('description', models.TextField(blank=True, max_length=20000)),
                ('url', models.URLField(blank=True, max_length=1000)),
                ('rna', models.CharField(blank=True, max_length=10)),
                ('siren', models.CharField(blank=True, max_length=9)),
                ('siret', models.CharField(blank=True, max_length=14)),
                ('default_sign_up_mode', models.CharField(choices=[('instant', 'Instant'), ('review', 'Review')], default='review', max_length=7)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('status', models.CharField(choices=[('unverified', 'Unverified'), ('verified', 'Verified'), ('trusted', 'Trusted'), ('refused', 'Refused'), ('suspended', 'Suspended')], default='unverified', max_length=10)),
                ('decided_at', models.DateTimeField(editable=False, null=True)),
                ('former_status', models.CharField(blank=True, choices=[('unverified', 'Unverified'), ('verified', 'Verified'), ('trusted', 'Trusted'), ('refused', 'Refused'), ('suspended', 'Suspended')], editable=False, max_length=10)),
                ('suspended_at', models.DateTimeField(editable=False, null=True)),
                ('suspension_reason', models.CharField(blank=True, editable=False, max_length=500)),
                ('decided_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='organizations.organization')),
            ],
        ),
        migrations.CreateModel(
            name='OrganizationMembership',
            fields=[
                ('id', models.UUIDField(default=common.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('status', models.CharField(choices=[('active', 'Active'), ('ended', 'Ended')], default='active', max_length=6)),
                ('ended_at', models.DateTimeField(null=True)),
                ('role', models.CharField(choices=[('coordinator', 'Coordinator'), ('manager', 'Manager')], max_length=11)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='organizations.organization')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'default_related_name': 'organization_memberships',
            },
        ),
        migrations.AddConstraint(
            model_name='organization',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('status', 'unverified')), ('status', 'suspended'), models.Q(models.Q(('status__in', ['unverified', 'suspended']), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='organization_unverified_iff_undecided'),
        ),
        migrations.AddConstraint(
            model_name='organization',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'suspended'), ('suspended_at__isnull', False), models.Q(('former_status', ''), _negated=True)), models.Q(models.Q(('status', 'suspended'), _negated=True), ('former_status', ''), ('suspended_at__isnull', True)), _connector='OR'), name='organization_suspended_iff_dated_and_knows_what_it_was'),
        ),
        migrations.AddConstraint(
            model_name='organizationmembership',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('status', 'active')), models.Q(('ended_at__isnull', False), ('status', 'ended')), _connector='OR'), name='organizationmembership_ended_iff_dated'),
        ),
        migrations.AddConstraint(
            model_name='organizationmembership',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'active')), fields=('organization', 'person', 'role'), name='organizationmembership_once_per_role'),
        ),
    ]
