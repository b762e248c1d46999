"""What consents say to people. Nothing about a minor holds a surname, an address of theirs or a birth date."""

from consents.notices.guardians import (
    GUARDIAN_ADDRESS_PURPOSE,
    GUARDIAN_PURPOSE,
    address_changed,
    confirm_new_address,
    link_to_page,
    new_address_nonce,
)

__all__ = [
    "GUARDIAN_ADDRESS_PURPOSE",
    "GUARDIAN_PURPOSE",
    "address_changed",
    "confirm_new_address",
    "link_to_page",
    "new_address_nonce",
]
