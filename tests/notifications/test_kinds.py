"""Every kind of notice is in an enum, registered, published somewhere, held at night as the product says, and told."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import TextChoices

import accounts.kinds
import consents.kinds
import engagement.kinds
import missions.kinds
import notifications.kinds
import organizations.kinds
import schools.kinds
from missions.notices import sign_up_cancelled
from notifications import outbox, registry
from notifications.models import Channel
from notifications.registry import Audience, Urgency
from tests.support.api import schema
from tests.support.factories import ShiftFactory, SignUpFactory
from tests.support.processes import ROOT
from tests.support.world import API

ENUMS: list[type[TextChoices]] = [
    accounts.kinds.Kind,
    schools.kinds.Kind,
    consents.kinds.Kind,
    organizations.kinds.Kind,
    missions.kinds.Kind,
    engagement.kinds.Kind,
    notifications.kinds.Kind,
]
EVERY = [kind for enum in ENUMS for kind in enum]
ROOMS = ["common", "config", "demo", "notifications", *(enum.__module__.split(".")[0] for enum in ENUMS)]
SOURCES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text())
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
    if "migrations" not in path.parts
}
NOTICES = {path: tree for path, tree in SOURCES.items() if re.search(r"/notices(/\w+)?\.py$", path)}


def test_every_kind_is_registered_once_and_nothing_else_is():
    assert [one.kind for one in registry.registered()] == sorted(EVERY)
    assert len({str(kind) for kind in EVERY}) == len(EVERY)
    assert all(kind.value == kind.name.lower() for kind in EVERY)


# --- Published, by its enum ------------------------------------------------------------------------------------
def named_kinds(tree: ast.AST) -> set[str]:
    """The members of the enums that code names, as `Kind.MEMBER`."""
    return {
        node.attr.lower()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id.endswith("Kind")
    }


def test_every_kind_is_said_by_a_notice():
    said = set().union(*(named_kinds(tree) for tree in NOTICES.values()))
    assert {str(kind) for kind in EVERY} - said == set()


def test_every_notice_is_published_by_a_service():
    says = {
        node.name
        for tree in NOTICES.values()
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and ast.unparse(node.returns) == "Notice"
    }
    used = {
        node.attr
        for path, tree in SOURCES.items()
        if path not in NOTICES
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "notices"
    }
    assert len(says) > 60
    assert says - used == set()


TAKE_A_KIND = {"Notice", "take_back", "is_published", "published", "tell_guardian"}


def spelled(source: str) -> Iterator[str]:
    """Where a kind is given to a notice, or compared or looked up, as a string."""
    for node in ast.walk(ast.parse(source)):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.split(".")[-1] in TAKE_A_KIND:
                given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "kind")]
            elif called.startswith(("OutboxMessage.", "Notification.")):
                given = [word.value for word in node.keywords if (word.arg or "").startswith("kind")]
        elif isinstance(node, ast.Compare) and ast.unparse(node.left).endswith("message.kind"):
            given = node.comparators
        for value in given:
            if any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in ast.walk(value)):
                yield f"{node.lineno}: {ast.unparse(value)}"


def test_no_kind_is_spelled_outside_its_enum():
    found = {path: list(spelled((ROOT / path).read_text())) for path in SOURCES}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    [
        'Notice(kind="attested", title="")',
        'outbox.Notice(f"revision_{status}", "", "")',
        'OutboxMessage.objects.filter(kind__startswith="consent")',
        'outbox.take_back("join_waiting", row)',
        'message.kind == "tutor_asked"',
    ],
)
def test_a_spelled_kind_is_found(source):
    assert len(list(spelled(source))) == 1


# --- At night --------------------------------------------------------------------------------------------------
# PRODUCT.md, "Never held": account mails, dangers, suspensions, check-in open, forgotten check-out, ...
NEVER_HELD = {
    *accounts.kinds.Kind,
    consents.kinds.Kind.GUARDIAN_PAGE,
    consents.kinds.Kind.GUARDIAN_NEW_ADDRESS,
    consents.kinds.Kind.GUARDIAN_ADDRESS_CHANGED,
    missions.kinds.Kind.DANGER_REPORTED,
    organizations.kinds.Kind.ORGANIZATION_SUSPENDED,
    missions.kinds.Kind.CHECK_IN_OPEN,
    missions.kinds.Kind.CHECK_OUT_FORGOTTEN,
}
# ... removal, change or cancellation of a shift that runs or starts within 24 h, an offer that would lapse.
SOMETIMES = {
    missions.kinds.Kind.SIGN_UP_REMOVED,
    missions.kinds.Kind.SIGN_UP_RESTORED,
    missions.kinds.Kind.SIGN_UP_CANCELLED,
    missions.kinds.Kind.SHIFT_CHANGED,
    missions.kinds.Kind.GUARDIAN_TOLD_OF_LOSS,
    missions.kinds.Kind.GUARDIAN_TOLD_OF_CHANGE,
    missions.kinds.Kind.ORGANIZER_MESSAGE,
    missions.kinds.Kind.GUARDIAN_TOLD_OF_MESSAGE,
    missions.kinds.Kind.PLACE_OFFERED,
    missions.kinds.Kind.OFFER_LAPSES_SOON,
}


@pytest.mark.parametrize("one", registry.registered(), ids=lambda one: one.kind)
def test_what_is_held_at_night_is_as_the_product_says(one):
    expected = {**dict.fromkeys(SOMETIMES, Urgency.SOMETIMES), **dict.fromkeys(NEVER_HELD, Urgency.NEVER_HELD)}
    assert one.urgency == expected.get(one.kind, Urgency.WAITS)


@pytest.mark.django_db
def test_only_a_kind_that_is_sometimes_urgent_asks_its_notice(monkeypatch):
    row = SignUpFactory(shift=ShiftFactory(), accepted=True)
    for urgency, is_urgent in ((Urgency.WAITS, False), (Urgency.NEVER_HELD, True)):
        facts = replace(registry.facts_of(missions.kinds.Kind.SIGN_UP_CANCELLED), urgency=urgency)
        notice = outbox.Notice(facts.kind, "t", "b", is_urgent=not is_urgent)
        with monkeypatch.context() as other:
            other.setattr(registry, "facts_of", lambda kind, facts=facts: facts)
            message = outbox.publish(lambda _about, notice=notice: notice, row, to=row.person, occasion=urgency)
        assert message.is_urgent is is_urgent
    assert outbox.publish(sign_up_cancelled, row, to=row.person).is_urgent is False


# --- To whom, how, and what opens --------------------------------------------------------------------------------
@pytest.mark.parametrize("one", registry.registered(), ids=lambda one: one.kind)
def test_what_an_app_opens_can_be_read_by_what_the_notice_holds(one):
    readable = {re.sub(r"{\w+}", "{id}", path) for path, verbs in schema()["paths"].items() if "get" in verbs}
    for path in one.opens:
        assert API + re.sub(r"{\w+}", "{id}", path) in readable
        assert set(re.findall(r"{(\w+)}", path)) <= set(one.data)
    assert one.to
    assert bool(one.opens) is (Channel.PUSH in one.channels), "a line of the inbox leads somewhere, a mail by its link"
    if set(one.to) <= registry.WITHOUT_ACCOUNT:
        assert one.channels == (Channel.MAIL,)


def test_every_audience_hears_of_something():
    assert {audience for one in registry.registered() for audience in one.to} == set(Audience)


def test_the_guide_lists_the_kinds_as_they_are():
    printed = StringIO()
    call_command("list_notice_kinds", stdout=printed)
    begin, end = "<!-- As `manage.py list_notice_kinds` prints it. -->\n\n", "\n<!-- The end of the list. -->"
    told = (ROOT / "docs" / "api.md").read_text().partition(begin)[2].partition(end)[0]
    assert told == printed.getvalue()


def test_the_contract_names_the_kinds_of_the_inbox_and_stays_open():
    kind = schema()["components"]["schemas"]["Notification"]["properties"]["kind"]
    named = re.findall(r"`(\w+)`", kind["description"])
    assert named == [one.kind for one in registry.registered() if Channel.PUSH in one.channels]
    assert kind["type"] == "string"
    assert "enum" not in kind


def test_the_contract_names_every_id_that_a_line_of_the_inbox_may_hold_and_no_other():
    schemas = schema()["components"]["schemas"]
    ids = {name for one in registry.registered() if Channel.PUSH in one.channels for name in one.data}
    said = {name: (one["type"], one["format"]) for name, one in schemas["NotificationData"]["properties"].items()}
    assert said == dict.fromkeys(ids, ("string", "uuid"))
    assert "required" not in schemas["NotificationData"]
    assert {"$ref": "#/components/schemas/NotificationData"} in schemas["Notification"]["properties"]["data"]["allOf"]
