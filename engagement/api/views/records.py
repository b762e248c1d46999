"""Records over HTTP, and the passport that each one is shown by."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from accounts.models import Reader
from common.api.files import PDF, file_response
from common.api.requests import ApiRequest
from common.api.views import ReadViewSet
from engagement import pdf
from engagement.api import serializers
from engagement.api.permissions import KeepsALedger
from engagement.models import Record
from engagement.services import passports


class RecordViewSet(ReadViewSet):
    """Ledgers: one's own, and those of the students one answers for."""

    queryset = Record.objects.all()
    serializer_class = serializers.RecordOutput
    permission_classes = [KeepsALedger]

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        records = Record.objects.select_related("person")
        return records.owned_by(person) if self.action == "passport" else records.visible_to(person)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True)
    def passport(self, request: ApiRequest, pk: UUID) -> HttpResponse:
        """What organisations attested of one's own record, as an accessible PDF in French.

        Numbered and signed: the valid passport, or a new one when the hours are others than it says.
        """
        passport, _is_new = passports.issue_passport(self.get_object(), actor=request.user)
        return file_response(pdf.certificate_pdf(passport), PDF, pdf.filename_of(passport))
