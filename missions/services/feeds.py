"""Fetches what partners publish: a feed whole or not at all, the State's hub page by page."""

import time
from typing import Any

import requests
import urllib3
from django.utils.translation import gettext_lazy as _

from missions.exchange import FeedRefused, json_missions

LARGEST_FEED_BYTES = 50_000_000
FETCH_TIMEOUT_SECONDS = (5, 30)
LONGEST_FETCH_SECONDS = 60
# The hub gives at most 10,000 at once.
PAGE_SIZE = 1000
MOST_MISSIONS = 100_000


def fetch_feed(url: str) -> bytes:
    """The feed at an address; raises FeedRefused for any answer that is no whole feed.

    Takes a minute and a half at most, however slowly it comes.
    """
    return _fetch(url)


def fetch_pages(url: str, key: str) -> tuple[list[Any], bool]:
    """All missions that the hub's API gives this key, and whether they are surely all. Raises FeedRefused.

    Its pages are numbered, so that one that comes or goes meanwhile moves the others: then they are not surely all.
    """
    missions: list[Any] = []
    totals = set()
    while len(missions) < MOST_MISSIONS:
        page, total = json_missions(_fetch(url, key=key, limit=PAGE_SIZE, skip=len(missions)))
        missions += page
        totals.add(total)
        if not page or (total is not None and len(missions) >= total) or (total is None and len(page) < PAGE_SIZE):
            break
    return missions, totals in ({None}, {len(missions)})


def _fetch(url: str, *, key: str = "", **query: int) -> bytes:
    if not url.startswith(("https://", "http://")):
        raise FeedRefused(_("A feed's address begins with https://."))
    until = time.monotonic() + LONGEST_FETCH_SECONDS
    try:
        with requests.get(
            url,
            params=query,
            headers={"x-api-key": key} if key else {},
            timeout=FETCH_TIMEOUT_SECONDS,
            stream=True,
            # Another host would be given the key.
            allow_redirects=not key,
        ) as answer:
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
