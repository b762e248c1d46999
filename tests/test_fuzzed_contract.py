"""The contract holds for what it allows and for what it does not: schemathesis, every check, every phase.

In the suite a kind of person who is refused before any row is read (access matrix) meets one in four such operations,
and on SQLite a student alone is sent, to a third of the operations; `make soak` sends everybody everywhere, with more
examples and another seed each time.
"""

import os
from random import Random
from typing import Any

import pytest

from tests.support.access_matrix import TABLE
from tests.support.fuzzing import config_of, contract_of, fuzz
from tests.support.gate import BULK
from tests.support.world import API, World

PHASES = {"examples", "coverage", "fuzzing", "stateful"}
KINDS = ["student", "anonymous", "referent", "coordinator", "region"] if BULK else ["student"]
SEED = int(os.environ.get("FUZZ_SEED", "1"))
SHARE_OF_REFUSED = float(os.environ.get("FUZZ_SHARE_OF_REFUSED", "0.25"))
SHARE_ON_SQLITE = 0.3
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
STORIES = int(os.environ.get("FUZZ_STORIES", "5"))


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_the_contract_holds_whatever_it_is_asked(kind: str, capsys: Any) -> None:
    world, chance = World(), Random(f"{SEED} {kind}")
    contract = contract_of(world)
    config = config_of(world.person(kind), seed=SEED, examples=EXAMPLES, stories=STORIES, steps=6)
    operations = {f"{method.upper()} {path}" for path in contract["paths"] for method in contract["paths"][path]}
    skipped = {label for label in sorted(operations) if chance.random() > _share(label, kind)}
    outcome = fuzz(contract, config, skipped)
    with capsys.disabled():
        print(f" as {kind}, FUZZ_SEED={SEED}: {dict(outcome.requests)}")  # noqa: T201
    assert not outcome.failures, f"FUZZ_SEED={SEED}\n{outcome}"
    assert not outcome.errors, f"FUZZ_SEED={SEED}\n{outcome}"
    assert {phase for phase, count in outcome.requests.items() if count} == PHASES
    for phase in ("coverage", "fuzzing"):
        assert outcome.operations[phase] == operations - skipped


def _share(label: str, kind: str) -> float:
    """How many of such operations are sent to."""
    return (SHARE_OF_REFUSED if _is_refused(label, kind) else 1) * (1 if BULK else SHARE_ON_SQLITE)


def _is_refused(label: str, kind: str) -> bool:
    method, path = label.split()
    return TABLE[f"{method} {path.removeprefix(API)}"][kind] in (401, 403)
