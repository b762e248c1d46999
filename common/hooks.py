"""The only way a lower app speaks upward: named hooks, run in the caller's transaction, in a fixed order."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.utils.module_loading import import_string


class Hook:
    """A named moment. Upper apps connect handlers in `AppConfig.ready`; they run by `order`, then by name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._connected: set[tuple[int, str]] = set()

    def connect(self, handler: str, *, order: int = 100) -> None:
        """Adds a handler by its dotted name; connecting the same one twice changes nothing."""
        self._connected.add((order, handler))
        self.__dict__.pop("_functions", None)

    @property
    def handlers(self) -> list[str]:
        """The dotted names of the handlers, in the order they run."""
        return [name for _order, name in sorted(self._connected)]

    @cached_property
    def _functions(self) -> list[Callable[..., Any]]:
        return [import_string(name) for name in self.handlers]

    def __call__(self, **facts: Any) -> list[Any]:
        """Runs every handler with the facts and returns their answers; a handler's error ends the move."""
        return [function(**facts) for function in self._functions]


# An invited address joined (accounts): the target's app makes the membership. Facts: `invitation`, `person`.
invitation_accepted = Hook("invitation_accepted")
# A claimed line of a class's roster gives a guardian's address (schools). Facts: `line`.
roster_gives_guardian = Hook("roster_gives_guardian")
# A student's enrolment became active, or is active with another birth date (schools). Facts: `enrolment`.
enrolment_activated = Hook("enrolment_activated")
# Which missions are these (consents)? Facts: `ids`; answers consents.answers.MissionFacts by id.
mission_facts = Hook("mission_facts")
# Which places has this student still to come (consents)? Facts: `student`; answers a list of
# consents.answers.PlaceFacts.
places_to_come = Hook("places_to_come")
# Whose places, and on which missions, let this person read the state of a consent (consents)? Facts: `person`, who is
# signed in; answers a consents.answers.SeenByOrganizer.
consents_of_places = Hook("consents_of_places")
# A student's consents are about to move (consents), who is locked: what may move with them is locked before they are.
# Facts: `student`, and `mission_id` of the one mission, or None.
consents_to_move = Hook("consents_to_move")
# A guardian decided (consents); the places are still as they were. Facts: `consent`, `event`.
consent_decided = Hook("consent_decided")
# Words that a student's places may rest on bind no more (consents). Facts: `student`, who is locked, and
# `accept_losses`: without it, what they would lose by it is raised.
consent_gone = Hook("consent_gone")
# Does somebody vouch for this person besides their own mailbox (schools)? Facts: `person`; any True is enough.
person_is_vouched_for = Hook("person_is_vouched_for")
# Has this person something besides the join that is erased (schools)? Facts: `person`; any True keeps the account.
person_stays = Hook("person_stays")
# A person's birth date was corrected (accounts), who is locked. Facts: `person`, and `accept_losses`: without it, what
# they would lose by it is raised.
birth_date_changed = Hook("birth_date_changed")
# Who else has a say in this person's name (accounts)? Facts: `person`, who is locked; each handler answers the
# DomainError that keeps the person from changing it, or None.
name_is_held = Hook("name_is_held")
# The region shut a person out (accounts), who is locked. Facts: `person`.
person_suspended = Hook("person_suspended")
# The region suspended an organisation (organizations), which is locked. Facts: `organization`.
organization_suspended = Hook("organization_suspended")
# An organisation took another name (organizations). Facts: `organization`.
organization_renamed = Hook("organization_renamed")
# An organiser confirmed attendances (missions). Facts: `confirmed`, a list of (attendance, started_at, ended_at), and
# `actor`; each handler answers the DomainErrors of those it refuses, by the attendance's id.
attendances_confirmed = Hook("attendances_confirmed")
# An organiser took the confirmation of an attendance back (missions). Facts: `attendance`, `reason`, `actor`.
attendance_reopened = Hook("attendance_reopened")
# Which of these are of no use any more (notifications), now that they would be sent? Facts: `messages`; each handler
# answers the ids of those that are over.
obsolete_notices = Hook("obsolete_notices")
# For which school or organisation are these mails written (notifications)? Facts: `messages`; each handler answers the
# names, by the ids of those that are about what it knows.
mail_written_for = Hook("mail_written_for")
# A mail left, or was given up (notifications). Facts: `message`, `is_sent`.
mail_settled = Hook("mail_settled")
# An address takes no mail: its server or our provider says so (notifications). Facts: `address`, `at`.
mail_bounced = Hook("mail_bounced")
# Which kinds of notices does this app publish (notifications.registry)? No facts; answers some NoticeKind.
notice_kinds = Hook("notice_kinds")
# What does a monitor watch of this app (common.metrics)? No facts; answers a list of common.metrics.Gauge.
gauges = Hook("gauges")
# Which folder of the storage is this app's (common.files)? No facts; answers a common.files.Folder.
file_folders = Hook("file_folders")

ALL = [
    invitation_accepted,
    roster_gives_guardian,
    enrolment_activated,
    mission_facts,
    places_to_come,
    consents_of_places,
    consents_to_move,
    consent_decided,
    consent_gone,
    person_is_vouched_for,
    person_stays,
    birth_date_changed,
    name_is_held,
    person_suspended,
    organization_suspended,
    organization_renamed,
    attendances_confirmed,
    attendance_reopened,
    obsolete_notices,
    mail_written_for,
    mail_settled,
    mail_bounced,
    notice_kinds,
    gauges,
    file_folders,
]
