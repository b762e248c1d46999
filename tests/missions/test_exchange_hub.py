"""What we publish, held against what the State's hub does with it: its schema, its importer's reading, its moderation.

The rules are those of its documents and of its importer (betagouv/api-engagement), in our own words.
"""

import re
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from jsonschema import Draft202012Validator

from missions.models import Domain, Mission
from tests.support.factories import MissionFactory, OrganizationFactory, ShiftFactory, afternoon
from tests.support.world import API

pytestmark = pytest.mark.django_db

TEXT, TEXTS = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
FLAG = {"type": "boolean"}
INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
WEB_ADDRESS = {"type": "string", "pattern": "^https?://[^/]+"}
DOMAINS = (
    "animaux autre batiment-industrie-logistique benevolat-competences communication culture-loisirs education emploi "
    "environnement gestion-finance-droit humanitaire memoire-et-citoyennete numerique prevention-protection recherche "
    "sante service-public-defense-securite sport solidarite-insertion vivre-ensemble"
).split()
ADDRESS = {
    "type": "object",
    "properties": {
        **dict.fromkeys(
            ["street", "postalCode", "city", "departmentCode", "departmentName", "region", "country"], TEXT
        ),
        "location": {
            "type": "object",
            "properties": {
                "lat": {"type": "number", "minimum": -90, "maximum": 90},
                "lon": {"type": "number", "minimum": -180, "maximum": 180},
            },
        },
    },
    "additionalProperties": False,
}
# A field that is not known is left out: none may be null.
MISSION_OF_THE_HUB = {
    "type": "object",
    "required": ["clientId", "title"],
    "properties": {
        **dict.fromkeys(["clientId", "title", "description", "schedule"], TEXT),
        **dict.fromkeys(["activities", "tags", "tasks", "audience", "requirements", "softSkills"], TEXTS),
        **dict.fromkeys(["postedAt", "startAt", "endAt"], INSTANT),
        **dict.fromkeys(["applicationUrl", "image"], WEB_ADDRESS),
        **dict.fromkeys(["openToMinors", "reducedMobilityAccessible", "closeToTransport"], FLAG),
        **dict.fromkeys(
            ["organizationClientId", "organizationName", "organizationDescription", "organizationUrl",
             "organizationRNA", "organizationSiren", "organizationSiret"], TEXT
        ),
        "domain": {"enum": DOMAINS},
        "remote": {"enum": ["no", "possible", "full", "local"]},
        "type": {"enum": ["benevolat", "volontariat_service_civique", "volontariat_sapeurs_pompiers",
                          "volontariat_reserve_operationnelle"]},
        "places": {"type": "integer", "minimum": 1},
        "addresses": {"type": "array", "items": ADDRESS},
    },
    "additionalProperties": False,
}  # fmt: skip


def texts_of(node: Any) -> list[str]:
    """A list as the hub reads one: `<value>` children, or a text between commas."""
    if node is None:
        return []
    values = [value.text or "" for value in node.iterfind("value")] or (node.text or "").split(",")
    return [value.strip() for value in values if value.strip()]


def read_as_the_hub(node: Any) -> dict[str, Any]:
    """A mission of the XML feed as the hub's importer reads it: what it does not look for is not read."""
    said = {name: node.findtext(name) or "" for name in ("title", "clientId", "description", "applicationUrl", "image")}
    number = node.findtext("organizationSiren") or ""
    rna = re.sub("[^A-Z0-9]", "", (node.findtext("organizationRNA") or "").upper())
    return {
        **said,
        "activities": (node.findtext("activity") or "").split(","),
        "audience": texts_of(node.find("audience")),
        "requirements": texts_of(node.find("requirements")),
        "siret": number if re.fullmatch("[0-9]{14}", number) else "",
        "siren": number[:9] if re.fullmatch("[0-9]{14}|[0-9]{9}", number) else "",
        "rna": rna if re.fullmatch("W[W0-9]{9}", rna) else "",
        "places": float(node.findtext("places") or 1),
        "domain": node.findtext("domain") or "",
        "remote": (node.findtext("remote") or "no").lower(),
        "openToMinors": (node.findtext("openToMinors") or "").lower() in ("yes", "true", "1"),
        "organization": node.findtext("organizationClientId") or node.findtext("organizationName") or "",
    }


def why_refused(mission: dict[str, Any]) -> str:
    """Why the hub's moderation would refuse a mission it has read; "" when it would not."""
    refusals = {
        "title": len(mission["title"].split(" ")) < 2 or "&#" in mission["title"],
        "clientId": not mission["clientId"],
        "description": not 0 < len(mission["description"]) <= 20_000 or "&#" in mission["description"],
        "applicationUrl": not mission["applicationUrl"],
        "remote": mission["remote"] not in ("no", "possible", "full", "local"),
        "places": mission["places"] <= 0,
        "domain": mission["domain"] not in DOMAINS,
        # Without one it is not even kept.
        "organization": not mission["organization"],
    }
    return " ".join(name for name, is_refused in refusals.items() if is_refused)


def listed(api: Any) -> list[dict[str, Any]]:
    return api.get(f"{API}exchange/missions.json").json()["results"]


def in_the_feed(api: Any) -> dict[str, dict[str, Any]]:
    root = fromstring(b"".join(api.get(f"{API}exchange/missions.xml").streaming_content))
    return {read["clientId"]: read for read in map(read_as_the_hub, root.iterfind("mission"))}


