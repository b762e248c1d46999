"""What is said of organisations."""

from django.utils.translation import gettext as _

from notifications.outbox import Notice
from organizations.kinds import Kind
from organizations.models import Organization
from organizations.states import OrganizationStatus


def organization_decided(organization: Organization) -> Notice:
    """To the organisation's members: verified, trusted, refused, suspended."""
    name = {"name": organization.name}
    kind, title, body = {
        OrganizationStatus.UNVERIFIED: (
            Kind.ORGANIZATION_UNVERIFIED,
            _("%(name)s waits for verification"),
            _("It is no longer suspended."),
        ),
        OrganizationStatus.VERIFIED: (
            Kind.ORGANIZATION_VERIFIED,
            _("%(name)s is verified"),
            _("Your missions are published once the region has accepted them."),
        ),
        OrganizationStatus.TRUSTED: (
            Kind.ORGANIZATION_TRUSTED,
            _("%(name)s is trusted"),
            _("Your missions are now published without waiting for the region."),
        ),
        OrganizationStatus.REFUSED: (
            Kind.ORGANIZATION_REFUSED,
            _("%(name)s was refused"),
            _("Write to the region to learn why."),
        ),
        OrganizationStatus.SUSPENDED: (
            Kind.ORGANIZATION_SUSPENDED,
            _("%(name)s is suspended"),
            _("Its missions are no longer shown and the places to come are released: %(reason)s"),
        ),
    }[OrganizationStatus(organization.status)]
    return Notice(
        kind=kind,
        title=title % name,
        body=body % {"reason": organization.suspension_reason},
        data={"organization": str(organization.pk)},
    )


def organization_to_verify(organization: Organization) -> Notice:
    """To the region: a unit was made under an organisation."""
    return Notice(
        kind=Kind.ORGANIZATION_TO_VERIFY,
        title=_("An organisation to verify"),
        body=organization.name,
        data={"organization": str(organization.pk)},
    )


def organization_renamed(organization: Organization) -> Notice:
    """To the region: a verified organisation has another name or number than when it was verified."""
    return Notice(
        kind=Kind.ORGANIZATION_RENAMED,
        title=_("A verified organisation changed its name or numbers"),
        body=_("It is now called %(name)s.") % {"name": organization.name},
        data={"organization": str(organization.pk)},
    )
