"""Codes and numbers as people type them."""

from common.codes import as_typed
from engagement import numbers


def test_case_spaces_hyphens_and_widths_are_nothing():
    typed_so = ["ABCD2345", "abcd 2345", "ABCD-2345", " ab cd\u00a023\u201145 ", "ABCD\u20132345", "ＡＢＣＤ２３４５"]
    for typed in typed_so:
        assert as_typed(typed) == "ABCD2345"


def test_a_number_is_read_with_look_alikes_anywhere_but_in_its_first_letter():
    for head in ("E2021", "P2010"):
        number = numbers.drawn(head)
        mistaken = number[0] + number[1:].replace("0", "O").replace("1", "l").replace("V", "u")
        for typed in (number, mistaken, mistaken.lower(), number.replace("-", " "), number.replace("-", "\u2011")):
            assert numbers.read(typed) == number, typed
    assert numbers.read("E2021-0000-0000-0001") is None
