"""Missions between platforms: what we publish can be read again, what partners publish is taken in exactly."""

import gzip
import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, repeat
from types import SimpleNamespace
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from django.core.management import CommandError, call_command
from django.utils import timezone

from missions.exchange import FeedRefused, read_feed
from missions.models import PartnerMission
from missions.services import exchange
from missions.services.exchange import Outcome, import_configured_feeds, import_feed
from tests.support.factories import MissionFactory, ShiftFactory, SignUpFactory, afternoon
from tests.support.world import API

pytestmark = pytest.mark.django_db


def mission(**fields: Any) -> dict[str, Any]:
    """A partner's mission with every field that must be there."""
    return {
        "clientId": "p-1",
        "title": "Aide aux devoirs",
        "description": "<p>Deux soirs par semaine.</p>",
        "applicationUrl": "https://partner.example/missions/1",
        **fields,
    }


def feed(*missions: dict[str, Any]) -> bytes:
    return json.dumps({"data": missions}).encode()


def problems_of(**fields: Any) -> list[tuple[str, str]]:
    entry = read_feed(feed(mission(**fields)))[0]
    return [(problem.name, problem.code) for problem in entry.problems]


XML = """<?xml version="1.0" encoding="UTF-8"?>
<source>
  <publisher><![CDATA[Un partenaire]]></publisher>
  <mission>
    <title><![CDATA[Collecte alimentaire]]></title>
    <clientId><![CDATA[321]]></clientId>
    <description><![CDATA[<p onclick="x()">Trier &amp; <script>alert(1)</script><b>porter</b></p>]]></description>
    <applicationUrl>https://partner.example/321</applicationUrl>
    <postedAt>2026-11-01</postedAt>
    <startAt>2026-12-05T09:00:00+01:00</startAt>
    <endAt>2026-12-06</endAt>
    <places>2</places>
    <remote>no</remote>
    <domain>solidarite-insertion</domain>
    <tags>aide, tri</tags>
    <softSkills><value>Écoute, patience</value><value>Rigueur</value></softSkills>
    <openToMinors>yes</openToMinors>
    <reducedMobilityAccessible>no</reducedMobilityAccessible>
    <addresses><address>
      <street>46 Rue Saint-Antoine</street><postalCode>75004</postalCode><city>Paris</city>
      <location><lat>48.8541</lat><lon>2.3643</lon></location>
    </address></addresses>
    <organizationName>Mon asso</organizationName>
    <organizationRNA>W922000733</organizationRNA>
  </mission>
</source>
"""


def test_an_xml_feed_is_read_with_its_booleans_lists_and_addresses():
    report = import_feed("partenaire", XML.encode())
    assert report.counts() == {"created": 1, "updated": 0, "unchanged": 0, "refused": 0, "withdrawn": 0}
    row = PartnerMission.objects.get()
    assert (row.client_id, row.places, row.opens_to_minors, row.department_code) == ("321", 2, True, "75")
    assert (row.latitude, row.longitude) == (48.8541, 2.3643)
    assert row.facts["tags"] == ["aide", "tri"]
    assert row.facts["softSkills"] == ["Écoute, patience", "Rigueur"]
    assert row.facts["reducedMobilityAccessible"] is False
    assert row.facts["closeToTransport"] is None
    assert row.starts_at.isoformat() == "2026-12-05T08:00:00+00:00"
    # A last day is whole: it ends at the next midnight of Paris.
    assert row.ends_at.isoformat() == "2026-12-06T23:00:00+00:00"


