"""Missions between platforms: what we publish can be read again, what partners publish is taken in exactly."""

import gzip
import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, repeat
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from defusedxml.ElementTree import fromstring
from django.core.management import CommandError, call_command
from django.utils import timezone

from missions.exchange import FeedRefused, read_feed
from missions.models import PartnerMission
from missions.services import exchange, feeds
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
    <activity>Animation, Valorisation,jardinage</activity>
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
    assert row.facts["activities"] == ["Animation, Valorisation", "jardinage"]
    assert row.facts["softSkills"] == ["Écoute, patience", "Rigueur"]
    assert row.facts["reducedMobilityAccessible"] is False
    assert row.facts["closeToTransport"] is None
    assert row.starts_at.isoformat() == "2026-12-05T08:00:00+00:00"
    # A last day is whole: it ends at the next midnight of Paris.
    assert row.ends_at.isoformat() == "2026-12-06T23:00:00+00:00"


def test_what_runs_in_a_description_is_taken_out_and_what_is_read_stays():
    import_feed("partenaire", XML.encode())
    assert PartnerMission.objects.get().facts["description"] == "<p>Trier &amp; <b>porter</b></p>"


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "windows-1252"])
def test_a_loose_ampersand_in_one_title_costs_no_whole_feed(encoding):
    other = XML.split("<mission>")[1].split("</mission>")[0].replace("321", "322")
    other = other.replace("<![CDATA[Collecte alimentaire]]>", "Jeux & f&ecirc;tes &amp; th&#233;").replace("é", "e")
    text = XML.replace("</source>", f"<mission>{other}</mission></source>").replace("UTF-8", encoding)
    assert import_feed("partenaire", text.encode(encoding)).counts()["created"] == 2
    assert PartnerMission.objects.get(client_id="322").title == "Jeux & fêtes & thé"


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"title": "Maraude"}, ("title", "two_words_needed")),
        ({"title": None}, ("title", "required")),
        ({"clientId": ""}, ("clientId", "required")),
        ({"clientId": "x" * 256}, ("clientId", "too_long")),
        ({"clientId": "a\x00b"}, ("clientId", "invalid")),
        ({"clientId": {"a": 1}}, ("clientId", "invalid")),
        ({"description": ""}, ("description", "required")),
        ({"description": "<script>a</script>"}, ("description", "required")),
        ({"description": "x" * 20_001}, ("description", "too_long")),
        ({"applicationUrl": ""}, ("applicationUrl", "required")),
        ({"applicationUrl": "javascript:alert(1)"}, ("applicationUrl", "invalid_url")),
        ({"applicationUrl": "https://"}, ("applicationUrl", "invalid_url")),
        ({"applicationUrl": 'https://a.example/"><script>'}, ("applicationUrl", "invalid_url")),
        ({"applicationUrl": "http://[::1"}, ("applicationUrl", "invalid_url")),
        ({"applicationUrl": f"https://a.example/{'x' * 2000}"}, ("applicationUrl", "invalid_url")),
        ({"domain": "astrologie"}, ("domain", "invalid_choice")),
        ({"places": -1}, ("places", "invalid")),
    ],
)
def test_a_mission_that_the_exchange_refuses_is_refused_and_says_which_field(fields, refused):
    assert refused in problems_of(**fields)


