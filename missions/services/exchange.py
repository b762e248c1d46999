"""Takes in what partners publish: each mission on its own, nothing lost by a feed that fails."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from common import territory
from missions.exchange import FeedEntry, FeedRefused, as_instant, read_feed, read_missions
from missions.feed_values import FieldProblem
from missions.models import PartnerMission
from missions.services.feeds import fetch_feed, fetch_pages

logger = structlog.get_logger("elan.exchange")

BATCH_SIZE = 500
COMPARED = [
    "title",
    "organization_name",
    "domain",
    "type",
    "remote",
    "application_url",
    "opens_to_minors",
    "places",
    "starts_at",
    "ends_at",
    "department_code",
    "latitude",
    "longitude",
    "facts",
    "withdrawn_at",
]


class Outcome(StrEnum):
    """What became of one mission of a feed."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Skipped(StrEnum):
    """Why nothing was withdrawn, though missions are absent; NO when nothing had to be skipped."""

    NO = ""
    # A refused mission does not say which it is.
    UNNAMED = "unnamed"
    # The hub's pages moved while they were read.
    NOT_WHOLE = "not_whole"
    # More would go than is believable.
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class MissionReport:
    """One line of the report: the mission's number in the feed (None when it is absent from it) and its own id.

    Problems refused it; remarks say what of it was dropped.
    """

    number: int | None
    client_id: str
    outcome: Outcome
    problems: tuple[FieldProblem, ...] = ()
    remarks: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedReport:
    """What became of each mission."""

    publisher: str
    missions: tuple[MissionReport, ...]
    withdrawal_skipped: Skipped

    def counts(self) -> dict[str, int]:
        found = Counter(report.outcome for report in self.missions)
        return {str(outcome): found[outcome] for outcome in Outcome}


@dataclass(frozen=True, slots=True)
class Feed:
    """What was read of a partner, or of the State's hub: there each mission has the publisher it came from."""

    entries: Sequence[FeedEntry]
    is_whole: bool = True
    of_hub: bool = False


def read_source(publisher: str, url: str) -> Feed:
    """A partner's feed, or the hub's pages for a publisher that has a key (EXCHANGE_KEYS). Raises FeedRefused."""
    if key := settings.EXCHANGE_KEYS.get(publisher):
        missions, is_whole = fetch_pages(url, key)
        return Feed(read_missions(missions, of_hub=True), is_whole, of_hub=True)
    return Feed(read_feed(fetch_feed(url)))


def import_feed(publisher: str, content: bytes, **options: Any) -> FeedReport:
    """Takes in the bytes of a feed. Raises FeedRefused, nothing written, for one that cannot be read or is empty."""
    return import_missions(publisher, Feed(read_feed(content)), **options)


@transaction.atomic
def import_missions(
    publisher: str, feed: Feed, *, max_withdrawn_percent: float | None = None, dry_run: bool = False
) -> FeedReport:
    """Creates and updates the partner's missions by (publisher, clientId), and withdraws those it no longer publishes.

    A refused mission stays as it was known. Nothing is withdrawn while any mission is refused without saying which it
    is, nor when that would be over `max_withdrawn_percent` of those shown: the feed is more likely to be cut.
    """
    rows = PartnerMission.objects.select_for_update().filter(_of(publisher, feed)).order_by("publisher", "client_id")
    known = {(row.publisher, row.client_id): row for row in rows}
    now = timezone.now()
    reports, created, updated, named = [], [], [], set()
    for entry in feed.entries:
        source = f"{publisher}/{entry.origin}" if entry.origin else publisher
        named.add((source, entry.client_id))
        row = known.get((source, entry.client_id))
        if entry.problems:
            reports.append(_report(entry, Outcome.REFUSED))
            continue
        facts = {**_columns(entry.facts), "withdrawn_at": None}
        if row is None:
            created.append(
                PartnerMission(publisher=source, client_id=entry.client_id, received_at=now, **facts)
            )
            reports.append(_report(entry, Outcome.CREATED))
        elif any(getattr(row, name) != facts[name] for name in COMPARED):
            for name in COMPARED:
                setattr(row, name, facts[name])
            row.received_at = now
            updated.append(row)
            reports.append(_report(entry, Outcome.UPDATED))
        else:
            reports.append(_report(entry, Outcome.UNCHANGED))
    absent = [row for key, row in known.items() if key not in named and row.withdrawn_at is None]
    percent = settings.EXCHANGE_MAX_WITHDRAWN_PERCENT if max_withdrawn_percent is None else max_withdrawn_percent
    skipped = _why_not_withdrawn(feed, absent, list(known.values()), percent) if absent else Skipped.NO
    if not skipped:
        for row in absent:
            row.withdrawn_at = now
            reports.append(MissionReport(None, row.client_id, Outcome.WITHDRAWN))
        updated += absent
    PartnerMission.objects.bulk_create(created, batch_size=BATCH_SIZE)
    PartnerMission.objects.bulk_update(updated, [*COMPARED, "received_at"], batch_size=BATCH_SIZE)
    if dry_run:
        transaction.set_rollback(True)
    return FeedReport(publisher, tuple(reports), skipped)


