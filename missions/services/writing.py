"""Rows that phones keep are written here, each with what follows from it: nothing happens in `save()`.

Without `fields` a row is written whole; a new one always is.
"""

from common.changes import Noted, note_change, note_changes
from common.territory import department_of
from missions.models import Attendance, Mission, MissionSearch, Shift, SignUp

# The department is the commune's, else the postal code's.
PLACE_CODES = {"commune_code", "postal_code"}
SEARCHED = {"title", "description", "postal_code", "city"}
# What a phone shows of a place without network.
KEPT_BY_PHONES = {
    "title",
    "description",
    "domain",
    "address",
    "postal_code",
    "city",
    "latitude",
    "longitude",
    "is_remote",
    "contact",
    "status",
}


def _write(row: Mission | Shift | SignUp | Attendance, fields: tuple[str, ...]) -> None:
    if row.is_unsaved:
        row.save(force_insert=True)
    else:
        row.save(update_fields=fields or None)


def write_mission(mission: Mission, *fields: str) -> Mission:
    """With its department, its words for search, and the changes for the phones of everybody on it."""
    is_new = mission.is_unsaved
    is_moved = "department_code" not in fields and not PLACE_CODES.isdisjoint(fields)
    if is_moved:
        fields = (*fields, "department_code")
    if is_moved or not mission.department_code:
        mission.department_code = department_of(commune_code=mission.commune_code, postal_code=mission.postal_code)
    _write(mission, fields)
    if is_new or not fields or not SEARCHED.isdisjoint(fields):
        MissionSearch.objects.write([mission])
    if not is_new and (not fields or not KEPT_BY_PHONES.isdisjoint(fields)):
        SignUp.objects.live().filter(shift__mission=mission).note_changed()
    return mission


def write_shift(shift: Shift, *fields: str) -> Shift:
    """With the changes for the phones of everybody on it: those whom `lock_everybody_on` has locked."""
    is_new = shift.is_unsaved
    _write(shift, fields)
    if not is_new:
        SignUp.objects.live().filter(shift=shift).note_changed()
    return shift


def write_sign_up(row: SignUp, *fields: str) -> SignUp:
    """With the change for the person's phones."""
    _write(row, fields)
    note_change(row.person_id, "sign_up", row.pk)
    return row


def write_attendance(row: Attendance, *fields: str) -> Attendance:
    """With the change for the person's phones."""
    _write(row, fields)
    note_change(row.sign_up.person_id, "attendance", row.pk)
    return row


def write_attendances(rows: list[Attendance], *fields: str) -> None:
    """As `write_attendance`, many that are there already."""
    Attendance.objects.bulk_update(rows, fields)
    note_changes(Noted(row.sign_up.person_id, "attendance", row.pk) for row in rows)
