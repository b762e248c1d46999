"""All that people read as proof is verified: each column of each proof, each row, each text, each signed head."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, models, transaction

from common.models import uuid7
from common.reading import read_file
from engagement import chain
from engagement.models import Certificate, Contest, Decision, Evidence, HourEntry, Record, RecordEvent
from engagement.services import (
    attestations,
    certificates,
    contests,
    decisions,
    entries,
    erasure,
    evidence,
    heads,
    verification,
)
from engagement.services.decisions import Ruling
from engagement.services.entry_facts import EntryFacts
from tests.support.factories import (
    PICTURE,
    MissionFactory,
    OrganizationMembershipFactory,
    StaffMembershipFactory,
    afternoon,
    enrolled_student,
)
from tests.support.ledger import verify

pytestmark = pytest.mark.django_db
LEDGER = (Record, HourEntry, RecordEvent, *chain.PROOFS, Certificate.entries.through)
NOT_HELD = {
    "record.created_at": "nobody reads it: what happened is in the events",
    "record.told_event_count": "it proves nothing: how far somebody looked, to tell its person of their progress",
    "recordevent.id": "it names nothing: events stand in the order of their sequence",
    "recordevent.created_at": "nobody reads it: `at` stands in the facts",
    "hourentry.version": "an ETag: it counts what phones were shown",
    "certificate_entries.id": "it names nothing: a pair is its two ids",
}
NO_PROOF = {
    "attestationrequest": "what was asked of a tutor, and what became of the mail; the answer is an attestation",
    "tutoraddress": "what is known of a mailbox",
    "engagementoption": "a school's rules; what followed from them is in decisions and certificates",
    "export": "a log",
    "territorytotal": "counted anew every few minutes",
}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.LEDGER_HEADS_DIR = tmp_path / "heads"
    return tmp_path / "heads"


@pytest.fixture
def story():
    """A student's record that holds a proof of every kind, and a head signed outside the database."""
    enrolment = enrolled_student()
    student = enrolment.student
    teacher = enrolment.class_group.referents.get().membership.person
    manager = StaffMembershipFactory(school=enrolment.class_group.school, manager=True).person
    mission = MissionFactory(published_at=afternoon(-60))
    coordinator = OrganizationMembershipFactory(organization=mission.organization).person

    def log(days, **facts):
        start = afternoon(-days)
        said = EntryFacts(start, start + timedelta(hours=2), reflection="J'ai appris.", **facts)
        return entries.put_entry(uuid7(), said, match=None, actor=student)[0]

    denied, kept, draft = log(3, mission=mission.pk), log(5, mission=mission.pk), log(7, mission=mission.pk)
    shown = read_file(ContentFile(PICTURE))
    evidence.add_evidence(denied, shown, actor=student)
    shown.content.close()
    for entry in (denied, kept):
        entries.submit_entry(entry, actor=student)
    attestations.attest(denied, "deny", reason="Personne ce jour-là.", actor=coordinator)
    attestations.attest(kept, "confirm", actor=coordinator)
    decisions.decide(Ruling(denied.pk, "reject", reason="Personne."), actor=teacher)
    contests.contest_entry(denied, reason="J'y étais.", actor=student)
    contests.decide_contest(Contest.objects.get(), "dismiss", reason="Non.", actor=manager)
    decisions.decide(Ruling(kept.pk, "approve", 90, "Une pause."), actor=teacher)
    record = Record.objects.get()
    certificate = certificates.issue_certificate(record, reason="Déménagement.", actor=manager)
    certificates.revoke_certificate(certificate, reason="En double.", actor=manager)
    entries.delete_entry(draft.pk, match=None, actor=student)
    heads.sign_heads()
    record.refresh_from_db()
    return record


def others(row, field):
    """Values that the column does not hold."""
    value = getattr(row, field.attname)
    if field.is_relation:
        ids = list(field.related_model.objects.exclude(pk=value).values_list("pk", flat=True)[:2])
        return [*(ids or [uuid7()]), *([None] if field.null and value is not None else [])]
    if field.choices:
        return [choice for choice, _label in field.choices if choice != value]
    if isinstance(field, models.BooleanField):
        return [not value]
    if isinstance(field, models.DateTimeField):
        return [value + timedelta(hours=1), value - timedelta(hours=1)] if value else [afternoon()]
    if isinstance(field, models.IntegerField):
        return [(value or 0) + 1, *([value - 1] if value else [])]
    if isinstance(field, models.UUIDField):
        return [uuid7()]
    if isinstance(field, models.JSONField):
        empty = [] if isinstance(value, list) else {}
        return [{**(value or {}), "x": 1} if empty == {} else ["x"], *([empty] if value else [])]
    return [f"{value}x"[-field.max_length :] if field.max_length else f"{value}x", *([""] if value else [])]


class Undone(Exception):
    pass


def found_after(change):
    """What is found after a change by hand, which is then undone; None when the database itself refuses it."""
    try:
        with transaction.atomic():
            change()
            raise Undone(list(verification.verify_records(Record.objects.all())) + list(heads.verify_heads()))
    except IntegrityError:
        return None
    except Undone as undone:
        return undone.args[0]


