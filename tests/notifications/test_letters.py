"""How a mail reads: its own text first, then who writes, why, whom to ask and how to stop; the same as HTML."""

import re
from html.parser import HTMLParser

import pytest
from pytest_django import Settings

from notifications import registry
from notifications.letters import BEFORE_FOOTER, Letter, compose

LINK = "https://elan.example/api/v1/consents/abc/"
BODY = f"Bonjour,\n\nUne place :\n{LINK}\n\nÀ bientôt.\n"
REFUSE = "https://elan.example/api/v1/unsubscribe/abc/"
PUSHED = "class_signed_up"


@pytest.fixture(autouse=True)
def ours(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.REGION_NAME = "https://elan.example", "Région Île-de-France"
    settings.MAIL_CONTACT = ""


def written(body: str = BODY, kind: str = PUSHED, **facts: object) -> Letter:
    return compose(title="Une place", body=body, kind=kind, **facts)  # type: ignore[arg-type]


class Tags(HTMLParser):
    """Every tag with its attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def test_the_text_comes_first_as_it_was_written_and_the_footer_after_the_mark_of_a_signature() -> None:
    said = written(writer="Lycée Paul-Bert", unsubscribe_url=REFUSE).text
    text, footer = said.split(BEFORE_FOOTER)
    assert text == BODY.strip("\n")
    assert footer.splitlines() == [
        "Écrit par Élan (Région Île-de-France) pour Lycée Paul-Bert.",
        "Vous recevez ce message parce que cette adresse est celle de votre compte Élan.",
        "Une question\u00a0? Adressez-vous à l’établissement, à l’organisation ou à la Région\u00a0: personne ne "
        "lit les réponses à cette adresse.",
        f"Pour ne plus recevoir de courriels de ce genre\u00a0: {REFUSE}",
    ]


def test_a_letter_is_in_the_language_of_its_reader(settings: Settings) -> None:
    settings.MAIL_CONTACT = "01 53 85 53 85"
    letter = written(language="en")
    assert letter.language == "en"
    assert letter.text.split(BEFORE_FOOTER)[1].splitlines() == [
        "Written by Élan (Région Île-de-France).",
        "You receive it because this is the address of your Élan account.",
        "A question? Write to 01 53 85 53 85.",
    ]
    assert [tag.get("lang") for tag in (Tags(letter.html).of("html") + Tags(letter.html).of("div"))] == ["en", "en"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("consent_asked", "parent ou représentant légal"),
        ("tutor_asked", "qui peut attester ses heures"),
        ("invitation", "a invité cette adresse"),
        ("account_changed_by_operator", "est, ou était, celle d’un compte Élan"),
    ],
)
def test_people_without_an_account_are_told_why_they_are_written_to(kind: str, said: str) -> None:
    letter = written(kind=kind, has_account=False)
    assert said in letter.text
    assert letter.unsubscribe_url == ""


def test_what_is_said_in_both_languages_ends_in_each_with_its_footer_and_is_marked_as_such() -> None:
    letter = written(f"Bonjour {LINK}\n\n----\n\nHello {LINK}\n")
    french, english = letter.text.split("\n----\n\n")
    assert french.startswith("Bonjour")
    assert "Écrit par Élan" in french
    assert english.startswith("Hello")
    assert "Written by Élan" in english
    assert letter.language == "fr, en"
    assert [tag["lang"] for tag in Tags(letter.html).of("div")] == ["fr", "en"]


def test_a_body_of_one_language_with_a_line_of_its_own_stays_one() -> None:
    assert written("a\n\n----\n\nb\n\n----\n\nc", language="en").language == "en"


def test_the_html_says_what_the_text_says_and_links_to_us_alone() -> None:
    page = Tags(written(BODY + "\nLisez http://ailleurs.example/x", unsubscribe_url=REFUSE).html)
    assert [tag["href"] for tag in page.of("a")] == [LINK, REFUSE]
    assert LINK in page.text
    assert REFUSE in page.text
    assert [len(page.of(tag)) for tag in ("h1", "p", "br")] == [1, 5, 4]
    assert page.of("html")[0]["lang"] == "fr"


def test_the_html_loads_nothing_runs_nothing_and_sets_no_colour() -> None:
    html = written().html
    page = Tags(html)
    assert {tag for tag, _facts in page.tags} <= set(
        "html head meta title body h1 div p br hr small a".split()
    )
    assert not [facts for _tag, facts in page.tags if {"src", "background", "onclick"} & facts.keys()]
    assert not re.search(r"url\(|@import|#[0-9a-f]{3,6}\b|color: *(?!-scheme)", html.replace("color-scheme", ""))
    assert {"name": "color-scheme", "content": "light dark"} in page.of("meta")


def test_words_that_look_like_html_stay_words() -> None:
    bad = '<img src=x onerror="x">&amp; ' + LINK + '"><script>'
    letter = compose(title="<b>t</b>", body=bad, kind=PUSHED, writer="<i>Asso</i>")
    page = Tags(letter.html)
    assert not page.of("img") + page.of("script") + page.of("b") + page.of("i")
    assert bad in page.text
    assert "<i>Asso</i>" in page.text
    assert [tag["href"] for tag in page.of("a")] == [LINK]


def test_a_subject_is_one_line_whose_no_break_spaces_stay() -> None:
    assert compose(title=" Une\nplace\u00a0: \t oui ", body="b", kind=PUSHED).subject == "Une place\u00a0: oui"


def test_a_duplicate_is_the_same_letter() -> None:
    assert written() == written()


@pytest.mark.parametrize("one", registry.registered(), ids=lambda one: one.kind)
def test_every_kind_can_be_written(one) -> None:
    assert compose(title="t", body="", kind=one.kind, has_account=False).text.endswith(".\n")
