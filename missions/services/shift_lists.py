"""The list of a shift as a table, and as a page to print: who comes, and what organisers may know of them that day.

Emergency numbers stand on the page alone, around the shift, each reading recorded; never in a table, which is kept.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typst
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from common import readable
from common.errors import NotAllowed
from common.sheets import as_csv
from common.typesetting import settable
from consents import selectors as consents
from missions import eligibility
from missions.models import ListFormat, Shift, ShiftListExport, SignUp
from missions.selectors import CONSENT_SEEN_AFTER_SHIFT
from missions.services import emergencies
from missions.states import SignUpStatus
from organizations import selectors as organizations

TEMPLATE = Path(__file__).resolve().parents[1] / "documents" / "shift_list.typ"


@transaction.atomic
def export_list(shift: Shift, *, file_format: ListFormat | str, actor: User) -> bytes:
    """Everybody with a living sign-up, those with a place first, and a row that says who took the list.

    Raises NotAllowed.
    """
    if not organizations.runs(actor, shift.mission.organization):
        raise NotAllowed
    rows = _sign_ups(shift)
    ShiftListExport.objects.create(shift=shift, file_format=file_format, line_count=len(rows), exported_by=actor)
    if file_format == ListFormat.CSV:
        return as_csv([_headings(), *_lines(shift, rows)])
    return _page(shift, rows, actor)


def _sign_ups(shift: Shift) -> list[SignUp]:
    rows = list(SignUp.objects.live().filter(shift=shift).select_related("person", "class_group").order_by("id"))
    for row in rows:
        row.shift = shift
    return sorted(rows, key=lambda row: (row.status != SignUpStatus.ACCEPTED, row.display_name.casefold()))


def _headings() -> list[str]:
    return [_("Name"), _("Place"), _("Class"), _("Consent"), _("Telephone")]


def _lines(shift: Shift, rows: Sequence[SignUp]) -> list[list[str | int]]:
    needing = {row.person_id for row in rows if eligibility.needs_consent(row.person, shift)}
    agreed = consents.agreed_to(needing, shift.mission_id)
    is_long_over = timezone.now() > shift.ends_at + CONSENT_SEEN_AFTER_SHIFT
    states = {
        SignUpStatus.ACCEPTED: _("Has a place"),
        SignUpStatus.PENDING: _("Asks for a place"),
        SignUpStatus.WAITLISTED: _("Waits for a place"),
        SignUpStatus.OFFERED: _("Is offered a place"),
    }

    def consent_of(row: SignUp) -> str:
        # Organisers read the state of a consent of accepted people alone, and not for long after the shift.
        if row.status != SignUpStatus.ACCEPTED or row.person_id not in needing or is_long_over:
            return ""
        return _("Agreed") if row.person_id in agreed else _("Not agreed")

    return [
        [
            row.display_name,
            states[SignUpStatus(row.status)],
            row.class_group.name if row.class_group else "",
            consent_of(row),
            row.shown_phone,
        ]
        for row in rows
    ]


def _page(shift: Shift, rows: Sequence[SignUp], actor: User) -> bytes:
    numbers = emergencies.read_numbers_of_all(rows, actor=actor)
    whose = {"guardian": _("guardian"), "own": _("their own")}
    mission, now = shift.mission, timezone.now()
    urgent = [
        [row.display_name, ", ".join(f"{one.phone} ({whose[one.whose]})" for one in numbers[row.pk]) or "–"]
        for row in rows
        if row.pk in numbers
    ]
    facts = {
        "lang": (translation.get_language() or "fr")[:2],
        "title": _("List of %(mission)s") % {"mission": mission.title},
        "organization": mission.organization.name,
        "when": readable.span(shift.starts_at, shift.ends_at),
        "where": ", ".join(filter(None, (mission.address, mission.city))) or _("remote"),
        "headings": [*_headings(), _("Arrival"), _("Departure")],
        "lines": [[*map(str, line), "", ""] for line in _lines(shift, rows)],
        "urgent_heading": _("To call in an emergency"),
        "urgent_headings": [_("Name"), _("Telephone")],
        "urgent": urgent,
        "note": _("Printed on %(when)s by %(name)s. Holds personal data: destroy it after the shift.")
        % {"when": readable.moment(now), "name": actor.full_name},
    }
    return typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"facts": json.dumps(_settable(facts))},
        ignore_system_fonts=True,
        timestamp=int(now.timestamp()),
        pdf_standards="ua-1",
    )


def _settable(value: Any) -> Any:
    """Texts as the fonts can show them; structures walked."""
    if isinstance(value, str):
        return settable(value)
    if isinstance(value, list):
        return [_settable(item) for item in value]
    return {name: _settable(item) for name, item in value.items()}
