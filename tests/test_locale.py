"""French is the first language: every sentence of the source has its French, and a reader gets it by default."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po
from django.template import Engine
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

from common.readable import with_no_break_spaces
from consents.notices.texts import TEXTS
from tests.support.factories import ConsentFactory
from tests.support.guardians import decision_path
from tests.support.processes import ROOT
from tests.support.sources import source_files

CATALOG = ROOT / "locale" / "fr" / "LC_MESSAGES" / "django.po"
KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_lazy": None, "ngettext_lazy": (1, 2), "pgettext_lazy": ((1, "c"), 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)[#0 +-]*\d*(?:\.\d+)?[a-z]|\{\w+\}")
def sentences_in_code() -> Iterator[tuple[str, str]]:
    for path in source_files("*.py"):
        for line, message, _comments, _context in extract_from_file("python", path, keywords=KEYWORDS):
            yield from ((one, f"{path.relative_to(ROOT)}:{line}") for one in _all_forms(message))


def sentences_in_templates() -> Iterator[tuple[str, str]]:
    engine = Engine(libraries={"i18n": "django.templatetags.i18n"})
    for path in source_files("templates/**/*.*"):
        template, where = engine.from_string(path.read_text()), str(path.relative_to(ROOT))
        for node in template.nodelist.get_nodes_by_type(TranslateNode):
            yield node.filter_expression.var.literal, where
        for node in template.nodelist.get_nodes_by_type(BlockTranslateNode):
            assert not node.plural, f"{where}: a plural in a template is not handled here yet"
            sentence = node.render_token_list(node.singular)[0]
            yield " ".join(sentence.split()) if node.trimmed else sentence, where


def _all_forms(message: str | tuple[str, ...]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message)


def sentences() -> dict[str, str]:
    """Every sentence of the source and one place where it stands."""
    return dict([*sentences_in_templates(), *sentences_in_code()])


def catalog() -> Catalog:
    with CATALOG.open("rb") as file:
        return read_po(file, locale="fr")


@pytest.fixture
def compiled() -> None:
    """The compiled catalogue, which `make install` makes of the written one and git does not keep."""
    binary = CATALOG.with_suffix(".mo")
    remedy = "run `make install` (pybabel compile -d locale -D django)"
    assert binary.exists(), f"{binary.relative_to(ROOT)} is not there: {remedy}"
    assert binary.stat().st_mtime >= CATALOG.stat().st_mtime, f"{binary.name} is older than {CATALOG.name}: {remedy}"


def test_every_sentence_of_the_source_is_in_the_french_catalogue():
    known = {form for message in catalog() if message.id for form in _all_forms(message.id)}
    missing = {sentence: where for sentence, where in sentences().items() if sentence not in known}
    assert not missing, f"add to {CATALOG.relative_to(ROOT)}: {missing}"


def test_every_sentence_of_the_french_catalogue_is_in_the_source():
    found = sentences()
    known = {form for message in catalog() if message.id for form in _all_forms(message.id)}
    assert not catalog().obsolete, f"obsolete: {list(catalog().obsolete)}"
    assert not known - set(found), f"no longer said anywhere: {known - set(found)}"


def test_every_sentence_has_its_french():
    for message in catalog():
        if message.id:
            assert all(_all_forms(message.string)), f"not translated: {message.id!r}"
            assert not message.fuzzy, f"fuzzy: {message.id!r}"


def test_a_translation_has_the_placeholders_of_its_source():
    known = catalog()
    for message in known:
        if not message.id:
            continue
        wanted = {found for form in _all_forms(message.id) for found in PLACEHOLDER.findall(form)}
        for french in _all_forms(message.string):
            assert set(PLACEHOLDER.findall(french)) == wanted, message.id
        named = "%(" in "".join(_all_forms(message.id))
        assert message.python_format or not named, f"not flagged python-format: {message.id!r}"
        assert not list(message.check(known)), message.id


# French sets a space before these, a no-break one; an ellipsis, a slash of an address or a closing bracket is no word.
UNSPACED = re.compile(r"[\w)\]’](?=[;!?»]|:(?![\d/\w]))|«(?![\u00a0\u202f])")


def test_a_mail_has_one_name_in_french():
    said = [str(form) for message in catalog() if message.id for form in _all_forms(message.string)]
    assert not [one for one in said if re.search(r"\b(?:e-)?mails?\b", PLACEHOLDER.sub("", one))]


def test_french_has_its_no_break_spaces():
    """In every translation: before `: ; ! ? »`, after `«`, between a number and its unit."""
    for message in catalog():
        for french in _all_forms(message.string) if message.id else ():
            assert with_no_break_spaces(french) == french, f"run `python -m tests.support.french`: {french!r}"
            assert not UNSPACED.search(french), f"a space is missing: {french!r}"


def test_templates_hold_no_french_of_their_own():
    """Their sentences are in the catalogue, where they are checked; « Français » names the language."""
    accented = re.compile(r"[àâçéèêëîïôûùœÀÉÈ]")
    for pattern in ("templates/**/*.*", "documents/*.typ"):
        for path in source_files(pattern):
            text = re.sub(r"\{#.*?#\}|^\s*//.*$", "", path.read_text(), flags=re.MULTILINE)
            text = re.sub(r"É(?=lan\b)|Français", "", text)
            assert not accented.search(text), path


def test_no_sentence_names_a_field_of_the_api():
    """People read it, programs read the code and the facts beside it."""
    for message in catalog():
        for said in (*_all_forms(message.id or ""), *_all_forms(message.string)):
            words = re.sub(r"%\(\w+\)|\{\w+\}", "", said)
            assert not re.search(r"\b[a-z]+_[a-z_]+\b", words), said


# What loses its vowel before another one (or before a mute h, which no rule tells from the other): "d’Inès", "qu’Hugo".
ELIDES = re.compile(
    r"\b(?:de|le|la|que|je|me|te|se|ne|ce|lorsque|puisque|quoique|jusque|si)\s+(?:%\((\w+)\)s|\{(\w+)\})", re.IGNORECASE
)
# Numbers, times and days, which begin with a figure or a consonant; no name of a person, place or thing.
BEGIN_WELL = {"day", "percent", "start", "until", "when"}


def test_no_word_that_elides_stands_before_a_name():
    """Rephrase it ("Heures : Élise M."): whatever the name begins with, the sentence is right."""
    said = [form for message in catalog() if message.id for form in _all_forms(message.string)]
    said += [line for text in TEXTS.values() for line in (text["fr"].to_all, text["fr"].to_one, *text["fr"].points)]
    named = [(one[1] or one[2], form) for form in said for one in ELIDES.finditer(form)]
    assert [form for name, form in named if name not in BEGIN_WELL] == []


def test_the_search_for_words_that_elide_finds_them():
    found = ["de %(name)s", "Heures de {name}", "ce que %(first_name)s", "Que\n{name}"]
    passed = ["à %(name)s", "pour {name}", "monde : %(name)s", "elle %(name)s"]
    assert [bool(ELIDES.search(text)) for text in [*found, *passed]] == [True] * 4 + [False] * 4


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(
    ("headers", "title"),
    [
        ({}, "Introuvable"),
        ({"HTTP_ACCEPT_LANGUAGE": "de"}, "Introuvable"),
        ({"HTTP_ACCEPT_LANGUAGE": "fr-CA,fr;q=0.9,en;q=0.5"}, "Introuvable"),
        ({"HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.9"}, "Not found"),
    ],
)
def test_an_error_is_french_by_default_and_english_when_asked(client, headers, title):
    answer = client.get("/api/v1/nowhere/", **headers)
    assert (answer.status_code, answer.json()["title"]) == (404, title)


@pytest.mark.usefixtures("compiled")
def test_a_wrong_field_is_explained_in_the_language_of_the_reader(api):
    french = api.post("/api/v1/auth/token/", {"emial": "a@example.org"}).json()
    english = api.post("/api/v1/auth/token/", {"emial": "a@example.org"}, HTTP_ACCEPT_LANGUAGE="en").json()
    assert french["errors"][0]["detail"] == "Ce champ n’est pas connu ici : ne l’envoyez pas."
    assert english["errors"][0]["detail"] == "This field is not known here: leave it out."
    assert french["errors"][0]["code"] == english["errors"][0]["code"] == "unknown_field"


@pytest.mark.usefixtures("compiled")
@pytest.mark.django_db
def test_the_page_of_a_guardian_is_french_by_default_and_english_when_asked(api):
    consent = ConsentFactory()
    url = decision_path(consent)
    french = api.get(url, HTTP_ACCEPT="text/html")
    english = api.get(url, HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="en")
    assert '<html lang="fr">' in french.text
    assert "J’accepte" in french.text
    assert "Je refuse" in french.text
    assert '<html lang="en">' in english.text
    assert "I agree" in english.text
