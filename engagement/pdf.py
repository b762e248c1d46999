"""Certificates and passports as accessible PDF (PDF/UA, tagged, in French), the same bytes for the same facts."""

import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import segno
import typst
from django.conf import settings
from django.utils import formats, translation
from django.utils.translation import gettext as _

from common import names, paris
from engagement.models import Certificate
from engagement.notices import minutes_as_text
from engagement.states import CertificateKind
from engagement.typesetting import settable
from missions.models import Domain

TEMPLATE = Path(__file__).parent / "documents" / "certificate.typ"
# The exchange's domains as people read them: the papers are French.
DOMAINS: dict[str, str] = {
    Domain.ANIMAUX: "Animaux",
    Domain.AUTRE: "Autre",
    Domain.BATIMENT_INDUSTRIE_LOGISTIQUE: "Bâtiment, industrie, logistique",
    Domain.BENEVOLAT_COMPETENCES: "Bénévolat de compétences",
    Domain.COMMUNICATION: "Communication",
    Domain.CULTURE_LOISIRS: "Culture et loisirs",
    Domain.EDUCATION: "Éducation",
    Domain.EMPLOI: "Emploi",
    Domain.ENVIRONNEMENT: "Environnement",
    Domain.GESTION_FINANCE_DROIT: "Gestion, finance, droit",
    Domain.HUMANITAIRE: "Humanitaire",
    Domain.MEMOIRE_ET_CITOYENNETE: "Mémoire et citoyenneté",
    Domain.NUMERIQUE: "Numérique",
    Domain.PREVENTION_PROTECTION: "Prévention et protection",
    Domain.RECHERCHE: "Recherche",
    Domain.SANTE: "Santé",
    Domain.SERVICE_PUBLIC_DEFENSE_SECURITE: "Service public, défense, sécurité",
    Domain.SOLIDARITE_INSERTION: "Solidarité et insertion",
    Domain.SPORT: "Sport",
    Domain.VIVRE_ENSEMBLE: "Vivre ensemble",
}


def check_url(number: str) -> str:
    """Where anybody checks a certificate."""
    return f"{settings.PUBLIC_URL}/api/v1/verify/{number}/"


def filename_of(certificate: Certificate) -> str:
    """Under which name its PDF is kept."""
    said = "passeport" if certificate.kind == CertificateKind.PASSPORT else "attestation"
    return f"{said}-{certificate.number}.pdf"


def certificate_pdf(certificate: Certificate) -> bytes:
    """The certificate or passport as it was issued. Raises ValueError once its snapshot is erased."""
    facts = certificate.snapshot
    if facts is None:
        raise ValueError("erased")
    with translation.override("fr"):
        issued_on = _day(paris.day_of(datetime.fromisoformat(facts["issued_at"])))
        document = {
            **_said(certificate.kind, facts, issued_on),
            "number": facts["number"],
            "person": names.full_name(facts["first_name"], facts["last_name"]),
            "entries": [
                [
                    _day(date.fromisoformat(entry["on"])),
                    entry["title"],
                    entry["organization"],
                    minutes_as_text(entry["minutes"]),
                ]
                for entry in facts["entries"]
            ],
            "by_domain": [
                {"name": DOMAINS[row["domain"]], "time": minutes_as_text(row["minutes"])} for row in facts["by_domain"]
            ],
            "check_sentence": _("Number %(number)s, issued on %(day)s. Anybody can check it here:")
            % {"number": facts["number"], "day": issued_on},
            "signature_sentence": _("Signed with the key %(key)s (Ed25519).") % {"key": certificate.key_id},
        }
        return _compile(document, url=check_url(facts["number"]), moment=certificate.issued_at)


def _said(kind: str, facts: dict[str, Any], issued_on: str) -> dict[str, str]:
    time = minutes_as_text(facts["minutes"])
    if kind == CertificateKind.PASSPORT:
        return {
            "title": _("Volunteer passport"),
            "sentence": _("Organisations attested %(time)s, as of %(day)s.") % {"time": time, "day": issued_on},
            "qr_alt": _("QR code that leads to the check of this passport"),
        }
    return {
        "title": _("Certificate of engagement"),
        "sentence": _("%(school)s certifies %(time)s of engagement in the school year %(year)s.")
        % {"school": facts["school"], "time": time, "year": facts["school_year"]},
        "qr_alt": _("QR code that leads to the check of this certificate"),
    }


def _day(day: date) -> str:
    return formats.date_format(day, "j F Y")


def _settable(value: Any) -> Any:
    """Texts as the fonts can show them (engagement.typesetting); structures walked."""
    if isinstance(value, str):
        return settable(value)
    if isinstance(value, list):
        return [_settable(item) for item in value]
    if isinstance(value, dict):
        return {name: _settable(item) for name, item in value.items()}
    return value


def _compile(document: dict[str, Any], *, url: str, moment: datetime) -> bytes:
    labels = {
        "domains_heading": _("By domain"),
        "domain_label": _("Domain"),
        "time_label": _("Time"),
        "entries_heading": _("Hours"),
        "entry_labels": [_("Day"), _("Mission"), _("Organisation"), _("Time")],
        "check_heading": _("Check"),
        "check_url": url,
        "qr": _qr(url),
    }
    facts = {**_settable(document), **labels}
    return typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"facts": json.dumps(facts)},
        pdf_standards="ua-1",
        ignore_system_fonts=True,
        timestamp=int(moment.timestamp()),
    )


def _qr(url: str) -> str:
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", xmldecl=False, border=2)
    return out.getvalue().decode()
