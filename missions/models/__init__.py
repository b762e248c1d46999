"""Organisations and what they offer; a person's place on a shift; what really happened there."""

from missions.models.attendances import (
    Attendance,
    AttendanceEvent,
    AttendanceFlag,
    CheckIn,
    CheckInMethod,
    Direction,
    WrongCode,
    counted,
)
from missions.models.calendars import Calendar
from missions.models.emergencies import EmergencyNumberView
from missions.models.favourites import Favourite
from missions.models.messages import Message, MessageRecipient
from missions.models.missions import Audience, Domain, Mission
from missions.models.partner_missions import ExchangeType, PartnerMission, Remote
from missions.models.qualifications import (
    FORMER_NAMES,
    QUALIFICATION_NAMES,
    Qualification,
    QualificationKind,
    QualificationState,
)
from missions.models.reports import Report
from missions.models.revisions import MissionRevision
from missions.models.search import MissionSearch, SearchKey
from missions.models.sheets import ListFormat, ShiftListExport
from missions.models.shifts import Shift
from missions.models.sign_ups import SignUp

__all__ = [
    "FORMER_NAMES",
    "QUALIFICATION_NAMES",
    "Attendance",
    "AttendanceEvent",
    "AttendanceFlag",
    "Audience",
    "Calendar",
    "CheckIn",
    "CheckInMethod",
    "Direction",
    "Domain",
    "EmergencyNumberView",
    "ExchangeType",
    "Favourite",
    "ListFormat",
    "Message",
    "MessageRecipient",
    "Mission",
    "MissionRevision",
    "MissionSearch",
    "PartnerMission",
    "Qualification",
    "QualificationKind",
    "QualificationState",
    "Remote",
    "Report",
    "SearchKey",
    "Shift",
    "ShiftListExport",
    "SignUp",
    "WrongCode",
    "counted",
]
