from django.db import migrations

from common.links import fingerprint
from common.mailboxes import mailbox_of


def find_again(apps, schema_editor):
    """What is known of a tutor's mailbox stays known where it is compared in another way from now on."""
    TutorAddress = apps.get_model("engagement", "TutorAddress")
    AttestationRequest = apps.get_model("engagement", "AttestationRequest")
    asked = AttestationRequest.objects.filter(address__isnull=False).select_related("address", "entry")
    for request in asked.iterator():
        sha256, known = fingerprint(mailbox_of(request.entry.tutor_email)), request.address
        if not request.entry.tutor_email or sha256 == known.mailbox_sha256:
            continue
        address, _created = TutorAddress.objects.get_or_create(mailbox_sha256=sha256)
        address.confirmed_at = address.confirmed_at or known.confirmed_at
        address.blocked_at = address.blocked_at or known.blocked_at
        address.save()
        disowned_by = address.pk if request.disowned_by_id == known.pk else request.disowned_by_id
        AttestationRequest.objects.filter(pk=request.pk).update(address=address.pk, disowned_by=disowned_by)


class Migration(migrations.Migration):

    dependencies = [
        ("engagement", "0012_policy_takes_back"),
    ]

    operations = [
        migrations.RunPython(find_again, migrations.RunPython.noop),
    ]
