"""No push, mail or line of the inbox holds what teachers or organisers typed: it says where to read it."""

from types import SimpleNamespace as Some
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone, translation

import engagement.notices.certificates as of_certificates
import engagement.notices.entries as of_entries
import missions.notices as of_missions
from accounts.notices import birth_date_changed
from engagement.states import CertificateKind
from missions.states import SignUpStatus
from tests.support.factories import ShiftFactory, SignUpFactory

pytestmark = pytest.mark.django_db

MARK = "Zwyxenberg a volé la caisse"
IN_APP = {"fr": "Lisez le motif dans l’application.", "en": "Read the reason in the app."}

VERBS = ("approve", "return", "reject", "revoke")


def entry() -> Any:
    return Some(pk=uuid4(), title="Collecte", attested_minutes=60, claimed_minutes=90)


def place(**facts: Any) -> Any:
    return SignUpFactory.build(shift=ShiftFactory(), reason=MARK, **facts)


def event() -> Any:
    return Some(attendance=Some(sign_up=place()), reason=MARK)


def decision(verb: str) -> Any:
    return Some(entry=entry(), verb=verb, minutes=30, reason=MARK, by_policy=False)


def certificate(kind: CertificateKind) -> Any:
    return Some(pk=uuid4(), number="EL-1", kind=kind, revocation_reason=MARK)


NOTICES = {
    "declined": lambda: of_missions.sign_up_declined(place()),
    "removed": lambda: of_missions.sign_up_removed(place()),
    "cancelled": lambda: of_missions.sign_up_cancelled(place(status=SignUpStatus.CANCELLED)),
    "withdrawn": lambda: of_missions.place_withdrawn(place()),
    "released": lambda: of_missions.place_released(place()),
    "no-show": lambda: of_missions.marked_no_show(event()),
    "excused": lambda: of_missions.excused(event()),
    "reopened": lambda: of_missions.attendance_reopened(event()),
    "mission cancelled": lambda: of_missions.mission_cancelled(Some(pk=uuid4(), title="Jardin", cancel_reason=MARK)),
    "amended": lambda: of_entries.amended(Some(entry=entry(), minutes=30, reason=MARK)),
    "denied": lambda: of_entries.denied(Some(entry=entry(), reason=MARK)),
    **{verb: lambda verb=verb: of_entries.decided(decision(verb)) for verb in VERBS},
    "certificate": lambda: of_certificates.certificate_revoked(certificate(CertificateKind.PASSPORT)),
    "passport": lambda: of_certificates.certificate_revoked(certificate(CertificateKind.OPTION)),
}  # fmt: skip


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_says_where_to_read_the_reason_and_never_the_reason(name, language):
    with translation.override(language):
        notice = NOTICES[name]()
        assert MARK not in f"{notice.title}{notice.body}{notice.data}"
        assert IN_APP[language] in notice.body


def test_the_answer_to_a_contest_is_read_in_the_app():
    contest = Some(pk=uuid4(), entry=entry(), status="dismissed", answer=MARK, decided_at=timezone.now())
    with translation.override("fr"):
        notice = of_entries.contest_decided(contest)
    assert MARK not in notice.title + notice.body
    assert "Lisez la réponse dans l’application." in notice.body


def test_a_corrected_birth_date_is_told_without_the_reason():
    notice = birth_date_changed(Some(reason=MARK))
    assert MARK not in notice.title + notice.body
