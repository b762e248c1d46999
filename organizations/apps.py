"""Organisations, a tree, and their members."""

from django.apps import AppConfig

from common import hooks


class OrganizationsConfig(AppConfig):
    name = "organizations"

    def ready(self) -> None:
        hooks.invitation_accepted.connect("organizations.services.memberships.join_by_invitation")
        hooks.person_stays.connect("organizations.selectors.has_ties")
        hooks.notice_kinds.connect("organizations.kinds.notice_kinds")
        hooks.mail_written_for.connect("organizations.selectors.written_for")
