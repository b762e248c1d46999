"""The draft for Parcoursup: from approved hours and reflections, never longer than the form takes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engagement import parcoursup
from engagement.models import HourEntry
from tests.support.factories import (
    HourEntryFactory,
    MissionFactory,
    RecordFactory,
    UserFactory,
    enrolled_student,
    record_of,
)

pytestmark = pytest.mark.django_db

PATH = "/api/v1/me/parcoursup-text/"


@pytest.fixture
def record():
    return record_of(enrolled_student())


def give(record, minutes, status="approved", **facts):
    more = {"approved_minutes": minutes} if status == "approved" else {}
    return HourEntryFactory(record=record, submitted=True, **{"status": status, **more, **facts})


def text_of(api, record):
    body = api.as_(record.person).get(PATH).json()
    assert body["character_count"] == parcoursup.length_of(body["text"])
    return body["text"]


def test_the_draft_says_what_was_approved_from_the_longest_on_with_ones_own_words(api, record):
    soup = MissionFactory(organization__name="Croix-Rouge de Créteil")
    for _evening in range(2):
        give(record, 120, title="Maraude", domain="humanitaire", mission=soup, reflection="J'ai appris\n à écouter.")
    give(record, 30, title="Match", domain="sport", mission=None, organization_name="Club de Bondy")
    assert text_of(api, record) == (
        f"Mon lycée a validé 4\u00a0h\u00a030 de mon engagement ({record.option.school_year.label})\u00a0: "
        "humanitaire 4\u00a0h\u00a000, sport 30\u00a0min.\n"
        "– Maraude (Croix-Rouge de Créteil)\u00a0: 4\u00a0h\u00a000. J'ai appris à écouter.\n"
        "– Match (Club de Bondy)\u00a0: 30\u00a0min."
    )


def test_only_what_a_school_approved_is_said(api, record):
    give(record, 60, "rejected", title="Refusée")
    give(record, 60, "submitted", title="En attente")
    HourEntryFactory(record=RecordFactory(person=record.person), submitted=True, title="Passeport")
    give(record_of(enrolled_student()), 60, title="D'un autre")
    assert text_of(api, record) == ""


def test_a_long_reflection_ends_with_a_sentence_or_a_word(api, record):
    give(record, 60, title="Tri", reflection="Une phrase entière. " * 200)
    text = text_of(api, record)
    assert 1400 < parcoursup.length_of(text) <= 1500
    assert text.endswith("entière.")
    HourEntry.objects.update(reflection="mot " * 1000)
    assert text_of(api, record).endswith("mot…")


def test_more_missions_than_fit_leave_the_shortest_out(api, record):
    for number in range(60):
        give(record, 60 + number, title=f"Mission {number} " + "x" * 60)
    text = text_of(api, record)
    assert "Mission 59" in text
    assert "Mission 0 " not in text
    assert parcoursup.length_of(text) <= 1500


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.text(min_size=1, max_size=120), st.text(max_size=120), st.text(max_size=2000), st.integers(15, 720)
        ),
        min_size=1,
        max_size=30,
    )
)
def test_whatever_was_written_parcoursup_takes_the_draft(record, given_):
    entries = [
        HourEntryFactory.build(
            record=record,
            mission=None,
            domain="sport",
            title=title,
            organization_name=name,
            reflection=said,
            approved_minutes=minutes,
        )
        for title, name, said, minutes in given_
    ]
    assert 0 < parcoursup.length_of(parcoursup._compose(entries)) <= parcoursup.LONGEST


def test_many_hours_ask_no_more_queries(api, record, assert_constant_queries):
    client = api.as_(record.person)

    def grow():
        for number in range(12):
            give(record, 60 + number)

    assert_constant_queries(lambda: client.get(PATH), grow=grow)


def test_a_citizen_has_nothing_for_parcoursup(api):
    assert api.as_(UserFactory()).get(PATH).json() == {"text": "", "character_count": 0}
