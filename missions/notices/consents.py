"""What organisers read of a guardian's decision."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from consents.kinds import Kind
from consents.models import Consent
from consents.states import ConsentStatus
from missions.models import Mission
from notifications.outbox import Notice
from notifications.registry import Audience


@dataclass(frozen=True)
class ConsentOnMission:
    """A consent that was decided, and a mission that it is about: alone, or because the student has places there."""

    consent: Consent
    mission: Mission
    has_place: bool


def consent_decided_on_mission(fact: ConsentOnMission) -> Notice:
    """To the mission's organisers: what the guardian decided, of whom only when they have a place there."""
    kind, title = {
        ConsentStatus.GRANTED: (Kind.CONSENT_GIVEN, _("A guardian agreed: %(mission)s")),
        ConsentStatus.REFUSED: (Kind.CONSENT_REFUSED, _("A guardian refused: %(mission)s")),
        ConsentStatus.WITHDRAWN: (Kind.CONSENT_WITHDRAWN, _("A guardian no longer agrees: %(mission)s")),
    }[ConsentStatus(fact.consent.status)]
    body = _("This is about a student who has no place there yet.")
    if fact.has_place:
        body = _("This is about %(first_name)s.") % {"first_name": fact.consent.student.first_name}
    return Notice(
        kind=kind,
        title=title % {"mission": fact.mission.title},
        body=body,
        data={"mission": str(fact.mission.pk)},
        audience=Audience.ORGANIZERS,
    )
