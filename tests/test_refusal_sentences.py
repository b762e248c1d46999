"""A refusal is a sentence that a person can act on: no verb, state or machine reason is read in English."""

import ast
import re
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import translation

from common.errors import Gone, WrongState
from common.state_words import STATES, VERBS
from missions.notices.reasons import sentence
from missions.states import Reason
from tests.support.factories import UserFactory
from tests.support.sources import source_files

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("accounts", "consents", "engagement", "missions", "notifications", "organizations", "schools")
FACTS = {"min_age": 16, "limit": 15}


def machines():
    for room in ROOMS:
        if (ROOT / room / "states.py").exists():
            facts = vars(import_module(f"{room}.states"))
            yield from (table for name, table in facts.items() if name.endswith("TRANSITIONS"))


def verbs_in_code():
    """The literal verbs of `WrongState(…)`, `next_state(…)` and what hands a verb on to them."""
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", "")
            place = {"WrongState": 0, "next_state": 1, "_of_author": 1, "_ensure_alive": 1}.get(name)
            if place is not None and isinstance(call.args[place], ast.Constant):
                yield call.args[place].value


def test_every_verb_and_every_state_has_its_words():
    tables = list(machines())
    states = {str(state) for table in tables for sources, target in table.values() for state in (*sources, target)}
    verbs = {str(verb) for table in tables for verb in table} | set(verbs_in_code())
    assert states <= set(STATES)
    assert verbs <= set(VERBS)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_verb_and_no_state_of_the_machines_is_read(language):
    with translation.override(language):
        for verb in VERBS:
            for state in STATES:
                said = str(WrongState(verb, state).detail)
                assert "_" not in said
                assert "“" not in said
                if language == "fr":
                    assert not re.search(r"\b(take|withdraw|waitlisted|draft|now)\b", said), said


LINKS = [
    "auth/password/reset/confirm/x/", "auth/email/verify/x/", "invitations/x/", "attestations/x/", "consents/x/",
    "consents/manage/x/", "calendar/x.ics", "unsubscribe/x/",
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_kind_of_link_that_is_over_says_what_to_do(api, language):
    said = {path: api.get(f"/api/v1/{path}", HTTP_ACCEPT_LANGUAGE=language) for path in LINKS}
    assert {(answer.status_code, answer.json()["code"]) for answer in said.values()} == {(410, "gone")}
    details = {answer.json()["detail"] for answer in said.values()}
    assert len(details) == len(LINKS)
    assert not details & {str(Gone.detail), "Ce n’est plus disponible. Revenez en arrière, et rouvrez la liste."}


def test_nothing_is_gone_without_a_sentence_of_its_own():
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.Raise) and getattr(node.exc, "id", "") == "Gone"), path


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "absent", "forbidden"), [
    (
        "fr",
        "Cela n’existe pas, ou vous n’y avez pas accès. Revenez en arrière, et rouvrez la liste.",
        "Votre rôle ne permet pas de faire cela. Si vous devriez pouvoir, demandez à la personne qui dirige votre "
        "lycée ou votre organisation.",
    ),
    (
        "en",
        "This does not exist, or you have no access to it. Go back, and read the list again.",
        "Your role does not allow this. If it should, ask whoever runs your school or organisation.",
    ),
])  # fmt: skip
def test_what_is_not_there_and_what_is_not_allowed_is_said_in_a_sentence_of_ours(api, language, absent, forbidden):
    citizen = api.as_(UserFactory())
    key = {"HTTP_ACCEPT_LANGUAGE": language}
    shift = f"/api/v1/shifts/{uuid4()}/"
    missing = [citizen.get(shift, **key), citizen.post(f"{shift}sign-up/", **key)]
    assert [(answer.status_code, answer.json()["detail"]) for answer in missing] == [(404, absent)] * 2
    refused = [citizen.get("/api/v1/suspensions/", **key), citizen.get("/api/v1/guardians/", **key)]
    assert [(answer.status_code, answer.json()["detail"]) for answer in refused] == [(403, forbidden)] * 2


@pytest.mark.parametrize("to_person", [True, False])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_refusal_of_a_place_says_its_own(language, to_person):
    with translation.override(language):
        said = [sentence(reason, FACTS, to_person=to_person) for reason in Reason]
    assert len(set(said)) == len(Reason)
    assert not any("_" in one or "%" in one for one in said)


# The framework's own words for these, in either language, tell nobody what to do.
@pytest.mark.django_db
@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_http_does_not_take_says_what_it_takes(api, language):
    said = {"HTTP_ACCEPT_LANGUAGE": language}
    answers = [
        api.delete("/api/v1/missions/", **said),
        api.post("/api/v1/auth/token/", "<a/>", content_type="application/xml", **said),
    ]
    assert [answer.status_code for answer in answers] == [405, 415]
    for answer, word in zip(answers, ["Allow", "JSON"], strict=True):
        assert word in answer.json()["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "few", "many", "choice"),
    [
        ("fr", "Envoyez-en au moins 1.", "Envoyez une liste.", "n’est pas un des choix possibles. Choisissez-en un."),
        ("en", "Send at least 1.", "Send a list.", "is not one of the choices. Choose one of them."),
    ],
)
def test_lists_and_choices_say_what_to_send(api, language, few, many, choice):
    student = api.as_(UserFactory())
    path = "/api/v1/hour-entries/batch/"
    bodies = [{"operations": []}, {"operations": "x"}, {"operations": [{"op": "x", "id": str(uuid4())}]}]
    said = [student.post(path, body, HTTP_ACCEPT_LANGUAGE=language).json()["errors"][0]["detail"] for body in bodies]
    assert (said[0], said[1]) == (few, many)
    assert said[2].endswith(choice)


def refused_in_code():
    """Each refusal of the code that has a sentence: its place, the sentence as the source has it."""
    for path in source_files("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and {"code", "detail"} <= set(_assigned(node)):
                yield f"{path.name}: {node.name}", _said(_assigned(node)["detail"])
            elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                for part in (*node.exc.args[:1], *(one.value for one in node.exc.keywords if one.arg == "fields")):
                    for text in ast.walk(part):
                        yield f"{path.name}: {ast.unparse(node.exc.func)}", _said(text)


def _assigned(node):
    return {ast.unparse(line.targets[0]): line.value for line in node.body if isinstance(line, ast.Assign)}


def _said(node):
    is_text = isinstance(node, ast.Call) and ast.unparse(node.func) in ("_", "gettext", "gettext_lazy")
    return node.args[0].value if is_text and isinstance(node.args[0], ast.Constant) else ""


# For whoever writes an app or runs a server; a person who reads one can do nothing.
FOR_PROGRAMS = re.compile(r"ParseError|ETag|Idempotency-Key|UUID|JSON|\bfeed\b|This file|[Cc]olumns|percentage")
ACTS = set(
    "accept add ask begin call can cancel change check choose confirm correct delete give go install invite join keep "
    "leave log make must name open put read required revoke say scan see send show sign state take talk try update use "
    "wait write".split()
)


def test_each_refusal_says_what_to_do_in_both_languages():
    lines = {(where, text) for where, text in refused_in_code() if text and not FOR_PROGRAMS.search(where + text)}
    assert len(lines) > 100
    for where, text in sorted(lines):
        assert ACTS & set(re.findall(r"[a-z]+", text.lower())) or "nothing" in text, (where, text)
    with translation.override("fr"):
        assert [text for _where, text in lines if translation.gettext(text) == text] == []
