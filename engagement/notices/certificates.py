"""What is said of certificates, to the student."""

from django.utils.translation import gettext as _

from common.readable import duration as minutes_as_text
from engagement.kinds import Kind
from engagement.models import Certificate
from engagement.states import CertificateKind
from notifications.outbox import Notice
from notifications.unsaid import reason_in_app


def _about(certificate: Certificate) -> dict[str, str]:
    return {"certificate": str(certificate.pk)}


def certificate_issued(certificate: Certificate) -> Notice:
    """It is there, and for how much."""
    return Notice(
        kind=Kind.CERTIFICATE_ISSUED,
        title=_("Your certificate is there"),
        body=_("It certifies %(time)s. Its number is %(number)s.")
        % {"time": minutes_as_text(certificate.minutes), "number": certificate.number},
        data=_about(certificate),
    )


def certificate_superseded(certificate: Certificate) -> Notice:
    """Another one has taken its place."""
    return Notice(
        kind=Kind.CERTIFICATE_SUPERSEDED,
        title=_("A new certificate replaces yours"),
        body=_("The certificate %(number)s is replaced by a newer one.") % {"number": certificate.number},
        data=_about(certificate),
    )


def certificate_revoked(certificate: Certificate) -> Notice:
    """It is no longer valid, and why."""
    title, body = _("Your certificate was revoked"), _("The certificate %(number)s is no longer valid.")
    if certificate.kind == CertificateKind.PASSPORT:
        title, body = _("Your passport is no longer valid"), _("Ask for a new one in place of %(number)s.")
    return Notice(
        kind=Kind.CERTIFICATE_REVOKED,
        title=title,
        body=" ".join(
            filter(None, [body % {"number": certificate.number}, reason_in_app(certificate.revocation_reason)])
        ),
        data=_about(certificate),
    )
