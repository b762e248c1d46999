"""People, their guardians and their sessions."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
