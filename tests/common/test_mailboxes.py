"""Two addresses are one mailbox when mail to them arrives in one (PRODUCT, Coming in)."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from common.mailboxes import AddressRefused, canonical_address, known_address, mailbox_of
from tests.support.refused import REFUSED_ADDRESSES

CANONICAL = "eleve@elan.example"
WITH_ACCENT = "eleve@xn--lan-9la.example"

SAME = {
    " Eleve@ELAN.Example ": CANONICAL,
    "ｅｌｅｖｅ@elan.example": CANONICAL,
    "ﬂeur@elan.example": "fleur@elan.example",
    "eleve@élan.example": WITH_ACCENT,
    "eleve@e\u0301lan.example": WITH_ACCENT,
    "eleve@ÉLAN.example": WITH_ACCENT,
    "eleve@XN--lan-9la.example": WITH_ACCENT,
    "el.eve+tag@elan.example": "el.eve+tag@elan.example",
}


def test_an_address_is_kept_in_one_spelling():
    assert {typed: canonical_address(typed) for typed in SAME} == SAME
    assert all(canonical_address(kept) == kept for kept in SAME.values())


def test_what_cannot_be_made_canonical_is_refused():
    for typed in REFUSED_ADDRESSES:
        with pytest.raises(AddressRefused):
            pytest.fail(f"{typed!a} is {canonical_address(typed)}")


def test_a_form_takes_the_canonical_address_and_refuses_what_has_none():
    field = User._meta.get_field("email")
    assert field.clean(" Eleve@ELAN.example", None) == CANONICAL
    for typed in REFUSED_ADDRESSES:
        with pytest.raises(ValidationError):
            field.clean(typed, None)


def test_dots_tags_and_the_hosts_of_one_provider_are_one_mailbox():
    for typed in ("el.eve+x@elan.example", "E.L.E.V.E@Elan.example", '"eleve"@elan.example', "el\u00adeve@elan.example",
                  "eleve@ｅlan.example", "eleve@elan\u200b.example", '"el\\eve"@elan.example', "eleve@ⓔlan.example"):
        assert mailbox_of(typed) == CANONICAL, ascii(typed)
    assert mailbox_of("el.eve@googlemail.com") == mailbox_of("eleve+1@gmail.com")
    assert mailbox_of("eleve@élan.example") == WITH_ACCENT
    assert mailbox_of("other@elan.example") != CANONICAL


def test_what_no_account_can_have_is_compared_as_it_is():
    assert known_address(' "Eleve"@elan.example') == '"eleve"@elan.example'
