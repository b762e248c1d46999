"""Guardians of minors."""

from django.apps import AppConfig

from common import hooks


class ConsentsConfig(AppConfig):
    name = "consents"

    def ready(self) -> None:
        hooks.roster_gives_guardian.connect("consents.services.naming.bring_guardian")
        hooks.notice_kinds.connect("consents.kinds.notice_kinds")
