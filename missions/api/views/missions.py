"""Missions over HTTP."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseNotModified
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django_filters.utils import translate_validation
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Reader
from common.api.etags import edits_a_version, etag_of, expected_versions, known_tags
from common.api.idempotency import idempotent
from common.api.pages import PublicPageMixin
from common.api.pagination import Keyset
from common.api.permissions import IsRegionStaff
from common.api.requests import ApiRequest
from common.api.serializers import Empty, ReasonInput, ReasonNeededInput
from common.api.views import ReadViewSet
from common.errors import BadInput
from missions import publication
from missions.api import feed, finding, mine, serializers
from missions.api.filters import MissionFilter
from missions.models import Mission
from missions.services import ends_of_missions, missions
from organizations.api.permissions import IsOrganizer
from organizations.models import Organization


class MissionViewSet(PublicPageMixin, ReadViewSet):
    """Published missions are public; drafts are the organisation's and the region's."""

    page_action = "retrieve"
    template_name = "missions/mission.html"
    extra_query_parameters = {"retrieve": ("lang",)}

    queryset = Mission.objects.all()
    serializer_class = serializers.MissionOutput
    filterset_class = MissionFilter
    asked: MissionFilter | None = None
    tag: str | None = None
    outputs = {"retrieve": serializers.MissionDetailOutput}
    permission_classes = [AllowAny]
    permissions = {
        **{verb: [IsOrganizer] for verb in ("create", "partial_update", "submit", "withdraw", "close", "copy")},
        **{verb: [IsRegionStaff] for verb in ("approve", "request_changes")},
        **{verb: [IsOrganizer | IsRegionStaff] for verb in ("cancel", "revisions")},
    }
    inputs = {
        "create": serializers.MissionInput,
        "partial_update": serializers.MissionEditInput,
        "request_changes": ReasonInput,
        "cancel": ReasonNeededInput,
        **dict.fromkeys(("submit", "withdraw", "approve", "close", "copy"), Empty),
    }

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        rows = Mission.objects.visible_to(person)
        if self.action == "list":
            return rows.listed_to(person)
        if self.action == "retrieve":
            rows = Mission.objects.reachable_by(person).with_what_editors_read(person)
        elif self.action not in ("approve", "request_changes"):
            region_may = self.action in ("cancel", "revisions") and person.is_authenticated and person.is_region_staff
            rows = rows if region_may else Mission.objects.run_by(person)
        return rows.with_next_shifts(timezone.now())

    def list(self, request: Request, *args: object, **kwargs: object) -> Any:
        """Missions, newest first or as `sort` says, each with its next shifts and, with `near`, its distance."""
        if feed.is_asked_alone(request.query_params):
            with suppress(feed.NotOnlyTheFeed):
                return self._feed(request)
        self.sees_only_the_feed = feed.sees_only_the_feed(request.user)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        reach, key = self.asked and self.asked.reach(), self.get_ordering()[-1].lstrip("-")
        rows = feed.bodies([row[key] for row in page], timezone.now(), reach and reach[0])
        return self.get_paginated_response(rows)

    @cached_property
    def known_tags(self) -> set[str]:
        return known_tags(self.request)

    def _feed(self, request: Request) -> Any:
        page = self.paginate_queryset([])
        if self.tag in self.known_tags:
            return HttpResponseNotModified(headers={"ETag": self.tag, "Cache-Control": "private, no-cache"})
        response = self.get_paginated_response(page)
        if self.tag:
            response["ETag"] = self.tag
        return response

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        self.asked = MissionFilter(self.request.query_params, queryset, request=self.request)
        if not self.asked.is_valid():
            raise translate_validation(self.asked.errors)
        self.asked.ensure_sortable()
        return self.asked.qs

    def get_ordering(self) -> tuple[str, ...]:
        return finding.ORDERINGS[self.asked.sort_order] if self.asked else ("-id",)

    def rows_of_page(self, queryset: Any, keyset: Keyset, limit: int) -> finding.Rows:
        """Of the feed alone the whole rows; of anything else their ids, as each order finds them."""
        if self.asked is None:
            page = feed.newest(self.request.user, keyset, limit, self.known_tags)
            self.tag = page.tag
            return page.rows
        return finding.page_of(self.asked, queryset, keyset, limit, is_feed=self.sees_only_the_feed)

    def retrieve(self, request: Request, *args: object, **kwargs: object) -> Response:
        """One mission and what it is to its reader, with its ETag for an editor; a page about it for a browser."""
        mission = self.get_object()
        if request.accepted_renderer.format == "html":
            return Response(publication.page_facts(mission))
        mission.mine = mine.of_mission(request.user, mission)
        return Response(self.output(mission), headers={"ETag": etag_of(mission), "Vary": "Authorization"})

    @extend_schema(responses={201: serializers.MissionDetailOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """A draft."""
        facts = self.valid_input()
        organization = Organization.objects.run_by(request.user).filter(pk=facts.pop("organization")).first()
        if organization is None:
            said = _("You do not run this organisation. Choose one of yours.")
            raise BadInput(code="organization_unknown", fields={"organization": said})
        return self._answer(missions.create_mission(organization=organization, actor=request.user, **facts), 201)

    @extend_schema(responses={200: serializers.MissionDetailOutput})
    @edits_a_version
    def partial_update(self, request: ApiRequest, pk: UUID) -> Response:
        """Changes a draft or a published mission, some of it once the region has read it; needs If-Match."""
        how = {"expected": expected_versions(request), "actor": request.user}
        changes = self.valid_input()
        how["accept_losses"] = changes.pop("accept_losses", False)
        return self._answer(missions.edit_mission(self.get_object(), changes, **how))

    @extend_schema(responses={200: serializers.MissionDetailOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def submit(self, request: ApiRequest, pk: UUID) -> Response:
        """Hands the draft to the region."""
        self.valid_input()
        return self._answer(missions.submit_mission(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.MissionDetailOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: ApiRequest, pk: UUID) -> Response:
        """Takes it back from review."""
        self.valid_input()
        return self._answer(missions.withdraw_mission(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.MissionDetailOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: ApiRequest, pk: UUID) -> Response:
        """Publishes it."""
        self.valid_input()
        return self._answer(missions.review_mission(self.get_object(), "approve", actor=request.user))

    @extend_schema(responses={200: serializers.MissionDetailOutput})
    @action(detail=True, methods=["post"], url_path="request-changes")
    @idempotent
    def request_changes(self, request: ApiRequest, pk: UUID) -> Response:
        """Gives it back with a reason."""
        reason = self.valid_input()["reason"]
        mission = missions.review_mission(self.get_object(), "request_changes", reason=reason, actor=request.user)
        return self._answer(mission)

    @extend_schema(responses={200: serializers.MissionDetailOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: ApiRequest, pk: UUID) -> Response:
        """Takes it off the feed; people who have a place keep it."""
        self.valid_input()
        return self._answer(ends_of_missions.close_mission(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.MissionDetailOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: ApiRequest, pk: UUID) -> Response:
        """It does not take place: its shifts to come are cancelled, everybody on them is told why."""
        reason = self.valid_input()["reason"]
        return self._answer(ends_of_missions.cancel_mission(self.get_object(), reason=reason, actor=request.user))

    @extend_schema(responses={201: serializers.MissionDetailOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def copy(self, request: ApiRequest, pk: UUID) -> Response:
        """A new draft with the same words and place, without its shifts."""
        self.valid_input()
        return self._answer(missions.copy_mission(self.get_object(), actor=request.user), 201)

    @extend_schema(responses={200: serializers.MissionRevisionOutput(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def revisions(self, request: ApiRequest, pk: UUID) -> Response:
        """The changes that were proposed since its publication, newest first."""
        rows = self.get_object().revisions.order_by("-id")
        return Response(serializers.MissionRevisionOutput(rows, many=True).data)

    def _answer(self, mission: Mission, status: int = 200) -> Response:
        rows = Mission.objects.with_next_shifts(timezone.now()).with_what_editors_read(self.request.user)
        row = rows.get(pk=mission.pk)
        row.mine = mine.of_mission(self.request.user, row)
        body = serializers.MissionDetailOutput(row, context=self.get_serializer_context()).data
        return Response(body, status=status, headers={"ETag": etag_of(row)})
