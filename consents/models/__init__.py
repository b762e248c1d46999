"""Guardians."""

from consents.models.guardians import Guardian, GuardianSource

__all__ = ["Guardian", "GuardianSource"]
