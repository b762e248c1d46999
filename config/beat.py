"""What time does, and when, in UTC, where no hour comes twice: each job is safe to run twice, and late."""

from celery.schedules import crontab

BEAT_SCHEDULE = {
    "relay": {"task": "notifications.relay", "schedule": 10.0, "options": {"expires": 10}},
    "send-digests": {"task": "notifications.send_digests", "schedule": 60.0, "options": {"expires": 60}},
    "forget-nothings": {"task": "notifications.forget_nothings", "schedule": crontab(minute=11)},
    "forget-old-attempts": {"task": "accounts.forget_old_attempts", "schedule": crontab(minute=23)},
    "end-expired-sessions": {"task": "accounts.end_expired_sessions", "schedule": crontab(minute=41)},
    "erase-joins-left-waiting": {"task": "schools.erase_joins_left_waiting", "schedule": crontab(hour=3, minute=37)},
    "sign-ledger-heads": {"task": "engagement.sign_heads", "schedule": crontab(hour=2, minute=11)},
    "remind-of-attestations": {"task": "engagement.remind_of_attestations", "schedule": crontab(minute=37)},
    "expire-attestations": {"task": "engagement.expire_attestations", "schedule": crontab(minute=49)},
    "ask-held-tutors": {"task": "engagement.ask_held_tutors", "schedule": crontab(minute="*/10")},
    # Under five minutes, so that with its own run no figure is older than that.
    "count-territories": {"task": "engagement.count_territories", "schedule": 240.0, "options": {"expires": 240}},
    "remind-of-shifts": {"task": "missions.remind_of_shifts", "schedule": crontab()},
    "tell-check-in-open": {"task": "missions.tell_check_in_open", "schedule": crontab()},
    "remind-forgotten-check-outs": {"task": "missions.remind_forgotten_check_outs", "schedule": crontab(minute="*/5")},
    "close-forgotten-check-outs": {"task": "missions.close_forgotten_check_outs", "schedule": crontab(minute="*/5")},
    "call-for-volunteers": {"task": "missions.call_for_volunteers", "schedule": crontab(minute=17)},
    "remind-to-confirm": {"task": "missions.remind_to_confirm", "schedule": crontab(minute="*/10")},
    "forget-wrong-codes": {"task": "missions.forget_wrong_codes", "schedule": crontab(minute=53)},
    "lapse-offers": {"task": "missions.lapse_offers", "schedule": 60.0, "options": {"expires": 60}},
    "offer-freed-places": {"task": "missions.offer_freed_places", "schedule": 60.0, "options": {"expires": 60}},
    "expire-sign-ups": {"task": "missions.expire_sign_ups", "schedule": 60.0, "options": {"expires": 60}},
    "remind-of-sign-ups": {"task": "missions.remind_of_sign_ups", "schedule": 300.0, "options": {"expires": 300}},
    "import-feeds": {"task": "missions.import_feeds", "schedule": crontab(hour=4, minute=11)},
    "forget-old-changes": {"task": "common.forget_old_changes", "schedule": crontab(hour=3, minute=27)},
    "close-finished-missions": {"task": "missions.close_finished_missions", "schedule": crontab(minute=7)},
    "archive-missions": {"task": "missions.archive_missions", "schedule": crontab(hour=3, minute=47)},
    "forget-messages": {"task": "missions.forget_messages", "schedule": crontab(hour=3, minute=59)},
    "forget-closed-reports": {"task": "missions.forget_closed_reports", "schedule": crontab(hour=3, minute=57)},
    "remind-guardians": {"task": "consents.remind_guardians", "schedule": crontab(minute=7)},
    "expire-consents": {"task": "consents.expire_consents", "schedule": crontab(minute=19)},
    "release-places-of-lapsed-consents": {
        "task": "missions.release_places_of_lapsed_consents",
        "schedule": crontab(minute="*/10"),
    },
    "end-guardianships": {"task": "consents.end_guardianships", "schedule": crontab(hour=2, minute=47)},
    "forget-old-keys": {"task": "common.forget_old_keys", "schedule": crontab(hour=3, minute=17)},
    "delete-unnamed-files": {"task": "common.delete_unnamed_files", "schedule": crontab(hour=3, minute=7)},
}
