"""Which organisations, missions, sign-ups and attendances exist for whom."""

from missions.querysets.attendances import AttendanceQuerySet
from missions.querysets.calendars import CalendarQuerySet
from missions.querysets.emergencies import EmergencyNumberViewQuerySet
from missions.querysets.favourites import FavouriteQuerySet
from missions.querysets.missions import MissionQuerySet, MissionRevisionQuerySet, ShiftQuerySet
from missions.querysets.partner_missions import PartnerMissionQuerySet
from missions.querysets.qualifications import QualificationQuerySet
from missions.querysets.reports import ReportQuerySet
from missions.querysets.search import MissionSearchQuerySet, SearchKeyQuerySet
from missions.querysets.sign_ups import SignUpQuerySet

__all__ = [
    "AttendanceQuerySet",
    "CalendarQuerySet",
    "EmergencyNumberViewQuerySet",
    "FavouriteQuerySet",
    "MissionQuerySet",
    "MissionRevisionQuerySet",
    "MissionSearchQuerySet",
    "PartnerMissionQuerySet",
    "QualificationQuerySet",
    "ReportQuerySet",
    "SearchKeyQuerySet",
    "ShiftQuerySet",
    "SignUpQuerySet",
]
