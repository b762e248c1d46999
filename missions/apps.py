"""Organisations, their missions and shifts, who signs up and who came."""

from django.apps import AppConfig

from common import hooks


class MissionsConfig(AppConfig):
    name = "missions"

    def ready(self) -> None:
        hooks.invitation_accepted.connect("missions.services.organizations.join_by_invitation")
        hooks.guardian_confirmed.connect("missions.services.consents.ask_for_consent_of_guardian")
        hooks.enrolment_activated.connect("missions.services.consents.ask_for_consent_on_enrolment")
