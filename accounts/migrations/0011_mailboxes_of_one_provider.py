from django.db import migrations

from common.mailboxes import mailbox_of


def compare_anew(apps, schema_editor):
    """Whose host stands for another one by now is known under that."""
    User = apps.get_model("accounts", "User")
    for person in User.objects.only("email", "mailbox").iterator():
        if person.mailbox != mailbox_of(person.email):
            User.objects.filter(pk=person.pk).update(mailbox=mailbox_of(person.email))


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0010_allowance"),
    ]

    operations = [
        migrations.RunPython(compare_anew, migrations.RunPython.noop),
    ]
