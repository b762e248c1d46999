"""Shapes of what consents take and give."""