def _of(publisher: str, feed: Feed) -> Q:
    """What was taken in from there: of the hub under the name of each of its publishers."""
    return Q(publisher__startswith=f"{publisher}/") | Q(publisher=publisher) if feed.of_hub else Q(publisher=publisher)


def _why_not_withdrawn(
    feed: Feed, absent: list[PartnerMission], known: list[PartnerMission], percent: float
) -> Skipped:
    """A mission that is over goes from every feed and is shown to nobody: it is not counted."""
    now = timezone.now()
    shown = [row for row in known if row.withdrawn_at is None and not (row.ends_at and row.ends_at <= now)]
    leaving = set(absent).intersection(shown)
    if any(entry.problems and not entry.client_id for entry in feed.entries):
        return Skipped.UNNAMED
    if not feed.is_whole:
        return Skipped.NOT_WHOLE
    return Skipped.TOO_MANY if len(leaving) * 100 > percent * len(shown) else Skipped.NO


def _report(entry: FeedEntry, outcome: Outcome) -> MissionReport:
    return MissionReport(entry.number, entry.client_id, outcome, tuple(entry.problems), tuple(entry.remarks))


def _columns(facts: dict[str, Any]) -> dict[str, Any]:
    located = [address["location"] for address in facts["addresses"] if address["location"]]
    first = facts["addresses"][0] if facts["addresses"] else {}
    code = first.get("departmentCode", "")
    return {
        "title": facts["title"],
        "organization_name": facts["organizationName"],
        "domain": facts["domain"],
        "type": facts["type"],
        "remote": facts["remote"],
        "application_url": facts["applicationUrl"],
        "opens_to_minors": facts["openToMinors"] is True,
        "places": facts["places"],
        "starts_at": as_instant(facts["startAt"]),
        "ends_at": as_instant(facts["endAt"]),
        "department_code": code if territory.spelled(code) == code else "",
        "latitude": located[0]["lat"] if located else None,
        "longitude": located[0]["lon"] if located else None,
        "facts": facts,
    }


def import_configured_feeds() -> dict[str, dict[str, int] | str]:
    """Fetches and imports every feed of EXCHANGE_FEEDS; one that fails is logged, changes nothing and stops no other.

    Safe to run twice. Returns the counts, or the refusal's code, by publisher.
    """
    results: dict[str, dict[str, int] | str] = {}
    for publisher, url in settings.EXCHANGE_FEEDS.items():
        try:
            report = import_missions(publisher, read_source(publisher, url))
        except FeedRefused as error:
            results[publisher] = error.code
        except Exception as error:
            # Whatever one partner's feed brings about, the others' are still taken in.
            logger.exception("feed_failed", publisher=publisher)
            results[publisher] = type(error).__name__
        else:
            results[publisher] = report.counts()
            if report.withdrawal_skipped:
                logger.warning("feed_withdrew_nothing", publisher=publisher, why=str(report.withdrawal_skipped))
        logger.info("feed_imported", publisher=publisher, result=results[publisher])
    return results
