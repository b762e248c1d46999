"""A person's places in their own calendar program, at an address that they can end."""

import re
from datetime import date, time, timedelta

import pytest
import time_machine
from django.utils import timezone
from icalendar import Calendar as ICalendar

from common import paris
from missions.models import Calendar
from missions.services import sign_ups
from tests.support.factories import (
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
)
from tests.support.world import API

pytestmark = pytest.mark.django_db


def address_of(api, person) -> str:
    url = api.as_(person).put(f"{API}me/calendar/", {}).json()["url"]
    return url[url.index("/api/") :]


def events_of(api, address: str) -> list:
    answer = api.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/calendar")
    return ICalendar.from_ical(answer.content).walk("VEVENT")


def test_the_address_is_opened_found_again_and_ended_by_its_owner_alone(api):
    person = UserFactory()
    client = api.as_(person)
    assert client.get(f"{API}me/calendar/").json() == {"url": None}
    url = client.put(f"{API}me/calendar/", {}).json()["url"]
    assert client.put(f"{API}me/calendar/", {}).json()["url"] == url
    assert client.get(f"{API}me/calendar/").json() == {"url": url}
    assert client.get(f"{API}me/calendar/")["Cache-Control"] == "no-store"
    path = url[url.index("/api/") :]
    assert api.get(path).status_code == 200
    assert client.delete(f"{API}me/calendar/").status_code == 204
    assert api.get(path).status_code == 410
    assert client.put(f"{API}me/calendar/", {}).json()["url"] != url
    assert api.get(path).status_code == 410


def test_the_secret_is_kept_nowhere(api):
    person = UserFactory()
    secret = address_of(api, person).rsplit("/", 1)[1].removesuffix(".ics")
    row = Calendar.objects.values().get(person=person)
    assert secret not in str(row)


@pytest.mark.parametrize("path", ["calendar/nothing.ics", "calendar/é.ics", f"calendar/{'A' * 48}.ics"])
def test_a_made_up_address_opens_nothing(api, path):
    answer = api.get(f"{API}{path}")
    assert answer.status_code == 410
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("change", [{"is_active": False}, {"suspended_at": afternoon(-1)}])
def test_who_may_not_sign_in_any_more_has_no_calendar_either(api, change):
    person = UserFactory()
    address = address_of(api, person)
    type(person).objects.filter(pk=person.pk).update(**change)
    assert api.get(address).status_code == 410


@pytest.mark.parametrize(
    ("trait", "status"),
    [
        ({}, "TENTATIVE"),
        ({"waitlisted": True}, "TENTATIVE"),
        ({"offered": True}, "TENTATIVE"),
        ({"accepted": True}, "CONFIRMED"),
    ],
)
def test_a_place_is_tentative_until_it_is_the_persons(api, trait, status):
    place = SignUpFactory(**trait)
    event = events_of(api, address_of(api, place.person))[0]
    assert event["STATUS"] == status
    assert event["SUMMARY"] == place.shift.mission.title
    assert (place.shift.mission.contact in event["DESCRIPTION"]) == (status == "CONFIRMED")


def test_the_event_keeps_its_uid_while_its_sequence_grows_to_the_cancellation_and_beyond(api):
    shift = ShiftFactory(mission__sign_up_mode="instant")
    person = UserFactory(email_verified_at=afternoon(-30), birth_date="1990-01-01")
    address = address_of(api, person)
    seen = []
    for _attempt in range(2):
        place = sign_ups.sign_up(shift, actor=person)
        seen += events_of(api, address)
        sign_ups.withdraw_sign_up(place, actor=person)
        seen += events_of(api, address)
    assert {str(event["UID"]) for event in seen} == {f"{shift.pk}.{person.pk}@elan"}
    assert [event["STATUS"] for event in seen] == ["CONFIRMED", "CANCELLED", "CONFIRMED", "CANCELLED"]
    sequences = [event["SEQUENCE"] for event in seen]
    assert sequences == sorted(set(sequences))


