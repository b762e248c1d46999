"""Lycées, their classes, their staff and who is enrolled."""

from django.apps import AppConfig


class SchoolsConfig(AppConfig):
    name = "schools"

    def ready(self) -> None:
        from common import hooks
        from schools import selectors

        hooks.person_is_vouched_for.connect(selectors.is_enrolled)
