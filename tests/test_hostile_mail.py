"""Whatever is written into a field, a mail goes to one address and has the headers that we give it."""

import json
from typing import Any

import pytest
from django.core import mail

from notifications import relay
from notifications.models import Delivery, OutboxMessage
from notifications.states import DeliveryStatus
from tests.support.hostile import FORM, LINKS, OPERATIONS, WRITES, Operation, each, ensure_problem, inputs_of
from tests.support.world import World

pytestmark = pytest.mark.django_db
MOLE = "mole@example.org"
HEADER = f"\r\nBcc: {MOLE}\r\n\r\n"


@pytest.fixture
def operation(request: Any, world: World) -> Operation:
    OutboxMessage.objects.all().delete()
    return Operation(request.param, world)


def texts_of(key: str, *, of_mail: bool) -> list[str]:
    """The operation's fields of free text, or of an address."""
    return [
        name
        for name, node in inputs_of(OPERATIONS[key]).items()
        if node.get("type") == "string"
        and not node.get("enum")
        and node.get("format") == ("email" if of_mail else None)
    ]


def ensure_plain_mails(_answer: Any = None) -> None:
    """Lets everything leave; fails unless each mail was sent, to one person, with no header of somebody else's."""
    mail.outbox.clear()
    relay.run()
    assert not Delivery.objects.filter(channel="mail").exclude(status=DeliveryStatus.SENT).exists()
    for letter in mail.outbox:
        headers = letter.message()
        assert set(headers) - {"List-Unsubscribe", "List-Unsubscribe-Post"} == {
            "Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "X-Elan-Message",
            "Auto-Submitted", "Content-Language",
        }  # fmt: skip
        assert len(letter.recipients()) == 1
        assert MOLE not in letter.recipients()
        assert not {"\r", "\n"} & set(letter.subject)


@each([key for key in WRITES if texts_of(key, of_mail=False)])
def test_a_line_break_in_a_text_adds_no_header_to_a_mail(operation):
    for name in texts_of(operation.key, of_mail=False):
        value = f"X{HEADER}x"[: inputs_of(operation.contract)[name].get("maxLength")]
        operation.send(json.dumps({**operation.good, name: value}).encode(), then=ensure_plain_mails)


ADDRESSES = [
    f"a@example.org{HEADER}",
    f"a@example.org\nBcc: {MOLE}",
    f"a@example.org, {MOLE}",
    f"a@example.org,{MOLE}",
    f"a@example.org;{MOLE}",
    f"A <{MOLE}>",
    f"<{MOLE}>",
    f"{MOLE} a@example.org",
    f"a\r\nTo:{MOLE}@example.org",
    f'"a\r\nBcc: {MOLE}"@example.org',
    f"a@example.org%0d%0aBcc:{MOLE}",
    f"a@[127.0.0.1\r\nBcc: {MOLE}]",
    "a@example.org\0",
    '"\x01"@example.org',
    "a\u2028b@example.org",
    "a@example\u2024org",
    "-oQ/tmp -X/tmp/x@example.org -",
    "a@" + "b" * 250 + ".org",
    "@example.org",
    "a@",
    "a@@example.org",
    "a..b@example.org",
]


@each([key for key in WRITES if texts_of(key, of_mail=True)])
def test_what_is_no_one_address_is_a_400(operation):
    for name in texts_of(operation.key, of_mail=True):
        for address in ADDRESSES:
            answer = operation.is_refused(json.dumps({**operation.good, name: address}).encode())
            assert answer.status_code == 400, (name, address)


@each([key for key in WRITES if texts_of(key, of_mail=True)])
def test_an_address_of_an_odd_form_gets_its_own_mail_and_nobody_elses(operation):
    for name in texts_of(operation.key, of_mail=True):
        for address in [f'"{MOLE},a"@example.org', f'"<{MOLE}>"@example.org', "a@éxample.org", " a@example.org\r\n"]:
            body = json.dumps({**operation.good, name: address}).encode()
            operation.send(body, then=ensure_plain_mails)


@each([key for key in LINKS if key.startswith("POST") and inputs_of(OPERATIONS[key])])
def test_a_form_of_a_browser_writes_no_header_either(operation):
    for name in operation.good:
        for wrong in ("a@example.org%0D%0ABcc:+mole@example.org", "a@example.org%00", "%22%01%22@example.org"):
            form = "&".join(f"{other}={value}" for other, value in operation.good.items() if other != name)
            answer = operation.send(f"{form}&{name}={wrong}".encode(), content_type=FORM, then=ensure_plain_mails)
            if name not in ("first_name", "last_name", "password", "reason", "text"):
                ensure_problem(answer, f"{name} {wrong}")
