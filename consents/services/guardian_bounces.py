"""Mails to guardians that come back: nobody waits in vain for an answer to them."""

from datetime import datetime

from consents import notices
from consents.services import guardians
from notifications import outbox
from schools import selectors as schools


def note_bounce(*, address: str, at: datetime) -> None:
    """Hook `mail_bounced`: the students whose guardian was reached there are told, and who answers for them at school.

    Once for each time that the address was vouched for. Mails go on leaving: a server may refuse for a day what it
    calls for good. Safe to run twice.
    """
    for guardian in guardians.note_bounce(address, at):
        occasion = outbox.occasion_of(at)
        outbox.publish(notices.guardian_bounced, guardian, to=guardian.student, occasion=occasion)
        for person in schools.who_answers_for(guardian.student):
            outbox.publish(notices.guardian_of_student_bounced, guardian, to=person, occasion=occasion)
