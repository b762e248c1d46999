"""Whether mail reaches a person: they followed a link of a mail, and no mail came back since."""

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from common.changes import note_change


def prove(user: User) -> None:
    """Whoever follows a link of a mail reads that mailbox: its address is confirmed, and takes mail from now on.

    Called in a transaction; changes nothing of an address that takes mail.
    """
    unproved = Q(email_verified_at__isnull=True) | Q(email_bounced_at__isnull=False)
    if User.objects.filter(unproved, pk=user.pk).update(email_verified_at=timezone.now(), email_bounced_at=None):
        note_change(user.pk, "settings", user.pk)


def note_bounce(*, address: str, at: datetime) -> None:
    """Hook `mail_bounced`: the account of the address gets mails about the account itself alone, until it is proved
    again. Safe to run twice."""
    for person_id in list(User.objects.bounced_by(address, at).values_list("pk", flat=True)):
        if User.objects.bounced_by(address, at).filter(pk=person_id).update(email_bounced_at=at):
            note_change(person_id, "settings", person_id)
