"""Guardians and their consents over HTTP."""