def test_what_runs_in_a_description_is_taken_out_and_what_is_read_stays():
    import_feed("partenaire", XML.encode())
    assert PartnerMission.objects.get().facts["description"] == "<p>Trier &amp; <b>porter</b></p>"


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"title": "Maraude"}, ("title", "two_words_needed")),
        ({"title": None}, ("title", "required")),
        ({"clientId": ""}, ("clientId", "required")),
        ({"description": ""}, ("description", "required")),
        ({"description": "x" * 20_001}, ("description", "too_long")),
        ({"description": "a\x00b"}, ("description", "invalid")),
        ({"applicationUrl": "javascript:alert(1)"}, ("applicationUrl", "invalid_url")),
        ({"applicationUrl": "https://"}, ("applicationUrl", "invalid_url")),
        ({"applicationUrl": 'https://a.example/"><script>'}, ("applicationUrl", "invalid_url")),
        ({"applicationUrl": "http://[::1"}, ("applicationUrl", "invalid_url")),
        ({"type": "stage"}, ("type", "invalid_choice")),
        ({"domain": "astrologie"}, ("domain", "invalid_choice")),
        ({"remote": "sometimes"}, ("remote", "invalid_choice")),
        ({"startAt": "01/12/2026"}, ("startAt", "invalid_date")),
        ({"startAt": "2026-12-01T09:00:00"}, ("startAt", "invalid_date")),
        ({"startAt": "2026-02-30"}, ("startAt", "invalid_date")),
        ({"endAt": "20261201"}, ("endAt", "invalid_date")),
        ({"postedAt": 20261201}, ("postedAt", "invalid")),
        ({"startAt": "2026-12-02", "endAt": "2026-12-01"}, ("endAt", "before_start")),
        ({"places": 0}, ("places", "invalid")),
        ({"places": "beaucoup"}, ("places", "invalid")),
        ({"places": True}, ("places", "invalid")),
        ({"places": 1e400}, ("places", "invalid")),
        ({"openToMinors": "maybe"}, ("openToMinors", "invalid")),
        ({"tags": "a,b"}, ("tags", "invalid")),
        ({"tags": [1]}, ("tags", "invalid")),
        ({"addresses": {"city": "Paris"}}, ("addresses", "invalid")),
        ({"addresses": [{"location": {"lat": 91, "lon": 0}}]}, ("addresses.location", "invalid")),
        ({"addresses": [{"location": {"lat": "NaN", "lon": 0}}]}, ("addresses.location", "invalid")),
        ({"addresses": [{"location": {"lat": 10**400, "lon": 0}}]}, ("addresses.location", "invalid")),
        ({"organizationRNA": "W12", "organizationName": "A"}, ("organizationRNA", "invalid")),
        ({"organizationSiren": "123456789", "organizationName": "A"}, ("organizationSiren", "invalid")),
        ({"organizationRNA": "W922000733"}, ("organizationName", "required")),
    ],
)
def test_what_cannot_be_believed_refuses_the_mission_and_says_which_field(fields, refused):
    assert refused in problems_of(**fields)


def test_a_mission_with_only_what_is_needed_is_taken():
    assert problems_of() == []


def test_the_same_feed_twice_changes_nothing_and_a_changed_mission_is_updated():
    first = feed(mission(), mission(clientId="p-2", title="Tri de vêtements"))
    import_feed("partenaire", first)
    assert import_feed("partenaire", first).counts()["unchanged"] == 2
    changed = import_feed("partenaire", feed(mission(places=5), mission(clientId="p-2", title="Tri de vêtements")))
    assert changed.counts() == {"created": 0, "updated": 1, "unchanged": 1, "refused": 0, "withdrawn": 0}
    assert PartnerMission.objects.get(client_id="p-1").places == 5


def test_two_partners_may_use_the_same_id():
    import_feed("un", feed(mission()))
    import_feed("deux", feed(mission()))
    assert PartnerMission.objects.count() == 2


def test_a_refused_mission_stops_no_other_and_stays_as_it_was_known():
    import_feed("partenaire", feed(mission(), mission(clientId="p-2")))
    report = import_feed("partenaire", feed(mission(startAt="01/12/2026"), mission(clientId="p-2", places=3)))
    assert [(one.client_id, one.outcome) for one in report.missions] == [
        ("p-1", Outcome.REFUSED),
        ("p-2", Outcome.UPDATED),
    ]
    assert PartnerMission.objects.visible_to(None).count() == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"[]",
        b"{}",
        b'{"data": []}',
        b"<source/>",
        b"<source><publisher>x</publisher></source>",
        b"<html><body>503</body></html>",
        b"<source><mission>",
        b"\xff\xfe\x00",
        b"null",
        b"[" * 5000,
        b'<!DOCTYPE a [<!ENTITY b "c">]><source><mission><title>&b;</title></mission></source>',
    ],
)
def test_a_feed_that_fails_or_is_empty_deletes_nothing(content):
    import_feed("partenaire", feed(mission()))
    with pytest.raises(FeedRefused):
        import_feed("partenaire", content)
    assert PartnerMission.objects.visible_to(None).count() == 1


def test_what_a_whole_feed_holds_no_longer_is_withdrawn_and_comes_back_with_it():
    both = feed(mission(), mission(clientId="p-2"))
    import_feed("partenaire", both)
    report = import_feed("partenaire", feed(mission()))
    assert (report.counts()["withdrawn"], PartnerMission.objects.visible_to(None).count()) == (1, 1)
    assert PartnerMission.objects.count() == 2
    assert import_feed("partenaire", both).counts()["updated"] == 1
    assert PartnerMission.objects.visible_to(None).count() == 2


def test_absence_proves_nothing_while_a_mission_does_not_say_which_it_is():
    import_feed("partenaire", feed(mission(), mission(clientId="p-2")))
    report = import_feed("partenaire", feed(mission(), mission(clientId=None)))
    assert report.withdrawal_skipped
    assert PartnerMission.objects.visible_to(None).count() == 2


