"""The codes of a check-in: HMACs of shift (or person) and step, derived when shown and stored nowhere."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils.crypto import constant_time_compare, salted_hmac

from common import links
from common.codes import as_typed
from missions.models import Shift

STEP = timedelta(seconds=30)
OPENS_BEFORE = timedelta(minutes=30)
# A person a little late still can check out; a forgotten check-out is closed at that time.
CLOSES_AFTER = timedelta(hours=2)
CODE_LENGTH = 8
# Base32 has no 0, 1, 8 and 9.
SHOWN_READ_AS = str.maketrans("018", "OIB")

# Read aloud and typed: no 0 and O, no 1, I and L, no U beside V.
SPOKEN_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
SPOKEN_READ_AS = str.maketrans("U", "V")
SPOKEN_LENGTH = 6
SPOKEN_LIVES = timedelta(minutes=10)
_SPOKEN_STEPS = SPOKEN_LIVES // STEP

WALK_IN_PURPOSE = "walk-in"
WALK_IN_STEP = timedelta(minutes=10)


def step_of(moment: datetime) -> int:
    """The number of the 30 s step since the epoch (UTC) that holds the instant."""
    return int(moment.timestamp() // STEP.total_seconds())


def _start_of(step: int) -> datetime:
    return datetime.fromtimestamp(step * STEP.total_seconds(), tz=UTC)


def _digest(salt: str, shift_id: UUID, step: int) -> bytes:
    return salted_hmac(salt, f"{shift_id}:{step}", algorithm="sha256").digest()


def code_of(shift_id: UUID, step: int) -> str:
    """8 characters of base32 (40 bits): short enough for a small QR, hopeless to guess in its minute."""
    return base64.b32encode(_digest("elan.check-in", shift_id, step))[:CODE_LENGTH].decode()


def code_fits(code: str, shift_id: UUID, occurred_at: datetime) -> bool:
    """Whether the code is that of the step of `occurred_at`, or of the one before or after."""
    step, given = step_of(occurred_at), as_typed(code, SHOWN_READ_AS)
    return any([constant_time_compare(given, code_of(shift_id, near)) for near in (step - 1, step, step + 1)])


def codes_of(shift: Shift) -> tuple[datetime, list[str]]:
    """The instant of the first code, then one code per 30 s from 30 min before the start to 2 h after the end."""
    first = step_of(shift.starts_at - OPENS_BEFORE)
    last = step_of(shift.ends_at + CLOSES_AFTER)
    return _start_of(first), [code_of(shift.pk, step) for step in range(first, last + 1)]


def spoken_code_of(shift_id: UUID, step: int) -> str:
    """6 characters (29 bits): what an organiser says aloud. Guessing is counted (missions.services.check_ins)."""
    number, letters = int.from_bytes(_digest("elan.check-in.spoken", shift_id, step)), ""
    for _letter in range(SPOKEN_LENGTH):
        number, rest = divmod(number, len(SPOKEN_ALPHABET))
        letters += SPOKEN_ALPHABET[rest]
    return letters


def make_spoken_code(shift_id: UUID, now: datetime) -> tuple[str, datetime]:
    """The code to say now, and when it ends: ten minutes after the end of the present step."""
    step = step_of(now)
    return spoken_code_of(shift_id, step), _start_of(step + 1 + _SPOKEN_STEPS)


def is_spoken(code: str) -> bool:
    """Whether somebody typed what they heard, rather than scanned."""
    return len(as_typed(code)) == SPOKEN_LENGTH


def spoken_code_fits(code: str, shift_id: UUID, occurred_at: datetime) -> bool:
    """Whether the code was made for the shift within the ten minutes before `occurred_at` (one step of grace)."""
    step, given = step_of(occurred_at), as_typed(code, SPOKEN_READ_AS)
    lived = range(step - _SPOKEN_STEPS, step + 2)
    return any([constant_time_compare(given, spoken_code_of(shift_id, near)) for near in lived])


def fits(code: str, shift_id: UUID, occurred_at: datetime) -> bool:
    """Whether the code, shown or spoken, is one of that time."""
    return (spoken_code_fits if is_spoken(code) else code_fits)(code, shift_id, occurred_at)


def _walk_in_step(moment: datetime) -> int:
    return int(moment.timestamp() // WALK_IN_STEP.total_seconds())


def make_walk_in_code(person_id: UUID, now: datetime) -> tuple[str, datetime]:
    """What a person's phone shows to be let in, and when it ends: 10 to 20 minutes from now."""
    step = _walk_in_step(now)
    ends_at = datetime.fromtimestamp((step + 2) * WALK_IN_STEP.total_seconds(), tz=UTC)
    return links.make_token(WALK_IN_PURPOSE, person_id, str(step)), ends_at


def person_of_walk_in_code(code: str, now: datetime) -> UUID | None:
    """Whose live code this is; None when it is nobody's, or no longer."""
    code = "".join(code.split())
    person_id, step = links.row_id_of(code), _walk_in_step(now)
    if person_id is None:
        return None
    live = [links.token_opens(code, WALK_IN_PURPOSE, person_id, str(near)) for near in (step - 1, step)]
    return person_id if any(live) else None
