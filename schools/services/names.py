"""What a school is called: the directory's label put right, or as the school itself corrects it."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import BadInput, NotAllowed
from common.text import fold
from schools import selectors as schools
from schools.directory.names import says_no_more, shown_name
from schools.models import School


@transaction.atomic
def correct_name(school: School, name: str, *, actor: User) -> School:
    """Writes the school's name as people read it, on its certificates as well; "" is the directory's again.

    Accents, capitals and hyphens are the school's to say, and which words of the label are left out; no word is added,
    so that nobody takes another school's name. A later import keeps it. Raises NotAllowed, BadInput
    (`name_not_the_directorys`).
    """
    school = School.objects.select_for_update(of=("self",)).get(pk=school.pk)
    if not schools.manages(actor, school):
        raise NotAllowed
    label = school.directory_name or school.name
    name = " ".join(name.split())
    if name and not (fold(name) and says_no_more(name, label)):
        said = _("Only the words of “%(label)s” can stand here: put accents, capitals and hyphens right.")
        raise BadInput(code="name_not_the_directorys", fields={"name": said % {"label": label}})
    school.name, school.is_name_corrected = name or shown_name(label), bool(name)
    school.search_text = fold(" ".join([school.name, school.commune_name, school.postal_code, school.uai]))[:500]
    school.updated_at = timezone.now()
    school.save(update_fields=["name", "is_name_corrected", "search_text", "updated_at"])
    return school
