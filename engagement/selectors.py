"""Answers about the ledger that no single model owns."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError
from common.files import Folder
from engagement.models import Certificate, EngagementOption, Evidence, HourEntry, Record
from engagement.states import CertificateKind, CertificateStatus
from notifications.models import OutboxMessage
from notifications.outbox import ids_in, named
from organizations.selectors import is_organizer
from schools.models import ClassGroup, School, SchoolYear
from schools.selectors import is_staff


def has_record(*, person: User) -> bool:
    """Hook `person_stays`: whether the person has a ledger."""
    return Record.objects.filter(person=person).exists()


def sees_others(person: User) -> bool:
    """Whether anybody else's entries may exist for the person: of those who answer for a class or run missions."""
    return is_staff(person) or is_organizer(person)


class NameOnCertificate(DomainError):
    """409: what a certificate bears is not changed under it."""

    code = "name_on_certificate"
    field = "first_name"
    detail = _("A certificate bears your name: it does not change any more. Write to the region if it is wrong.")


def name_is_on_certificate(*, person: User) -> DomainError | None:
    """Hook `name_is_held`: a certificate or passport that was not revoked keeps the name it bears."""
    borne = Certificate.objects.filter(record__person=person).exclude(status=CertificateStatus.REVOKED)
    return NameOnCertificate() if borne.exists() else None


def folder_of_evidence() -> Folder:
    """Hook `file_folders`: where evidence is stored."""
    return Folder("evidence", Evidence.objects.all(), "file")


def entries_under_certificate(entry_ids: Iterable[Any]) -> set[Any]:
    """Which of these entries a school's valid certificate lists: they cannot be revoked."""
    covered = Certificate.objects.valid().filter(kind=CertificateKind.OPTION, entries__in=list(entry_ids))
    return set(covered.values_list("entries", flat=True))


def counted_elsewhere(records: Iterable[Any] | None = None) -> set[UUID]:
    """Attested entries, of these records or of all, whose time another attested one of the record covers.

    The loose ones are looked for first: a school's records have few.
    """
    entries = HourEntry.objects.all() if records is None else HourEntry.objects.filter(record__in=records)
    concerned = set(entries.filter(entries.is_loose()).values_list("record", flat=True))
    return {entry.pk for entry in counted_elsewhere_in(concerned)}


def counted_elsewhere_in(records: Collection[Any]) -> list[HourEntry]:
    """The same for records that have loose entries, in one query: nobody was there twice, of two entries the one with
    more minutes counts."""
    kept: dict[Any, list[HourEntry]] = defaultdict(list)
    doubled = []
    rows = HourEntry.objects.filter(record__in=records).covered_twice() if records else []
    for entry in sorted(rows, key=lambda one: (-one.attested_within, one.pk)):
        others = kept[entry.record_id]
        if any(entry.overlaps(other) for other in others):
            doubled.append(entry)
        else:
            others.append(entry)
    return doubled


def attested_in(record: Record) -> list[HourEntry]:
    """What organisations attested in one record, each hour once, in the order they were given."""
    rows = HourEntry.objects.attested().filter(record=record).exclude(pk__in=counted_elsewhere([record.pk]))
    return list(rows.select_related("mission__organization").order_by("started_at", "pk"))


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
    return found.first() or _unchosen(school, school_year)


def options_of(classes: Collection[ClassGroup]) -> dict[tuple[UUID, UUID], EngagementOption]:
    """`option_of` the school and year of each class, by both ids, in one query; school and year are read already."""
    wanted = {(one.school_id, one.school_year_id): one for one in classes}
    if not wanted:
        return {}
    schools, years = zip(*wanted, strict=True)
    found = EngagementOption.objects.select_related("school_year").filter(school__in=schools, school_year__in=years)
    chosen = {(option.school_id, option.school_year_id): option for option in found}
    return {key: chosen.get(key) or _unchosen(one.school, one.school_year) for key, one in wanted.items()}


def _unchosen(school: School, school_year: SchoolYear) -> EngagementOption:
    return EngagementOption(school=school, school_year=school_year, **default_rules(school_year))


def written_for(*, messages: Iterable[OutboxMessage]) -> dict[UUID, str]:
    """Hook `mail_written_for`: the schools whose option the hours or certificates count for; none for a passport. note:
    causes a query for each kind of the two."""
    messages, school = list(messages), "record__option__school__name"
    hours, certificates = ids_in(messages, "hour_entry"), ids_in(messages, "certificate")
    entries = HourEntry.objects.filter(pk__in=set(hours.values()), record__option__isnull=False)
    papers = Certificate.objects.filter(pk__in=set(certificates.values()), record__option__isnull=False)
    return named(hours, entries.values_list("pk", school)) | named(certificates, papers.values_list("pk", school))
