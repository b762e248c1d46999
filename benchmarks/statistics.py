"""The region's statistics: an answer beside an empty view, counting anew beside a bare sum."""

import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connections

from accounts.models import REGION_GROUP, User
from benchmarks.harness import Bench, Call, application, bearer, in_process, on
from benchmarks.references import EMPTY_SIGNED_IN
from engagement.models import HourEntry
from engagement.services.statistics import count_territories

TERRITORIES = "/api/v1/statistics/territories/"
# The least that reads what is counted.
BARE_SUM = (
    f"SELECT sum(attested_minutes), sum(approved_minutes) FROM {HourEntry._meta.db_table}"  # noqa: S608 our own name
    " WHERE attestation_status = 'confirmed' OR status = 'approved'"
)


def run() -> Iterator[Bench]:
    """An answer on the whole region and on a hundredth of it, each counted anew before."""
    app = application()
    headers = _region_counted()
    small: Call = on("small", lambda: in_process(app, TERRITORIES, headers=_region_counted()))()  # type: ignore
    bench = Bench(
        "Hours by territory",
        {
            "territories": in_process(app, TERRITORIES, headers=headers),
            "empty signed-in view": in_process(app, EMPTY_SIGNED_IN, headers=headers),
            "territories, a hundredth": on("small", small),
        },
    )
    bench.at_most(10, "territories", of="empty signed-in view")
    bench.tell("territories", of="territories, a hundredth")
    yield bench


def _region_counted() -> dict[str, str]:
    person, _created = User.objects.get_or_create(
        mailbox="region@example.org", defaults={"email": "region@example.org", "is_staff": True}
    )
    person.groups.add(Group.objects.get_or_create(name=REGION_GROUP)[0])
    counted, bare = (min(_seconds(call) for _time in range(settings.ROUNDS or 5)) for call in (count_territories, _sum))
    print(f"    {counted:.2f} s to count, {counted / bare:.1f} times a bare sum of the same rows (the least of a few)")
    return bearer(person)


def _seconds(call: Any) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _sum() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(BARE_SUM)
        cursor.fetchone()
