"""What every view of the API does before its own four lines."""

import re
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import mixins
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from common.api.addresses import ID
from common.api.etags import answer_not_modified
from common.api.idempotency import key_of
from common.api.pagination import Keyset
from common.api.parsers import refuse_unstorable
from common.api.problems import MOST_ERRORS
from common.api.requests import ApiRequest
from common.errors import AppTooOld, BadInput, DomainError

# What somebody sends whom nobody knows: more than any form of ours, and cheap to refuse.
LARGEST_BODY_OF_ANYBODY = 50_000
APP_VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){0,3}", re.ASCII)


def version_key(version: str) -> tuple[int, ...]:
    """1.10 comes after 1.9."""
    return tuple(int(part) for part in version.split("."))


class ApiViewSet(GenericViewSet):
    """A resource. Unknown query parameters are refused, and a key where none is kept.

    A subclass gives `queryset_for()` (the second gate: rows that exist for this person), and permissions per
    action in `permissions` (the first gate), falling back to `permission_classes`, which deny by default.
    """

    request: ApiRequest
    # No OPTIONS: it would describe serializers, and `Allow` lists only what is answered.
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    ordering: tuple[str, ...] = ("-id",)
    permissions: dict[str, list[Any]] = {}
    inputs: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    extra_query_parameters: dict[str, tuple[str, ...]] = {}
    # An app older than the server serves reads this to learn that it must be replaced.
    serves_old_apps = False
    lookup_value_converter = ID
    lookup_url_kwarg = "pk"
    lookup_field = "pk"

    def get_permissions(self) -> list[Any]:
        classes = self.permissions.get(self.action or "", self.permission_classes)
        return [permission() for permission in classes]

    def largest_body_bytes(self) -> int:
        """How much of a body is read: little where anybody may call."""
        is_for_anybody = any(isinstance(permission, AllowAny) for permission in self.get_permissions())
        return LARGEST_BODY_OF_ANYBODY if is_for_anybody else settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        method = request.method or ""
        if method.lower() not in self.action_map:  # whoever asks: this route has no such method
            raise MethodNotAllowed(method)
        self._refuse_old_app(request)
        super().initial(request, *args, **kwargs)
        self._refuse_unknown_query(request)
        handler = getattr(self, self.action or "", None)
        if key_of(request) is not None and request.method == "POST" and not getattr(handler, "is_idempotent", False):
            said = _("Send no Idempotency-Key here: nothing would be kept under it.")
            raise BadInput(said, code="idempotency_key_unexpected")

    def finalize_response(self, request: Request, response: Any, *args: object, **kwargs: object) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if request.method == "GET" and response.status_code == 200:
            if isinstance(response, Response):
                response.add_post_render_callback(lambda rendered: answer_not_modified(request, rendered))
            elif not response.streaming:
                answer_not_modified(request, response)
        return response

    def _refuse_old_app(self, request: Request) -> None:
        version = request.META.get("HTTP_APP_VERSION")
        if version is None or self.serves_old_apps:
            return
        if not APP_VERSION.fullmatch(version):
            raise BadInput(
                _(
                    "The version of the app is not readable: the App-Version header is like 1.4.2. Install the app "
                    "anew."
                ),
                code="app_version_invalid",
            )
        if version_key(version) < version_key(settings.MINIMUM_APP_VERSION):
            raise AppTooOld(extra={"minimum_version": settings.MINIMUM_APP_VERSION})

    def _refuse_unknown_query(self, request: Request) -> None:
        if not request.query_params:
            return
        known = set(self.extra_query_parameters.get(self.action or "", ()))
        known |= set(getattr(self, "page_query_parameters", ()))
        if self.action == "list":
            known |= set(getattr(self.paginator, "query_parameters", ()))
            if filterset := getattr(self, "filterset_class", None):
                known |= set(filterset.base_filters)
        unknown = sorted(set(request.query_params) - known)[: MOST_ERRORS + 1]
        if unknown:
            said = _("This parameter is not known here: leave it out.")
            raise ValidationError({name: [said] for name in unknown}, code="unknown_parameter")
        for name, values in request.query_params.lists():
            if len(values) > 1:
                said = _("This was sent more than once: send it once.")
                raise ValidationError({name: [said]}, code="repeated_parameter")
            if not values[0]:
                raise ValidationError({name: [_("Empty: leave it out.")]}, code="empty_parameter")
            refuse_unstorable(values[0])

    def get_ordering(self) -> tuple[str, ...]:
        """The order of the list; it ends in the id."""
        return self.ordering

    def rows_of_page(self, queryset: Any, keyset: Keyset, limit: int) -> list[Any]:
        """The rows of one page of a list, and one more to know whether there are more."""
        return list(keyset.rows(queryset, limit))

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        """The rows that exist for this person."""
        raise NotImplementedError(type(self).__name__)

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset_for(AnonymousUser())
        return self.queryset_for(self.request.user)

    def get_serializer_class(self) -> Any:
        return self.outputs.get(self.action or "", self.serializer_class)

    def valid_input(self, **context: Any) -> dict[str, Any]:
        """The checked body of the present action; raises 400 with a pointer to each wrong field."""
        serializer = self.inputs[self.action or ""](
            data=self.request.data,
            partial=self.action == "partial_update",
            context={**self.get_serializer_context(), **context},
        )
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def refusal(self, error: DomainError) -> Any:
        """The answer of a refusal that is not raised, because what was written with it must stay."""
        response = self.get_exception_handler()(error, self.get_exception_handler_context())
        response.exception = True
        return response

    def output(self, row: Any) -> Any:
        """The answer's body for a row."""
        return self.get_serializer(row).data


class ReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """A resource that can be listed and retrieved."""