def test_an_id_that_stands_twice_is_refused_each_time():
    report = import_feed("partenaire", feed(mission(), mission(places=3)))
    assert [one.outcome for one in report.missions] == [Outcome.REFUSED, Outcome.REFUSED]


def test_the_command_reports_mission_by_mission_and_a_dry_run_writes_nothing(tmp_path, capsys):
    path = tmp_path / "feed.json"
    path.write_bytes(feed(mission(), mission(clientId="p-2", startAt="01/12/2026")))
    call_command("import_missions", "partenaire", str(path), "--dry-run")
    assert PartnerMission.objects.count() == 0
    call_command("import_missions", "partenaire", str(path))
    said = capsys.readouterr().out
    assert "1\tp-1\tcreated" in said
    assert "2\tp-2\trefused\tstartAt:invalid_date" in said
    assert PartnerMission.objects.count() == 1
    with pytest.raises(CommandError):
        call_command("import_missions", "partenaire", str(tmp_path / "absent.json"))


def test_the_job_takes_in_each_partner_and_one_that_fails_stops_no_other(settings, monkeypatch):
    settings.EXCHANGE_FEEDS = {"broken": "https://broken.example/feed", "sound": "https://sound.example/feed"}
    answers = {"https://broken.example/feed": b"<html>", "https://sound.example/feed": feed(mission())}
    monkeypatch.setattr(exchange, "fetch_feed", answers.__getitem__)
    results = import_configured_feeds()
    assert results["broken"] == "feed_refused"
    assert PartnerMission.objects.get().publisher == "sound"


def test_a_feed_is_fetched_over_http_and_an_error_page_is_no_feed(live_server):
    with pytest.raises(FeedRefused):
        exchange.fetch_feed(f"{live_server.url}/api/v1/nothing/")
    with pytest.raises(FeedRefused):
        exchange.fetch_feed("file:///etc/hostname")


