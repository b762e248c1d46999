"""Runs a phone's queue, each operation by the code that serves it alone; one that is refused stops no other."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from accounts.models import User
from common.api.etags import etag_of, match_of
from common.api.problems import field_error, field_errors
from common.errors import DomainError, NotVisible
from engagement.api.serializers import HourEntryInput
from engagement.models import HourEntry
from engagement.services import entries
from engagement.services.entry_facts import EntryFacts

# Of a batch of 200 the answer stays smaller than the question.
MOST_ERRORS_OF_AN_ITEM = 5


def run(operations: Iterable[dict[str, Any]], *, actor: User) -> list[dict[str, Any]]:
    """The results, in the order of the operations."""
    return [{"id": str(one["id"]), "op": one["op"], **_result(one, actor)} for one in operations]


def _result(operation: dict[str, Any], actor: User) -> dict[str, Any]:
    try:
        status, entry = _do(operation, actor)
    except ValidationError as error:
        return _answer(400, code="invalid", errors=field_errors(error.detail, MOST_ERRORS_OF_AN_ITEM))
    except DomainError as error:
        errors = [field_error(name, error.code, text) for name, text in error.fields.items()]
        conflicting = error.extra.get("conflicting_entry")
        said = error.detail_of_problem
        return _answer(error.status, code=error.code, detail=said, errors=errors, conflicting_entry=conflicting)
    if entry is None:
        return _answer(status)
    return _answer(
        status,
        etag=etag_of(entry),
        version=entry.version,
        entry_status=entry.status,
        claimed_minutes=entry.claimed_minutes,
    )


def _answer(status: int, **members: Any) -> dict[str, Any]:
    names = ("etag", "version", "entry_status", "claimed_minutes", "code", "detail", "conflicting_entry")
    return {**dict.fromkeys(names), "errors": [], **members, "status": status}


def _do(operation: dict[str, Any], actor: User) -> tuple[int, HourEntry | None]:
    if (operation["op"] == "put") != ("entry" in operation):
        raise ValidationError({"entry": [_("With `put`, and only with it.")]})
    match operation["op"]:
        case "put":
            body = HourEntryInput(data=operation["entry"])
            body.is_valid(raise_exception=True)
            facts = EntryFacts(**body.validated_data)
            entry, is_made = entries.put_entry(operation["id"], facts, match=_match(operation), actor=actor)
            return 201 if is_made else 200, entry
        case "delete":
            entries.delete_entry(operation["id"], match=_match(operation), actor=actor)
            return 204, None
        case "submit":
            return 200, entries.submit_entry(_own(operation, actor), actor=actor)
        case _:
            return 200, entries.withdraw_entry(_own(operation, actor), actor=actor)


def _match(operation: dict[str, Any]) -> Any:
    return match_of(operation.get("if_match"))


def _own(operation: dict[str, Any], actor: User) -> HourEntry:
    entries.ensure_not_deleted(operation["id"], actor=actor)
    entry = HourEntry.objects.own(actor).filter(pk=operation["id"]).first()
    if entry is None:
        raise NotVisible
    return entry
