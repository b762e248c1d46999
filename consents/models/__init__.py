"""Guardians and their consents."""

from consents.models.consents import Consent, ConsentEvent, needs_consent
from consents.models.guardians import Guardian, GuardianSource

__all__ = ["Consent", "ConsentEvent", "Guardian", "GuardianSource", "needs_consent"]
