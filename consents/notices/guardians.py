"""What guardians read of their own address and page."""

from django.utils.translation import gettext as _

from common.links import fingerprint
from consents.kinds import Kind
from consents.models import Guardian
from notifications.outbox import Link, Notice, in_every_language

GUARDIAN_PURPOSE = "guardian"
GUARDIAN_ADDRESS_PURPOSE = "guardian-address"


def link_to_page(guardian: Guardian) -> Link:
    """The management link: a guardian's own page while the child is a minor."""
    return Link(GUARDIAN_PURPOSE, guardian.pk, "/api/v1/consents/manage/{token}/", nonce=guardian.email)


def new_address_nonce(guardian: Guardian) -> str:
    """What the link to a new address depends on: an address asked for later closes it."""
    asked_at = guardian.new_email_asked_at
    return fingerprint(f"{guardian.new_email}:{asked_at.isoformat() if asked_at else ''}")


@in_every_language
def confirm_new_address(guardian: Guardian) -> Notice:
    """To the address that a guardian wants instead: is it theirs?"""
    return Notice(
        kind=Kind.GUARDIAN_NEW_ADDRESS,
        title=_("Confirm your new address"),
        body=_(
            "A guardian of %(first_name)s wants to be reached at this address. If it is you, open this link within "
            "7 days and confirm:\n\n{link}\n\nIf not, you need do nothing.\n"
        )
        % {"first_name": guardian.student.first_name},
        link=Link(
            GUARDIAN_ADDRESS_PURPOSE,
            guardian.pk,
            "/api/v1/consents/address/{token}/",
            nonce=new_address_nonce(guardian),
        ),
    )


@in_every_language
def address_changed(guardian: Guardian) -> Notice:
    """To the former address of a guardian. The new one is not said."""
    return Notice(
        kind=Kind.GUARDIAN_ADDRESS_CHANGED,
        title=_("Your address has been changed"),
        body=_(
            "Mails about %(first_name)s now go to another address, as was asked on your page and confirmed there. "
            "The links you received here are closed. If it was not you, tell the school at once.\n"
        )
        % {"first_name": guardian.student.first_name},
    )
