"""The region's desk: what waits for its word, and dangers to take up. Every move goes through the services."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_site import operator_of
from common.desk import InWords, ReadOnlyDesk, ReasonActionForm, StateFilter, move_each
from missions.models import Mission, MissionRevision, Report, Shift
from missions.services import ends_of_missions, missions, reports, revisions


class ShiftInline(InWords, admin.TabularInline):
    model = Shift
    fields = readonly_fields = ("starts_at", "ends_at", "state", "capacity", "minimum", "taken_count")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Mission)
class MissionAdmin(ReadOnlyDesk):
    list_display = ("title", "organization", "domain", "city", "state", "created_at")
    list_filter = (("status", StateFilter), "domain")
    search_fields = ("title", "organization__name")
    list_select_related = ("organization",)
    inlines = (ShiftInline,)
    action_form = ReasonActionForm
    actions = ("approve", "request_changes", "cancel")

    @admin.action(description=_("Publish"), permissions=["change"])
    def approve(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Publishes missions in review."""
        move_each(self, request, rows, lambda row: missions.review_mission(row, "approve", actor=operator_of(request)))

    @admin.action(description=_("Request changes (give the reason)"), permissions=["change"])
    def request_changes(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Gives missions in review back."""
        reason = request.POST.get("reason", "")
        move_each(
            self,
            request,
            rows,
            lambda row: missions.review_mission(row, "request_changes", reason=reason, actor=operator_of(request)),
        )

    @admin.action(description=_("Cancel (give the reason)"), permissions=["change"])
    def cancel(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Cancels missions and their shifts to come; everybody on them is told."""
        reason = request.POST.get("reason", "")
        move_each(
            self,
            request,
            rows,
            lambda row: ends_of_missions.cancel_mission(row, reason=reason, actor=operator_of(request)),
        )


@admin.register(MissionRevision)
class MissionRevisionAdmin(ReadOnlyDesk):
    list_display = ("mission", "changes", "state", "created_at")
    list_filter = (("status", StateFilter),)
    list_select_related = ("mission",)
    action_form = ReasonActionForm
    actions = ("accept", "refuse")

    @admin.action(description=_("Accept"), permissions=["change"])
    def accept(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """The missions become what was proposed."""
        move_each(self, request, rows, lambda row: revisions.accept_revision(row, actor=operator_of(request)))

    @admin.action(description=_("Refuse (give the reason)"), permissions=["change"])
    def refuse(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """The missions stay as they were."""
        reason = request.POST.get("reason", "")
        move_each(
            self, request, rows, lambda row: revisions.refuse_revision(row, reason=reason, actor=operator_of(request))
        )


class FollowUpActionForm(ActionForm):
    """The action's drop-down, with room for what was done about a danger."""

    follow_up = forms.CharField(required=False, max_length=2000, label=_("What was done"))


@admin.register(Report)
class ReportAdmin(ReadOnlyDesk):
    """Dangers told of; never one about who looks, or about what they run."""

    list_display = ("created_at", "state", "mission", "organization", "person", "text", "taken_by")
    list_filter = (("status", StateFilter),)
    list_select_related = ("mission", "organization", "person", "taken_by")
    action_form = FollowUpActionForm
    actions = ("take", "close")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Report.objects.followed_by(request.user)

    @admin.action(description=_("Take up"), permissions=["change"])
    def take(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Takes them up in one's own name."""
        move_each(self, request, rows, lambda row: reports.take_report(row, actor=operator_of(request)))

    @admin.action(description=_("Close (say what was done)"), permissions=["change"])
    def close(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Closes them."""
        follow_up = request.POST.get("follow_up", "")
        move_each(
            self, request, rows, lambda row: reports.close_report(row, follow_up=follow_up, actor=operator_of(request))
        )
