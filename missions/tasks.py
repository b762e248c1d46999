"""What time does to places, attendances, missions and reports."""

from celery import shared_task

from missions.services import (
    calls,
    check_in_clock,
    check_ins,
    confirmation_reminders,
    consent_lapses,
    deadlines,
    ends_of_missions,
    exchange,
    messages,
    reminders,
    reports,
    waiting_list,
)


@shared_task(name="missions.remind_of_shifts")
def remind_of_shifts() -> None:
    """Reminds people of their shifts, a day and two hours before. Safe to run twice."""
    reminders.remind_of_shifts()


@shared_task(name="missions.tell_check_in_open")
def tell_check_in_open() -> None:
    """Tells who is expected soon that they can check in. Safe to run twice."""
    check_in_clock.tell_check_in_open()


@shared_task(name="missions.remind_forgotten_check_outs")
def remind_forgotten_check_outs() -> None:
    """Reminds who has not checked out. Safe to run twice."""
    check_in_clock.remind_forgotten()


@shared_task(name="missions.close_forgotten_check_outs")
def close_forgotten_check_outs() -> None:
    """Closes attendances that nobody checked out of. Safe to run twice."""
    check_in_clock.close_forgotten()


@shared_task(name="missions.call_for_volunteers")
def call_for_volunteers() -> None:
    """Tells people nearby of shifts that lack volunteers. Safe to run twice."""
    calls.call_for_volunteers()


@shared_task(name="missions.remind_to_confirm")
def remind_to_confirm() -> None:
    """Reminds organisers of attendances that they have not confirmed. Safe to run twice."""
    confirmation_reminders.remind_to_confirm()


@shared_task(name="missions.forget_wrong_codes")
def forget_wrong_codes() -> None:
    """Deletes wrong codes that count no more. Safe to run twice."""
    check_ins.forget_wrong_codes()


@shared_task(name="missions.lapse_offers")
def lapse_offers() -> None:
    """Ends the offers that nobody took in time; each place goes to the next. Safe to run twice."""
    waiting_list.lapse_offers()


@shared_task(name="missions.offer_freed_places")
def offer_freed_places() -> None:
    """Offers free places to waiting lists, where that did not happen at once. Safe to run twice."""
    waiting_list.offer_where_places_are_free()


@shared_task(name="missions.expire_sign_ups")
def expire_sign_ups() -> None:
    """Ends what nobody decided, and what waits still at the start. Safe to run twice."""
    deadlines.expire_sign_ups()


@shared_task(name="missions.remind_of_sign_ups")
def remind_of_sign_ups() -> None:
    """Reminds organisers of the undecided, and people of offers about to lapse. Safe to run twice."""
    deadlines.remind_of_sign_ups()


@shared_task(name="missions.import_feeds")
def import_feeds() -> None:
    """Takes in the partners' feeds. Safe to run twice."""
    exchange.import_configured_feeds()


@shared_task(name="missions.close_finished_missions")
def close_finished_missions() -> None:
    """Closes published missions after their last shift. Safe to run twice."""
    ends_of_missions.close_finished_missions()


@shared_task(name="missions.archive_missions")
def archive_missions() -> None:
    """Archives what was closed or cancelled some time ago. Safe to run twice."""
    ends_of_missions.archive_missions()


@shared_task(name="missions.forget_messages")
def forget_messages() -> None:
    """Deletes messages of organisers after their time, or with their last reader. Safe to run twice."""
    messages.forget_messages()


@shared_task(name="missions.forget_closed_reports")
def forget_closed_reports() -> None:
    """Deletes reports of danger some time after they were closed. Safe to run twice."""
    reports.forget_closed_reports()


@shared_task(name="missions.release_places_of_lapsed_consents")
def release_places_of_lapsed_consents() -> None:
    """Gives back places whose consent lapsed, where that did not happen at once. Safe to run twice."""
    consent_lapses.release_places_of_lapsed()
