"""Lycées, their classes, their staff and who is enrolled."""

from schools.models.classes import ClassGroup, ClassReferent, Comment, Enrolment, RosterLine, SchoolYear
from schools.models.schools import School, Sector, StaffMembership
from schools.models.territories import Commune, CommunePostalCode, Territory

__all__ = [
    "ClassGroup",
    "ClassReferent",
    "Comment",
    "Commune",
    "CommunePostalCode",
    "Enrolment",
    "RosterLine",
    "School",
    "SchoolYear",
    "Sector",
    "StaffMembership",
    "Territory",
]
