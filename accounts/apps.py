"""People and their sessions."""

from django.apps import AppConfig

from common import hooks


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        hooks.notice_kinds.connect("accounts.kinds.notice_kinds")
