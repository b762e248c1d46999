"""What people read of days, times and durations, over a whole year and every length an entry may have."""

import ast
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import formats, translation

from common import readable
from common.paris import instant
from consents.notices.texts import TEXTS, text_of
from tests.support.processes import ROOT
from tests.support.sources import source_files

FRENCH_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
FRENCH_DAYS = "lundi mardi mercredi jeudi vendredi samedi dimanche".split()
ENGLISH_MONTHS = (
    "January February March April May June July August September October November December".split()
)
YEAR = [date(2026, 1, 1) + timedelta(days=offset) for offset in range(365)]
# Every way to make text of a day, a time or a number of minutes.
MAKES_TEXT = re.compile(
    r"date_format|time_format|strftime|\{[^}]*:%[HdYB]|// ?60|(?:DATE|TIME|MONTH_DAY)_FORMAT|divmod\(.*60\)"
)
MAY_DO_SO = {
    "common/readable.py",
    "common/paris.py",  # counts minutes
    "common/formats/fr/formats.py",  # Django's own, for the admin
    "engagement/services/heads.py",  # names of files
    # Programs of others, which print to a terminal.
    "examples/check_certificate.py",
    "examples/journey.py",
    "demo/received_page.py",  # a mailbox and a phone of others
}


def plain(text: str) -> str:
    """Text with ordinary spaces, to be compared."""
    return text.replace("\u00a0", " ")


def test_every_day_of_a_year_reads_well_in_both_languages():
    for on in YEAR:
        with translation.override("fr"):
            assert readable.day(on) == f"{'1er' if on.day == 1 else on.day} {FRENCH_MONTHS[on.month - 1]} {on.year}"
            assert readable.weekday(on) == f"{FRENCH_DAYS[on.weekday()]} {readable.day(on)}"
            assert not re.search(r"(?<!\d)1 [a-zéû]", formats.date_format(on, "DATE_FORMAT"))  # what the admin shows
            assert not re.search(r"(?<!\d)1 [a-zéû]", formats.date_format(on, "MONTH_DAY_FORMAT"))
        with translation.override("en"):
            assert readable.day(on) == f"{on.day} {ENGLISH_MONTHS[on.month - 1]} {on.year}"


@pytest.mark.parametrize(
    ("at", "french", "english"),
    [
        ("2026-12-01T13:30:00+00:00", "1er décembre 2026 à 14 h 30", "1 December 2026 at 14:30"),
        ("2026-07-14T20:30:00+00:00", "14 juillet 2026 à 22 h 30", "14 July 2026 at 22:30"),
        ("2026-07-31T22:00:00+00:00", "1er août 2026 à 0 h", "1 August 2026 at 00:00"),
        ("2026-03-29T01:05:00+00:00", "29 mars 2026 à 3 h 05", "29 March 2026 at 03:05"),
    ],
)
def test_an_instant_is_said_in_paris_whatever_zone_it_is_kept_in(at, french, english):
    moment = datetime.fromisoformat(at)
    for kept in (moment, moment.astimezone(UTC), moment.astimezone(readable.PARIS)):
        with translation.override("fr"):
            assert plain(readable.moment(kept)) == french
        with translation.override("en"):
            assert plain(readable.moment(kept)) == english


def test_every_time_of_a_day_holds_together():
    first = instant(date(2026, 12, 1), datetime.min.time())
    for minutes in range(24 * 60):
        moment, (hour, rest) = first + timedelta(minutes=minutes), divmod(minutes, 60)
        with translation.override("fr"):
            said = f"{hour}\u00a0h" + (f"\u00a0{rest:02d}" if rest else "")
            assert readable.clock(moment) == said
        with translation.override("en"):
            assert readable.clock(moment) == f"{hour:02d}:{rest:02d}"


def test_a_span_names_its_day_once_and_two_days_over_midnight():
    start, end = datetime(2026, 12, 1, 13, tzinfo=UTC), datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
    with translation.override("fr"):
        assert plain(readable.span(start, end)) == "1er décembre 2026 de 14 h à 16 h 30"
        assert plain(readable.span(start, end, with_weekday=True)) == "mardi 1er décembre 2026 de 14 h à 16 h 30"
        over_midnight = plain(readable.span(start, end + timedelta(hours=9)))
        assert over_midnight == "1er décembre 2026 à 14 h – 2 décembre 2026 à 1 h 30"
    with translation.override("en"):
        assert readable.span(start, end) == "1 December 2026 from 14:00 to 16:30"


def test_every_duration_up_to_twelve_hours_reads_well_in_both_languages():
    for language in ("fr", "en"):
        with translation.override(language):
            for minutes in range(721):
                hours, rest = divmod(minutes, 60)
                said = f"{hours} h {rest:02d}" if hours else f"{rest} min"
                assert plain(readable.duration(minutes)) == said
                assert " " not in readable.duration(minutes)
            assert plain(readable.duration(2160)) == "36 h 00"


def test_only_one_module_makes_text_of_days_and_times():
    found = {}
    for path in source_files("*.py"):
        name = path.relative_to(ROOT).as_posix()
        if name not in MAY_DO_SO and (hit := MAKES_TEXT.search(ast.unparse(ast.parse(path.read_text())))):
            found[name] = hit[0]
    assert not found


def test_french_gets_its_no_break_spaces():
    for before, after in {
        "Motif : non ; pourquoi ? Voilà !": "Motif_: non_; pourquoi_? Voilà_!",
        "« Maraude » et « Repas »": "«_Maraude_» et «_Repas_»",
        "entre 22 h et 6 h, à 14 h 30": "entre 22_h et 6_h, à 14_h_30",
        "plus de 50 Mo, %(age)d ans, %(percent)s %%": "plus de 50_Mo, %(age)d_ans, %(percent)s_%%",
        "au plus 8 heures par jour, 720 minutes": "au plus 8_heures par jour, 720_minutes",
        "%(name)s s’est désisté(e), 4 ou 5": "%(name)s s’est désisté(e), 4 ou 5",
        "2026-11-23T14:00:00 https://elan.example": "2026-11-23T14:00:00 https://elan.example",
    }.items():
        expected = after.replace("_", "\u00a0")
        assert readable.with_no_break_spaces(before) == expected
        assert readable.with_no_break_spaces(expected) == expected


def test_the_texts_of_consent_are_shown_with_theirs():
    for version in TEXTS:
        for is_to_one in (False, True):
            opening, points = text_of(version, "fr", first_name="Inès", is_to_one=is_to_one)
            for said in (opening, *points):
                assert readable.with_no_break_spaces(said) == said
