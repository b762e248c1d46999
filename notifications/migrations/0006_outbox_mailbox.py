from django.db import migrations, models

from common.mailboxes import mailbox_of


def fill(apps, schema_editor):
    """Mails that were written already count for the mailbox they went to."""
    messages = apps.get_model("notifications", "OutboxMessage").objects
    for address in messages.exclude(address="").values_list("address", flat=True).distinct().iterator():
        messages.filter(address=address).update(mailbox=mailbox_of(address))


class Migration(migrations.Migration):

    dependencies = [
        ("notifications", "0005_outbox_address"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="mailbox",
            field=models.CharField(blank=True, editable=False, max_length=254),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RemoveIndex(
            model_name="outboxmessage",
            name="outbox_message_to_address",
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("mailbox", ""), _negated=True), fields=["mailbox"], name="outbox_message_to_mailbox"
            ),
        ),
    ]
