"""Missions and shifts, who signs up and who came."""

from django.apps import AppConfig

from common import hooks


class MissionsConfig(AppConfig):
    name = "missions"

    def ready(self) -> None:
        hooks.person_stays.connect("missions.selectors.has_ties")
        hooks.organization_suspended.connect("missions.services.organization_changes.release_places_of_suspended")
        hooks.organization_renamed.connect("missions.services.organization_changes.follow_new_name")
        hooks.birth_date_changed.connect("missions.services.shift_changes.recheck_places_of")
        hooks.person_suspended.connect("missions.services.sign_ups.release_places_of_suspended")
        hooks.file_folders.connect("missions.selectors.folder_of_images")
        hooks.guardian_confirmed.connect("missions.services.consent_requests.ask_for_consent_of_guardian")
        hooks.mail_bounced.connect("missions.services.guardian_bounces.note_bounce")
        hooks.enrolment_activated.connect("missions.services.consent_requests.ask_for_consent_on_enrolment")
        hooks.notice_kinds.connect("missions.kinds.notice_kinds")