@pytest.mark.parametrize(("month", "hour"), [(7, "12"), (12, "13")])
def test_times_are_instants_that_every_program_reads_alike_in_summer_and_winter(api, month, hour):
    # 14 h in Paris. No zone is named, so that no reader has to know its rules.
    starts_at = paris.instant(date(timezone.now().year + 1, month, 7), time(14))
    place = SignUpFactory(
        accepted=True, shift=ShiftFactory(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
    )
    content = api.get(address_of(api, place.person)).content
    assert b"VTIMEZONE" not in content
    assert b"TZID" not in content
    assert re.search(rf"DTSTART:\d{{8}}T{hour}0000Z\r\n".encode(), content)
    event = ICalendar.from_ical(content).walk("VEVENT")[0]
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (place.shift.starts_at, place.shift.ends_at)


def test_whatever_changes_in_an_event_moves_its_stamps_and_its_sequence(api):
    shift = ShiftFactory(mission__sign_up_mode="instant")
    mission, organization = shift.mission, shift.mission.organization
    manager = OrganizationMembershipFactory(organization=organization, manager=True).person
    person = UserFactory(email_verified_at=afternoon(-30), birth_date="1990-01-01")
    address = address_of(api, person)
    client = api.as_(manager)
    moved = {"starts_at": shift.starts_at + timedelta(hours=1), "ends_at": shift.ends_at + timedelta(hours=1)}
    capacity = {"capacity": shift.capacity}
    moves = [
        lambda: sign_ups.sign_up(shift, actor=person),
        lambda: client.patch(f"{API}shifts/{shift.pk}/", {**moved, **capacity}, HTTP_IF_MATCH="*"),
        lambda: client.patch(f"{API}missions/{mission.pk}/", {"contact": "06 11 22 33 44"}, HTTP_IF_MATCH="*"),
        lambda: client.patch(f"{API}organizations/{organization.pk}/", {"name": "Autre nom"}, HTTP_IF_MATCH="*"),
        lambda: client.post(f"{API}shifts/{shift.pk}/cancel/", {"reason": "Pluie."}),
    ]
    seen = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for move in moves:
            clock.shift(timedelta(minutes=1))
            answer = move()
            assert getattr(answer, "status_code", 200) == 200
            (event,) = events_of(api, address)
            assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == timezone.now().replace(microsecond=0)
            assert events_of(api, address)[0].to_ical() == event.to_ical()
            seen.append(event["SEQUENCE"])
    assert seen == sorted(set(seen))


def test_the_same_places_are_answered_with_304(api):
    place = SignUpFactory(accepted=True)
    address = address_of(api, place.person)
    first = api.get(address)
    assert api.get(address, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304


def test_a_calendar_holds_only_its_owners_places_of_late_and_to_come(api):
    place = SignUpFactory(accepted=True)
    SignUpFactory(accepted=True)
    old = timezone.now() - timedelta(days=90)
    SignUpFactory(
        accepted=True, person=place.person, shift=ShiftFactory(starts_at=old - timedelta(hours=2), ends_at=old)
    )
    assert [str(event["SUMMARY"]) for event in events_of(api, address_of(api, place.person))] == [
        place.shift.mission.title
    ]


def test_a_title_cannot_add_lines_to_the_calendar(api):
    place = SignUpFactory(accepted=True, shift__mission__title="Tri\r\nEND:VEVENT; de, dons")
    event = events_of(api, address_of(api, place.person))
    assert len(event) == 1
    assert "END:VEVENT; de, dons" in event[0]["SUMMARY"]


def test_more_places_ask_no_more_of_the_database(api, assert_constant_queries):
    place = SignUpFactory(accepted=True)
    address = address_of(api, place.person)
    assert_constant_queries(
        lambda: api.get(address), grow=lambda: SignUpFactory.create_batch(5, accepted=True, person=place.person)
    )
