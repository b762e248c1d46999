"""What is said of a report of danger: that it is there. Its text stays behind the sign-in."""


from django.utils.translation import gettext as _

from missions.kinds import Kind
from missions.models import Report
from notifications.outbox import Notice


def danger_reported(report: Report) -> Notice:
    """To the region: somebody told of a danger."""
    return Notice(
        kind=Kind.DANGER_REPORTED,
        title=_("A danger was reported"),
        body=_("Open Élan to read the report and take it up."),
        data={"report": str(report.pk)},
    )


def danger_reported_to_school(report: Report) -> Notice:
    """To the managers of a school: the report was made by, or is about, a minor of theirs."""
    return Notice(
        kind=Kind.DANGER_REPORTED,
        title=_("A danger was reported"),
        body=_("It concerns a student of your school. The region has been told at once. Open Élan to read the report."),
        data={"report": str(report.pk)},
    )
