"""Our missions in the words of the State's exchange (API Engagement v2), as JSON facts and as its XML feed."""

from collections.abc import Iterable, Iterator
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from common import readable
from common.pictures import mark_of
from missions import activities
from missions.departments import department_of
from missions.exchange import FLAGS, LISTS
from missions.feed_values import LONGEST_TEXT, UNSTORABLE
from missions.models import Audience, ExchangeType, Mission, Remote, Shift

PUBLISHER = "Élan"
ADULT_AGE = 18
COUNTRY = "France"
SHOWN_SHIFTS = 20


def exchange_facts(mission: Mission) -> dict[str, Any]:
    """One mission, with `next_shifts` that have places, by the exchange's names. French, as it is; instants in UTC.

    A field that is not known is left out: the exchange takes no null.
    """
    organization = mission.organization
    shifts: list[Shift] = mission.next_shifts  # type: ignore[attr-defined]
    image = {"image": image_url} if (image_url := image_url_of(mission.pk, mission.image)) else {}
    with translation.override("fr"):
        return {
            "clientId": str(mission.pk),
            "title": _title(mission),
            "description": mission.description,
            "applicationUrl": settings.MISSION_PAGE_URL.format(id=mission.pk),
            **image,
            "type": str(ExchangeType.BENEVOLAT),
            "domain": mission.domain,
            "activities": mission.activities,
            "tags": [],
            "tasks": [],
            # There, the people who are helped; whoever may come stands among the requirements.
            "audience": mission.beneficiaries,
            "requirements": _requirements(mission),
            "softSkills": [],
            "remote": str(Remote.FULL if mission.is_remote else Remote.NO),
            "schedule": "; ".join(_span(shift) for shift in shifts[:5]),
            "startAt": _instant(min(shift.starts_at for shift in shifts)),
            "endAt": _instant(max(shift.ends_at for shift in shifts)),
            "postedAt": _instant(mission.published_at),
            "places": sum(shift.capacity - shift.taken_count for shift in shifts),
            "openToMinors": mission.min_age < ADULT_AGE and mission.audience != Audience.CITIZENS,
            "addresses": [] if mission.is_remote else [_address(mission)],
            "organizationClientId": str(organization.pk),
            "organizationName": organization.name,
            "organizationRNA": organization.rna,
            "organizationSiren": organization.siren,
            "organizationSiret": organization.siret,
            "organizationDescription": organization.description,
            "organizationUrl": organization.url,
        }


def page_facts(mission: Mission) -> dict[str, Any]:
    """What a person reads of a mission, with `next_shifts`, who came by its link; in their language."""
    shifts: list[Shift] = mission.next_shifts  # type: ignore[attr-defined]
    return {
        "title": mission.title,
        "organization": mission.organization.name,
        "description": mission.description,
        "where": _where(mission),
        "shifts": [
            {"when": _span(shift), "places": shift.capacity - shift.taken_count} for shift in shifts[:SHOWN_SHIFTS]
        ],
        "more_shifts": max(0, len(shifts) - SHOWN_SHIFTS),
        "beneficiaries": mission.beneficiaries,
        "requirements": _requirements(mission),
    }


def image_url_of(mission_id: object, image: str) -> str | None:
    """Where a mission's picture is shown, None when it has none."""
    return f"{settings.PUBLIC_URL}/api/v1/missions/{mission_id}/image/" if image else None


def picture_address(mission_id: object, image: str) -> str:
    """Where a mission's picture is in a size, up to that size: another picture has another address."""
    return f"{settings.PUBLIC_URL}/api/v1/missions/{mission_id}/image/?picture={mark_of(image)}&size="


def _where(mission: Mission) -> str:
    if mission.is_remote:
        return _("Remote")
    town = " ".join(filter(None, [mission.postal_code, mission.city]))
    return ", ".join(filter(None, [mission.address, town]))


def _title(mission: Mission) -> str:
    """Two words at least, as the exchange has it: one alone is said with whose mission it is."""
    if len(mission.title.split()) > 1:
        return mission.title
    return f"{mission.title} – {mission.organization.name}"[:LONGEST_TEXT]


def _requirements(mission: Mission) -> list[str]:
    said = [code.upper().replace("_", " ") for code in mission.requirements]
    age = max(mission.min_age, ADULT_AGE) if mission.audience == Audience.CITIZENS else mission.min_age
    if mission.audience == Audience.STUDENTS:
        said.append(_("For high-school students"))
    if age:
        said.append(_("From the age of %(age)d") % {"age": age})
    return said


def _span(shift: Shift) -> str:
    return readable.span(shift.starts_at, shift.ends_at, with_weekday=True)


def _instant(moment: Any) -> str:
    return moment.isoformat().replace("+00:00", "Z")


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
        # The one number that its importer reads, of either length.
        told = {**facts, "organizationSiren": facts["organizationSiret"] or facts["organizationSiren"]}
        yield f"<mission>{''.join(_mission_element(name, value) for name, value in told.items())}</mission>\n"
    yield "</source>\n"


def _mission_element(name: str, value: Any) -> str:
    if value in (None, "", []):
        return ""
    if name == "activities":
        return _element("activity", activities.join(value))
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
