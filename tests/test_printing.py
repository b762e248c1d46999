"""Any text that is kept can be printed: on papers, in tables, feeds, calendars, pages and mails."""

import csv
import io
import json
import sys
import unicodedata

import openpyxl
import pytest
import typst
from defusedxml.ElementTree import fromstring
from django.apps import apps
from django.core import mail as django_mail
from django.db.models import CharField, TextField
from icalendar import Calendar
from pypdf import PdfReader

from accounts.kinds import Kind as AccountKind
from common.typesetting import settable
from engagement.models import Certificate
from engagement.services import certificates
from notifications import letters, mail
from tests.support.hostile import OPERATIONS, Operation

pytestmark = pytest.mark.django_db

APPS = {"engagement", "missions", "organizations", "consents", "schools", "accounts", "notifications"}
# What people write, by the names of its columns, in whatever table.
WRITTEN = {
    "title", "organization_name", "tutor_name", "reflection", "reason", "answer", "name", "description", "city",
    "contact", "review_reason", "cancel_reason", "suspension_reason", "note", "text", "follow_up", "first_name",
    "last_name", "label", "body", "revocation_reason", "viewer_name", "target_name", "address",
}  # fmt: skip
IN_SNAPSHOT = {"first_name", "last_name", "usage_name", "school", "title", "organization", "class_group"}
# Thin and fat, as the papers set them.
PAGE = b"""#set document(title: "x")
#set text(lang: "fr", region: "fr", font: "Libertinus Serif")
#for line in json(bytes(sys.inputs.lines)) [#line *#line* \\ ]
"""
NO_TEXT = {"notifications.OutboxMessage.address", "notifications.Delivery.address"}
# Databases hold neither.
NOWHERE = {"\0", *map(chr, range(0xD800, 0xE000))}


def sample():
    """Some of every category in every block of every plane."""
    known = {}
    for code in range(1, sys.maxunicode + 1, 7):
        if chr(code) not in NOWHERE:
            known.setdefault((unicodedata.category(chr(code)), code >> 12), chr(code))
    return "".join(known.values())


TEXTS = [
    "U+0378: \u0378, U+0485: a\u0485b, U+FFFE: \ufffe, U+1FFFF: \U0001ffff, U+FDD0: \ufdd0, bell: \x07, C1: \x85\x9f",
    "Zoé\u0301\u0302\u0303\u0304" + "\u0300" * 60 + " \u202egnirts\u202c \u2066x\u2069 \u200f\u061c",
    "👩‍👩‍👧‍👦🏳️‍🌈🇫🇷 ☎️ ☎︎ \U000e0041\U000e0042 שלום مرحبا নমস্কার 你好 こんにちは ไทย",
    "=1+1 +1 -1 @x #panic() $ x $ <script>&amp;]]>*_`%(x)s {0} \\ \" ' ; , \r\n\tBEGIN:VEVENT\nBcc: x@example.org",
    "x" * 100,
    "\u200b\u2060\ufeff\u00ad\u2028\u2029\u3000\u00a0\u202f",
]


def tell(text):
    """Makes every column in which people wrote something hold the text, as far as it goes."""
    for model in apps.get_models():
        if model._meta.app_label not in APPS:
            continue
        columns = [
            field
            for field in model._meta.fields
            if isinstance(field, CharField | TextField) and field.name in WRITTEN and not field.choices
            and f"{model._meta.label}.{field.name}" not in NO_TEXT
        ]  # fmt: skip
        for number, row in enumerate(model.objects.all()):
            held = {field.name: f"{text}{number}"[-(field.max_length or 500) :] for field in columns}
            model.objects.filter(pk=row.pk).update(**{name: told for name, told in held.items() if getattr(row, name)})
    for certificate in Certificate.objects.filter(snapshot__isnull=False):
        Certificate.objects.filter(pk=certificate.pk).update(snapshot=told(certificate.snapshot, text))


def told(facts, text):
    if isinstance(facts, dict):
        return {name: text if name in IN_SNAPSHOT and isinstance(fact, str) else told(fact, text)
                for name, fact in facts.items()}  # fmt: skip
    return [told(fact, text) for fact in facts] if isinstance(facts, list) else facts


