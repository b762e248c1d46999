"""The state machine of an invitation."""

from django.db.models import TextChoices

from common.errors import Transitions


class InvitationStatus(TextChoices):
    INVITED = "invited"
    ACTIVE = "active"


INVITATION_TRANSITIONS: Transitions = {
    "accept": ({InvitationStatus.INVITED}, InvitationStatus.ACTIVE),
}
