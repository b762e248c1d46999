"""Which kinds of notices missions publish. A kind is part of the contract: its name never changes."""

from typing import Any

from django.db.models import TextChoices

from notifications.models import Channel, Digest
from notifications.registry import Audience, NoticeKind, Topic, Urgency


class Kind(TextChoices):
    SIGN_UP_RECEIVED = "sign_up_received"
    SIGN_UP_UNDECIDED = "sign_up_undecided"
    SIGN_UP_ACCEPTED = "sign_up_accepted"
    SIGN_UP_DECLINED = "sign_up_declined"
    SIGN_UP_REMOVED = "sign_up_removed"
    SIGN_UP_RESTORED = "sign_up_restored"
    SIGN_UP_EXPIRED = "sign_up_expired"
    SIGN_UP_CANCELLED = "sign_up_cancelled"
    SHIFT_CHANGED = "shift_changed"
    PLACE_OFFERED = "place_offered"
    OFFER_LAPSES_SOON = "offer_lapses_soon"
    OFFER_LAPSED = "offer_lapsed"
    PASSED_OVER = "passed_over"
    PLACE_WITHDRAWN = "place_withdrawn"
    CLASS_SIGNED_UP = "class_signed_up"
    SHIFT_IN_A_DAY = "shift_in_a_day"
    SHIFT_IN_TWO_HOURS = "shift_in_two_hours"
    CHECK_IN_OPEN = "check_in_open"
    CHECK_OUT_FORGOTTEN = "check_out_forgotten"
    MARKED_NO_SHOW = "marked_no_show"
    EXCUSED = "excused"
    ATTENDANCE_REOPENED = "attendance_reopened"
    MISSION_TO_REVIEW = "mission_to_review"
    MISSION_PUBLISHED = "mission_published"
    MISSION_CHANGES_REQUESTED = "mission_changes_requested"
    MISSION_CANCELLED = "mission_cancelled"
    REVISION_TO_REVIEW = "revision_to_review"
    REVISION_ACCEPTED = "revision_accepted"
    REVISION_REFUSED = "revision_refused"
    DANGER_REPORTED = "danger_reported"
    ORGANIZER_MESSAGE = "organizer_message"
    # To the guardians of minors.
    GUARDIAN_TOLD_OF_PLACE = "guardian_told_of_place"
    GUARDIAN_TOLD_OF_WITHDRAWAL = "guardian_told_of_withdrawal"
    GUARDIAN_TOLD_OF_LOSS = "guardian_told_of_loss"
    GUARDIAN_TOLD_OF_NO_PLACE = "guardian_told_of_no_place"
    GUARDIAN_TOLD_OF_CHANGE = "guardian_told_of_change"
    GUARDIAN_TOLD_OF_MESSAGE = "guardian_told_of_message"


# What a guardian may switch off, and what a mailbox gets so many of a day.
ABOUT_PLACES_OF_MINORS = (
    Kind.GUARDIAN_TOLD_OF_PLACE,
    Kind.GUARDIAN_TOLD_OF_WITHDRAWAL,
    Kind.GUARDIAN_TOLD_OF_LOSS,
    Kind.GUARDIAN_TOLD_OF_NO_PLACE,
    Kind.GUARDIAN_TOLD_OF_CHANGE,
)


def _of_sign_up(kind: Kind, urgency: Urgency = Urgency.WAITS, **facts: Any) -> NoticeKind:
    """To the person whose place it is. One kind that changes it cannot be refused: they would stand there alone."""
    return NoticeKind(
        kind,
        (Audience.PERSON,),
        urgency=urgency,
        data=("sign_up", "shift", "mission"),
        opens=("sign-ups/{sign_up}/",),
        topic=Topic.PLACES,
        **{"reaches_everyone": True, **facts},
    )


def _to_organizers(kind: Kind, **facts: Any) -> NoticeKind:
    """Of a sign-up, to those who decide on it: at once, or in their digest."""
    return NoticeKind(
        kind,
        (Audience.ORGANIZERS,),
        data=("sign_up", "shift", "mission"),
        opens=("sign-ups/{sign_up}/",),
        topic=Topic.PLACES,
        reaches_everyone=True,
        digest=Digest.IMMEDIATE,
        **facts,
    )


def _of_mission(kind: Kind, to: Audience, digest: Digest | None = None) -> NoticeKind:
    return NoticeKind(
        kind,
        (to,),
        data=("mission",),
        opens=("missions/{mission}/",),
        topic=Topic.ORGANIZATIONS,
        reaches_everyone=True,
        digest=digest,
    )


def _of_revision(kind: Kind, to: Audience, digest: Digest | None = None) -> NoticeKind:
    return NoticeKind(
        kind,
        (to,),
        data=("mission", "revision"),
        opens=("mission-revisions/{revision}/",),
        topic=Topic.ORGANIZATIONS,
        reaches_everyone=True,
        digest=digest,
    )


