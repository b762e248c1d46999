"""`verify_ledger` finds what was rewritten, cut or is missing, says where, and holds all to the signed heads."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ImproperlyConfigured

from engagement import signing
from engagement.models import HourEntry, Record, RecordEvent
from engagement.services import entries, erasure, heads, verification
from engagement.tasks import sign_heads
from tests.support.factories import HourEntryFactory, RecordFactory, enrolled_student, record_of
from tests.support.ledger import verify

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def places(settings, tmp_path):
    settings.SIGNING_KEYS_DIR = tmp_path / "keys"
    settings.LEDGER_HEADS_DIR = tmp_path / "heads"
    return tmp_path


def lived():
    """A record with two entries of two events each."""
    record = record_of(enrolled_student())
    for entry in HourEntryFactory.create_batch(2, record=record):
        entries.edit_entry(entry, {"reflection": "Bien."}, expected=None, actor=record.person)
        entries.submit_entry(entry, actor=record.person)
    record.refresh_from_db()
    return record


def test_a_ledger_that_holds_says_so_with_and_without_signed_heads():
    lived(), lived(), RecordFactory()
    assert verify() == ["The ledger holds."]
    assert heads.sign_heads() == 2
    assert verify() == ["The ledger holds."]


def test_each_fault_is_said_with_its_record_and_event():
    whole, rewritten, cut = lived(), lived(), lived()
    event = rewritten.events.get(sequence=2)
    event.facts = {**event.facts, "claimed_minutes": 700}
    event.save()
    cut.events.filter(sequence=4).delete()
    said = verify()
    assert said[-1] == "2 faults: the ledger does not hold."
    assert any(f"record {rewritten.pk}: event 2: rewritten" in line for line in said)
    assert any(f"record {cut.pk}: event 4: cut" in line for line in said)
    assert verify("--record", str(whole.pk)) == ["The ledger holds."]
    assert verify("--record", str(cut.pk))[-1] == "1 faults: the ledger does not hold."


def test_a_record_that_was_given_to_somebody_else_is_found():
    given, kept = lived(), lived()
    Record.objects.filter(pk=given.pk).update(person=kept.person)
    given.entries.update(person=kept.person)
    assert verify() == [
        f"record {given.pk}: event 1: somebody else's than the record's person",
        "1 faults: the ledger does not hold.",
    ]


@pytest.mark.parametrize("changed", [
    {"claimed_minutes": 700}, {"status": "approved", "approved_minutes": 90}, {"attested_minutes": 30}, {"title": "?"},
    {"domain": "sport"}, {"break_minutes": 1}, {"reflection": "?"},
])  # fmt: skip
def test_an_entry_whose_columns_are_not_those_of_its_last_event_is_found(changed):
    record = lived()
    entry = record.entries.first()
    HourEntry.objects.filter(pk=entry.pk).update(**changed)
    said = verify()
    assert len(said) == 2
    assert f"entry {entry.pk} differs from it in" in said[0]


def test_an_entry_slipped_in_without_an_event_is_found():
    slipped = HourEntryFactory(record=lived())
    assert f"entry {slipped.pk} has no event" in verify()[0]


def test_it_still_holds_once_what_people_wrote_is_erased():
    record = lived()
    heads.sign_heads()
    erasure.erase_ledger(record.person, why=erasure.Why.REQUEST, actor=None)
    assert verify() == ["The ledger holds."]


def test_a_chain_set_back_with_its_head_is_found_by_the_head_that_was_signed():
    record = lived()
    assert heads.sign_heads() == 1
    last = record.events.get(sequence=4)
    RecordEvent.objects.filter(entry=last.entry).delete()
    HourEntry.objects.filter(pk=last.entry_id).delete()
    before = record.events.get(sequence=2)
    Record.objects.filter(pk=record.pk).update(event_count=2, head_hash=before.hash)
    assert list(verification.verify_records(Record.objects.all())) == []
    assert verify()[0].startswith(f"record {record.pk}: event 4: not the head that was signed on")


def test_a_record_that_is_gone_is_found_by_the_head_that_was_signed():
    record = lived()
    heads.sign_heads()
    record.events.all().delete()
    record.entries.all().delete()
    record_id = record.pk
    record.delete()
    assert verify()[0].startswith(f"record {record_id}: event 4: not the head")


def lines(places):
    return [line for path in sorted(Path(places, "heads").glob("*.jsonl")) for line in path.read_text().splitlines()]


def test_only_heads_that_moved_are_signed_again_and_lines_are_only_added(places):
    first, second = lived(), lived()
    sign_heads()
    before = lines(places)
    assert {json.loads(line)["record"] for line in before} == {str(first.pk), str(second.pk)}
    entries.withdraw_entry(first.entries.first(), actor=first.person)
    sign_heads()
    sign_heads()
    assert lines(places)[:2] == before
    (added,) = lines(places)[2:]
    assert json.loads(added)["event_count"] == 5
    assert verify() == ["The ledger holds."]


@pytest.mark.parametrize(
    "changed", [{"event_count": 3}, {"head_hash": "0" * 64}, {"key_id": "x"}, {"signature": "AA=="}]
)
def test_a_line_that_was_changed_is_found(places, changed):
    lived()
    sign_heads()
    (path,) = Path(places, "heads").glob("*.jsonl")
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}) + "\nnot json\n[]\n")
    said = verify()
    assert [line.split(": ", 1)[1] for line in said[:-1]] == [
        *(f"line {number}: not signed by any key of ours" for number in (1, 2, 3)),
        "event 4: the head that was signed here is missing",
    ]


def test_a_key_that_is_retired_still_verifies_and_does_not_sign(places, settings):
    lived()
    sign_heads()
    (old,) = Path(places, "keys").glob("*.pem")
    key = serialization.load_pem_private_key(old.read_bytes(), None)
    new = Ed25519PrivateKey.generate()
    pem = new.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    Path(places, "keys", "2027.pem").write_bytes(pem)
    with pytest.raises(ImproperlyConfigured):
        signing.signing_key()
    settings.SIGNING_KEY_ID = "2027"
    assert signing.signing_key()[0] == "2027"
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    old.write_bytes(public)
    settings.SIGNING_KEY_ID = ""
    lived()
    sign_heads()
    assert {json.loads(line)["key_id"] for line in lines(places)} == {old.stem, "2027"}
    assert verify() == ["The ledger holds."]


def test_all_is_verified_in_a_number_of_queries_that_grows_with_hundreds_of_records(assert_constant_queries):
    lived()

    def grow():
        lived(), lived(), lived()

    assert_constant_queries(lambda: list(verification.verify_records(Record.objects.all())), grow=grow)
