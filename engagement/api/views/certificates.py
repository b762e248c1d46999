"""Certificates over HTTP, and their check by anybody."""

import base64
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts.models import Reader
from common.api.files import PDF, file_response
from common.api.idempotency import idempotent
from common.api.pages import PublicLinkMixin
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet, ReadViewSet
from common.errors import BadInput, Gone, NotVisible
from engagement import pdf, signing
from engagement.api import serializers
from engagement.api.filters import CertificateFilter
from engagement.api.permissions import KeepsALedger
from engagement.models import Certificate, Record
from engagement.notices import minutes_as_text
from engagement.services import certificates, passports
from schools.api.permissions import IsSchoolManager


class CertificateViewSet(ReadViewSet):
    """Certificates: one's own, and those of the students one answers for."""

    queryset = Certificate.objects.all()
    serializer_class = serializers.CertificateOutput
    filterset_class = CertificateFilter
    permission_classes = [KeepsALedger]
    permissions = {"revoke": [IsSchoolManager], "keys": [AllowAny]}
    inputs = {"create": serializers.CertificateInput, "revoke": serializers.RevocationInput}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        visible = Certificate.objects.visible_to(person)
        if self.action == "revoke":
            visible = Certificate.objects.managed_by(person)
        return visible.select_related("record__person")

    @extend_schema(responses={201: serializers.CertificateOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """Issues a certificate of what counts now: one's own once complete, or as the school's manager.

        Of a passport, one's own, of what organisations attested.
        """
        facts = self.valid_input()
        record = Record.objects.visible_to(request.user).filter(pk=facts["record"]).first()
        if record is None:
            said = _("You cannot read this record. Choose another one.")
            raise BadInput(code="record_unknown", fields={"record": said})
        if record.option_id is None:
            certificate = passports.issue_new_passport(record, actor=request.user)
        else:
            certificate = certificates.issue_certificate(record, reason=facts["reason"], actor=request.user)
        return Response(self.output(certificate), status=201)

    @extend_schema(responses={200: serializers.CertificateOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def revoke(self, request: ApiRequest, pk: UUID) -> Response:
        """Ends it, and why; its entries are free again."""
        reason = self.valid_input()["reason"]
        return Response(
            self.output(certificates.revoke_certificate(self.get_object(), reason=reason, actor=request.user))
        )

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True)
    def pdf(self, request: ApiRequest, pk: UUID) -> HttpResponse:
        """The certificate as an accessible PDF in French."""
        certificate = self.get_object()
        if certificate.snapshot is None:
            raise Gone(
                _(
                    "This certificate has no paper any more: whom it was for has been erased. Ask the school if you "
                    "need a proof."
                )
            )
        certificates.ensure_as_signed(certificate)
        return file_response(pdf.certificate_pdf(certificate), PDF, pdf.filename_of(certificate))

    @extend_schema(responses={200: serializers.PublicKeysOutput}, auth=[])
    @action(detail=False, pagination_class=None, filterset_class=None, authentication_classes=[])
    def keys(self, request: ApiRequest) -> Response:
        """The public keys by which a certificate's signature is checked without asking us."""
        keys = [
            {
                "key_id": key_id,
                "algorithm": "Ed25519",
                "public_key": base64.urlsafe_b64encode(key.public_bytes_raw()).decode(),
            }
            for key_id, key in signing.public_keys().items()
        ]
        return Response(serializers.PublicKeysOutput({"keys": keys}).data)


class VerifyViewSet(PublicLinkMixin, ApiViewSet):
    """The check of a certificate by its number: a page for people, JSON for machines."""

    queryset = Certificate.objects.none()
    serializer_class = serializers.CertificateCheckOutput
    permission_classes = [AllowAny]
    throttle_scope = "verify"
    template_name = "engagement/verify.html"
    serves_old_apps = True

    def judge_link(self, token: str) -> None:
        if certificates.certificate_of_number(token) is None:
            raise NotVisible(_("There is no certificate of this number. Check it against the paper."))

    @extend_schema(
        operation_id="verify_show", responses={200: serializers.CertificateCheckOutput}, auth=[]
    )
    def show(self, request: ApiRequest, token: str) -> Response:
        """Whether a paper is genuine and valid; nothing of its entries, of a name the first and an initial.

        The signatures are checked each time: 409 `not_as_signed` when what is kept is not what was signed.
        """
        certificate = certificates.certificate_of_number(token)
        if certificate is None:
            raise NotVisible(_("There is no certificate of this number. Check it against the paper."))
        certificates.ensure_as_signed(certificate)
        data = self.output(certificate)
        if request.accepted_renderer.format == "html":
            data = {**data, "time": minutes_as_text(certificate.minutes)}
        return Response(data)
