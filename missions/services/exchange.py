"""Takes in what partners publish: each mission on its own, nothing lost by a feed that fails."""

import time
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import requests
import structlog
import urllib3
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common import territory
from missions.exchange import FeedEntry, FeedRefused, FieldProblem, as_instant, read_feed
from missions.models import PartnerMission
from schools.territories import DEPARTMENT_CODE

logger = structlog.get_logger("elan.exchange")

BATCH_SIZE = 500
LARGEST_FEED_BYTES = 50_000_000
FETCH_TIMEOUT_SECONDS = (5, 30)
LONGEST_FETCH_SECONDS = 60
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


@dataclass(frozen=True, slots=True)
class MissionReport:
    """One line of the report: the mission's number in the feed (None when it is absent from it) and its own id."""

    number: int | None
    client_id: str
    outcome: Outcome
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedReport:
    """What became of each mission. `withdrawal_skipped`: a refused one that has no id leaves absence unproven."""

    publisher: str
    missions: tuple[MissionReport, ...]
    withdrawal_skipped: bool

    def counts(self) -> dict[str, int]:
        found = Counter(report.outcome for report in self.missions)
        return {str(outcome): found[outcome] for outcome in Outcome}


def fetch_feed(url: str) -> bytes:
    """The feed at an address; raises FeedRefused for any answer that is no whole feed.

    Takes a minute and a half at most, however slowly it comes.
    """
    if not url.startswith(("https://", "http://")):
        raise FeedRefused(_("A feed's address begins with https://."))
    until = time.monotonic() + LONGEST_FETCH_SECONDS
    try:
        with requests.get(url, timeout=FETCH_TIMEOUT_SECONDS, stream=True) as answer:
            answer.raise_for_status()
            content = bytearray()
            # What has come, not a whole piece, which a slow sender never fills.
            while chunk := answer.raw.read1(65536, decode_content=True):
                content += chunk
                if len(content) > LARGEST_FEED_BYTES:
                    raise FeedRefused(_("This feed is over 50 MB."))
                if time.monotonic() > until:
                    raise FeedRefused(_("This feed could not be fetched."))
            return bytes(content)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise FeedRefused(_("This feed could not be fetched.")) from error


@transaction.atomic
def import_feed(publisher: str, content: bytes, *, dry_run: bool = False) -> FeedReport:
    """Creates and updates the partner's missions by (publisher, clientId), and withdraws those it no longer publishes.

    A refused mission stays as it was known. Nothing is withdrawn while any mission is refused without saying which it
    is. Raises FeedRefused, with nothing written, for a feed that cannot be read or is empty.
    """
    entries = read_feed(content)
    known = {
        row.client_id: row
        for row in PartnerMission.objects.select_for_update().filter(publisher=publisher).order_by("client_id")
    }
    now = timezone.now()
    reports, created, updated = [], [], []
    for entry in entries:
        row = known.get(entry.client_id)
        if entry.problems:
            reports.append(_report(entry, Outcome.REFUSED))
            continue
        facts = {**_columns(entry.facts), "withdrawn_at": None}
        if row is None:
            created.append(
                PartnerMission(publisher=publisher, client_id=entry.client_id, received_at=now, **facts)
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
    skipped = any(entry.problems and not entry.client_id for entry in entries)
    if not skipped:
        named = {entry.client_id for entry in entries}
        absent = [row for row in known.values() if row.client_id not in named and row.withdrawn_at is None]
        for row in absent:
            row.withdrawn_at = now
            reports.append(MissionReport(None, row.client_id, Outcome.WITHDRAWN))
        updated += absent
    PartnerMission.objects.bulk_create(created, batch_size=BATCH_SIZE)
    PartnerMission.objects.bulk_update(updated, [*COMPARED, "received_at"], batch_size=BATCH_SIZE)
    if dry_run:
        transaction.set_rollback(True)
    return FeedReport(publisher, tuple(reports), skipped)


def _report(entry: FeedEntry, outcome: Outcome) -> MissionReport:
    return MissionReport(entry.number, entry.client_id, outcome, tuple(entry.problems))


def _columns(facts: dict[str, Any]) -> dict[str, Any]:
    located = [address["location"] for address in facts["addresses"] if address["location"]]
    first = facts["addresses"][0] if facts["addresses"] else {}
    code = str(first.get("departmentCode", "")).upper()
    if not DEPARTMENT_CODE.fullmatch(code):
        code = territory.department_of(commune_code="", postal_code=first.get("postalCode", ""))
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
        "department_code": code,
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
            results[publisher] = import_feed(publisher, fetch_feed(url)).counts()
        except FeedRefused as error:
            results[publisher] = error.code
        except Exception as error:
            # Whatever one partner's feed brings about, the others' are still taken in.
            logger.exception("feed_failed", publisher=publisher)
            results[publisher] = type(error).__name__
        logger.info("feed_imported", publisher=publisher, result=results[publisher])
    return results


