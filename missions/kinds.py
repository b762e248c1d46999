"""Which kinds of notices missions publish. A kind is part of the contract: its name never changes."""

from typing import Any

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from notifications.models import Channel, Digest
from notifications.registry import Audience, NoticeKind, Topic, Urgency


class Kind(TextChoices):
    SIGN_UP_RECEIVED = "sign_up_received", pgettext_lazy("kind of notice", "Sign-up received")
    SIGN_UP_UNDECIDED = "sign_up_undecided", pgettext_lazy("kind of notice", "Sign-up that waits for an answer")
    SIGN_UP_ACCEPTED = "sign_up_accepted", pgettext_lazy("kind of notice", "Place confirmed")
    SIGN_UP_DECLINED = "sign_up_declined", pgettext_lazy("kind of notice", "Place not given")
    SIGN_UP_REMOVED = "sign_up_removed", pgettext_lazy("kind of notice", "Place taken back")
    SIGN_UP_RESTORED = "sign_up_restored", pgettext_lazy("kind of notice", "Place given back")
    SIGN_UP_EXPIRED = "sign_up_expired", pgettext_lazy("kind of notice", "Sign-up without an answer")
    SIGN_UP_CANCELLED = "sign_up_cancelled", pgettext_lazy("kind of notice", "Shift cancelled")
    SHIFT_CHANGED = "shift_changed", pgettext_lazy("kind of notice", "Shift changed")
    PLACE_OFFERED = "place_offered", pgettext_lazy("kind of notice", "Place offered from the waiting list")
    OFFER_LAPSES_SOON = "offer_lapses_soon", pgettext_lazy("kind of notice", "Offered place about to lapse")
    OFFER_LAPSED = "offer_lapsed", pgettext_lazy("kind of notice", "Offered place lapsed")
    PASSED_OVER = "passed_over", pgettext_lazy("kind of notice", "Passed over on the waiting list")
    PLACE_WITHDRAWN = "place_withdrawn", pgettext_lazy("kind of notice", "Place given up by somebody")
    CLASS_SIGNED_UP = "class_signed_up", pgettext_lazy("kind of notice", "Class signed up")
    SHIFT_IN_A_DAY = "shift_in_a_day", pgettext_lazy("kind of notice", "Reminder a day before a shift")
    SHIFT_IN_TWO_HOURS = "shift_in_two_hours", pgettext_lazy("kind of notice", "Reminder two hours before a shift")
    CHECK_IN_OPEN = "check_in_open", pgettext_lazy("kind of notice", "Check-in open")
    CHECK_OUT_FORGOTTEN = "check_out_forgotten", pgettext_lazy("kind of notice", "Check-out forgotten")
    VOLUNTEERS_NEEDED = "volunteers_needed", pgettext_lazy("kind of notice", "Volunteers needed near you")
    ATTENDANCES_TO_CONFIRM = "attendances_to_confirm", pgettext_lazy("kind of notice", "Attendances to confirm")
    MARKED_NO_SHOW = "marked_no_show", pgettext_lazy("kind of notice", "Marked as absent")
    EXCUSED = "excused", pgettext_lazy("kind of notice", "Absence excused")
    ATTENDANCE_REOPENED = "attendance_reopened", pgettext_lazy("kind of notice", "Attendance looked at again")
    MISSION_TO_REVIEW = "mission_to_review", pgettext_lazy("kind of notice", "Mission to review")
    MISSION_PUBLISHED = "mission_published", pgettext_lazy("kind of notice", "Mission published")
    MISSION_CHANGES_REQUESTED = "mission_changes_requested", pgettext_lazy("kind of notice", "Mission to be changed")
    MISSION_CANCELLED = "mission_cancelled", pgettext_lazy("kind of notice", "Mission cancelled")
    REVISION_TO_REVIEW = "revision_to_review", pgettext_lazy("kind of notice", "Change of a mission to review")
    REVISION_ACCEPTED = "revision_accepted", pgettext_lazy("kind of notice", "Change of a mission accepted")
    REVISION_REFUSED = "revision_refused", pgettext_lazy("kind of notice", "Change of a mission refused")
    DANGER_REPORTED = "danger_reported", pgettext_lazy("kind of notice", "Danger reported")
    ORGANIZER_MESSAGE = "organizer_message", pgettext_lazy("kind of notice", "Message of an organiser")
    # To the guardians of minors.
    GUARDIAN_TOLD_OF_PLACE = (
        "guardian_told_of_place",
        pgettext_lazy("kind of notice", "Place of a minor, to their guardian"),
    )
    GUARDIAN_TOLD_OF_WITHDRAWAL = (
        "guardian_told_of_withdrawal",
        pgettext_lazy("kind of notice", "Place given up by a minor, to their guardian"),
    )
    GUARDIAN_TOLD_OF_LOSS = (
        "guardian_told_of_loss",
        pgettext_lazy("kind of notice", "Place lost by a minor, to their guardian"),
    )
    GUARDIAN_TOLD_OF_NO_PLACE = (
        "guardian_told_of_no_place",
        pgettext_lazy("kind of notice", "Sign-up of a minor without a place, to their guardian"),
    )
    GUARDIAN_TOLD_OF_CHANGE = (
        "guardian_told_of_change",
        pgettext_lazy("kind of notice", "Shift of a minor changed, to their guardian"),
    )
    GUARDIAN_TOLD_OF_MESSAGE = (
        "guardian_told_of_message",
        pgettext_lazy("kind of notice", "Message to a minor, to their guardian"),
    )


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
        NoticeKind(
            Kind.VOLUNTEERS_NEEDED,
            (Audience.PERSON,),
            data=("shift", "mission"),
            opens=("shifts/{shift}/",),
            topic=Topic.PLACES,
            is_told_to_many=True,
        ),
        NoticeKind(
            Kind.ATTENDANCES_TO_CONFIRM,
            (ORGANIZERS,),
            data=("shift", "mission"),
            opens=("shifts/{shift}/",),
            topic=Topic.PLACES,
            reaches_everyone=True,
            digest=Digest.IMMEDIATE,
            replaces_by="shift",
        ),
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