@pytest.mark.parametrize(
    ("fields", "dropped"),
    [
        ({"type": "stage"}, ("type", "invalid_choice")),
        ({"remote": "sometimes"}, ("remote", "invalid_choice")),
        ({"startAt": "01/12/2026"}, ("startAt", "invalid_date")),
        ({"startAt": "2026-12-01T09:00:00"}, ("startAt", "invalid_date")),
        ({"startAt": "2026-02-30"}, ("startAt", "invalid_date")),
        ({"startAt": "0001-01-01"}, ("startAt", "invalid_date")),
        ({"endAt": "9999-12-31"}, ("endAt", "invalid_date")),
        ({"endAt": "20261201"}, ("endAt", "invalid_date")),
        ({"endAt": "bientôt"}, ("endAt", "invalid_date")),
        ({"postedAt": 20261201}, ("postedAt", "invalid_date")),
        ({"startAt": "2026-12-02", "endAt": "2026-12-01"}, ("endAt", "before_start")),
        ({"places": "beaucoup"}, ("places", "invalid")),
        ({"places": 1e400}, ("places", "invalid")),
        ({"places": [3]}, ("places", "invalid")),
        ({"openToMinors": "maybe"}, ("openToMinors", "invalid")),
        ({"tags": 5}, ("tags", "invalid")),
        ({"tags": [{"a": "b"}]}, ("tags", "invalid")),
        ({"tags": ["a"] * 101}, ("tags", "shortened")),
        ({"schedule": "x" * 300}, ("schedule", "shortened")),
        ({"schedule": ["a"]}, ("schedule", "invalid")),
        ({"addresses": "Paris"}, ("addresses", "invalid")),
        ({"addresses": ["Paris"]}, ("addresses", "invalid")),
        ({"addresses": [{"location": {"lat": 91, "lon": 0}}]}, ("addresses.location", "invalid")),
        ({"addresses": [{"location": {"lat": "NaN", "lon": 0}}]}, ("addresses.location", "invalid")),
        ({"addresses": [{"location": {"lat": 10**400, "lon": 0}}]}, ("addresses.location", "invalid")),
        ({"organizationUrl": "javascript:alert(1)"}, ("organizationUrl", "invalid_url")),
        ({"organizationName": "Croix-Rouge https://x.example"}, ("organizationName", "invalid")),
        ({"organizationName": "secours@x.example"}, ("organizationName", "invalid")),
        ({"publisherName": "Voir http&#58;//x.example"}, ("publisherName", "invalid")),
        ({"organizationRNA": "W12"}, ("organizationRNA", "invalid")),
        ({"organizationRNA": "178-236"}, ("organizationRNA", "invalid")),
        ({"organizationSiren": "123456789"}, ("organizationSiren", "invalid")),
        ({"organizationSiret": "73282932000075"}, ("organizationSiret", "invalid")),
        ({"organizationSiren": "356000000", "organizationSiret": "73282932000074"}, ("organizationSiret", "invalid")),
    ],
)
def test_what_else_cannot_be_believed_is_dropped_with_a_remark_and_the_mission_kept(fields, dropped):
    entry = read_feed(feed(mission(**fields)))[0]
    assert entry.problems == []
    assert [(remark.name, remark.code) for remark in entry.remarks] == [dropped]
    assert import_feed("partenaire", feed(mission(**fields))).counts()["created"] == 1


def test_no_line_of_a_feed_holds_a_sign_that_nobody_sees():
    hidden = "\u202e\u200b\u2066"
    lines = {name: f"Café {hidden}solidaire\n de Melun" for name in ("title", "schedule", "organizationName")}
    entry = read_feed(feed(mission(**lines, addresses=[{"city": f"Me{hidden}lun"}])))[0]
    assert (entry.problems, entry.remarks) == ([], [])
    assert {entry.facts[name] for name in lines} == {"Café solidaire de Melun"}
    assert entry.facts["addresses"][0]["city"] == "Melun"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"organizationRNA": "W2A1000123"}, {"organizationRNA": "W2A1000123"}),
        ({"organizationRNA": "W9R1000456"}, {"organizationRNA": "W9R1000456"}),
        ({"organizationRNA": "w751234567"}, {"organizationRNA": "W751234567"}),
        ({"organizationRna": "W-751-234-567"}, {"organizationRNA": "W751234567"}),
        (
            {"organizationSiren": "732 829 320 00074"},
            {"organizationSiren": "732829320", "organizationSiret": "73282932000074"},
        ),
        ({"organizationSiren": 732829320}, {"organizationSiren": "732829320"}),
        ({"organizationId": 12}, {"organizationClientId": "12"}),
        ({"organizationName": "L&#39;asso"}, {"organizationName": "L'asso"}),
        ({"title": "L&eacute;gumes  &amp; fruits"}, {"title": "Légumes & fruits"}),
        ({"description": "a\x00b\ud800"}, {"description": "ab"}),
        ({"domain": "Mémoire et citoyenneté"}, {"domain": "memoire-et-citoyennete"}),
        ({"remote": "Oui"}, {"remote": "possible"}),
        ({"remote": False}, {"remote": "no"}),
        ({"openToMinors": "oui"}, {"openToMinors": True}),
        ({"openToMinors": 0}, {"openToMinors": False}),
        ({"places": 0}, {"places": 1}),
        ({"places": 2.0}, {"places": 2}),
        ({"places": True}, {"places": 1}),
        ({"tags": "a, b,,"}, {"tags": ["a", "b"]}),
        ({"tags": {"value": ["a", 1]}}, {"tags": ["a", "1"]}),
        ({"activity": "Soutien, Accompagnement, bricolage"}, {"activities": ["Soutien, Accompagnement", "bricolage"]}),
        ({"publicsBeneficiaires": "Seniors"}, {"audience": ["Seniors"]}),
        ({"soft_skills": ["Rigueur"]}, {"softSkills": ["Rigueur"]}),
        ({"image": "https://a.example/1.jpg"}, {"image": "https://a.example/1.jpg"}),
        ({"startAt": "Fri, 04 Dec 2026 09:00:00 +0100"}, {"startAt": "2026-12-04T08:00:00+00:00"}),
        ({"startAt": "2026-12-04T08:00:00.000Z"}, {"startAt": "2026-12-04T08:00:00+00:00"}),
        # Day and month are the same, whichever comes first.
        ({"startAt": "1/1/2027"}, {"startAt": "2026-12-31T23:00:00+00:00"}),
    ],
)
def test_what_the_exchange_takes_is_taken_however_it_is_written(written, read):
    entry = read_feed(feed(mission(**written)))[0]
    assert (entry.problems, entry.remarks) == ([], [])
    assert {name: entry.facts[name] for name in read} == read


