"""French words find missions, and the same ones on every database: an oracle in Python says which."""

import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import french
from missions.api import finding
from missions.models import Mission, MissionSearch
from tests.support import factories as f

pytestmark = pytest.mark.django_db
MISSIONS = "/api/v1/missions/"


def found(api: Any, q: str, **asked: Any) -> list[str]:
    answer = api.get(MISSIONS, {"q": q, "page_size": 100, **asked})
    assert answer.status_code == 200, answer.json()
    return [row["title"] for row in answer.json()["results"]]


def test_benevole_secours_finds_benevoles_secouristes(api):
    f.MissionFactory(title="Bénévoles secouristes")
    assert found(api, "benevole secours") == ["Bénévoles secouristes"]


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Aide à l'accueil d'enfants", "ACCUEIL enfant"),
        ("L’équipe de l’Île-de-France", "equipe ile de france"),
        ("Collecte de vêtements", "vetement"),
        ("Bénévolat en Ehpad", "bénévole"),
        ("Accompagnement des aînés", "aine accompagner"),
        ("Cœur de ville", "coeur"),
        ("Formation PSC1", "psc1"),
        ("Course des 10 km", "10 km"),
        ("Permanence à Créteil", "creteil permanences"),
        ("Journée Ωmega", "ωmega"),
        ("Qu'est-ce qu'un don ?", "dons"),
    ],
)
def test_accents_case_elisions_and_endings_do_not_stand_in_the_way(api, title, asked):
    f.MissionFactory(title="Autre chose", description="")
    f.MissionFactory(title=title, description="")
    assert found(api, asked) == [title]


def test_every_word_must_be_there_and_may_stand_in_title_organisation_city_or_text(api):
    f.MissionFactory(
        title="Maraude", city="Montreuil", description="Distribuer des repas.",
        organization=f.OrganizationFactory(name="Secours populaire"),
    )  # fmt: skip
    for words in ("maraude montreuil repas populaire", "repas", "distribution"):
        assert found(api, words) == ["Maraude"], words
    assert found(api, "maraude lille") == []


@pytest.mark.parametrize("asked", ["les des", "?!", "😀", "'", "-- ;", "a"])
def test_what_holds_no_word_finds_nothing(api, asked):
    f.MissionFactory(title="Les dons des a")
    assert found(api, asked) == []


HOSTILE = [
    '"', "'", "\\", "*", "benevol*", "a AND b", "NOT maraude", "OR", "NEAR(a b, 2)", "stems:maraude", "maraude & !x",
    "maraude | x", "maraude:*", "maraude <-> x", "(((", "^maraude", "{a b}: c", "%", "_", "%%s", "''::tsquery",
    "maraude'; DROP TABLE missions_mission; --", "\u202emaraude", "é" * 200, "x" * 200, "1e400 0x10 -5 10.5 ١٢",
    "😀 maraude 👩‍👩‍👧", "a\tb\nc", "ǅ ß İ ﬁ", "http://example.org/a?b=c x@y.z /a/b 1.2.3.4",
]  # fmt: skip


@pytest.mark.parametrize("asked", HOSTILE)
def test_what_databases_take_for_operators_are_words_or_nothing(api, asked):
    f.MissionFactory(title="Maraude")
    written = f.MissionFactory(title=asked[:100], description=asked)
    titles = found(api, asked)
    assert (written.title in titles) == bool(french.stems(asked))
    assert found(api, "maraude") == [row for row in ([written.title] if "maraude" in asked else []) + ["Maraude"]]


@pytest.mark.parametrize("asked", ["%00", "a%00b", "mot " * 1000, "x" * 201])
def test_what_cannot_be_searched_is_a_400(api, asked):
    assert api.get(f"{MISSIONS}?q={asked}").status_code == 400


def matches(stems: list[str], asked: list[str]) -> bool:
    """The rule, in Python: every stem is there, the longer ones as beginnings."""
    return bool(asked) and all(
        any(stem == word or (len(word) >= 5 and stem.startswith(word)) for stem in stems)
        for word in asked
    )