def content(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


READ = {
    "application/pdf": lambda data: PdfReader(io.BytesIO(data)).pages[0].extract_text(),
    "application/xml": fromstring,
    "text/calendar": lambda data: Calendar.from_ical(data.decode()),
    "text/csv": lambda data: list(
        csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";", strict=True)
    ),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": lambda data: list(
        openpyxl.load_workbook(io.BytesIO(data)).active.values
    ),
    "text/html": lambda data: data.decode(),
}
PRINTED = [
    key
    for key, operation in OPERATIONS.items()
    if key.startswith("GET") and set(READ) & set(operation["responses"].get("200", {}).get("content", {}))
]
LINKS = [key for key in OPERATIONS if key.startswith("GET") and "{token}" in key]


def test_what_is_printed_is_known():
    printed = {
        "certificates/{id}/pdf",
        "records/{id}/passport",
        "classes/{id}/export",
        "exchange/missions.xml",
        "calendar/",
    }
    assert all(any(name in key for key in PRINTED) for name in printed), PRINTED
    assert {"GET verify/{token}/", "GET attestations/{token}/", "GET consents/{token}/"} <= set(LINKS)


def test_any_text_that_is_kept_can_be_printed(world, monkeypatch):
    # The texts are put into the rows by hand, which is what signatures tell.
    monkeypatch.setattr(certificates, "ensure_as_signed", lambda certificate: None)
    for text in [*TEXTS, sample()]:
        tell(text)
        for key in PRINTED + LINKS:
            operation = Operation(key, world)
            paths = [operation.call.path]
            if "export" in key:
                paths = [f"{paths[0].partition('?')[0]}?file_format={kind}" for kind in ("csv", "xlsx")]
            for path in paths:
                seen = []
                answer = operation.send(path=path, then=lambda answer, seen=seen: seen.append(content(answer)),
                                        **({"HTTP_ACCEPT": "text/html"} if key in LINKS else {}))  # fmt: skip
                assert answer.status_code == 200, (key, text, seen)
                READ.get(answer["Content-Type"].partition(";")[0], len)(seen[0])


def test_a_paper_takes_every_character_in_every_company():
    """Alone, between letters, before and after marks; thin and fat. The other characters are a box, or go."""
    everything = "".join(chr(code) for code in range(0x20, 0x30000) if chr(code) not in NOWHERE)
    shown = sorted(set(settable(everything)))
    assert {"é", "Ł", "ș", "Ω", "Ж", "ế", "’", "€", "□"} < set(shown)
    assert not {"\u0378", "\u0485", "\ufffe", "😀", "\ufe0f", "\u202e", "\x07"} & set(shown)
    lines = [settable(f"{one} a{one}b {one}\u0301 \u0416{one}\u0308\u0323") for one in shown]
    typst.compile(
        PAGE, format="pdf", sys_inputs={"lines": json.dumps(lines)}, pdf_standards="ua-1", ignore_system_fonts=True
    )


def test_a_name_stays_as_it_is_and_what_cannot_be_seen_goes():
    assert settable("Zoe\u0301 Đỗ Łukasz") == "Zoé Đỗ Łukasz"
    assert settable("a\tb\n\u202ec\u200d❤\ufe0f") == "a b c□"
    assert settable("e" + "\u0301" * 9) == "é" + "\u0301" * 4
    assert settable("36\u00a0h\u202f!") == "36\u00a0h\u202f!"
    assert settable("x" * 90).split("\u200b") == ["x" * 40, "x" * 40, "x" * 10]


def test_a_mail_takes_every_text():
    for number, text in enumerate([*TEXTS, sample()]):
        letter = letters.compose(title=text, body=text, kind=AccountKind.ACCOUNT_VERIFY)
        mail.send(to="ana@example.org", letter=letter, message_id=str(number))
    for sent in django_mail.outbox:
        assert b"\nBcc:" not in sent.message().as_bytes().partition(b"\n\n")[0]
