"""A student's journey with the generated client alone, from "I join my class" to "here is my certificate".

The others (school, coordinator, guardian, teacher) act in `examples/others.py`, which starts this.
"""

import io
import json
import secrets
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from elan_client import AuthenticatedClient, Client
from elan_client.api.auth import auth_token
from elan_client.api.certificates import certificates_pdf
from elan_client.api.check_ins import check_ins_batch
from elan_client.api.classes import classes_join
from elan_client.api.devices import devices_create
from elan_client.api.evidence import evidence_retrieve
from elan_client.api.hour_entries import (
    hour_entries_add_evidence,
    hour_entries_partial_update,
    hour_entries_retrieve,
    hour_entries_submit,
    hour_entries_update,
)
from elan_client.api.me import me_progress_retrieve
from elan_client.api.missions import missions_list
from elan_client.api.shifts import shifts_eligibility, shifts_sign_up
from elan_client.api.sync import sync_follow
from elan_client.models import (
    CheckInBatchInput,
    CheckInDirection,
    DeviceInput,
    DevicePlatform,
    Domain,
    EligibilityReason,
    HourEntry,
    HourEntryInput,
    HourEntryStatus,
    JoinInput,
    PatchedHourEntryEditInput,
    Problem,
    SignInInput,
    SyncKind,
    TellingInput,
    UploadInput,
)
from elan_client.types import File, Response

PASSWORD = "une phrase que personne ne devine"
Answer = TypeVar("Answer")


def ok(response: Response[Answer | Problem]) -> Answer:
    """What was asked for, or the problem as an exception."""
    assert response.parsed is not None, response.status_code
    if isinstance(response.parsed, Problem):
        raise AssertionError(f"{response.parsed.code}: {response.parsed.detail}")
    return response.parsed


def problem_of(response: Response[Answer | Problem]) -> Problem:
    """What it was refused for; its code is what a program decides by."""
    assert isinstance(response.parsed, Problem)
    return response.parsed


def key() -> str:
    return str(uuid.uuid4())


def wait_for_others(act: str) -> None:
    print(f"others: {act}", flush=True)
    input()


def join(held: dict[str, str]) -> str:
    """Joins the class and signs in; returns the access token."""
    email = f"ines.{secrets.token_hex(4)}@elan.example"
    joining = JoinInput(held["join_code"], email, PASSWORD, date.fromisoformat(held["born_on"]), "Ines", "BA")
    with Client(base_url=held["api"]) as anybody:
        refused = problem_of(auth_token.sync_detailed(client=anybody, body=SignInInput(email, PASSWORD)))
        assert (refused.code, refused.status) == ("sign_in_refused", 401)
        ok(classes_join.sync_detailed(client=anybody, body=joining))
        return ok(auth_token.sync_detailed(client=anybody, body=SignInInput(email, PASSWORD))).access


def sign_up(client: AuthenticatedClient, held: dict[str, str]) -> uuid.UUID:
    """Finds the mission near the lycée and signs up, twice, for the first answer was lost; returns the shift."""
    found = missions_list.sync_detailed(
        client=client, near=held["near"], radius_km=5, domain=[Domain.SOLIDARITE_INSERTION], page_size=100
    )
    mission = next(row for row in ok(found).results if str(row.id) == held["mission"])
    shift = min(mission.next_shifts, key=lambda row: row.starts_at)
    assert ok(shifts_eligibility.sync_detailed(shift.id, client=client)).reason == EligibilityReason.OK
    same_key = key()
    first, again = (shifts_sign_up.sync_detailed(shift.id, client=client, idempotency_key=same_key) for _ in range(2))
    assert ok(first) == ok(again)
    assert again.headers["Idempotency-Replayed"] == "true"
    wait_for_others(f"accept {ok(first).id}")
    return shift.id


def check_in(client: AuthenticatedClient, held: dict[str, str], shift: uuid.UUID) -> None:
    """Sends what the phone noted without a network."""
    came_at, left_at = (datetime.fromisoformat(held[name]) for name in ("came_at", "left_at"))
    tellings = [
        TellingInput(shift, CheckInDirection.IN, held["code_then"], came_at),
        TellingInput(shift, CheckInDirection.OUT, held["code_now"], left_at),
    ]
    body = CheckInBatchInput(datetime.now(UTC), tellings)
    outcomes = ok(check_ins_batch.sync_detailed(client=client, body=body, idempotency_key=key())).results
    assert [outcome.code for outcome in outcomes] == [None, None]
    wait_for_others("confirm")


