"""A teacher's comment on a student's year."""

from django.db import transaction

from accounts.models import User
from common.versions import ensure_version
from schools.models import Comment, Enrolment


def comment_of(enrolment: Enrolment) -> Comment:
    """The comment, unsaved and empty while there is none."""
    return Comment.objects.filter(enrolment=enrolment).first() or Comment(enrolment=enrolment)


@transaction.atomic
def write_comment(enrolment: Enrolment, text: str, *, expected: set[int] | None, actor: User) -> Comment:
    """Says it anew in place of what was said. Raises Stale, so that two teachers never write over each other."""
    Enrolment.objects.select_for_update(of=("self",)).get(pk=enrolment.pk)
    comment = comment_of(enrolment)
    ensure_version(comment, expected)
    comment.text, comment.written_by = text, actor
    comment.version += 1
    comment.save()
    return comment
