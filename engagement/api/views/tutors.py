"""A tutor's page: a link in a mail, no account; HTML for people, JSON for machines."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from common.api.pages import PageRenderer, PublicLinkMixin
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet
from engagement import tutor_pages
from engagement.api import serializers
from engagement.api.serializers import TutorAction
from engagement.models import AttestationRequest
from engagement.services import tutor_answers


class TutorLinkViewSet(PublicLinkMixin, ApiViewSet):
    """A tutor's link: reading it changes nothing, only a POST decides, once."""

    queryset = AttestationRequest.objects.none()
    serializer_class = serializers.TutorPageOutput
    permission_classes = [AllowAny]
    throttle_scope = "tutor"
    template_name = "engagement/tutor.html"
    inputs = {"answer": serializers.TutorAnswerInput}

    def judge_link(self, token: str) -> None:
        tutor_answers.request_of_token(token)

    @extend_schema(responses={200: serializers.TutorPageOutput}, auth=[])
    def show(self, request: ApiRequest, token: str) -> Response:
        """The hours that somebody says they gave."""
        return Response(self.page_data(token))

    @extend_schema(responses={200: serializers.TutorPageOutput}, auth=[])
    def answer(self, request: ApiRequest, token: str) -> Response:
        """`confirm`, `amend` with the minutes, `deny`, `not_me`, and `me_after_all`, which takes that back;
        `never_again`: no mail to this address any more, and `write_again`, which takes that back."""
        facts = self.valid_input()
        try:
            asked = self._act(token, facts.pop("action"), facts)
        except (tutor_answers.AlreadyAnswered, tutor_answers.FactsChanged, tutor_answers.NoLongerTutor) as refusal:
            if not isinstance(request.accepted_renderer, PageRenderer):
                raise
            # A page that says what is the case helps more than a problem.
            return Response({**self.page_data(token), "refusal": refusal.detail}, status=refusal.status)
        return Response(self.output(tutor_pages.tutor_page(asked)))

    def _act(self, token: str, action: str, facts: dict[str, Any]) -> AttestationRequest:
        if action == TutorAction.NOT_ME:
            return tutor_answers.disown(token)
        if action == TutorAction.ME_AFTER_ALL:
            return tutor_answers.own(token)
        if action == TutorAction.NEVER_AGAIN:
            return tutor_answers.block(token)
        if action == TutorAction.WRITE_AGAIN:
            return tutor_answers.unblock(token)
        return tutor_answers.answer(token, action, **facts)

    def page_data(self, token: str) -> dict[str, Any]:
        return self.output(tutor_pages.tutor_page(tutor_answers.request_of_token(token)))