@pytest.fixture
def partner():
    """A partner's server: `partner(pieces, **headers)` says what it sends, and is the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in self.server.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):
                for piece in self.server.pieces:
                    self.wfile.write(piece)
                    self.wfile.flush()

        def log_message(self, *args: Any) -> None:
            pass

    def sends(pieces, **headers):
        server.pieces, server.headers = pieces, {name.replace("_", "-"): value for name, value in headers.items()}
        return f"http://127.0.0.1:{server.server_port}/feed"

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield sends
        server.shutdown()


def test_a_whole_feed_is_fetched_however_it_is_packed(partner):
    content = feed(mission())
    assert exchange.fetch_feed(partner([content[:9], content[9:]])) == content
    assert exchange.fetch_feed(partner([gzip.compress(content)], Content_Encoding="gzip")) == content


def test_a_feed_that_is_cut_too_large_or_endless_is_refused(partner, monkeypatch):
    content = feed(mission())
    with pytest.raises(FeedRefused):
        exchange.fetch_feed(partner([content], Content_Length=str(len(content) + 1)))
    with pytest.raises(FeedRefused):
        exchange.fetch_feed(partner([content], Content_Encoding="gzip"))
    with monkeypatch.context() as clock:
        # A second goes by at each look at the clock; what is sent takes hundreds of looks and is not too large.
        clock.setattr(exchange, "time", SimpleNamespace(monotonic=count().__next__))
        with pytest.raises(FeedRefused):
            exchange.fetch_feed(partner(repeat(b" " * 65536, 700)))
    monkeypatch.setattr(exchange, "LARGEST_FEED_BYTES", 1000)
    with pytest.raises(FeedRefused):
        exchange.fetch_feed(partner([gzip.compress(b" " * 1001)], Content_Encoding="gzip"))


def test_anybody_finds_partners_missions_by_domain_place_and_age(api):
    near = {"addresses": [{"postalCode": "93200", "location": {"lat": 48.93, "lon": 2.35}}]}
    import_feed("partenaire", feed(mission(openToMinors=True, domain="education", **near), mission(clientId="p-2")))
    import_feed("partenaire-2", feed(mission(clientId="over", endAt="2020-01-01")))

    def found(query: str) -> list[str]:
        return [row["facts"]["clientId"] for row in api.get(f"{API}partner-missions/?{query}").json()["results"]]

    assert sorted(found("")) == ["p-1", "p-2"]
    for query in ("domain=education", "department_code=93", "opens_to_minors=true", "near=48.93,2.35&radius_km=5"):
        assert found(query) == ["p-1"], query
    row = api.get(f"{API}partner-missions/?near=48.93,2.35").json()["results"][0]
    assert api.get(f"{API}partner-missions/{row['id']}/").json()["facts"]["applicationUrl"].startswith("https://")


# --- What we publish -------------------------------------------------------------------------------------------
@pytest.fixture
def published():
    shift = ShiftFactory(capacity=5, taken_count=2)
    return shift.mission


def test_our_missions_are_published_as_the_exchange_has_them(api, published):
    listed = api.get(f"{API}exchange/missions.json").json()["results"]
    assert [row["clientId"] for row in listed] == [str(published.pk)]
    row = api.get(f"{API}exchange/missions/{published.pk}.json").json()
    assert row == listed[0]
    assert row["title"] == published.title
    assert row["places"] == 3
    assert row["applicationUrl"].endswith(f"/missions/{published.pk}/")
    assert row["organizationName"] == published.organization.name
    assert published.contact == "" or published.contact not in json.dumps(row)


def test_the_xml_feed_and_the_json_list_are_the_same_missions_and_both_can_be_taken_in(api, published):
    MissionFactory(title="Un titre & <des> signes", description="a\x0bb")
    ShiftFactory(mission=MissionFactory(title="Un titre & <des> signes"))
    answer = api.get(f"{API}exchange/missions.xml")
    assert answer["Content-Type"].startswith("application/xml")
    content = b"".join(answer.streaming_content)
    assert fromstring(content).findtext("publisher") == "Élan"
    from_xml = {entry.client_id: entry for entry in read_feed(content)}
    listed = api.get(f"{API}exchange/missions.json").json()
    from_json = {entry.client_id: entry for entry in read_feed(json.dumps(listed).encode())}
    assert set(from_xml) == set(from_json)
    assert len(from_xml) == 2
    for client_id, entry in from_xml.items():
        assert (entry.problems, from_json[client_id].problems) == ([], [])
        assert entry.facts == from_json[client_id].facts


@pytest.mark.parametrize(
    ("code", "name", "region"),
    [
        ("2A", "Corse-du-Sud", "Corse"),
        ("93", "Seine-Saint-Denis", "Île-de-France"),
        ("974", "La Réunion", "La Réunion"),
        ("987", "", ""),
        ("", "", ""),
    ],
)
def test_the_department_and_region_of_an_address_have_their_names(api, code, name, region):
    shift = ShiftFactory(mission__department_code=code)
    (address,) = api.get(f"{API}exchange/missions/{shift.mission_id}.json").json()["addresses"]
    assert (address["departmentCode"], address["departmentName"], address["region"]) == (code, name, region)


def test_a_title_of_one_word_is_published_with_who_it_is_by(api):
    shift = ShiftFactory(mission__title="M" * 100, mission__organization__name="O" * 200)
    row = api.get(f"{API}exchange/missions/{shift.mission_id}.json").json()
    assert row["title"] == f"{'M' * 100} – {'O' * 152}"
    assert read_feed(feed(row))[0].problems == []


@pytest.mark.parametrize(("facts", "is_open"), [
    ({}, True), ({"min_age": 17}, True), ({"min_age": 18}, False), ({"audience": "citizens"}, False),
])  # fmt: skip
def test_minors_are_welcome_where_one_of_them_may_have_a_place(api, facts, is_open):
    shift = ShiftFactory(mission=MissionFactory(**facts))
    assert api.get(f"{API}exchange/missions/{shift.mission_id}.json").json()["openToMinors"] is is_open


def test_what_is_not_published_or_has_nothing_to_come_is_not_in_the_exchange(api):
    MissionFactory(draft=True)
    ShiftFactory(mission__draft=True)
    ShiftFactory(starts_at=afternoon(-3), ends_at=afternoon(-3) + timezone.timedelta(hours=2))
    assert api.get(f"{API}exchange/missions.json").json()["results"] == []
    assert read_feed_or_none(api) is None


def read_feed_or_none(api: Any) -> Any:
    try:
        return read_feed(b"".join(api.get(f"{API}exchange/missions.xml").streaming_content))
    except FeedRefused:
        return None


def test_publishing_more_missions_asks_no_more_of_the_database(api, published, assert_constant_queries):
    def call() -> None:
        b"".join(api.get(f"{API}exchange/missions.xml").streaming_content)

    assert_constant_queries(call, grow=lambda: [ShiftFactory() for _ in range(5)])
    assert_constant_queries(
        lambda: api.get(f"{API}exchange/missions.json"), grow=lambda: [ShiftFactory() for _ in range(5)]
    )


def test_names_of_people_are_in_no_feed(api, published):
    sign_up = SignUpFactory(shift=published.shifts.get())
    content = b"".join(api.get(f"{API}exchange/missions.xml").streaming_content).decode()
    assert sign_up.person.last_name not in content
    assert sign_up.person.email not in content
