"""How a message becomes a mail: its text first, then who writes, why, whom to ask and how to stop; and that as HTML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from notifications import registry
from notifications.registry import Audience

# Between the languages of a text that is said in all of them (outbox.in_every_language).
BETWEEN_LANGUAGES = "\n----\n\n"
# Mail programs take what follows for a signature: an answer does not quote it.
BEFORE_FOOTER = "\n\n-- \n"
# A subject is one line; the spaces that hold its words together stay.
FOLDS = re.compile(r"[^\S\u00a0]+")
PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")


@dataclass(frozen=True)
class Letter:
    """A mail but for its address: the same on a duplicate."""

    subject: str
    text: str
    html: str = ""
    # As in Content-Language: one code, or some.
    language: str = ""
    reply_to: str = ""
    unsubscribe_url: str = ""


@dataclass(frozen=True)
class Piece:
    """A part of a line: a link of ours, or plain words."""

    text: str
    is_link: bool


@dataclass(frozen=True)
class Section:
    """What is said in one language: paragraphs of lines of pieces, and the lines of the footer."""

    language: str
    paragraphs: list[list[list[Piece]]]
    footer: list[list[Piece]]


def compose(
    *,
    title: str,
    body: str,
    kind: str,
    language: str = "",
    has_account: bool = True,
    writer: str = "",
    reply_to: str = "",
    unsubscribe_url: str = "",
) -> Letter:
    """The letter of a notice, whose body has its link filled in.

    `language` is the reader's; a body said in all our languages ends in each with its own footer. `writer` is the
    school or organisation it is written for. `unsubscribe_url` is given where its reader may refuse the kind.
    """
    texts, codes = _languages(body, language or settings.LANGUAGE_CODE)
    sections, said = [], []
    for text, code in zip(texts, codes, strict=True):
        with translation.override(code):
            footer = _footer(kind, has_account=has_account, writer=writer, unsubscribe_url=unsubscribe_url)
        said.append(text.strip("\n") + BEFORE_FOOTER + "\n".join(footer) + "\n")
        sections.append(Section(code, list(_paragraphs(text)), [list(_pieces(line)) for line in footer]))
    subject = FOLDS.sub(" ", title).strip()
    html = render_to_string("notifications/letter.html", {"subject": subject, "sections": sections})
    return Letter(
        subject=subject,
        text=BETWEEN_LANGUAGES.join(said),
        html=html,
        language=", ".join(codes),
        reply_to=reply_to,
        unsubscribe_url=unsubscribe_url,
    )


def _languages(body: str, language: str) -> tuple[list[str], list[str]]:
    """The text in each language it is said in, and which these are."""
    codes = list(dict.fromkeys([settings.LANGUAGE_CODE, *dict(settings.LANGUAGES)]))
    texts = body.split(BETWEEN_LANGUAGES)
    return (texts, codes) if len(texts) == len(codes) else ([body], [language])


def _footer(kind: str, *, has_account: bool, writer: str, unsubscribe_url: str) -> list[str]:
    """The lines in the language active now."""
    region = settings.REGION_NAME
    lines = [
        _("Written by Élan (%(region)s) for %(writer)s.") % {"region": region, "writer": writer}
        if writer
        else _("Written by Élan (%(region)s).") % {"region": region},
        _reason(kind, has_account),
        _("A question? Write to %(contact)s.") % {"contact": settings.MAIL_CONTACT}
        if settings.MAIL_CONTACT
        else _("A question? Ask the school, the organisation or the region: nobody reads answers to this address."),
    ]
    if unsubscribe_url:
        lines.append(_("To get no more mails of this kind: %(url)s") % {"url": unsubscribe_url})
    return lines


def _reason(kind: str, has_account: bool) -> str:
    if has_account:
        return _("You receive it because this is the address of your Élan account.")
    match next((one for one in registry.facts_of(kind).to if one in registry.WITHOUT_ACCOUNT), None):
        case Audience.GUARDIAN:
            return _("You receive it because a student, or their school, named you as a parent or legal guardian.")
        case Audience.TUTOR:
            return _("You receive it because somebody named you as the person who can attest their hours.")
        case Audience.INVITED:
            return _("You receive it because somebody invited this address to work with them on Élan.")
    return _("You receive it because this is, or was, the address of an Élan account.")


def _paragraphs(text: str) -> Iterator[list[list[Piece]]]:
    for paragraph in PARAGRAPHS.split(text.strip()):
        yield [list(_pieces(line)) for line in paragraph.split("\n")]


def _pieces(line: str) -> Iterator[Piece]:
    """The line in pieces: addresses of ours can be followed, whatever else people wrote is words."""
    ours = re.escape(settings.PUBLIC_URL)
    for index, part in enumerate(re.split(rf"({ours}/[^\s<>\"']*[^\s<>\"'.,;:!?)\]])", line)):
        if part:
            yield Piece(part, is_link=index % 2 == 1)
