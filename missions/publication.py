"""Our missions in the words of the State's exchange (API Engagement v2), as JSON facts and as its XML feed."""

from collections.abc import Iterable, Iterator
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils import formats, translation
from django.utils.translation import gettext as _

from common import paris
from missions.departments import department_of
from missions.exchange import FLAGS, LISTS, LONGEST_TEXT, UNSTORABLE
from missions.models import Audience, ExchangeType, Mission, Remote, Shift

PUBLISHER = "Élan"
ADULT_AGE = 18
COUNTRY = "France"


def exchange_facts(mission: Mission) -> dict[str, Any]:
    """One mission, with `next_shifts`, by the exchange's names. French, as the exchange is; instants in UTC."""
    organization = mission.organization
    shifts: list[Shift] = mission.next_shifts  # type: ignore[attr-defined]
    with translation.override("fr"):
        return {
            "clientId": str(mission.pk),
            "title": _title(mission),
            "description": mission.description,
            "applicationUrl": settings.MISSION_PAGE_URL.format(id=mission.pk),
            "type": str(ExchangeType.BENEVOLAT),
            "domain": mission.domain,
            "activities": mission.activities,
            "tags": [],
            "tasks": [],
            "audience": [_audience(mission.audience)],
            "requirements": [code.upper().replace("_", " ") for code in mission.requirements],
            "softSkills": [],
            "remote": str(Remote.FULL if mission.is_remote else Remote.NO),
            "schedule": "; ".join(_span(shift) for shift in shifts[:5]),
            "startAt": _instant(min((shift.starts_at for shift in shifts), default=None)),
            "endAt": _instant(max((shift.ends_at for shift in shifts), default=None)),
            "postedAt": _instant(mission.published_at),
            "places": max(1, sum(shift.capacity - shift.taken_count for shift in shifts)),
            "openToMinors": mission.min_age < ADULT_AGE and mission.audience != Audience.CITIZENS,
            "reducedMobilityAccessible": None,
            "closeToTransport": None,
            "addresses": [] if mission.is_remote else [_address(mission)],
            "organizationClientId": str(organization.pk),
            "organizationName": organization.name,
            "organizationRNA": organization.rna,
            "organizationSiren": organization.siren,
            "organizationSiret": organization.siret,
            "organizationDescription": organization.description,
            "organizationUrl": organization.url,
        }


def _title(mission: Mission) -> str:
    """Two words at least, as the exchange has it: one alone is said with whose mission it is."""
    if len(mission.title.split()) > 1:
        return mission.title
    return f"{mission.title} – {mission.organization.name}"[:LONGEST_TEXT]


def _audience(audience: str) -> str:
    said = {
        Audience.STUDENTS: _("High-school students"),
        Audience.CITIZENS: _("Adults"),
        Audience.BOTH: _("Everybody"),
    }
    return said[Audience(audience)]


def _span(shift: Shift) -> str:
    starts_at, ends_at = (moment.astimezone(paris.PARIS) for moment in (shift.starts_at, shift.ends_at))
    day = formats.date_format(starts_at, "l j F Y")
    return _("%(day)s from %(start)s to %(end)s") % {
        "day": day,
        "start": formats.date_format(starts_at, "H:i"),
        "end": formats.date_format(ends_at, "H:i"),
    }


def _instant(moment: Any) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _address(mission: Mission) -> dict[str, Any]:
    department = department_of(mission.department_code)
    return {
        "street": mission.address,
        "postalCode": mission.postal_code,
        "city": mission.city,
        "departmentCode": mission.department_code,
        "departmentName": department.name,
        "region": department.region,
        "country": COUNTRY,
        "location": {"lat": mission.latitude, "lon": mission.longitude},
    }


def as_xml(missions: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The feed, piece by piece: `<source><publisher/>` and a `<mission>` each; what is not known is left out."""
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<source>\n{_element("publisher", PUBLISHER)}\n'
    for facts in missions:
        yield f"<mission>{''.join(_mission_element(name, value) for name, value in facts.items())}</mission>\n"
    yield "</source>\n"


def _mission_element(name: str, value: Any) -> str:
    if value in (None, "", []):
        return ""
    if name in LISTS:
        return f"<{name}>{''.join(_element('value', item) for item in value)}</{name}>"
    if name in FLAGS:
        return _element(name, "yes" if value else "no")
    if name == "addresses":
        return f"<addresses>{''.join(_address_element(address) for address in value)}</addresses>"
    return _element(name, value)


def _address_element(address: dict[str, Any]) -> str:
    parts = [_element(name, value) for name, value in address.items() if value and name != "location"]
    location = "".join(_element(name, value) for name, value in address["location"].items())
    return f"<address>{''.join(parts)}<location>{location}</location></address>"


def _element(name: str, value: Any) -> str:
    return f"<{name}>{escape(UNSTORABLE.sub('', str(value)))}</{name}>"