@pytest.mark.parametrize(
    ("address", "read"),
    [
        ({"postalCode": "1500", "departmentCode": "1"}, ("01500", "01", "Ain", "Auvergne-Rhône-Alpes")),
        ({"postalCode": 75004, "country": "FR"}, ("75004", "75", "Paris", "Île-de-France")),
        ({"departmentCode": "075"}, ("", "75", "Paris", "Île-de-France")),
        ({"departmentCode": "2a", "departmentName": "Corse"}, ("", "2A", "Corse-du-Sud", "Corse")),
        ({"postalCode": "1050", "country": "Belgique", "region": "Bruxelles"}, ("1050", "", "", "Bruxelles")),
    ],
)
def test_the_place_of_a_mission_has_one_spelling(address, read):
    names = ("postalCode", "departmentCode", "departmentName", "region")
    for fields in ({"addresses": [address]}, {"addresses": address}, {"city": "Ville", **address}):
        entry = read_feed(feed(mission(**fields)))[0]
        assert tuple(entry.facts["addresses"][0][name] for name in names) == read
        import_feed("partenaire", feed(mission(**fields)))
        assert PartnerMission.objects.get().department_code == read[1]


@pytest.mark.parametrize(
    ("dates", "read"),
    [
        # One day over 12 tells the order of all others.
        (["01/12/2026", "25/12/2026"], ["2026-11-30T23:00:00+00:00", "2026-12-24T23:00:00+00:00"]),
        (["1-2-2027 9h30", "13.02.2027"], ["2027-02-01T08:30:00+00:00", "2027-02-12T23:00:00+00:00"]),
        (["12/01/2026", "12/25/2026"], ["2026-11-30T23:00:00+00:00", "2026-12-24T23:00:00+00:00"]),
        (["01/12/2026", "02/12/2026"], [None, None]),
        (["25/12/2026", "12/25/2026", "2026-12-05"], [None, None, "2026-12-04T23:00:00+00:00"]),
        (["31/02/2027", "32/01/2027"], [None, None]),
    ],
)
def test_day_first_dates_are_read_where_the_whole_feed_agrees(dates, read):
    missions = [mission(clientId=f"p-{number}", startAt=one) for number, one in enumerate(dates)]
    entries = read_feed(feed(*missions))
    assert [entry.problems for entry in entries] == [[]] * len(dates)
    assert [entry.facts["startAt"] for entry in entries] == read
    assert [bool(entry.remarks) for entry in entries] == [one is None for one in read]


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
    report = import_feed("partenaire", feed(mission(title="Maraude"), mission(clientId="p-2", places=3)))
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


def missions_of(*numbers: int, **fields: Any) -> bytes:
    return feed(*(mission(clientId=f"p-{number}", **fields) for number in numbers))


def test_what_a_whole_feed_holds_no_longer_is_withdrawn_and_comes_back_with_it():
    import_feed("partenaire", missions_of(1, 2, 3, 4, 5))
    report = import_feed("partenaire", missions_of(1, 2, 3, 4))
    assert (report.counts()["withdrawn"], PartnerMission.objects.visible_to(None).count()) == (1, 4)
    assert PartnerMission.objects.count() == 5
    assert import_feed("partenaire", missions_of(1, 2, 3, 4, 5)).counts()["updated"] == 1
    assert PartnerMission.objects.visible_to(None).count() == 5


