"""Every time in a sentence is one of Paris: in summer, in winter, and on the two nights of changes."""

from datetime import datetime, timedelta

import pytest
from django.utils import translation

from common import readable
from engagement.models import HourEntry
from engagement.notices.tutors import when_given
from missions.notices.shared import when

READ = [
    ("2026-07-14T20:30:00+00:00", "14 juillet 2026", "22\u00a0h\u00a030"),
    ("2026-12-14T20:30:00+00:00", "14 décembre 2026", "21\u00a0h\u00a030"),
    ("2026-07-14T22:30:00+00:00", "15 juillet 2026", "0\u00a0h\u00a030"),
    ("2026-03-29T01:30:00+00:00", "29 mars 2026", "3\u00a0h\u00a030"),
    ("2026-10-25T00:30:00+00:00", "25 octobre 2026", "2\u00a0h\u00a030"),
    ("2026-10-25T01:30:00+00:00", "25 octobre 2026", "2\u00a0h\u00a030"),
]


@pytest.mark.parametrize(("instant", "day", "clock"), READ)
def test_mails_and_pages_say_the_time_of_paris(instant, day, clock):
    """That nothing else makes text of a time holds tests/common/test_readable.py."""
    starts_at = datetime.fromisoformat(instant)
    ends_at = starts_at + timedelta(hours=1)
    with translation.override("fr"):
        span = readable.span(starts_at, ends_at)
        given = when_given(HourEntry(started_at=starts_at, ended_at=ends_at))
        said = when(starts_at)
    assert said == f"{day} à {clock}"
    for text in (span, given):
        assert text.startswith((f"{day} de {clock}", f"{day} à {clock}"))
