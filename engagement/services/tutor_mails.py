"""What became of the mails to tutors: sent, given up, or back because nobody reads mail there."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from common.changes import note_change
from engagement import notices
from engagement.kinds import Kind
from engagement.models import AttestationRequest, HourEntry
from engagement.services.attestation_requests import end_waiting, lock_request
from engagement.states import TutorMailStatus


def note_settled(*, message: Any, is_sent: bool) -> None:
    """Hook `mail_settled`: the newest mail to a tutor left, or was given up; the student sees it."""
    if message.kind != Kind.TUTOR_ASKED:
        return
    newest = AttestationRequest.objects.filter(
        pk=message.subject_id,
        mail_count=message.data.get("mail", 0),
        mail_status=TutorMailStatus.QUEUED,
    )
    status = TutorMailStatus.SENT if is_sent else TutorMailStatus.GIVEN_UP
    for request in newest.select_related("entry__record"):
        # The person's lock first, as everybody who moves the entry takes it.
        note_change(request.entry.record.person_id, "hour_entry", request.entry_id)
        if newest.update(mail_status=status):
            # Its author reads another text now, whose ETag must be another one.
            HourEntry.objects.filter(pk=request.entry_id).update(version=F("version") + 1)


def note_bounce(*, address: str, at: datetime) -> None:
    """Hook `mail_bounced`: whoever was asked at that address before cannot be reached; the students are told.

    Safe to run twice. People are locked by id.
    """
    waiting = AttestationRequest.objects.bounced_by(address, at)
    for request_id in list(waiting.order_by("entry__person").values_list("pk", flat=True)):
        with transaction.atomic():
            asked = lock_request(request_id)
            if AttestationRequest.objects.bounced_by(address, at).filter(pk=request_id).exists():
                asked.mail_status = TutorMailStatus.BOUNCED
                asked.save(update_fields=["mail_status"])
                end_waiting(asked, "bounce", notices.mail_bounced)
