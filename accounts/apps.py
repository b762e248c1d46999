"""People and their sessions."""

from django.apps import AppConfig

from common import hooks


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        hooks.mail_bounced.connect("accounts.addresses.note_bounce")
        hooks.notice_kinds.connect("accounts.kinds.notice_kinds")
