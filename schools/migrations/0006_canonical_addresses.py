from django.db import migrations

from common.mailboxes import known_address


def make_canonical(apps, schema_editor):
    """A guardian's address on a roster is compared with the one that the student gives."""
    lines = apps.get_model("schools", "RosterLine").objects
    for line in lines.exclude(guardian_email="").only("guardian_email").iterator():
        email = known_address(line.guardian_email)
        if email != line.guardian_email:
            lines.filter(pk=line.pk).update(guardian_email=email)


class Migration(migrations.Migration):

    dependencies = [
        ("schools", "0005_comments"),
    ]

    operations = [
        migrations.RunPython(make_canonical, migrations.RunPython.noop),
    ]
