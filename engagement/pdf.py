"""Certificates and passports as accessible PDF (PDF/UA, tagged, in French), the same bytes for the same facts."""

import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import segno
import typst
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from common import names, paris, readable
from common.typesetting import settable
from engagement.models import Certificate
from engagement.notices import minutes_as_text
from engagement.states import CertificateKind, CertificateStatus
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


def qr_text(certificate: Certificate) -> str:
    """What the QR code of a paper holds: where it is checked, and after `#`, which no browser sends, the signed short
    statement, by which it is checked without a network."""
    return f"{check_url(certificate.number)}#{certificate.statement}"


def certificate_pdf(certificate: Certificate) -> bytes:
    """The certificate or passport as it was issued, marked once it is revoked or superseded.

    Raises ValueError once its snapshot is erased.
    """
    return _compile(_document(certificate), moment=certificate.ended_at or certificate.issued_at, form="pdf")


def certificate_pictures(certificate: Certificate) -> list[bytes]:
    """Its pages as PNG, for whoever wants to look at them."""
    pages = _compile(_document(certificate), moment=certificate.issued_at, form="png")
    return [pages] if isinstance(pages, bytes) else pages


def _document(certificate: Certificate) -> dict[str, Any]:
    facts = certificate.snapshot
    if facts is None:
        raise ValueError("erased")
    with translation.override("fr"):
        issued_on = _day(paris.day_of(datetime.fromisoformat(facts["issued_at"])))
        url = check_url(facts["number"])
        said = {
            **_said(certificate.kind, facts),
            **_standing(certificate),
            "number": facts["number"],
            "region": facts["region"],
            "person": names.full_name(facts["first_name"], facts["last_name"]),
            "time": minutes_as_text(facts["minutes"]),
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
            "issued_sentence": _("Issued on %(day)s") % {"day": issued_on},
            "check_sentence": _("Number %(number)s. Anybody can check it here, or by scanning the code:")
            % {"number": facts["number"]},
            "offline_sentence": _(
                "Without a network, the code itself holds a signed statement: number, school, year, hours and day. "
                "Whether the paper was revoked since, only the address above can tell."
            ),
            "signature_sentence": _("Signed with the key %(key)s (Ed25519).") % {"key": certificate.key_id},
        }
        labels = {
            "domains_heading": _("By domain"),
            "domain_label": _("Domain"),
            "time_label": _("Time"),
            "total_label": _("Total") if len(facts["by_domain"]) > 1 else "",
            "entries_heading": _("The hours, one by one"),
            "entry_labels": [_("Day"), _("Mission"), _("Organisation"), _("Time")],
            "check_heading": _("Check"),
            "check_url": url,
            "qr": _qr(qr_text(certificate)),
        }
        return {**_settable(said), **labels}


def _said(kind: str, facts: dict[str, Any]) -> dict[str, Any]:
    if kind == CertificateKind.PASSPORT:
        return {
            "title": _("Volunteer passport"),
            "issuer": "Élan",
            "issuer_line": "",
            "subtitle": _("Volunteering attested by organisations"),
            "before": _("Organisations attest that"),
            "after": _("has given"),
            "purpose": _("of volunteering."),
            "signed_by": [],
            "qr_alt": _("QR code that leads to the check of this passport"),
        }
    school_class = facts["class_name"]
    return {
        "title": _("Certificate of engagement"),
        "issuer": facts["school"],
        "issuer_line": _("School no. %(uai)s (UAI)") % {"uai": facts["school_uai"]},
        "subtitle": _("Option “engagement”, school year %(year)s") % {"year": facts["school_year"]},
        "before": _("The school certifies that"),
        "after": _("pupil of the class %(class)s, has completed") % {"class": school_class}
        if school_class
        else _("has completed"),
        "purpose": _("of engagement (target of the year: %(target)s).")
        % {"target": minutes_as_text(facts["target_minutes"])},
        "signed_by": [_("For the school, its head"), facts["head_name"]] if facts.get("head_name") else [],
        "qr_alt": _("QR code that leads to the check of this certificate"),
    }


def _standing(certificate: Certificate) -> dict[str, str]:
    """What is written across a paper that holds no longer, and the sentence that says it."""
    if certificate.ended_at is None:
        return {"mark": "", "status_sentence": ""}
    day = {"day": _day(paris.day_of(certificate.ended_at))}
    if certificate.status == CertificateStatus.REVOKED:
        return {"mark": _("REVOKED"), "status_sentence": _("Revoked on %(day)s: it is not valid any more.") % day}
    return {"mark": _("REPLACED"), "status_sentence": _("Replaced on %(day)s by a newer one.") % day}


def _day(day: date) -> str:
    return readable.day(day)


def _settable(value: Any) -> Any:
    """Texts as the fonts can show them (common.typesetting); structures walked."""
    if isinstance(value, str):
        return settable(value)
    if isinstance(value, list):
        return [_settable(item) for item in value]
    if isinstance(value, dict):
        return {name: _settable(item) for name, item in value.items()}
    return value


def _compile(document: dict[str, Any], *, moment: datetime, form: Literal["pdf", "png"]) -> Any:
    standards = {"pdf_standards": "ua-1"} if form == "pdf" else {"ppi": 150.0}
    return typst.compile(
        TEMPLATE.read_bytes(),
        format=form,
        sys_inputs={"facts": json.dumps(document)},
        ignore_system_fonts=True,
        timestamp=int(moment.timestamp()),
        **standards,
    )


def _qr(text: str) -> str:
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", xmldecl=False, border=2)
    return out.getvalue().decode()
