"""Answers about the ledger that no single model owns."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.conf import settings

from common.files import Folder
from engagement.models import Certificate, EngagementOption, Evidence, Record
from engagement.states import CertificateKind
from schools.models import School, SchoolYear


def has_record(*, person: Any) -> bool:
    """Hook `person_stays`: whether the person has a ledger."""
    return Record.objects.filter(person=person).exists()


def folder_of_evidence() -> Folder:
    """Hook `file_folders`: where evidence is stored."""
    return Folder("evidence", Evidence.objects.all(), "file")


def entries_under_certificate(entry_ids: Iterable[Any]) -> set[Any]:
    """Which of these entries a school's valid certificate lists: they cannot be revoked."""
    covered = Certificate.objects.valid().filter(kind=CertificateKind.OPTION, entries__in=list(entry_ids))
    return set(covered.values_list("entries", flat=True))


def default_rules(school_year: SchoolYear) -> dict[str, Any]:
    """The region's rules for a school that has not chosen its own."""
    deadline = settings.OPTION_DEADLINE
    month, day = map(int, deadline.split("-")) if deadline else (0, 0)
    year = school_year.ends_on.year if month <= school_year.ends_on.month else school_year.starts_on.year
    return {
        "target_minutes": settings.OPTION_TARGET_MINUTES,
        "automatic_approval": settings.OPTION_AUTOMATIC_APPROVAL,
        "domain_caps": {},
        "is_attestation_required": settings.OPTION_ATTESTATION_REQUIRED,
        "counts_before_enrolment": settings.OPTION_COUNTS_BEFORE_ENROLMENT,
        "deadline_on": date(year, month, day) if deadline else None,
    }


def option_of(school: School, school_year: SchoolYear) -> EngagementOption:
    """The school's option of the year; unsaved, with the region's rules, when the school has not chosen yet."""
    found = EngagementOption.objects.select_related("school_year").filter(school=school, school_year=school_year)
    return found.first() or EngagementOption(school=school, school_year=school_year, **default_rules(school_year))