def test_whatever_column_of_a_proof_is_changed_by_hand_is_found_or_listed_here_with_the_reason(story):
    assert found_after(lambda: None) == []
    unseen, never_tried = [], []
    for model in LEDGER:
        rows = list(model.objects.order_by("pk"))
        assert rows, model
        for field in model._meta.concrete_fields:
            name = f"{model._meta.model_name}.{field.name}"
            results = [
                (value, found_after(lambda: model.objects.filter(pk=row.pk).update(**{field.attname: value})))  # noqa: B023
                for row in rows
                for value in others(row, field)
            ]
            if not results:
                never_tried.append(name)
            if name not in NOT_HELD:
                unseen += [(name, value) for value, found in results if found == []]
    assert (unseen, never_tried) == ([], [])


def test_each_table_of_the_ledger_is_held_or_said_to_be_no_proof():
    tables = {model._meta.model_name for model in apps.get_app_config("engagement").get_models()}
    assert tables == {model._meta.model_name for model in LEDGER if not model._meta.auto_created} | set(NO_PROOF)


def test_a_proof_that_is_deleted_or_slipped_in_by_hand_is_found(story):
    def delete(row):
        with connection.cursor() as cursor:
            quote = connection.ops.quote_name
            column = model._meta.pk.get_db_prep_value(row.pk, connection)
            cursor.execute(f"DELETE FROM {quote(model._meta.db_table)} WHERE id = %s", [column])  # noqa: S608

    for model in (HourEntry, RecordEvent, *chain.PROOFS, Certificate.entries.through):
        for row in model.objects.all():
            assert found_after(lambda: delete(row)) != [], row  # noqa: B023
    kept = HourEntry.objects.get(status="approved")
    slipped = [
        lambda: Decision.objects.create(entry=kept, verb="approve", minutes=120),
        lambda: Evidence.objects.create(entry=kept, kind="image/jpeg", file="x.jpg", size=1, sha256="0"),
        lambda: Contest.objects.create(entry=kept, subject="rejection", reason="?"),
        lambda: Certificate.objects.get().entries.add(HourEntry.objects.get(status="rejected")),
    ]
    assert all(found_after(slip) for slip in slipped)
    assert found_after(lambda: Decision.objects.all().delete())
    assert found_after(lambda: Decision.objects.update(reason=""))


def test_a_text_that_is_gone_is_found_unless_an_event_says_why(story, django_capture_on_commit_callbacks):
    """The draft that its author deleted is in the story already: its texts are gone and all holds."""
    written = RecordEvent.objects.exclude(salt="").order_by("sequence")
    for event in written:
        one = RecordEvent.objects.filter(pk=event.pk)
        for blank in ({"salt": ""}, {"text": "", "details": {}}, {"text": "", "details": {}, "salt": ""}):
            assert found_after(lambda: one.update(**blank)), (event.facts["verb"], blank)  # noqa: B023
    assert found_after(lambda: HourEntry.objects.update(reflection="")), "its salt is there to say what it was"
    (shown,) = Evidence.objects.all()
    with django_capture_on_commit_callbacks(execute=True):
        erasure.erase_ledger(story.person, why=erasure.Why.REQUEST, actor=None)
    assert not default_storage.exists(shown.file.name)
    assert verify() == ["The ledger holds."]
    event = RecordEvent.objects.order_by("sequence").last()
    assert (event.facts["verb"], event.facts["why"], event.entry) == ("erase", "request", None)
    assert found_after(lambda: HourEntry.objects.filter(status="approved").update(title="Autre"))
    assert found_after(lambda: Decision.objects.filter(verb="approve").update(reason="Autre."))
    assert found_after(lambda: Certificate.objects.update(snapshot={"minutes": 9999}))
    assert found_after(lambda: Certificate.objects.update(minutes=9999))


def test_a_signed_head_that_is_missing_is_found_wherever_it_stood(story, folder):
    entries.withdraw_entry(_submitted(story), actor=story.person)
    heads.sign_heads()
    second = enrolled_student()
    _submitted_of(second.student)
    heads.sign_heads()
    assert verify() == ["The ledger holds."]
    (path,) = folder.glob("*.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    assert len(lines) == 3
    for missing in range(3):
        path.write_text("".join(line for number, line in enumerate(lines) if number != missing))
        assert any("is missing" in line for line in verify()), missing
    path.unlink()
    assert [line.split(": ", 2)[2] for line in verify()[:-1]] == ["the head that was signed here is missing"] * 2
    path.write_text("".join(lines))
    assert verify() == ["The ledger holds."]
    assert json.loads(lines[0])["previous"] == ""
    assert datetime.fromisoformat(json.loads(lines[2])["signed_at"]).tzinfo is not None
    assert Path(folder, ".lock").exists()


def _submitted(record):
    return _submitted_of(record.person, days=9)


def _submitted_of(student, days=2):
    start = afternoon(-days)
    said = EntryFacts(start, start + timedelta(hours=1), mission=MissionFactory(published_at=afternoon(-60)).pk)
    entry, _is_made = entries.put_entry(uuid7(), said, match=None, actor=student)
    return entries.submit_entry(entry, actor=student)
