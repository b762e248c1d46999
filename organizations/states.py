"""The state machine of organisations, and the roles of their members."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from common.errors import Transitions


class OrganizationRole(TextChoices):
    COORDINATOR = "coordinator", pgettext_lazy("role in an organisation", "Coordinator")
    MANAGER = "manager", pgettext_lazy("role in an organisation", "Manager")


class OrganizationStatus(TextChoices):
    UNVERIFIED = "unverified", pgettext_lazy("organisation", "Not verified yet")
    VERIFIED = "verified", pgettext_lazy("organisation", "Verified")
    TRUSTED = "trusted", pgettext_lazy("organisation", "Trusted")
    REFUSED = "refused", pgettext_lazy("organisation", "Refused")
    SUSPENDED = "suspended", pgettext_lazy("organisation", "Suspended")


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
