"""Lycées, their classes, their staff and who is enrolled."""

from django.apps import AppConfig

from common import hooks


class SchoolsConfig(AppConfig):
    name = "schools"

    def ready(self) -> None:
        hooks.invitation_accepted.connect("schools.services.staff.join_by_invitation")
        hooks.name_is_held.connect("schools.selectors.name_is_the_schools")
        hooks.person_stays.connect("schools.selectors.has_other_ties")
        hooks.person_is_vouched_for.connect("schools.selectors.is_enrolled")
        hooks.notice_kinds.connect("schools.kinds.notice_kinds")
        hooks.mail_written_for.connect("schools.selectors.written_for")
