"""The ledger: hours given, attested by organisations, decided by schools."""

from django.apps import AppConfig

from common import hooks


class EngagementConfig(AppConfig):
    name = "engagement"

    def ready(self) -> None:
        hooks.name_is_held.connect("engagement.selectors.name_is_on_certificate")
        hooks.person_stays.connect("engagement.selectors.has_record")
        hooks.attendances_confirmed.connect("engagement.services.attendances.prefill_from_attendances")
        hooks.attendance_reopened.connect("engagement.services.attendances.take_back_attestation")
        hooks.file_folders.connect("engagement.selectors.folder_of_evidence")
        hooks.gauges.connect("engagement.gauges.gauges_of_statistics")
        hooks.mail_settled.connect("engagement.services.tutor_mails.note_settled")
        hooks.mail_bounced.connect("engagement.services.tutor_mails.note_bounce")
        hooks.notice_kinds.connect("engagement.kinds.notice_kinds")
        hooks.mail_written_for.connect("engagement.selectors.written_for")
        hooks.obsolete_notices.connect("engagement.services.obsolete.obsolete_notices")
