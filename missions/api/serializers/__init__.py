"""Shapes of what missions take and give."""

from missions.api.serializers.attendances import (
    AttendanceOutcomesOutput,
    AttendanceOutput,
    BulkCheckInInput,
    BulkConfirmInput,
    CheckInBatchInput,
    CheckInBatchOutput,
    CheckInCodesOutput,
    CheckInInput,
    CheckInOutput,
    CodeOutput,
    ConfirmInput,
    ReopenInput,
    SyncedAttendanceOutput,
    TickInput,
    WalkInInput,
)
from missions.api.serializers.emergencies import EmergencyNumbersOutput, EmergencyNumberViewOutput
from missions.api.serializers.exchange import CalendarOutput, ExchangeMissionOutput, PartnerMissionOutput
from missions.api.serializers.favourites import FavouriteOutput
from missions.api.serializers.missions import (
    MissionDetailOutput,
    MissionEditInput,
    MissionInput,
    MissionOutput,
    MissionRevisionOutput,
    ShiftCopyInput,
    ShiftEditInput,
    ShiftInput,
    ShiftOutput,
    ShiftSeriesOutput,
)
from missions.api.serializers.qualifications import (
    OwnQualificationOutput,
    QualificationInput,
    QualificationOutput,
)
from missions.api.serializers.reports import FollowUpInput, ReportInput, ReportOutput
from missions.api.serializers.sign_ups import (
    ClassSignUpInput,
    ClassSignUpOutput,
    EligibilityOutput,
    SignUpOutput,
    SyncedSignUpOutput,
)
from missions.publication import image_url_of

__all__ = [
    "AttendanceOutcomesOutput",
    "AttendanceOutput",
    "BulkCheckInInput",
    "BulkConfirmInput",
    "CalendarOutput",
    "CheckInBatchInput",
    "CheckInBatchOutput",
    "CheckInCodesOutput",
    "CheckInInput",
    "CheckInOutput",
    "ClassSignUpInput",
    "ClassSignUpOutput",
    "CodeOutput",
    "ConfirmInput",
    "EligibilityOutput",
    "EmergencyNumberViewOutput",
    "EmergencyNumbersOutput",
    "ExchangeMissionOutput",
    "FavouriteOutput",
    "FollowUpInput",
    "MissionDetailOutput",
    "MissionEditInput",
    "MissionInput",
    "MissionOutput",
    "MissionRevisionOutput",
    "OwnQualificationOutput",
    "PartnerMissionOutput",
    "QualificationInput",
    "QualificationOutput",
    "ReopenInput",
    "ReportInput",
    "ReportOutput",
    "ShiftCopyInput",
    "ShiftEditInput",
    "ShiftInput",
    "ShiftOutput",
    "ShiftSeriesOutput",
    "SignUpOutput",
    "SyncedAttendanceOutput",
    "SyncedSignUpOutput",
    "TickInput",
    "WalkInInput",
    "image_url_of",
]
