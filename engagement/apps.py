"""The ledger: hours given, attested by organisations, decided by schools."""

from django.apps import AppConfig

from common import hooks


class EngagementConfig(AppConfig):
    name = "engagement"

    def ready(self) -> None:
        hooks.attendance_confirmed.connect("engagement.services.entries.prefill_from_attendance")
