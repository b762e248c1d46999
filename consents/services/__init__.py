"""Every write to consents' tables."""
