"""The region's desk for organisations: what waits for its word. Every move goes through the services."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_site import operator_of
from common.desk import ReadOnlyDesk, ReasonActionForm, StateFilter, move_each
from organizations import registers
from organizations.models import Organization
from organizations.services import organizations


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
