"""Telephone numbers as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import BadInput
from common.phones import normalise_phone


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("06 12 34 56 78", "+33612345678"),
        ("06.12.34.56.78", "+33612345678"),
        ("06-12-34-56-78", "+33612345678"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        (" 01\u00a048\u202f09 00 00 ", "+33148090000"),
        ("0690 12 34 56", "+590690123456"),
        ("0262 12 34 56", "+262262123456"),
        ("+33 06 12 34 56 78", "+33612345678"),
        ("0033 06 12 34 56 78", "+33612345678"),
        ("+262 0692 12 34 56", "+262692123456"),
        ("06\u201112\u201134\u201156\u201178", "+33612345678"),
        ("０６ １２ ３４ ５６ ７８", "+33612345678"),
        ("tel:+33-6-12-34-56-78", "+33612345678"),
        ("+32 470 12 34 56", "+32470123456"),
        ("+1 (212) 555-0123", "+12125550123"),
    ],
)
def test_a_number_is_kept_in_one_form(typed, kept):
    assert normalise_phone(typed) == kept
    assert normalise_phone(kept) == kept


@pytest.mark.parametrize(
    "typed", ["15", "112", "06 12 34 56", "0612345678 9", "08 92 00 00 00", "+0612345678", "abc",
              "06 12 34 56 7a", "٠٦١٢٣٤٥٦٧٨", "++33612345678", "+33612345678901234", "", "   ", "0" * 40]
)  # fmt: skip
def test_what_is_no_number_of_somebodys_is_refused(typed):
    with pytest.raises(BadInput):
        normalise_phone(typed)


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_number_that_stays_as_it_is_or_refused(typed):
    try:
        kept = normalise_phone(typed)
    except BadInput:
        return
    assert kept[0] == "+"
    assert 8 <= len(kept) <= 16
    assert normalise_phone(kept) == kept
