"""The state machine of a consent."""

from django.db.models import TextChoices

from common.errors import Transitions


class ConsentStatus(TextChoices):
    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


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
