"""The pages behind guardians' links over HTTP: the one that decides, their own, and that of a new address."""

from typing import Any

from django.http import HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts.api.serializers import LinkStateOutput
from common.api.pages import PageRenderer, PublicLinkMixin
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.views import ApiViewSet
from consents.api import pages
from consents.api.serializers import consents as serializers
from consents.api.serializers.consents import SPEAKS, ManagementAction
from consents.models import Consent, Guardian
from consents.services import consents, guardian_links, guardianships

DONE = OpenApiParameter(
    "done",
    {"type": "string", "enum": ManagementAction.values},
    OpenApiParameter.QUERY,
    description="For the page in a browser alone: what has just been done.",
)


class ConsentLinkViewSet(PublicLinkMixin, ApiViewSet):
    """A guardian's link: reading it changes nothing, only a POST decides, once."""

    queryset = Consent.objects.none()
    serializer_class = serializers.ConsentPageOutput
    permission_classes = [AllowAny]
    template_name = "consents/consent.html"
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
        return Response(self.output(pages.decision_page(consent)))

    def page_data(self, token: str) -> dict[str, Any]:
        return self.output(pages.decision_page(consents.consent_of_token(token)))


class ManagementLinkViewSet(PublicLinkMixin, ApiViewSet):
    """A guardian's page while the child is a minor: reading it changes nothing, only a POST does."""

    queryset = Guardian.objects.none()
    serializer_class = serializers.ManagementPageOutput
    permission_classes = [AllowAny]
    template_name = "consents/guardian.html"
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
            return Response(self.output(pages.management_page(guardian)))
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
        return self.output(pages.management_page(guardian_links.guardian_of_token(token)))


class GuardianAddressLinkViewSet(PublicLinkMixin, ApiViewSet):
    """The link in the mail to a guardian's new address: reading it changes nothing, only a POST confirms."""

    queryset = Guardian.objects.none()
    serializer_class = LinkStateOutput
    permission_classes = [AllowAny]
    template_name = "consents/guardian_address.html"
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
