"""Consents over HTTP: the guardians' pages, what a student asks, what a school records, who sees the state."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts.api.serializers import LinkStateOutput
from accounts.models import Reader
from common import paris
from common.api.idempotency import idempotent
from common.api.pages import PageRenderer, PublicLinkMixin
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.views import ApiViewSet
from common.errors import DomainError
from consents.api.serializers.guardians import GuardianOutput
from consents.models import Guardian
from consents.services import guardian_links
from missions import guardian_pages
from missions.api import serializers
from missions.api.filters import ConsentFilter
from missions.api.serializers.consents import SPEAKS, ManagementAction
from missions.models import Consent, ConsentEvent, Mission
from missions.services import consent_requests, consents, guardianships
from schools.api.permissions import IsSchoolManager
from schools.models import Enrolment, School

DONE = OpenApiParameter(
    "done",
    {"type": "string", "enum": ManagementAction.values},
    OpenApiParameter.QUERY,
    description="For the page in a browser alone: what has just been done.",
)


class ConsentViewSet(mixins.ListModelMixin, ApiViewSet):
    """Consents: one's own, those of one's students, the state alone of those of accepted minors."""

    queryset = Consent.objects.all()
    serializer_class = serializers.ConsentOutput
    filterset_class = ConsentFilter
    permission_classes = [IsSignedIn]

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Consent.objects.visible_to(person).select_related("guardian")


class MissionConsentViewSet(ApiViewSet):
    """Consent to one mission."""

    queryset = Mission.objects.all()
    serializer_class = serializers.ConsentOutput
    permission_classes = [IsSignedIn]
    pagination_class = None
    inputs = {"ask_consent": Empty}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Mission.objects.visible_to(person)

    @extend_schema(responses={200: serializers.ConsentOutput(many=True)})
    @idempotent
    def ask_consent(self, request: ApiRequest, pk: UUID) -> Response:
        """Has one's guardians asked about this mission, where a consent is needed and none is in force."""
        self.valid_input()
        asked = consent_requests.ask_for_mission(self.get_object(), actor=request.user)
        rows = Consent.objects.visible_to(request.user).select_related("guardian").order_by("id")
        rows = rows.filter(pk__in=[row.pk for row in asked])
        return Response(serializers.ConsentOutput(rows, many=True).data)


class OwnGuardianViewSet(ApiViewSet):
    """A guardian of one's own."""

    queryset = Guardian.objects.all()
    serializer_class = GuardianOutput
    permission_classes = [IsSignedIn]
    inputs = {"correct_address": serializers.GuardianAddressInput}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Guardian.objects.visible_to(person)

    @extend_schema(responses={200: GuardianOutput})
    @idempotent
    def correct_address(self, request: ApiRequest, pk: UUID) -> Response:
        """Another address for a guardian whom one named, while the first is unverified and unanswered; its links close.
        It counts among the day's tries."""
        email = self.valid_input()["email"]
        guardian = guardianships.try_address(self.get_object(), email=email, actor=request.user)
        if isinstance(guardian, DomainError):
            return self.refusal(guardian)
        return Response(self.output(guardian))


class GuardianConsentViewSet(ApiViewSet):
    """What a school records of a guardian of its student."""

    queryset = Guardian.objects.all()
    serializer_class = serializers.ConsentEventOutput
    permission_classes = [IsSchoolManager]
    pagination_class = None
    inputs = {
        "record_paper": serializers.PaperInput,
        "settle": serializers.SettlementInput,
        "replace": serializers.ReplacementInput,
    }

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        managed = School.objects.managed_by(person).values("pk") if person.is_authenticated else []
        enrolled = Enrolment.objects.active().on_day(paris.day_of(timezone.now()))
        students = enrolled.filter(class_group__school__in=managed).values("student")
        return Guardian.objects.of_students(students).select_related("student")

    @extend_schema(responses={200: serializers.ConsentEventOutput(many=True)}, filters=False)
    def consent_events(self, request: ApiRequest, pk: UUID) -> Response:
        """What the guardian was asked and said, what the school recorded: every move, oldest first."""
        return self._answer(self.get_object())

    @extend_schema(responses={200: serializers.ConsentEventOutput(many=True)})
    @idempotent
    def record_paper(self, request: ApiRequest, pk: UUID) -> Response:
        """A signed paper counts as granted; the guardian is told."""
        guardian = self.get_object()
        guardianships.record_paper(guardian, actor=request.user, **self.valid_input())
        return self._answer(guardian)

    @extend_schema(responses={200: serializers.ConsentEventOutput(many=True)})
    @idempotent
    def settle(self, request: ApiRequest, pk: UUID) -> Response:
        """A refusal or withdrawal is settled, and how: it binds no more; the guardian is told."""
        guardian = self.get_object()
        guardianships.settle_refusal(guardian, actor=request.user, **self.valid_input())
        return self._answer(guardian)

    @extend_schema(responses={201: GuardianOutput})
    @idempotent
    def replace(self, request: ApiRequest, pk: UUID) -> Response:
        """Names another guardian in this one's place; the former address is told."""
        guardian = guardianships.replace_guardian(self.get_object(), actor=request.user, **self.valid_input())
        return Response(GuardianOutput(guardian).data, status=201)

    def _answer(self, guardian: Guardian) -> Response:
        events = ConsentEvent.objects.filter(consent__guardian=guardian).select_related("consent", "actor")
        return Response(serializers.ConsentEventOutput(events.order_by("id"), many=True).data)


