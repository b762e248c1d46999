"""What a phone keeps of its person's own data, kind by kind, and the cursor by which it follows what changes.

Without a cursor everything is read, kind after kind; then only what changed since that reading began.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import QuerySet, Value
from django.utils.translation import gettext_lazy as _

from accounts.api.serializers import ProfileOutput
from accounts.models import User
from common.changes import changes_after, ensure_followed
from common.errors import BadInput
from engagement.api import serializers
from engagement.models import Certificate, Contest, HourEntry, Record
from missions.api.serializers import SyncedAttendanceOutput, SyncedSignUpOutput
from missions.models import Attendance, SignUp
from notifications.api.serializers import NotificationOutput
from notifications.models import Notification

PAGE = 200


class CursorInvalid(BadInput):
    code = "cursor_invalid"
    field = "cursor"
    detail = _("Not a cursor of yours. Read everything again, without a cursor.")


@dataclass(frozen=True)
class Kind:
    """One kind of thing that phones keep: its word in `common.changes`, a person's own rows, and their shape.

    `brings` is the kind of which each row has one at most, by that name: where all is read they are read together,
    with `brought_with` beside it.
    """

    name: str
    own: Callable[[Any], QuerySet[Any]]
    serializer: Any
    brings: str = ""
    brought_with: tuple[str, ...] = ()

    def with_brought(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The same rows, each with what it brings."""
        return rows.select_related(self.brings).prefetch_related(*self.brought_with) if self.brings else rows

    def brought_by(self, rows: Sequence[Any]) -> dict[str, list[Any]]:
        """What the rows brought, in the order of ids, by its kind."""
        if not self.brings:
            return {}
        brought = [getattr(row, self.brings) for row in rows if hasattr(row, self.brings)]
        return {self.brings: sorted(brought, key=lambda row: row.pk)}


def _own_sign_ups(person: User) -> QuerySet[Any]:
    return (
        SignUp.objects.filter(person=person)
        .select_related("person", "shift__mission__organization")
        .annotate(is_seen_whole=Value(True))
    )


def _own_attendances(person: User) -> QuerySet[Any]:
    own = Attendance.objects.filter(sign_up__person=person)
    return own.select_related("sign_up__person", "sign_up__shift__mission").prefetch_related("check_ins")


def _own_entries(person: User) -> QuerySet[Any]:
    own = HourEntry.objects.own(person).select_related("record__person").with_words()
    return own.annotate(is_seen_whole=Value(True))


def _own_contests(person: User) -> QuerySet[Any]:
    # One goes with the entry it is about.
    return Contest.objects.filter(entry__in=HourEntry.objects.own(person)).select_related("entry__record")


KINDS = [
    Kind("settings", lambda person: get_user_model().objects.filter(pk=person.pk), ProfileOutput),
    Kind("sign_up", _own_sign_ups, SyncedSignUpOutput, brings="attendance", brought_with=("attendance__check_ins",)),
    Kind("attendance", _own_attendances, SyncedAttendanceOutput),
    Kind("record", lambda person: Record.objects.filter(person=person), serializers.SyncedRecordOutput),
    Kind("hour_entry", _own_entries, serializers.HourEntryOutput, brings="contest"),
    Kind("contest", _own_contests, serializers.ContestOutput),
    Kind(
        "certificate",
        lambda person: Certificate.objects.own(person).select_related("record"),
        serializers.CertificateOutput,
    ),
    Kind("notification", lambda person: Notification.objects.filter(recipient=person), NotificationOutput),
]
BY_NAME = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True)
class Cursor:
    """How far a phone has come: `after` is the number of the last change it has, or had when it began to read all.

    While it reads all, `kind` and `last_id` say which row came last. After a restore the numbers go on beyond all that
    were given out (common.changes.begin_epoch): a cursor of the lost time is too old by its number alone.
    """

    after: int
    kind: str = ""
    last_id: str = ""

    def encode(self, person: User) -> str:
        parts = [str(person.pk), self.after, self.kind, self.last_id]
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def decode(text: str, person: User) -> Cursor:
    """The cursor that was given to this person. Raises CursorInvalid."""
    try:
        owner, after, kind, last_id = json.loads(base64.urlsafe_b64decode(text.encode("ascii")))
        sound = (
            owner == str(person.pk)
            and type(after) is int
            and 0 <= after < 2**63
            and (kind == last_id == "" or (kind in BY_NAME and str(UUID(last_id)) == last_id))
        )
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CursorInvalid from error
    if not sound:
        raise CursorInvalid
    return Cursor(after, kind, last_id)


def read(person: User, cursor: Cursor | None, context: Mapping[str, Any]) -> dict[str, Any]:
    """The next page: `changes`, the `cursor` to go on from, and whether there is more now. Raises CursorTooOld."""
    if cursor is None:
        return _read_all(person, Cursor(person.change_count), context)
    if cursor.kind:
        ensure_followed(person, cursor.after)
        return _read_all(person, cursor, context)
    noted = changes_after(person, cursor.after, PAGE + 1)
    page = noted[:PAGE]
    ids_by_kind: dict[str, list[UUID]] = {}
    for change in page:
        if not change.is_removed:
            ids_by_kind.setdefault(change.kind, []).append(change.object_id)
    found = {
        name: {str(row.pk): row for row in BY_NAME[name].own(person).filter(pk__in=ids)}
        for name, ids in ids_by_kind.items()
        if name in BY_NAME
    }
    changes = [
        _change(change.kind, str(change.object_id), found.get(change.kind, {}).get(str(change.object_id)), context)
        for change in page
        if change.kind in BY_NAME
    ]
    after = page[-1].sequence if page else cursor.after
    return {"changes": changes, "cursor": Cursor(after).encode(person), "has_more": len(noted) > PAGE}


def _read_all(person: User, cursor: Cursor, context: Mapping[str, Any]) -> dict[str, Any]:
    changes: list[dict[str, Any]] = []
    names = [kind.name for kind in KINDS]
    # The person was read with the number that this reading goes on from: what they changed since then comes next.
    known: dict[str, list[Any]] = {"settings": [person]}
    for kind in KINDS[names.index(cursor.kind) if cursor.kind else 0 :]:
        if kind.name in known and kind.name != cursor.kind:
            rows = known[kind.name]
        elif kind.name == cursor.kind:
            rows = _up_to(kind.own(person).filter(pk__gt=cursor.last_id), PAGE + 1)
        else:
            rows = _up_to(kind.with_brought(kind.own(person)), PAGE + 1 - len(changes))
            known |= kind.brought_by(rows)
        changes += [_change(kind.name, str(row.pk), row, context) for row in rows]
        if len(changes) > PAGE:
            last = changes[PAGE - 1]
            there = Cursor(cursor.after, last["kind"], last["id"])
            return {"changes": changes[:PAGE], "cursor": there.encode(person), "has_more": True}
    # A change made while this was read has a greater number than the reading's start: it comes next.
    return {
        "changes": changes,
        "cursor": Cursor(cursor.after).encode(person),
        "has_more": person.change_count > cursor.after,
    }


def _up_to(rows: QuerySet[Any], limit: int) -> list[Any]:
    return list(rows.order_by("pk")[:limit])


def _change(kind: str, object_id: str, row: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    """One change. A thing that the person may no longer see is removed like one that is gone."""
    change: dict[str, Any] = {"kind": kind, "id": object_id, "is_removed": row is None}
    if row is not None:
        change[kind] = BY_NAME[kind].serializer(row, context=context).data
    return change
