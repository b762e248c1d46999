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
        hooks.notice_kinds.connect("missions.kinds.notice_kinds")
        hooks.mail_written_for.connect("missions.selectors.written_for")
        hooks.obsolete_notices.connect("missions.notices.obsolete.obsolete_notices")
        hooks.mission_facts.connect("missions.selectors.mission_facts")
        hooks.places_to_come.connect("missions.selectors.places_to_come")
        hooks.consents_of_places.connect("missions.selectors.consents_of_places")
        hooks.consents_to_move.connect("missions.services.consents.lock_what_a_consent_moves")
        hooks.consent_decided.connect("missions.services.consents.tell_organizers_of_decision")
        hooks.consent_gone.connect("missions.services.consents.give_back_uncovered_places")
