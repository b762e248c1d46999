"""A student's journey, from "I join my class" to "I hand my hours in", with the generated Python client alone.

The others (school, coordinator, guardian, teacher) act as in `journey.py`. `make clients` generates the client and
runs this against a demo of its own.
"""

import argparse
import secrets
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from elan_client import AuthenticatedClient, Client
from elan_client.api.auth import auth_token
from elan_client.api.check_ins import check_ins_create
from elan_client.api.classes import classes_join
from elan_client.api.devices import devices_create
from elan_client.api.enrolments import enrolments_list
from elan_client.api.hour_entries import (
    hour_entries_list,
    hour_entries_partial_update,
    hour_entries_retrieve,
    hour_entries_submit,
)
from elan_client.api.me import me_progress_retrieve
from elan_client.api.missions import missions_list
from elan_client.api.shifts import shifts_eligibility, shifts_sign_up
from elan_client.models import (
    CheckInDirection,
    CheckInInput,
    DeviceInput,
    DevicePlatform,
    EligibilityReason,
    EnrolmentStatus,
    HourEntryStatus,
    JoinInput,
    PatchedHourEntryEditInput,
    Problem,
    SignInInput,
    SignUpStatus,
)
from elan_client.types import Response

from examples import journey

Answer = TypeVar("Answer")


def ok(response: Response[Answer | Problem]) -> Answer:
    """What was asked for, or the problem as an exception."""
    assert response.parsed is not None
    if isinstance(response.parsed, Problem):
        raise journey.Refused(f"{response.parsed.code}: {response.parsed.detail}")
    return response.parsed


def key() -> str:
    return str(uuid.uuid4())


def main(api: str, outside: str) -> int:
    """Returns the minutes that count at the end."""
    stage = journey.Stage(api, outside)
    born_on = date(stage.now().year - 16, 12, 31)
    guardian_email = f"parent.{secrets.token_hex(4)}@elan.example"
    coordinator, unit = journey.open_unit(stage)
    class_group, school = journey.open_class(stage, born_on.isoformat(), guardian_email)
    mission = journey.post_mission(stage, coordinator, unit, school)

    email = f"ines.{secrets.token_hex(4)}@elan.example"
    joining = JoinInput(
        join_code=class_group["join_code"],
        email=email,
        password=journey.NEW_PASSWORD,
        first_name="Ines",
        last_name="BA",
        birth_date=born_on,
    )
    with Client(base_url=api) as anybody:
        wrong = auth_token.sync(client=anybody, body=SignInInput(email, "not the password"))
        assert isinstance(wrong, Problem)
        assert wrong.status == 401
        ok(classes_join.sync_detailed(client=anybody, body=joining))
        tokens = ok(auth_token.sync_detailed(client=anybody, body=SignInInput(email, journey.NEW_PASSWORD)))
    person = stage.person("Inès")
    person.phone = f"phone-{secrets.token_hex(4)}"
    with AuthenticatedClient(base_url=api, token=tokens.access) as client:
        enrolments = ok(enrolments_list.sync_detailed(client=client)).results
        assert [enrolment.status for enrolment in enrolments] == [EnrolmentStatus.ACTIVE]
        phone = DeviceInput(DevicePlatform.ANDROID, person.phone)
        ok(devices_create.sync_detailed(client=client, body=phone, idempotency_key=key()))
        journey.consent(stage, person, guardian_email)

        near = f"{school['latitude']},{school['longitude']}"
        found = ok(missions_list.sync_detailed(client=client, near=near, radius_km=5, page_size=100)).results
        listed = next(row for row in found if str(row.id) == mission["id"])
        shift = min(listed.next_shifts, key=lambda row: row.starts_at)
        assert ok(shifts_eligibility.sync_detailed(shift.id, client=client)).reason == EligibilityReason.OK
        same_key = key()
        for _time in ("she sends it", "and, the answer lost, again"):
            sign_up = ok(shifts_sign_up.sync_detailed(shift.id, client=client, idempotency_key=same_key))
            assert sign_up.status == SignUpStatus.PENDING
        coordinator.post(f"sign-ups/{sign_up.id}/accept/")

        codes = coordinator.get(f"shifts/{shift.id}/check-in-codes/")
        first_at = datetime.fromisoformat(codes["first_at"])
        now = stage.now()
        for direction, moment in ((CheckInDirection.IN, now - timedelta(minutes=65)), (CheckInDirection.OUT, now)):
            code = codes["codes"][int((moment - first_at).total_seconds() // codes["step_seconds"])]
            check_in = CheckInInput(shift.id, direction, code, moment.astimezone(UTC), now)
            ok(check_ins_create.sync_detailed(client=client, body=check_in, idempotency_key=key()))
        attendance = coordinator.get("attendances/", shift=str(shift.id), status="checked_out")["results"][0]
        coordinator.post(f"attendances/{attendance['id']}/confirm/")

        drafts = ok(hour_entries_list.sync_detailed(client=client, status=HourEntryStatus.DRAFT)).results
        assert [draft.claimed_minutes for draft in drafts] == [65]
        read = hour_entries_retrieve.sync_detailed(drafts[0].id, client=client)
        edit = PatchedHourEntryEditInput(reflection="J'ai appris à accueillir.")
        for etag, expected in ((read.headers["ETag"], 200), (read.headers["ETag"], 412)):
            edited = hour_entries_partial_update.sync_detailed(drafts[0].id, client=client, body=edit, if_match=etag)
            assert edited.status_code == expected
        handed_in = hour_entries_submit.sync_detailed(drafts[0].id, client=client, idempotency_key=key())
        assert ok(handed_in).status == HourEntryStatus.SUBMITTED
        teacher = stage.person("le professeur").sign_in("professeur@elan.example")
        ruling = {"entry": str(drafts[0].id), "verb": "approve"}
        teacher.post("hour-entries/bulk-decisions/", {"decisions": [ruling]})
        progress = ok(me_progress_retrieve.sync_detailed(client=client)).records[0]
    stage.tell(f"Inès, avec le client généré : {journey.hours(progress.counted_minutes)} comptées.")
    assert progress.counted_minutes == 65
    return progress.counted_minutes


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", default="http://127.0.0.1:8000")
    parser.add_argument("--outside", default="http://127.0.0.1:8025")
    arguments = parser.parse_args()
    main(arguments.api, arguments.outside)