WORDS = """bénévole bénévoles bénévolat secours secouriste secouristes secourir maraude maraudes l'école d'écoles
qu'enfants enfants élève élèves lycée collecte collecter alimentaire alimentation Créteil Saint-Denis Île-de-France
santé sanitaire sport sportif animaux animal œuvre aîné aînés Noël été les des pour avec psc1 PSC 1 10 km 2026
accompagnement accompagner Évry forêt forestier naïf garçon ça où""".split()
TEXTS = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
    st.text(alphabet=st.sampled_from(string.printable + "éèàçœÉ’«»–😀١٢Ωßİﬁ\u2028\u0301"), max_size=30),
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(TEXTS, min_size=1, max_size=5), asked=TEXTS)
def test_the_hits_are_those_of_the_rule_whatever_is_written_and_asked(db, texts, asked):
    MissionSearch.objects.all().delete()
    Mission.objects.all().delete()
    organization = f.OrganizationFactory()
    rows = [f.MissionFactory(organization=organization, title="T", description=text) for text in texts]
    written = {row.pk: french.stems(f"T {organization.name} {row.city} {row.description}") for row in rows}
    for words in (asked, *texts):
        asked_stems = french.stems(words)
        expected = {pk for pk, stems in written.items() if matches(stems, asked_stems)}
        if asked_stems:
            assert set(Mission.objects.matching(asked_stems).values_list("pk", flat=True)) == expected


def test_the_newest_hits_come_first_and_relevance_puts_the_title_before_them(api):
    titles = ["Bénévoles", "Bénévolat", "Maraude", "Un bénévole de nuit", "Maraude secrète"]
    for title in titles:
        f.MissionFactory(title=title, description="Avec des bénévoles.")
    assert found(api, "benevole") == titles[::-1]
    assert found(api, "benevole", sort="relevance") == [
        "Un bénévole de nuit", "Bénévoles", "Bénévolat", "Maraude secrète", "Maraude",
    ]  # fmt: skip


def test_relevance_looks_at_the_newest_hits_only(api, monkeypatch):
    monkeypatch.setattr("missions.api.finding.RANKED_HITS", 2)
    f.MissionFactory(title="Secours")
    for number in range(2):
        f.MissionFactory(title=f"Autre {number}", description="secours")
    assert found(api, "secours", sort="relevance") == ["Autre 1", "Autre 0"]


@pytest.mark.parametrize("tried", [1, 4, 3000])
def test_the_newest_hits_are_the_same_however_many_missions_are_tried_first(api, monkeypatch, tried):
    """Pages forwards and back, where some are filled by the newest missions and some by the index."""
    monkeypatch.setattr("missions.api.finding.TRIED_FOR_WORDS", tried)
    for statement in (finding.HITS, finding.HITS_AMONG_THE_NEWEST):
        monkeypatch.setattr(statement, "_built", {})
    titles = [f"{'Maraude' if number % 3 else 'Collecte'} {number}" for number in range(20)]
    for title in titles:
        f.MissionFactory(title=title, description="")
    expected = [title for title in titles[::-1] if title.startswith("Maraude")]
    for asked in ({"q": "maraude"}, {"q": "maraude", "is_remote": "false"}):
        answer, seen, back = api.get(MISSIONS, {**asked, "page_size": 2}).json(), [], []
        while True:
            seen += [row["title"] for row in answer["results"]]
            if answer["next"] is None:
                break
            answer = api.get(answer["next"]).json()
        while answer["previous"]:
            answer = api.get(answer["previous"]).json()
            back = [row["title"] for row in answer["results"]] + back
        assert (seen, back) == (expected, expected[: len(back)])


def test_filters_come_before_the_newest_hits_are_counted(api, monkeypatch):
    monkeypatch.setattr("missions.api.finding.RANKED_HITS", 1)
    f.MissionFactory(title="Secours au lycée", domain="sport")
    f.MissionFactory(title="Secours", domain="sante")
    assert found(api, "secours", sort="relevance", domain="sport") == ["Secours au lycée"]


def test_words_of_a_draft_find_it_only_for_those_who_run_it(api):
    membership = f.OrganizationMembershipFactory()
    f.MissionFactory(title="Projet secret", draft=True, organization=membership.organization)
    assert found(api, "secret") == found(api.as_(f.UserFactory()), "secret") == []
    assert found(api.as_(membership.person), "secret") == ["Projet secret"]
