"""Tells people what happened: in the app, on their phone, by mail."""

from django.apps import AppConfig

from common import hooks


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        hooks.notice_kinds.connect("notifications.kinds.notice_kinds")
        hooks.gauges.connect("notifications.gauges.gauges_of_messages")
