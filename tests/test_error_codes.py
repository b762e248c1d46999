"""Every error code has its words: what an app developer does about it, and the facts beside it."""

import ast
import re
from collections.abc import Iterator

from common.api.words import codes_of_operations, words
from engagement.services.attestation_requests import WHY_HELD_BACK
from missions.eligibility import ELIGIBLE
from missions.states import Reason
from tests.support.documented import GUIDE, written_anew
from tests.support.sources import source_files

# Of commands and jobs alone, or said as another code.
NEVER_ANSWERED = {
    "directory_refused", "feed_refused", "not_over", "password_guessable", "territories_refused", "too_many_closings",
}  # fmt: skip
# The framework's own, and those of the web server (config.gunicorn).
FROM_OUTSIDE = {
    "address_too_long", "bad_authorization_header", "blank", "empty", "headers_too_large", "invalid_choice",
    "max_length", "max_value", "method_not_allowed", "min_length", "min_value", "naive", "not_a_list",
    "not_authenticated", "null", "parse_error", "request_unreadable", "required", "throttled",
    "token_not_valid", "unsupported_media_type",
}  # fmt: skip
WRITTEN_OUT = {str(reason) for reason in set(Reason) - set(ELIGIBLE)} | {f"tutor_{why}" for why in WHY_HELD_BACK}


def _literal(node: ast.AST | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and re.fullmatch("[a-z_]+", str(node.value)):
        yield node.value


def _codes_of(node: ast.AST) -> Iterator[str]:
    """The codes that an error's class or its making names, or a refusal that reaches no view."""
    if isinstance(node, ast.ClassDef):
        for line in node.body:
            if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) in ("code", "default_code"):
                yield from _literal(line.value)
    elif isinstance(node, ast.Call):
        place = {"fail": 0, "problem": 1, "refuse": 2}.get(ast.unparse(node.func).rpartition(".")[2])
        if place is not None and len(node.args) > place:
            yield from _literal(node.args[place])
        for keyword in node.keywords:
            if keyword.arg == "code":
                yield from _literal(keyword.value)


def codes_in_the_product() -> set[str]:
    trees = (ast.parse(path.read_text()) for path in source_files("*.py"))
    return {code for tree in trees for node in ast.walk(tree) for code in _codes_of(node)}


def test_every_code_of_the_product_has_words_and_no_other_has():
    wanted = (codes_in_the_product() | WRITTEN_OUT | FROM_OUTSIDE) - NEVER_ANSWERED
    said = set(words().codes)
    assert (sorted(wanted - said), sorted(said - wanted)) == ([], [])


def test_every_code_that_was_answered_has_words():
    answered = {code for by_status in codes_of_operations().values() for codes in by_status.values() for code in codes}
    assert answered - set(words().codes) == set()


def test_the_tables_of_the_guide_are_those_of_the_code():
    assert written_anew(GUIDE.read_text()) == GUIDE.read_text(), "see tests.support.documented"
