"""The state machine of organisations, and the roles of their members."""

from django.db.models import TextChoices

from common.errors import Transitions


class OrganizationRole(TextChoices):
    COORDINATOR = "coordinator"
    MANAGER = "manager"


class OrganizationStatus(TextChoices):
    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    TRUSTED = "trusted"
    REFUSED = "refused"
    SUSPENDED = "suspended"


# The region vouches for them: their missions are public. A trusted one publishes without review.
OPEN_ORGANIZATION = [OrganizationStatus.VERIFIED, OrganizationStatus.TRUSTED]
ORGANIZATION_TRANSITIONS: Transitions = {
    "verify": ({OrganizationStatus.UNVERIFIED}, OrganizationStatus.VERIFIED),
    "refuse": ({OrganizationStatus.UNVERIFIED}, OrganizationStatus.REFUSED),
    "trust": ({OrganizationStatus.VERIFIED}, OrganizationStatus.TRUSTED),
    "distrust": ({OrganizationStatus.TRUSTED}, OrganizationStatus.VERIFIED),
    "suspend": (
        {OrganizationStatus.UNVERIFIED, OrganizationStatus.VERIFIED, OrganizationStatus.TRUSTED},
        OrganizationStatus.SUSPENDED,
    ),
    # To what it was (`former_status`); VERIFIED stands for it here.
    "restore": ({OrganizationStatus.SUSPENDED}, OrganizationStatus.VERIFIED),
}