class ConsentLinkViewSet(PublicLinkMixin, ApiViewSet):
    """A guardian's link: reading it changes nothing, only a POST decides, once."""

    queryset = Consent.objects.none()
    serializer_class = serializers.ConsentPageOutput
    permission_classes = [AllowAny]
    template_name = "missions/consent.html"
    inputs = {"decide": serializers.ConsentDecisionInput}

    def judge_link(self, token: str) -> None:
        consents.consent_of_token(token)

    @extend_schema(responses={200: serializers.ConsentPageOutput}, auth=[])
    def show(self, request: ApiRequest, token: str) -> Response:
        """Exactly what is agreed to."""
        return Response(self.page_data(token))

    @extend_schema(responses={200: serializers.ConsentPageOutput}, auth=[])
    def decide(self, request: ApiRequest, token: str) -> Response:
        """`grant`, `refuse`, or of one mission `grant_all`. Then the guardian's own page is mailed to them."""
        decision = self.valid_input()["decision"]
        consent = consents.decide_consent(token, decision=decision, language=translation.get_language() or "")
        return Response(self.output(guardian_pages.decision_page(consent)))

    def page_data(self, token: str) -> dict[str, Any]:
        return self.output(guardian_pages.decision_page(consents.consent_of_token(token)))


class ManagementLinkViewSet(PublicLinkMixin, ApiViewSet):
    """A guardian's page while the child is a minor: reading it changes nothing, only a POST does."""

    queryset = Guardian.objects.none()
    serializer_class = serializers.ManagementPageOutput
    permission_classes = [AllowAny]
    template_name = "missions/guardian.html"
    page_query_parameters = ("lang", "done")
    inputs = {"manage": serializers.ManagementInput}

    def judge_link(self, token: str) -> None:
        guardian_links.guardian_of_token(token)

    @extend_schema(responses={200: serializers.ManagementPageOutput}, parameters=[DONE], auth=[])
    def show_management(self, request: ApiRequest, token: str) -> Response:
        """What was agreed to, the places to come, and what can be changed."""
        done = self._done()
        data = self.page_data(token)
        is_page = isinstance(request.accepted_renderer, PageRenderer)
        return Response({**data, "done": done} if is_page else data)

    @extend_schema(responses={200: serializers.ManagementPageOutput}, parameters=[DONE], auth=[])
    def manage(self, request: ApiRequest, token: str) -> Any:
        """Withdraws, agrees again, changes address or number, switches mails, or says "not my child"."""
        self._done()  # the form answers to the address of its page
        facts = self.valid_input()
        action = facts["action"]
        if action == ManagementAction.NOT_MY_CHILD:
            guardian = guardian_links.guardian_of_token(token)
            guardianships.disown(token)
            guardian.refresh_from_db()
            return Response(self.output(guardian_pages.management_page(guardian)))
        self._act(token, action, facts)
        if isinstance(request.accepted_renderer, PageRenderer):
            # So that the browser's "reload" does nothing twice; a relative address holds no secret.
            language = translation.get_language()
            return HttpResponseRedirect(f"?done={action}&lang={language}", status=303)
        return Response(self.page_data(token))

    def _done(self) -> str:
        done: str = self.request.query_params.get("done", "")
        if done and done not in ManagementAction.values:
            raise ValidationError({"done": [_("This page has no such action. Open the link of the mail again.")]})
        return done

    def _act(self, token: str, action: str, facts: dict[str, Any]) -> None:
        if action in SPEAKS:
            language = translation.get_language() or ""
            guardianships.speak(token, action, consent_id=facts.get("consent"), language=language)
        elif action == ManagementAction.CHANGE_ADDRESS:
            guardianships.ask_for_new_address(token, facts["email"])
        elif action == ManagementAction.CHANGE_PHONE:
            guardianships.set_phone(token, facts["phone"])
        else:
            guardianships.set_place_notices(token, action == ManagementAction.SWITCH_PLACE_NOTICES_ON)

    def page_data(self, token: str) -> dict[str, Any]:
        return self.output(guardian_pages.management_page(guardian_links.guardian_of_token(token)))


class GuardianAddressLinkViewSet(PublicLinkMixin, ApiViewSet):
    """The link in the mail to a guardian's new address: reading it changes nothing, only a POST confirms."""

    queryset = Guardian.objects.none()
    serializer_class = LinkStateOutput
    permission_classes = [AllowAny]
    template_name = "missions/guardian_address.html"
    inputs = {"confirm_address": Empty}

    def judge_link(self, token: str) -> None:
        guardian_links.guardian_of_address_token(token)

    @extend_schema(responses={200: LinkStateOutput}, auth=[])
    def show_address(self, request: ApiRequest, token: str) -> Response:
        """Asks for the confirmation."""
        guardian_links.guardian_of_address_token(token)
        return Response({"detail": _("Confirm that you want to be reached at this address."), "is_done": False})

    @extend_schema(responses={200: LinkStateOutput}, auth=[])
    def confirm_address(self, request: ApiRequest, token: str) -> Response:
        """From now on this address is the guardian's; their new page is mailed to it."""
        self.valid_input()
        guardianships.confirm_new_address(token)
        detail = _("This address is confirmed. The links you received before are closed; new ones are in your mail.")
        return Response({"detail": detail, "is_done": True})