def note_by_hand(client: AuthenticatedClient, held: dict[str, str]) -> None:
    """Hours of another association, made on the phone and put twice, with a photo."""
    entry, began = uuid.uuid4(), datetime.fromisoformat(held["came_at"]) - timedelta(days=7)
    by_hand = HourEntryInput(
        began,
        began + timedelta(hours=2),
        title="Tri de dons",
        domain=Domain.HUMANITAIRE,
        organization_name="Les Restos d’Ivry",
        tutor_name="Jeanne Roche",
        tutor_email="jeanne.roche@elan.example",
    )
    puts = [hour_entries_update.sync_detailed(entry, client=client, body=by_hand) for _ in range(2)]
    assert [put.status_code for put in puts] == [201, 200]
    by_hand.tutor_email = "Jeanne"
    wrong = problem_of(hour_entries_update.sync_detailed(uuid.uuid4(), client=client, body=by_hand))
    assert [error.pointer for error in wrong.errors] == ["/tutor_email"]
    photo = UploadInput(File(io.BytesIO(Path(held["photo"]).read_bytes()), "photo.jpg", "image/jpeg"))
    kept = hour_entries_add_evidence.sync_detailed(entry, client=client, body=photo, idempotency_key=key())
    assert ok(evidence_retrieve.sync_detailed(ok(kept).id, client=client)).payload.read(2) == b"\xff\xd8"


def hand_in(client: AuthenticatedClient, draft: HourEntry) -> HourEntry:
    """Adds what she learned to the hours that came by themselves; somebody else's edit in between would be a 412."""
    tag = hour_entries_retrieve.sync_detailed(draft.id, client=client).headers["ETag"]
    learned = PatchedHourEntryEditInput(reflection="J’ai appris à accueillir.")
    edited = ok(hour_entries_partial_update.sync_detailed(draft.id, client=client, body=learned, if_match=tag))
    stale = hour_entries_partial_update.sync_detailed(draft.id, client=client, body=learned, if_match=tag)
    assert problem_of(stale).status == 412
    handed_in = hour_entries_submit.sync_detailed(draft.id, client=client, idempotency_key=key())
    assert ok(handed_in).status == HourEntryStatus.SUBMITTED
    wait_for_others(f"certify {draft.id}")
    return edited


def meet_a_newer_server(entry: HourEntry) -> None:
    """Values and members that the app does not know break nothing."""
    newer = HourEntry.from_dict({**entry.to_dict(), "domain": "astronomie", "status": "dreamt", "stars": 5})
    assert newer.domain not in list(Domain)
    assert (newer.domain, newer.additional_properties["stars"]) == ("astronomie", 5)
    assert newer.to_dict()["status"] == "dreamt"


def main() -> None:
    held = json.loads(input())
    token = join(held)
    with AuthenticatedClient(base_url=held["api"], token=token) as client:
        phone = DeviceInput(DevicePlatform.ANDROID, held["phone"])
        ok(devices_create.sync_detailed(client=client, body=phone, idempotency_key=key()))
        start = ok(sync_follow.sync_detailed(client=client))
        assert SyncKind.SETTINGS in {change.kind for change in start.changes}
        wait_for_others("consent")
        check_in(client, held, sign_up(client, held))
        note_by_hand(client, held)

        news = ok(sync_follow.sync_detailed(client=client, cursor=start.cursor))
        came = [change.hour_entry for change in news.changes if change.hour_entry]
        draft = next(entry for entry in came if entry.attendance)
        assert draft.claimed_minutes == 65
        entry = hand_in(client, draft)

        last = ok(sync_follow.sync_detailed(client=client, cursor=news.cursor))
        certificate = next(change.certificate for change in last.changes if change.certificate)
        paper = ok(certificates_pdf.sync_detailed(certificate.id, client=client)).payload.read()
        assert paper.startswith(b"%PDF-")
        progress = ok(me_progress_retrieve.sync_detailed(client=client)).records[0]
        assert certificate.minutes == progress.counted_minutes == 65
        meet_a_newer_server(entry)
    print(f"Inès, en Python : {certificate.minutes} minutes certifiées, {len(paper)} octets de PDF.")


if __name__ == "__main__":
    main()
