"""The state machine of a delivery."""

from django.db.models import TextChoices

from common.errors import Transitions


class DeliveryStatus(TextChoices):
    PENDING = "pending"
    SENT = "sent"
    DROPPED = "dropped"
    DEAD = "dead"


DELIVERY_TRANSITIONS: Transitions = {
    "send": ({DeliveryStatus.PENDING}, DeliveryStatus.SENT),
    "fail": ({DeliveryStatus.PENDING}, DeliveryStatus.PENDING),
    "drop": ({DeliveryStatus.PENDING}, DeliveryStatus.DROPPED),
    "die": ({DeliveryStatus.PENDING}, DeliveryStatus.DEAD),
    "retry": ({DeliveryStatus.PENDING, DeliveryStatus.DEAD}, DeliveryStatus.PENDING),
}