def every_mission() -> dict[str, Mission]:
    """Missions of every domain, with all that one may have and with nothing that it may lack."""
    known = OrganizationFactory(rna="W751234567", siren="732829320", siret="73282932000074", url="https://a.example")
    by_siren = OrganizationFactory(siren="732829320")
    made = [MissionFactory(domain=domain, title="Collecte") for domain in Domain.values]
    made += [
        MissionFactory(
            organization=known,
            activities=["Secours, Aide", "jardinage", "tri, rangement"],
            beneficiaries=["Seniors", "Personnes isolées"],
            image="missions/x.jpg",
            audience="students",
            min_age=16,
            requirements=["psc"],
        ),
        MissionFactory(organization=by_siren, is_remote=True, latitude=None, longitude=None, audience="citizens"),
        MissionFactory(organization=OrganizationFactory(rna="W2A1000123"), description="<b>a & b</b>\n\nc"),
    ]
    for mission in made:
        ShiftFactory(mission=mission)
    return {str(mission.pk): mission for mission in made}


def test_the_hubs_schema_takes_every_mission_of_ours(api):
    missions = every_mission()
    validator = Draft202012Validator(MISSION_OF_THE_HUB)
    found, path = [], f"{API}exchange/missions.json?page_size=100"
    while path:
        page = api.get(path).json()
        found, path = [*found, *page["results"]], page["next"]
    for row in found:
        assert list(validator.iter_errors(row)) == []
        assert None not in row.values()
    assert {row["clientId"] for row in found} == set(missions)


def test_the_hubs_importer_reads_every_mission_of_ours_and_refuses_none(api):
    missions = every_mission()
    read = in_the_feed(api)
    assert {client_id: why_refused(mission) for client_id, mission in read.items()} == dict.fromkeys(missions, "")
    whole = next(read[pk] for pk, mission in missions.items() if mission.image)
    assert whole["activities"] == ["Secours", " Aide", "jardinage", "tri / rangement"]
    assert (whole["siret"], whole["siren"], whole["rna"]) == ("73282932000074", "732829320", "W751234567")
    assert whole["audience"] == ["Seniors", "Personnes isolées"]
    assert whole["requirements"] == ["PSC", "Réservé aux lycéens", "À partir de 16\u00a0ans"]
    assert whole["image"].endswith(f"/missions/{whole['clientId']}/image/")
    remote = next(read[pk] for pk, mission in missions.items() if mission.is_remote)
    assert (remote["siret"], remote["siren"], remote["remote"]) == ("", "732829320", "full")
    assert remote["requirements"] == ["À partir de 18\u00a0ans"]
    assert not remote["openToMinors"]


def test_a_full_mission_is_not_offered_and_comes_back_with_a_place(api):
    full = ShiftFactory(capacity=3, taken_count=3)
    ShiftFactory(mission=full.mission, starts_at=afternoon(-3), ends_at=afternoon(-2), capacity=9)
    half = ShiftFactory(capacity=3, taken_count=1)
    ShiftFactory(mission=half.mission, capacity=5, taken_count=5)
    assert [(row["clientId"], row["places"]) for row in listed(api)] == [(str(half.mission_id), 2)]
    assert {read["places"] for read in in_the_feed(api).values()} == {2}
    assert api.get(f"{API}exchange/missions/{full.mission_id}.json").status_code == 404
    full.capacity = 4
    full.save()
    assert len(listed(api)) == len(in_the_feed(api)) == 2


def test_the_link_of_a_mission_shows_a_person_a_page(api):
    shift = ShiftFactory(
        capacity=3, taken_count=3,
        mission=MissionFactory(
            title="Tri & <b>dons</b>", description="Une ligne\n\n<script>x()</script>", min_age=16,
            beneficiaries=["Familles"], contact="06 12 34 56 78",
        ),
    )  # fmt: skip
    later = ShiftFactory(mission=shift.mission)
    url = next(row["applicationUrl"] for row in listed(api))
    path = url[url.index("/api/") :]
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
    answer = api.get(path, HTTP_ACCEPT=browser)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Accept" in answer["Vary"]
    text = answer.text
    for shown in ("<h1>Tri &amp; &lt;b&gt;dons&lt;/b&gt;</h1>", shift.mission.organization.name, "Familles", "complet",
                  "À partir de 16\u00a0ans", "&lt;script&gt;", '<html lang="fr">'):  # fmt: skip
        assert shown in text, shown
    assert text.count("<li>") == 4
    assert "noindex" not in text
    assert "06 12 34 56 78" not in text
    assert later.mission_id == shift.mission_id
    assert '<html lang="en">' in api.get(f"{path}?lang=en", HTTP_ACCEPT=browser).text
    assert api.get(f"{path}?lang=de").status_code == 400
    # A program gets what it got, and neither answer is taken for the other.
    assert api.get(path)["ETag"].startswith('"1-')
    assert answer["ETag"].startswith("W/")
    assert api.get(path, HTTP_ACCEPT=browser, HTTP_IF_NONE_MATCH='"1"').status_code == 200
    assert api.get(path, HTTP_ACCEPT=browser, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304


@pytest.mark.parametrize("facts", [{"draft": True}, None])
def test_a_browser_that_asks_for_what_nobody_may_see_gets_a_page_that_says_so(api, facts):
    pk = MissionFactory(**facts).pk if facts else "01900000-0000-7000-8000-000000000000"
    answer = api.get(f"{API}missions/{pk}/", HTTP_ACCEPT="text/html")
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>" in answer.text
    assert api.get(f"{API}missions/{pk}/")["Content-Type"] == "application/problem+json"