def _to_guardian(kind: Kind, urgency: Urgency = Urgency.WAITS) -> NoticeKind:
    return NoticeKind(kind, (Audience.GUARDIAN,), (Channel.MAIL,), urgency, topic=Topic.PLACES)


ORGANIZERS, REGION = Audience.ORGANIZERS, Audience.REGION


def notice_kinds() -> tuple[NoticeKind, ...]:
    """Hook `notice_kinds`."""
    return (
        _to_organizers(Kind.SIGN_UP_RECEIVED, replaces_by="shift"),
        _to_organizers(Kind.SIGN_UP_UNDECIDED),
        _of_sign_up(Kind.SIGN_UP_ACCEPTED),
        _of_sign_up(Kind.SIGN_UP_DECLINED),
        _of_sign_up(Kind.SIGN_UP_REMOVED, Urgency.SOMETIMES, may_be_refused=False),
        _of_sign_up(Kind.SIGN_UP_RESTORED, Urgency.SOMETIMES),
        _of_sign_up(Kind.SIGN_UP_EXPIRED),
        _of_sign_up(Kind.SIGN_UP_CANCELLED, Urgency.SOMETIMES, may_be_refused=False),
        _of_sign_up(Kind.SHIFT_CHANGED, Urgency.SOMETIMES, may_be_refused=False),
        _of_sign_up(Kind.PLACE_OFFERED, Urgency.SOMETIMES),
        _of_sign_up(Kind.OFFER_LAPSES_SOON, Urgency.SOMETIMES),
        _of_sign_up(Kind.OFFER_LAPSED, reaches_everyone=False),
        _of_sign_up(Kind.PASSED_OVER, reaches_everyone=False),
        _to_organizers(Kind.PLACE_WITHDRAWN),
        NoticeKind(
            Kind.CLASS_SIGNED_UP,
            (ORGANIZERS, Audience.TEACHERS),
            data=("shift", "mission"),
            opens=("shifts/{shift}/",),
            topic=Topic.PLACES,
            reaches_everyone=True,
        ),
        _of_sign_up(Kind.SHIFT_IN_A_DAY),
        _of_sign_up(Kind.SHIFT_IN_TWO_HOURS, reaches_everyone=False),
        _of_sign_up(Kind.CHECK_IN_OPEN, Urgency.NEVER_HELD, reaches_everyone=False),
        _of_sign_up(Kind.CHECK_OUT_FORGOTTEN, Urgency.NEVER_HELD, reaches_everyone=False),
        _of_sign_up(Kind.MARKED_NO_SHOW),
        _of_sign_up(Kind.EXCUSED),
        _of_sign_up(Kind.ATTENDANCE_REOPENED),
        _of_mission(Kind.MISSION_TO_REVIEW, REGION, Digest.DAILY),
        _of_mission(Kind.MISSION_PUBLISHED, ORGANIZERS),
        _of_mission(Kind.MISSION_CHANGES_REQUESTED, ORGANIZERS),
        _of_mission(Kind.MISSION_CANCELLED, ORGANIZERS),
        _of_revision(Kind.REVISION_TO_REVIEW, REGION, Digest.DAILY),
        _of_revision(Kind.REVISION_ACCEPTED, ORGANIZERS),
        _of_revision(Kind.REVISION_REFUSED, ORGANIZERS),
        NoticeKind(
            Kind.DANGER_REPORTED,
            (REGION, Audience.SCHOOL_MANAGERS),
            urgency=Urgency.NEVER_HELD,
            data=("report",),
            opens=("reports/{report}/",),
            topic=Topic.ACCOUNT,
            reaches_everyone=True,
            may_be_refused=False,
        ),
        NoticeKind(
            Kind.ORGANIZER_MESSAGE,
            (Audience.PERSON,),
            urgency=Urgency.SOMETIMES,
            data=("message", "sign_up", "shift", "mission"),
            opens=("messages/{message}/",),
            topic=Topic.PLACES,
            reaches_everyone=True,
        ),
        _to_guardian(Kind.GUARDIAN_TOLD_OF_PLACE),
        _to_guardian(Kind.GUARDIAN_TOLD_OF_WITHDRAWAL),
        _to_guardian(Kind.GUARDIAN_TOLD_OF_LOSS, Urgency.SOMETIMES),
        _to_guardian(Kind.GUARDIAN_TOLD_OF_NO_PLACE),
        _to_guardian(Kind.GUARDIAN_TOLD_OF_CHANGE, Urgency.SOMETIMES),
        _to_guardian(Kind.GUARDIAN_TOLD_OF_MESSAGE, Urgency.SOMETIMES),
    )
