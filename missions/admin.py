"""The region's desk: organisations to verify, missions to review. Every move goes through the services."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from missions.models import Mission, Organization, Shift
from missions.services import missions, organizations


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


class ReadOnlyDesk(admin.ModelAdmin):
    """Rows to look at; nothing is typed over, added or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in self.model._meta.fields]


@admin.register(Organization)
class OrganizationAdmin(ReadOnlyDesk):
    list_display = ("name", "kind", "status", "parent", "created_at")
    list_filter = ("status", "kind")
    search_fields = ("name",)
    list_select_related = ("parent",)
    actions = ("verify", "refuse")

    @admin.action(description=_("Verify"), permissions=["change"])
    def verify(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """The region vouches for them."""
        move_each(
            self, request, rows, lambda row: organizations.decide_organization(row, "verify", actor=request.user)
        )

    @admin.action(description=_("Refuse"), permissions=["change"])
    def refuse(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """The region refuses them."""
        move_each(
            self, request, rows, lambda row: organizations.decide_organization(row, "refuse", actor=request.user)
        )


class ShiftInline(admin.TabularInline):
    model = Shift
    fields = readonly_fields = ("starts_at", "ends_at", "capacity", "taken_count")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Mission)
class MissionAdmin(ReadOnlyDesk):
    list_display = ("title", "organization", "domain", "city", "status", "created_at")
    list_filter = ("status", "domain")
    search_fields = ("title", "organization__name")
    list_select_related = ("organization",)
    inlines = (ShiftInline,)
    action_form = ReasonActionForm
    actions = ("approve", "request_changes")

    @admin.action(description=_("Publish"), permissions=["change"])
    def approve(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Publishes missions in review."""
        move_each(self, request, rows, lambda row: missions.review_mission(row, "approve", actor=request.user))

    @admin.action(description=_("Request changes (give the reason)"), permissions=["change"])
    def request_changes(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Gives missions in review back."""
        reason = request.POST.get("reason", "")
        move_each(
            self,
            request,
            rows,
            lambda row: missions.review_mission(row, "request_changes", reason=reason, actor=request.user),
        )
