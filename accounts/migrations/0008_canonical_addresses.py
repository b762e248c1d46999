from django.db import migrations

import common.mailboxes
from common.mailboxes import known_address, mailbox_of


def make_canonical(apps, schema_editor):
    """Addresses are kept as they are compared from now on. One that another row has already stays as it was typed."""
    User = apps.get_model("accounts", "User")
    for person in User.objects.only("email", "mailbox").iterator():
        email = known_address(person.email)
        if email != person.email and not User.objects.filter(email=email).exists():
            User.objects.filter(pk=person.pk).update(email=email)
        if person.mailbox != mailbox_of(email):
            User.objects.filter(pk=person.pk).update(mailbox=mailbox_of(email))
    Guardian = apps.get_model("accounts", "Guardian")
    for guardian in Guardian.objects.exclude(email="").only("email", "student_id").iterator():
        email = known_address(guardian.email)
        if email != guardian.email and not Guardian.objects.filter(student=guardian.student_id, email=email).exists():
            Guardian.objects.filter(pk=guardian.pk).update(email=email)
    Invitation = apps.get_model("accounts", "Invitation")
    for invitation in Invitation.objects.only("email").iterator():
        email = known_address(invitation.email)
        if email != invitation.email:
            Invitation.objects.filter(pk=invitation.pk).update(email=email)


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0007_guardian_mail_bounces"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="email",
            field=common.mailboxes.AddressField(max_length=254, unique=True),
        ),
        migrations.RunPython(make_canonical, migrations.RunPython.noop),
    ]
