"""Messages of organisers over HTTP, and the page where a guardian reads one and reports it."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts.models import Reader
from common.api.idempotency import idempotent
from common.api.pages import PublicLinkMixin
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet, ReadViewSet
from missions.api import serializers
from missions.api.filters import MessageFilter
from missions.models import Message, MessageRecipient, Mission, Shift
from missions.services import message_copies, messages
from missions.services.messages import Sent
from organizations.api.permissions import IsOrganizer


class MessageViewSet(ReadViewSet):
    """Messages sent to oneself, those of missions one runs, those to the minors of a school one manages."""

    queryset = Message.objects.all()
    serializer_class = serializers.MessageOutput
    outputs = {"retrieve": serializers.MessageDetailOutput}
    filterset_class = MessageFilter
    permission_classes = [IsSignedIn]

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        rows = Message.objects.visible_to(person).select_related("mission__organization", "author")
        if self.action != "retrieve":
            return rows
        seen = MessageRecipient.objects.visible_to(person).select_related("sign_up__person", "sign_up__shift")
        return rows.prefetch_related(Prefetch("recipients", seen.order_by("id"), to_attr="seen_recipients"))


class _MessagesOfViewSet(mixins.ListModelMixin, ApiViewSet):
    """The messages of one row that people take part in."""

    queryset = Message.objects.all()
    serializer_class = serializers.MessageOutput
    permission_classes = [IsSignedIn]
    permissions = {"write": [IsOrganizer]}
    inputs = {"write": serializers.MessageInput}

    def written(self, sent: Sent) -> Response:
        return Response(serializers.SentMessageOutput(sent).data, status=201)


class ShiftMessageViewSet(_MessagesOfViewSet):
    """What organisers wrote to those on a shift."""

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        rows = Message.objects.visible_to(person).select_related("mission__organization", "author")
        if not person.is_authenticated:
            return rows
        shift = get_object_or_404(Shift.objects.reachable_by(person), pk=self.kwargs["pk"])
        return rows.filter(shift=shift)

    @extend_schema(operation_id="shifts_messages_write", responses={201: serializers.SentMessageOutput})
    @idempotent
    def write(self, request: ApiRequest, pk: UUID) -> Response:
        """Writes to everybody with a place on the shift, or to one person who asked for one."""
        return self.written(messages.write_to_shift(self.get_object(), actor=request.user, **self.valid_input()))

    def get_object(self) -> Shift:
        """The shift, for those who run it."""
        shifts = Shift.objects.run_by(self.request.user).select_related("mission__organization")
        return get_object_or_404(shifts, pk=self.kwargs["pk"])


class MissionMessageViewSet(_MessagesOfViewSet):
    """What organisers wrote to those on a mission, on one of its shifts or on all."""

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        rows = Message.objects.visible_to(person).select_related("mission__organization", "author")
        if not person.is_authenticated:
            return rows
        mission = get_object_or_404(Mission.objects.reachable_by(person), pk=self.kwargs["pk"])
        return rows.filter(mission=mission)

    @extend_schema(operation_id="missions_messages_write", responses={201: serializers.SentMessageOutput})
    @idempotent
    def write(self, request: ApiRequest, pk: UUID) -> Response:
        """Writes to everybody with a place on the mission's shifts, or to one person who asked for one."""
        return self.written(messages.write_to_mission(self.get_object(), actor=request.user, **self.valid_input()))

    def get_object(self) -> Mission:
        """The mission, for those who run it."""
        missions = Mission.objects.run_by(self.request.user).select_related("organization")
        return get_object_or_404(missions, pk=self.kwargs["pk"])


class MessageCopyViewSet(PublicLinkMixin, ApiViewSet):
    """A guardian's copy of a message to their child: reading it changes nothing, a POST reports it, once."""

    queryset = Message.objects.none()
    serializer_class = serializers.MessageCopyOutput
    permission_classes = [AllowAny]
    template_name = "missions/message.html"
    inputs = {"report": serializers.MessageCopyReportInput}

    def judge_link(self, token: str) -> None:
        message_copies.copy_of_token(token)

    @extend_schema(operation_id="messages_copy_show", responses={200: serializers.MessageCopyOutput}, auth=[])
    def show(self, request: ApiRequest, token: str) -> Response:
        """What was written, and by whom."""
        return Response(self.page_data(token))

    @extend_schema(
        operation_id="messages_copy_report", responses={200: serializers.MessageCopyOutput}, auth=[]
    )
    def report(self, request: ApiRequest, token: str) -> Response:
        """Tells the region and the school that something in it worries the guardian."""
        message_copies.report_copy(token, text=self.valid_input()["text"])
        return Response(self.page_data(token))

    def page_data(self, token: str) -> dict[str, Any]:
        """For programs as for the page."""
        return self.output(message_copies.page_of(message_copies.copy_of_token(token)))
