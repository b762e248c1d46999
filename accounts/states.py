"""The state machines of an invitation, and of a membership of a school or an organisation."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from common.errors import Transitions


class InvitationStatus(TextChoices):
    INVITED = "invited", pgettext_lazy("invitation", "Sent, not accepted yet")
    ACTIVE = "active", pgettext_lazy("invitation", "Accepted")


INVITATION_TRANSITIONS: Transitions = {
    "accept": ({InvitationStatus.INVITED}, InvitationStatus.ACTIVE),
}


class MembershipStatus(TextChoices):
    ACTIVE = "active", pgettext_lazy("membership", "Active")
    ENDED = "ended", pgettext_lazy("membership", "Ended")


MEMBERSHIP_TRANSITIONS: Transitions = {
    "end": ({MembershipStatus.ACTIVE}, MembershipStatus.ENDED),
}
