"""The rotating check-in code: an HMAC of the shift and a 30 s step, the same on the server and on a printed list."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils.crypto import constant_time_compare, salted_hmac

from missions.models import Shift

STEP = timedelta(seconds=30)
OPENS_BEFORE = timedelta(minutes=30)
# Who checks out a little late still can; a forgotten check-out is closed by the organiser at that time.
CLOSES_AFTER = timedelta(hours=2)
CODE_LENGTH = 8


def step_of(moment: datetime) -> int:
    """The number of the 30 s step since the epoch (UTC) that holds the instant."""
    return int(moment.timestamp() // STEP.total_seconds())


def code_of(shift_id: UUID, step: int) -> str:
    """8 characters of base32 (40 bits): short enough for a small QR, hopeless to guess in its minute."""
    digest = salted_hmac("elan.check-in", f"{shift_id}:{step}", algorithm="sha256").digest()
    return base64.b32encode(digest)[:CODE_LENGTH].decode()


def code_fits(code: str, shift_id: UUID, occurred_at: datetime) -> bool:
    """Whether the code is that of the step of `occurred_at`, or of the one before or after."""
    step = step_of(occurred_at)
    given = code.strip().upper()
    return any([constant_time_compare(given, code_of(shift_id, near)) for near in (step - 1, step, step + 1)])


def codes_of(shift: Shift) -> tuple[datetime, list[str]]:
    """The instant of the first code, then one code per 30 s from 30 min before the start to 2 h after the end."""
    first = step_of(shift.starts_at - OPENS_BEFORE)
    last = step_of(shift.ends_at + CLOSES_AFTER)
    starts_at = datetime.fromtimestamp(first * STEP.total_seconds(), tz=UTC)
    return starts_at, [code_of(shift.pk, step) for step in range(first, last + 1)]