def test_over_a_fifth_at_once_is_not_withdrawn_and_what_the_feed_holds_is_taken(settings):
    import_feed("partenaire", missions_of(*range(10)))
    import_feed("autre", missions_of(1))
    one_refused = feed(mission(clientId="p-0", title="Maraude"))
    for content in (missions_of(*range(7), places=2), one_refused):
        report = import_feed("partenaire", content)
        assert (report.counts()["withdrawn"], report.withdrawal_skipped) == (0, "too_many")
        assert PartnerMission.objects.visible_to(None).count() == 11
    assert PartnerMission.objects.filter(places=2).count() == 7
    assert import_feed("partenaire", missions_of(*range(8))).counts()["withdrawn"] == 2
    assert import_feed("partenaire", missions_of(0), max_withdrawn_percent=100).counts()["withdrawn"] == 7
    import_feed("partenaire", missions_of(*range(10)))
    settings.EXCHANGE_MAX_WITHDRAWN_PERCENT = 50
    assert import_feed("partenaire", missions_of(*range(5))).counts()["withdrawn"] == 5


def test_missions_that_are_over_go_without_being_counted():
    over = [mission(clientId=f"over-{number}", endAt="2020-01-01") for number in range(5)]
    coming = [mission(clientId=f"p-{number}") for number in range(5)]
    import_feed("partenaire", feed(*over, *coming))
    assert import_feed("partenaire", feed(*coming[:4])).counts()["withdrawn"] == 6
    import_feed("partenaire", feed(*over, *coming))
    assert import_feed("partenaire", feed(*over, *coming[:3])).withdrawal_skipped == "too_many"


def test_absence_proves_nothing_while_a_mission_does_not_say_which_it_is():
    import_feed("partenaire", feed(mission(), mission(clientId="p-2")))
    report = import_feed("partenaire", feed(mission(), mission(clientId=None)))
    assert report.withdrawal_skipped
    assert PartnerMission.objects.visible_to(None).count() == 2


def test_of_an_id_that_stands_twice_the_first_is_taken():
    report = import_feed("partenaire", feed(mission(), mission(places=3)))
    assert [one.outcome for one in report.missions] == [Outcome.CREATED, Outcome.REFUSED]
    assert PartnerMission.objects.get().places == 1


def test_the_command_reports_mission_by_mission_and_a_dry_run_writes_nothing(tmp_path, capsys):
    path = tmp_path / "feed.json"
    path.write_bytes(
        feed(mission(), mission(clientId="p-2", title="Maraude"), mission(clientId="p-3", startAt="01/12/2026"))
    )
    call_command("import_missions", "partenaire", str(path), "--dry-run")
    assert PartnerMission.objects.count() == 0
    call_command("import_missions", "partenaire", str(path))
    said = capsys.readouterr().out
    assert "1\tp-1\tcreated" in said
    assert "2\tp-2\trefused\ttitle:two_words_needed" in said
    assert "3\tp-3\tcreated\tstartAt:invalid_date" in said
    assert PartnerMission.objects.count() == 2
    path.write_bytes(feed(mission()))
    call_command("import_missions", "partenaire", str(path))
    assert capsys.readouterr().err
    call_command("import_missions", "partenaire", str(path), "--max-withdrawn-percent", "50")
    assert PartnerMission.objects.visible_to(None).count() == 1
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
        feeds.fetch_feed(f"{live_server.url}/api/v1/nothing/")
    with pytest.raises(FeedRefused):
        feeds.fetch_feed("file:///etc/hostname")


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
    assert feeds.fetch_feed(partner([content[:9], content[9:]])) == content
    assert feeds.fetch_feed(partner([gzip.compress(content)], Content_Encoding="gzip")) == content


def test_a_feed_that_is_cut_too_large_or_endless_is_refused(partner, monkeypatch):
    content = feed(mission())
    with pytest.raises(FeedRefused):
        feeds.fetch_feed(partner([content], Content_Length=str(len(content) + 1)))
    with pytest.raises(FeedRefused):
        feeds.fetch_feed(partner([content], Content_Encoding="gzip"))
    with monkeypatch.context() as clock:
        # A second goes by at each look at the clock; what is sent takes hundreds of looks and is not too large.
        clock.setattr(feeds, "time", SimpleNamespace(monotonic=count().__next__))
        with pytest.raises(FeedRefused):
            feeds.fetch_feed(partner(repeat(b" " * 65536, 700)))
    monkeypatch.setattr(feeds, "LARGEST_FEED_BYTES", 1000)
    with pytest.raises(FeedRefused):
        feeds.fetch_feed(partner([gzip.compress(b" " * 1001)], Content_Encoding="gzip"))


