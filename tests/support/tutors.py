"""Hours outside the catalogue, the tutors who can tell of them, and the links these find in their mails."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.core import mail
from django.utils import timezone

from common import links
from common.links import fingerprint
from common.mailboxes import mailbox_of
from common.models import uuid7
from engagement.models import AttestationRequest, HourEntry, TutorAddress
from engagement.notices import TUTOR_PURPOSE, tutor_nonce
from notifications import relay
from notifications.models import OutboxMessage
from schools.models import ClassReferent
from tests.support.factories import UserFactory, enrolled_student

API = "/api/v1/"
TUTOR = "jo@voisins.example"
DAY = datetime(2026, 11, 18, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HTML, FORM = "text/html", "application/x-www-form-urlencoded"


def tutor_address(email: str = TUTOR, **facts: Any) -> TutorAddress:
    """What is known of a tutor's mailbox."""
    return TutorAddress.objects.create(mailbox_sha256=fingerprint(mailbox_of(email)), **facts)


def asked_tutor(entry: Any, **facts: Any) -> AttestationRequest:
    """A request that waits for the tutor of an entry outside the catalogue, as rows."""
    now = timezone.now()
    facts = {"ask_count": 1, "asked_at": now, "expires_at": now + timedelta(days=21), **facts}
    return AttestationRequest.objects.create(entry=entry, mail_count=1, mail_status="queued", **facts)


def tutor_token(request: AttestationRequest) -> str:
    request = AttestationRequest.objects.select_related("entry").get(pk=request.pk)
    return links.make_token(TUTOR_PURPOSE, request.pk, tutor_nonce(request))


def pupil(api: Any, **facts: Any) -> SimpleNamespace:
    """A student of 17 with their phone, and their teacher."""
    enrolment = enrolled_student(student=UserFactory(aged_17=True, first_name="Inès", last_name="Secret", **facts))
    teacher = ClassReferent.objects.get(class_group=enrolment.class_group).membership.person
    return SimpleNamespace(
        person=enrolment.student,
        phone=api.as_(enrolment.student),
        teacher_person=teacher,
        teacher=api.as_(teacher),
        enrolment=enrolment,
    )


def outside(start: datetime = DAY, minutes: int = 90, **facts: Any) -> dict[str, Any]:
    """What a phone sends of hours outside the catalogue."""
    times = {"started_at": start.isoformat(), "ended_at": (start + minutes * MINUTE).isoformat()}
    return {**times, "organization_name": "Les Voisins", "title": "Repas du soir", "tutor_email": TUTOR, **facts}


def put(who: Any, **facts: Any) -> Any:
    """The answer to hours logged outside the catalogue, and their id."""
    entry_id = uuid7()
    return who.phone.put(f"{API}hour-entries/{entry_id}/", outside(**facts)), entry_id


def log(who: Any, **facts: Any) -> HourEntry:
    """Hours outside the catalogue, handed in."""
    answer, entry_id = put(who, **facts)
    assert answer.status_code == 201, answer.content
    assert act(who.phone, entry_id, "submit") == (200, None)
    return HourEntry.objects.get(pk=entry_id)


def act(client: Any, row: Any, verb: str, **body: Any) -> tuple[int, str | None]:
    """Status and code of an action on an entry."""
    answer = client.post(f"{API}hour-entries/{getattr(row, 'pk', row)}/{verb}/", body)
    return answer.status_code, answer.json().get("code")


def shown(who: Any, entry: Any) -> dict[str, Any]:
    """The entry as its author reads it."""
    return who.phone.get(f"{API}hour-entries/{entry.pk}/").json()


def mails_to(address: str = TUTOR) -> list[Any]:
    """What arrived there so far, oldest first."""
    relay.run()
    return [message for message in mail.outbox if message.to == [address]]


def link_in(message: Any) -> str:
    """The path of the link in a mail."""
    found = re.search(r"https?://[^/\s]+(/api/v1/\S+)", message.body)
    assert found
    return found[1]


def told(person: Any) -> list[str]:
    """The kinds of what a person was told, oldest first."""
    return list(OutboxMessage.objects.filter(recipient=person).order_by("id").values_list("kind", flat=True))
