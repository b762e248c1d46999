"""schemathesis on the contract, in process: every check and phase, as one person, in a world that stays as it was.

Each request runs in a savepoint that is rolled back, each story of the stateful phase in one of its own, so that no
request meets the ruins of another and a failure is repeated by its seed alone.
"""

import copy
import logging
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import schemathesis
import yaml
from django.core.cache import cache
from django.db import connections, transaction
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.transport.wsgi import WSGI_TRANSPORT

from config.wsgi import application
from tests.support.api import SCHEMA_FILE, ContractClient
from tests.support.queries import connections_kept
from tests.support.world import API, World, calls

CONFIG_FILE = Path(__file__).resolve().parents[2] / "schemathesis.toml"
SESSION = requests.Session()
send_in_process = WSGI_TRANSPORT.send


class _Undone(Exception):
    """Rolls a savepoint back."""


class Stage:
    """The WSGI application on the connection, and in the transaction, of the test; the engine has its own threads."""

    def __init__(self) -> None:
        self.connection = connections["default"]
        self.story: Any = None

    @contextmanager
    def open(self) -> Iterator["Stage"]:
        """Shares the connection, and keeps it open between two requests."""
        self.connection.inc_thread_sharing()
        logging.disable(logging.CRITICAL)
        try:
            with connections_kept():
                yield self
        finally:
            logging.disable(logging.NOTSET)
            self.connection.dec_thread_sharing()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        connections["default"] = self.connection
        cache.clear()  # no throttle counts
        environ["HTTP_X_FORWARDED_PROTO"] = "https"  # the middleware was made before the tests' settings
        with self._undone():
            answer = application(environ, start_response)
            content = [b"".join(answer)]
            answer.close()
        return content

    @contextmanager
    def _undone(self) -> Iterator[None]:
        try:
            with transaction.atomic():
                yield
                if self.story is None:
                    raise _Undone
        except _Undone:
            pass

    def begin_story(self) -> None:
        """From here on, a request finds what the one before it left."""
        connections["default"] = self.connection
        self.story = transaction.atomic()
        self.story.__enter__()

    def end_story(self) -> None:
        """Undoes the whole story."""
        story, self.story = self.story, None
        transaction.set_rollback(True)
        story.__exit__(None, None, None)


def contract_of(world: World) -> dict[str, Any]:
    """The committed contract, with the world's good calls as its examples."""
    contract = yaml.load(SCHEMA_FILE.read_text(), Loader=yaml.CSafeLoader)
    good = calls(world)
    for path, operations in contract["paths"].items():
        for method, operation in operations.items():
            call = good.get(f"{method.upper()} {path.removeprefix(API)}")
            if call is not None:
                _add_examples(operation, path, call)
    return contract


def _add_examples(operation: dict[str, Any], path: str, call: Any) -> None:
    for media_type, media in operation.get("requestBody", {}).get("content", {}).items():
        if call.body is not None and media_type == "application/json":
            media["example"] = copy.deepcopy(call.body)
    in_path = {}
    for template, part in zip(path.split("/"), call.path.split("/"), strict=True):
        name, _brace, suffix = template.partition("}")
        in_path[f"{name}}}"] = part.removesuffix(suffix)
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["example"] = in_path[f"{{{parameter['name']}}}"]
        if parameter["name"] == "If-Match":
            parameter["example"] = "*"


def config_of(person: Any, *, seed: int, examples: int, stories: int, steps: int) -> SchemathesisConfig:
    """schemathesis.toml, all phases and checks, with a bound on what is random."""
    facts = tomllib.loads(CONFIG_FILE.read_text())
    facts |= {
        "seed": seed,
        "cache": {"enabled": False},
        "generation": {"database": "none", "max-examples": examples},
        "phases": {"stateful": {"max-steps": steps, "generation": {"max-examples": stories}}},
    }
    # Schemathesis asks for gzip and, inside one process, does not unpack it.
    facts["headers"] = {"Accept-Encoding": "identity"}
    if person is not None:
        facts["headers"]["Authorization"] = ContractClient().as_(person)._credentials["HTTP_AUTHORIZATION"]
    return SchemathesisConfig.from_dict(facts)


@dataclass
class Outcome:
    """What a run saw: failures by operation and check, errors of the run itself, requests by phase."""

    failures: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    operations: dict[str, set[str]] = field(default_factory=dict)

    def take(self, event: Any) -> None:
        """Learns from an event of the engine."""
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.NonFatalError):
            self.errors.append(f"{event.label}: {event.info.format()}")
        if isinstance(event, events.ScenarioFinished):
            phase, seen = event.phase.value, event.recorder
            self.requests[phase] += len(seen.interactions)
            self.operations.setdefault(phase, set()).update(
                case.value.operation.label for case in seen.cases.values()
            )
            for case_id, checks in seen.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        self._keep(check, seen.interactions.get(case_id))

    def _keep(self, check: Any, interaction: Any) -> None:
        failure = check.failure_info.failure
        answer = interaction.response.content[:600] if interaction and interaction.response else b""
        text = f"{failure.message}\n{check.failure_info.code_sample}\n{answer!r}"
        self.failures.setdefault(f"{failure.operation} {check.name}: {failure.title}", text)

    def __str__(self) -> str:
        return "\n\n".join([*(f"{name}\n{text}" for name, text in self.failures.items()), *self.errors])


def fuzz(contract: dict[str, Any], config: SchemathesisConfig, skipped: set[str] = frozenset()) -> Outcome:
    """Runs the engine to its end, over all operations but the skipped ones (`GET /path/`)."""
    schema, outcome, stage = schemathesis.openapi.from_dict(contract, config=config), Outcome(), Stage()
    schema = schema.exclude(lambda context: context.operation.label in skipped)
    schema.app = stage
    schema.build_state_machine = _in_stories(schema.build_state_machine, stage)  # type: ignore[method-assign]
    WSGI_TRANSPORT.send = _send  # type: ignore[method-assign]
    try:
        with stage.open():
            for event in from_schema(schema).execute():
                outcome.take(event)
    finally:
        WSGI_TRANSPORT.send = send_in_process  # type: ignore[method-assign]
    return outcome


def _send(case: Any, **how: Any) -> Any:
    """In process, checks that send again pass a network session's settings, which it takes with a session only."""
    return send_in_process(case, **{"session": SESSION, **how})


def _in_stories(build: Any, stage: Stage) -> Any:
    def build_state_machine(**how: Any) -> Any:
        class Story(build(**how)):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                stage.begin_story()

            def teardown(self) -> None:
                super().teardown()
                stage.end_story()

        return Story

    return build_state_machine
