"""What is said of organisations."""

from django.utils.translation import gettext as _

from notifications.models import Channel
from notifications.outbox import Notice
from organizations.models import Organization
from organizations.states import OrganizationStatus


def organization_decided(organization: Organization) -> Notice:
    """To the organisation's members: verified, trusted, refused, suspended."""
    name = {"name": organization.name}
    title, body = {
        OrganizationStatus.UNVERIFIED: (_("%(name)s waits for verification"), _("It is no longer suspended.")),
        OrganizationStatus.VERIFIED: (
            _("%(name)s is verified"),
            _("Your missions are published once the region has accepted them."),
        ),
        OrganizationStatus.TRUSTED: (
            _("%(name)s is trusted"),
            _("Your missions are now published without waiting for the region."),
        ),
        OrganizationStatus.REFUSED: (_("%(name)s was refused"), _("Write to the region to learn why.")),
        OrganizationStatus.SUSPENDED: (
            _("%(name)s is suspended"),
            _("Its missions are no longer shown and the places to come are released: %(reason)s"),
        ),
    }[OrganizationStatus(organization.status)]
    return Notice(
        kind=f"organization_{organization.status}",
        title=title % name,
        body=body % {"reason": organization.suspension_reason},
        data={"organization": str(organization.pk)},
        channels=(Channel.PUSH, Channel.MAIL),
    )


def organization_to_verify(organization: Organization) -> Notice:
    """To the region: a unit was made under an organisation."""
    return Notice(
        kind="organization_to_verify",
        title=_("An organisation to verify"),
        body=organization.name,
        data={"organization": str(organization.pk)},
    )


def organization_renamed(organization: Organization) -> Notice:
    """To the region: a verified organisation has another name or number than when it was verified."""
    return Notice(
        kind="organization_renamed",
        title=_("A verified organisation changed its name or numbers"),
        body=_("It is now called %(name)s.") % {"name": organization.name},
        data={"organization": str(organization.pk)},
    )
