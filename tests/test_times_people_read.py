"""Every time in a sentence is one of Paris: in summer, in winter, and on the two nights of changes."""

import ast
from datetime import datetime, timedelta

import pytest
from django.utils import translation

from engagement.models import HourEntry
from engagement.notices.tutors import when_given
from missions.guardian_pages import when_of
from missions.models import Shift
from missions.notices.shared import when
from tests.test_locale import source_files

READ = [
    ("2026-07-14T20:30:00+00:00", "14 juillet 2026 22:30"),
    ("2026-12-14T20:30:00+00:00", "14 décembre 2026 21:30"),
    ("2026-07-14T22:30:00+00:00", "15 juillet 2026 00:30"),
    ("2026-03-29T01:30:00+00:00", "29 mars 2026 03:30"),
    ("2026-10-25T00:30:00+00:00", "25 octobre 2026 02:30"),
    ("2026-10-25T01:30:00+00:00", "25 octobre 2026 02:30"),
]


@pytest.mark.parametrize(("instant", "read"), READ)
def test_mails_and_pages_say_the_time_of_paris(instant, read):
    starts_at = datetime.fromisoformat(instant)
    ends_at = starts_at + timedelta(hours=1)
    with translation.override("fr"):
        span = when_of(Shift(starts_at=starts_at, ends_at=ends_at))
        given = when_given(HourEntry(started_at=starts_at, ended_at=ends_at))
        for text in (when(starts_at), span, given):
            assert all(part in text.partition("–")[0] for part in read.split()), text


def test_no_sentence_formats_a_time_that_was_not_moved_to_paris():
    """Where a function formats an hour, it names PARIS: what it is given may be any zone's."""
    found = 0
    for path in source_files("*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            text = ast.unparse(function)
            if "TIME_FORMAT" in text or "'H:i'" in text or ".strftime(" in text:
                found += 1
                assert "PARIS" in text, f"{path}: {function.name}"
    assert found >= 5
