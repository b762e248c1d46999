"""The state machines of an invitation, and of a membership of a school or an organisation."""

from django.db.models import TextChoices

from common.errors import Transitions


class InvitationStatus(TextChoices):
    INVITED = "invited"
    ACTIVE = "active"


INVITATION_TRANSITIONS: Transitions = {
    "accept": ({InvitationStatus.INVITED}, InvitationStatus.ACTIVE),
}


class MembershipStatus(TextChoices):
    ACTIVE = "active"
    ENDED = "ended"


MEMBERSHIP_TRANSITIONS: Transitions = {
    "end": ({MembershipStatus.ACTIVE}, MembershipStatus.ENDED),
}
