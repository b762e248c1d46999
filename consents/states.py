"""The state machine of a consent."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from common.errors import Transitions


class ConsentStatus(TextChoices):
    REQUESTED = "requested", pgettext_lazy("consent", "Waiting for a parent or guardian")
    GRANTED = "granted", pgettext_lazy("consent", "Given")
    REFUSED = "refused", pgettext_lazy("consent", "Refused")
    EXPIRED = "expired", pgettext_lazy("consent", "Left without an answer")
    WITHDRAWN = "withdrawn", pgettext_lazy("consent", "Withdrawn")
    LAPSED = "lapsed", pgettext_lazy("consent", "Ended by a change")


# What a guardian said themselves: their last word counts. A consent that nobody answered, or that lapsed, says nothing.
SPOKEN_CONSENT = [ConsentStatus.GRANTED, ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN]
AGAINST_CONSENT = [ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN]
UNDECIDED_CONSENT = [ConsentStatus.REQUESTED, ConsentStatus.EXPIRED]
CONSENT_TRANSITIONS: Transitions = {
    "grant": (
        {ConsentStatus.REQUESTED, ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN, ConsentStatus.EXPIRED},
        ConsentStatus.GRANTED,
    ),
    "refuse": ({ConsentStatus.REQUESTED}, ConsentStatus.REFUSED),
    "expire": ({ConsentStatus.REQUESTED}, ConsentStatus.EXPIRED),
    "withdraw": ({ConsentStatus.GRANTED}, ConsentStatus.WITHDRAWN),
    "lapse": ({ConsentStatus.GRANTED}, ConsentStatus.LAPSED),
    # A consent that nobody answered, or that a change took away, can be asked for once more; a no cannot.
    "ask_again": ({ConsentStatus.EXPIRED, ConsentStatus.LAPSED}, ConsentStatus.REQUESTED),
}
