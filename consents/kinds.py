"""Which kinds of notices consents publish. A kind is part of the contract: its name never changes."""

from datetime import timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from notifications.models import Channel, Digest
from notifications.registry import Audience, NoticeKind, Topic, Urgency


class Kind(TextChoices):
    CONSENT_ASKED = "consent_asked", pgettext_lazy("kind of notice", "Consent asked of a guardian")
    CONSENT_GIVEN = "consent_given", pgettext_lazy("kind of notice", "Consent given")
    CONSENT_REFUSED = "consent_refused", pgettext_lazy("kind of notice", "Consent refused")
    CONSENT_WITHDRAWN = "consent_withdrawn", pgettext_lazy("kind of notice", "Consent withdrawn")
    CONSENT_LAPSED = "consent_lapsed", pgettext_lazy("kind of notice", "Consent ended by a change")
    CONSENT_EXPIRED = "consent_expired", pgettext_lazy("kind of notice", "Consent not answered in time")
    CONSENT_PAPER_RECORDED = "consent_paper_recorded", pgettext_lazy("kind of notice", "Consent on paper recorded")
    CONSENT_SETTLED = "consent_settled", pgettext_lazy("kind of notice", "Refusal settled by the school")
    REFUSAL_TO_SETTLE = "refusal_to_settle", pgettext_lazy("kind of notice", "Guardians who disagree, to settle")
    GUARDIAN_INFORMED = "guardian_informed", pgettext_lazy("kind of notice", "Guardian informed")
    GUARDIAN_PAGE = "guardian_page", pgettext_lazy("kind of notice", "Guardian’s own page")
    GUARDIAN_REPLACED = "guardian_replaced", pgettext_lazy("kind of notice", "Guardian replaced")
    GUARDIAN_DISOWNED = "guardian_disowned", pgettext_lazy("kind of notice", "“Not my child” said by a guardian")
    GUARDIAN_MAIL_BOUNCED = (
        "guardian_mail_bounced",
        pgettext_lazy("kind of notice", "Guardian who cannot be reached by mail"),
    )
    GUARDIAN_NEW_ADDRESS = "guardian_new_address", pgettext_lazy("kind of notice", "Guardian’s new address to confirm")
    GUARDIAN_ADDRESS_CHANGED = (
        "guardian_address_changed",
        pgettext_lazy("kind of notice", "Guardian’s address changed"),
    )


def _of_consent(kind: Kind, *to: Audience) -> NoticeKind:
    return NoticeKind(
        kind,
        to,
        data=("consent", "mission"),
        opens=("missions/{mission}/", "consents/"),
        topic=Topic.CLASSES,
        reaches_everyone=True,
    )


def _of_guardian(kind: Kind, *to: Audience, digest: Digest | None = None) -> NoticeKind:
    return NoticeKind(
        kind,
        to,
        data=("guardian",),
        opens=("guardians/{guardian}/", "me/guardians/"),
        topic=Topic.CLASSES,
        reaches_everyone=True,
        digest=digest,
    )


def _to_guardian(kind: Kind, urgency: Urgency = Urgency.WAITS, **facts: Any) -> NoticeKind:
    return NoticeKind(kind, (Audience.GUARDIAN,), (Channel.MAIL,), urgency, topic=Topic.CLASSES, **facts)


STUDENT, GUARDIAN, ORGANIZERS = Audience.PERSON, Audience.GUARDIAN, Audience.ORGANIZERS
SCHOOL = (Audience.TEACHERS, Audience.SCHOOL_MANAGERS)


def notice_kinds() -> tuple[NoticeKind, ...]:
    """Hook `notice_kinds`."""
    return (
        # As long as its link.
        _to_guardian(Kind.CONSENT_ASKED, lives=timedelta(days=14)),
        _of_consent(Kind.CONSENT_GIVEN, STUDENT, ORGANIZERS),
        _of_consent(Kind.CONSENT_REFUSED, STUDENT, ORGANIZERS),
        _of_consent(Kind.CONSENT_WITHDRAWN, STUDENT, ORGANIZERS),
        _of_consent(Kind.CONSENT_LAPSED, STUDENT, GUARDIAN),
        _of_consent(Kind.CONSENT_EXPIRED, STUDENT, GUARDIAN),
        _to_guardian(Kind.CONSENT_PAPER_RECORDED),
        _to_guardian(Kind.CONSENT_SETTLED),
        _of_guardian(Kind.REFUSAL_TO_SETTLE, Audience.SCHOOL_MANAGERS, digest=Digest.DAILY),
        _to_guardian(Kind.GUARDIAN_INFORMED),
        # They asked for it just now.
        _to_guardian(Kind.GUARDIAN_PAGE, Urgency.NEVER_HELD),
        _to_guardian(Kind.GUARDIAN_REPLACED),
        _of_guardian(Kind.GUARDIAN_DISOWNED, *SCHOOL),
        _of_guardian(Kind.GUARDIAN_MAIL_BOUNCED, STUDENT, *SCHOOL),
        # As mails about an account.
        _to_guardian(Kind.GUARDIAN_NEW_ADDRESS, Urgency.NEVER_HELD),
        _to_guardian(Kind.GUARDIAN_ADDRESS_CHANGED, Urgency.NEVER_HELD),
    )
