"""What leaves the house as a table: a class for the school's reports. Each time is written down."""

from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from common.sheets import SheetFormat, Table, write_sheet
from engagement.models import Export
from engagement.pdf import DOMAINS
from engagement.progress import ClassProgress, Progress, progress_of_class
from engagement.states import ProgressStatus
from schools.models import ClassGroup, Comment


@transaction.atomic
def export_class(class_group: ClassGroup, *, file_format: SheetFormat | str, actor: User) -> bytes:
    """The class as a file, one line for each active student by name, and a row that says who took it."""
    progress = progress_of_class(class_group)
    comments = dict(
        Comment.objects.filter(enrolment__class_group=class_group).values_list("enrolment__student", "text")
    )
    Export.objects.create(
        class_group=class_group, file_format=file_format, line_count=len(progress.students), exported_by=actor
    )
    return write_sheet(_class_table(progress, comments), file_format)


def _class_table(progress: ClassProgress, comments: dict[Any, str]) -> Table:
    """Minutes by domain, what counts, what waits, what is expected, and the comment; in French, for French reports."""
    with translation.override("fr"):
        present = {domain.domain for student in progress.students for domain in student.by_domain}
        domains = [domain for domain in DOMAINS if domain in present]
        words = {
            ProgressStatus.ON_TRACK: _("On track"),
            ProgressStatus.BEHIND: _("Behind"),
            ProgressStatus.AT_RISK: _("At risk"),
            ProgressStatus.COMPLETE: _("Complete"),
            None: "",
        }
        headings = [
            _("Last name"),
            _("First name"),
            *(_("%(domain)s (minutes)") % {"domain": DOMAINS[domain]} for domain in domains),
            _("Counted (minutes)"),
            _("Waiting (minutes)"),
            _("Expected so far (minutes)"),
            _("Target (minutes)"),
            _("Status"),
            _("Comment"),
        ]
        return [headings, *(_line(student, domains, words, comments) for student in progress.students)]


def _line(student: Progress, domains: list[str], words: dict[Any, str], comments: dict[Any, str]) -> list[str | int]:
    person = student.record.person
    minutes = {domain.domain: domain.counted_minutes for domain in student.by_domain}
    return [
        person.last_name,
        person.first_name,
        *(minutes.get(domain, 0) for domain in domains),
        student.counted_minutes,
        student.pending_minutes,
        student.expected_minutes or 0,
        student.target_minutes or 0,
        words[student.status],
        comments.get(person.pk, ""),
    ]
