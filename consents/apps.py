"""Guardians of minors, what they agree to, and their pages."""

from django.apps import AppConfig

from common import hooks


class ConsentsConfig(AppConfig):
    name = "consents"

    def ready(self) -> None:
        hooks.roster_gives_guardian.connect("consents.services.naming.bring_guardian")
        hooks.enrolment_activated.connect("consents.services.consent_requests.ask_for_consent_on_enrolment")
        hooks.mail_bounced.connect("consents.services.guardian_bounces.note_bounce")
        hooks.notice_kinds.connect("consents.kinds.notice_kinds")
        hooks.mail_written_for.connect("consents.selectors.written_for")
        hooks.obsolete_notices.connect("consents.services.obsolete.obsolete_notices")
