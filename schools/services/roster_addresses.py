"""Guardians' addresses on rosters: they go when the student comes of age."""

from datetime import date

from accounts.models import User
from schools.models import RosterLine


def forget_guardian_addresses(student: User) -> None:
    """Takes the guardian of somebody who came of age off the rosters."""
    RosterLine.objects.filter(enrolment__student=student).update(guardian_email="", guardian_phone="")


def forget_addresses_of_the_unclaimed(born_by: date) -> int:
    """The same for lines that nobody claimed and whose student has come of age; returns how many."""
    lines = RosterLine.objects.unclaimed().filter(birth_date__lte=born_by).exclude(guardian_email="", guardian_phone="")
    return lines.update(guardian_email="", guardian_phone="")
