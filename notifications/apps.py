"""Tells people what happened: in the app, on their phone, by mail."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
