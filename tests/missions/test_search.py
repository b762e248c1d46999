"""French words find missions, and the same ones on every database: an oracle in Python says which."""

import string
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import french
from missions.models import Mission, MissionSearch, SearchKey
from missions.services.writing import write_mission
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
        ("Entretien du jardin", "jardinage"),
        ("Chez les jardiniers", "jardinages"),
        ("Atelier vélo", "vélos"),
        ("Réparer des vélos", "velo"),
        ("Aide à l'emploi", "emplois"),
        ("Jeux de société", "jeu"),
        ("Le tri des vêtements", "tris"),
        ("Sous les abris", "abri"),
        ("Des bénévoles au grand cœur", "bénévolat"),
        ("Nettoyer la forêt", "nettoyage"),
        ("Bricoler ensemble", "bricolage"),
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


def test_a_word_made_of_a_short_one_is_another(api):
    f.MissionFactory(title="Avant la ville", description="")
    assert found(api, "avantage") == found(api, "villages") == []


def test_a_postal_code_finds_its_missions_and_follows_a_move(api):
    mission = f.MissionFactory(title="Maraude", postal_code="75013", city="Paris")
    f.MissionFactory(title="Autre", postal_code="93200")
    assert found(api, "75013") == found(api, "maraude 75013") == ["Maraude"]
    mission.postal_code = "94200"
    write_mission(mission, "postal_code")
    assert found(api, "75013") == []
    assert found(api, "94200") == ["Maraude"]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        # By ear, a letter too many, one too few, one for another, two changed over, a word among others.
        ("distribussion", "distribution"),
        ("Distribussion alimantaire", "distribution alimentaire"),
        ("colecte", "collecte"),
        ("bibliotèque", "bibliothèque"),
        ("marrraude", "maraude"),
        ("marade", "maraude"),
        ("naraude", "maraude"),
        ("maruade", "maraude"),
        ("maraude distribtuion", "maraude distribution"),
    ],
)
def test_what_is_misspelled_finds_what_is_meant(api, asked, meant):
    f.MissionFactory(title="Maraude et distribution alimentaire", description="")
    f.MissionFactory(title="Collecte", description="À la bibliothèque.")
    assert found(api, asked) == found(api, meant) != []
    for sort in ("relevance", "newest"):
        assert found(api, asked, sort=sort) == found(api, meant, sort=sort)
    assert found(api, asked, near="48.937,2.36") == found(api, meant)
    assert found(api, asked, domain="sport") == []


def test_exact_words_are_never_read_as_others(api):
    f.MissionFactory(title="Marche", description="")
    f.MissionFactory(title="Marché", description="Le samedi.")
    f.MissionFactory(title="Maraude", description="")
    # Both words are known, and no mission has both.
    assert found(api, "maraude samedi") == []
    assert found(api, "introuvable") == found(api, "mara") == found(api, "zzzzz") == []
    f.MissionFactory(title="Marade", description="")
    assert found(api, "marade") == ["Marade"]


def test_only_the_first_page_reads_a_misspelled_word_and_has_no_next(api):
    f.MissionFactory.create_batch(3, title="Maraude", description="")
    page = api.get(MISSIONS, {"q": "marraude", "page_size": 2}).json()
    assert (len(page["results"]), page["next"]) == (2, None)
    exact = api.get(MISSIONS, {"q": "maraude", "page_size": 2}).json()
    assert page["results"] == exact["results"]
    later = exact["next"].replace("maraude", "marraude")
    assert api.get(later).json()["results"] == []


def test_words_of_a_draft_lead_nobody_to_it(api):
    f.MissionFactory(title="Projet confidentiel", draft=True)
    assert found(api, "confidenciel") == []


def test_writing_a_known_word_again_writes_no_key():
    mission = f.MissionFactory(title="Maraude")
    words = set(french.words(f"{mission.title} {mission.organization.name} {mission.city} {mission.description}"))
    assert set(SearchKey.objects.values_list("word", flat=True)) == words
    mission.title = "Maraude maraude"
    with CaptureQueriesContext(connection) as queries:
        write_mission(mission, "title")
    assert not [query for query in queries if "INSERT" in query["sql"] and "searchkey" in query["sql"]]


def test_a_radius_around_nothing_is_refused(api):
    for path in (MISSIONS, "/api/v1/partner-missions/", "/api/v1/schools/"):
        answer = api.get(path, {"radius_km": "5"})
        assert (answer.status_code, answer.json()["code"]) == (400, "radius_needs_near"), path
        assert answer.json()["errors"][0]["pointer"] == "/radius_km"
        assert api.get(path, {"near": "48.9,2.3", "radius_km": "5"}).status_code == 200
    assert api.get(MISSIONS, {"radius_km": "5", "sort": "soonest"}).status_code == 400


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
    titles = ["Bénévoles", "Bénévolence", "Maraude", "Un bénévole de nuit", "Maraude secrète"]
    for title in titles:
        f.MissionFactory(title=title, description="Avec des bénévoles.")
    assert found(api, "benevole") == titles[::-1]
    assert found(api, "benevole", sort="relevance") == [
        "Un bénévole de nuit", "Bénévoles", "Bénévolence", "Maraude secrète", "Maraude",
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
