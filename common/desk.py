"""What the region's desks in the admin share: rows to look at, moved by services, their states in words."""

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.state_words import STATES


class ReasonActionForm(ActionForm):
    """The action's drop-down, with room for a reason that people will read."""

    reason = forms.CharField(required=False, max_length=500, label=_("Reason"))


def move_each(
    desk: admin.ModelAdmin, request: HttpRequest, rows: QuerySet[Any], move: Callable[[Any], Any]
) -> None:
    """Moves each row by its service and says, row by row, what was refused and why."""
    moved = 0
    for row in rows:
        try:
            move(row)
            moved += 1
        except DomainError as error:
            fields = " ".join(str(text) for text in error.fields.values())
            desk.message_user(request, f"{row}: {error.detail} {fields}", messages.ERROR)
    if moved:
        desk.message_user(request, _("%(count)d done.") % {"count": moved}, messages.SUCCESS)


class StateFilter(admin.ChoicesFieldListFilter):
    """States to choose from, in the words that people read."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        words = {str(label): STATES[state] for state, label in self.field.flatchoices}
        for choice in super().choices(changelist):
            yield {**choice, "display": words.get(str(choice["display"]), choice["display"])}


class InWords:
    """A row's state in the words that people read, instead of the machine's."""

    @admin.display(description=_("State"), ordering="status")
    def state(self, row: Any) -> Any:
        return STATES[row.status]


class ReadOnlyDesk(InWords, admin.ModelAdmin):
    """Rows to look at; nothing is typed over, added or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        return ["state" if field.name == "status" else field.name for field in self.model._meta.fields]

    def get_fields(self, request: HttpRequest, obj: object = None) -> Any:
        return self.get_readonly_fields(request, obj)
