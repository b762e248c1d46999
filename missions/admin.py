"""The region's desk: what waits for its word, and dangers to take up. Every move goes through the services."""

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_site import operator_of
from common.errors import DomainError
from common.state_words import STATES
from missions import registers
from missions.models import Mission, MissionRevision, Organization, Report, Shift
from missions.services import ends_of_missions, missions, organizations, reports, revisions


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


@admin.register(Organization)
class OrganizationAdmin(ReadOnlyDesk):
    list_display = ("name", "kind", "state", "parent", "created_at")
    list_filter = (("status", StateFilter), "kind")
    search_fields = ("name", "rna", "siren", "siret")
    list_select_related = ("parent",)
    action_form = ReasonActionForm
    actions = ("verify", "refuse", "trust", "distrust", "suspend", "restore")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A number is found however it is typed."""
        number = registers.compact(search_term)
        is_number = any(is_one(number) for is_one in (registers.is_rna, registers.is_siren, registers.is_siret))
        return super().get_search_results(request, queryset, number if is_number else search_term)

    @admin.action(description=_("Verify"), permissions=["change"])
    def verify(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """The region vouches for them."""
        self._decide(request, rows, "verify")

    @admin.action(description=_("Refuse"), permissions=["change"])
    def refuse(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """The region refuses them."""
        self._decide(request, rows, "refuse")

    @admin.action(description=_("Trust"), permissions=["change"])
    def trust(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """They publish without review."""
        self._decide(request, rows, "trust")

    @admin.action(description=_("Trust no longer"), permissions=["change"])
    def distrust(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """They are reviewed again."""
        self._decide(request, rows, "distrust")

    def _decide(self, request: HttpRequest, rows: QuerySet[Any], verb: str) -> None:
        move_each(
            self,
            request,
            rows,
            lambda row: organizations.decide_organization(row, verb, actor=operator_of(request)),
        )

    @admin.action(description=_("Suspend (give the reason)"), permissions=["change"])
    def suspend(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Their missions leave the feed, the places to come are released."""
        reason = request.POST.get("reason", "")
        move_each(
            self,
            request,
            rows,
            lambda row: organizations.suspend_organization(row, reason=reason, actor=operator_of(request)),
        )

    @admin.action(description=_("Restore"), permissions=["change"])
    def restore(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """They are again what they were."""
        move_each(self, request, rows, lambda row: organizations.restore_organization(row, actor=operator_of(request)))


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