@pytest.fixture
def hub():
    """The State's hub as its API answers: `hub(missions)` is its address; `hub.asked` what was asked of it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            asked.append((self.headers.get("x-api-key"), query))
            if url.path == "/moved":
                self.send_response(302)
                self.send_header("Location", f"http://localhost:{server.server_port}/v0/mission")
            elif self.headers.get("x-api-key") != "secret":
                self.send_response(401)
            else:
                self.send_response(200)
            self.end_headers()
            if self.headers.get("x-api-key") == "secret" and url.path != "/moved":
                skip, limit = int(query["skip"]), int(query["limit"])
                page = server.missions[skip : skip + limit]
                total = server.totals.pop(0) if server.totals else len(server.missions)
                self.wfile.write(json.dumps({"ok": True, "total": total, "data": page}).encode())

        def log_message(self, *args: Any) -> None:
            pass

    asked: list[Any] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.missions, server.totals, server.asked = [], [], asked
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def from_hub(number: int, publisher: str = "pub-1", **fields: Any) -> dict[str, Any]:
    """A mission as the hub's API answers it."""
    return mission(
        _id=f"hub-{number}",
        clientId=f"p-{number}",
        publisherId=publisher,
        publisherName=f"Plateforme {publisher}",
        activity="Soutien, Accompagnement, Bricolage",
        openToMinors="yes",
        closeToTransport=None,
        startAt="2026-12-05T08:00:00.000Z",
        city="Paris",
        postalCode="75004",
        departmentCode="75",
        **fields,
    )


def test_the_hubs_api_is_read_page_by_page_with_its_key(hub, settings, monkeypatch):
    monkeypatch.setattr(feeds, "PAGE_SIZE", 2)
    url = f"http://127.0.0.1:{hub.server_port}/v0/mission"
    settings.EXCHANGE_FEEDS, settings.EXCHANGE_KEYS = {"hub": f"{url}?domain=sport"}, {"hub": "secret"}
    # Two platforms may give their missions the same id.
    hub.missions = [from_hub(1), from_hub(2), from_hub(1, "pub-2"), from_hub(3), from_hub(4)]
    results = import_configured_feeds()
    assert results == {"hub": {"created": 5, "updated": 0, "unchanged": 0, "refused": 0, "withdrawn": 0}}
    assert hub.asked == [
        ("secret", {"domain": "sport", "limit": "2", "skip": skip}) for skip in ("0", "2", "4")
    ]
    row = PartnerMission.objects.get(publisher="hub/pub-2")
    assert (row.client_id, row.opens_to_minors, row.department_code) == ("p-1", True, "75")
    assert row.facts["activities"] == ["Soutien, Accompagnement", "Bricolage"]
    assert row.facts["publisherName"] == "Plateforme pub-2"
    hub.missions = hub.missions[:4]
    assert import_configured_feeds()["hub"]["withdrawn"] == 1
    assert import_feed("hub", feed(mission())).counts() == {
        "created": 1, "updated": 0, "unchanged": 0, "refused": 0, "withdrawn": 0,
    }  # fmt: skip


def test_pages_that_move_while_they_are_read_withdraw_nothing(hub, settings):
    settings.EXCHANGE_KEYS = {"hub": "secret"}
    url = f"http://127.0.0.1:{hub.server_port}/v0/mission"
    hub.missions = [from_hub(number) for number in range(10)]
    exchange.import_missions("hub", exchange.read_source("hub", url))
    hub.missions, hub.totals = hub.missions[:9], [11, 11]
    report = exchange.import_missions("hub", exchange.read_source("hub", url))
    assert report.withdrawal_skipped == "not_whole"
    assert (report.counts()["unchanged"], report.counts()["withdrawn"]) == (9, 0)


def test_a_page_that_fails_takes_nothing_in_and_a_key_goes_to_no_other_host(hub, settings):
    settings.EXCHANGE_KEYS = {"hub": "wrong"}
    with pytest.raises(FeedRefused):
        exchange.read_source("hub", f"http://127.0.0.1:{hub.server_port}/v0/mission")
    settings.EXCHANGE_KEYS = {"hub": "secret"}
    hub.asked.clear()
    with pytest.raises(FeedRefused):
        exchange.read_source("hub", f"http://127.0.0.1:{hub.server_port}/moved")
    assert len(hub.asked) == 1


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
