"""What is said of missions under review."""


from django.utils import timezone
from django.utils.translation import gettext as _

from missions.kinds import Kind
from missions.models import Mission, MissionRevision
from notifications.outbox import Notice
from notifications.unsaid import reason_in_app


def mission_to_review(mission: Mission) -> Notice:
    """To the region: a mission waits for moderation."""
    return Notice(
        kind=Kind.MISSION_TO_REVIEW,
        title=_("A mission to review"),
        body=mission.title,
        data={"mission": str(mission.pk)},
    )


def mission_reviewed(mission: Mission) -> Notice:
    """To the organisers: the region's answer."""
    published = mission.status == "published"
    can_be_found = published and mission.shifts.upcoming(timezone.now()).exists()
    said = _("People can now find it and sign up.") if can_be_found else _("It has no shift to come: add one.")
    return Notice(
        kind=Kind.MISSION_PUBLISHED if published else Kind.MISSION_CHANGES_REQUESTED,
        title=_("Published: %(title)s") % {"title": mission.title}
        if published
        else _("To be changed: %(title)s") % {"title": mission.title},
        body=said if published else mission.review_reason,
        data={"mission": str(mission.pk)},
    )


def mission_cancelled(mission: Mission) -> Notice:
    """To the other organisers: somebody of theirs, or the region, cancelled it."""
    return Notice(
        kind=Kind.MISSION_CANCELLED,
        title=_("Cancelled: %(mission)s") % {"mission": mission.title},
        body=reason_in_app(mission.cancel_reason) or _("It does not take place any more."),
        data={"mission": str(mission.pk)},
    )


def revision_to_review(revision: MissionRevision) -> Notice:
    """To the region: a published mission is to change."""
    return Notice(
        kind=Kind.REVISION_TO_REVIEW,
        title=_("A change of a mission to review"),
        body=revision.mission.title,
        data={"mission": str(revision.mission_id), "revision": str(revision.pk)},
    )


def revision_decided(revision: MissionRevision) -> Notice:
    """To the organisers: the region's answer to a change."""
    accepted = revision.status == "accepted"
    title = {"title": revision.mission.title}
    return Notice(
        kind=Kind.REVISION_ACCEPTED if accepted else Kind.REVISION_REFUSED,
        title=_("The change is published: %(title)s") % title if accepted else _("Not changed: %(title)s") % title,
        body=_("People on its shifts have been told.") if accepted else revision.reason,
        data={"mission": str(revision.mission_id), "revision": str(revision.pk)},
    )
