"""What is said to tutors, who have no account, and to students about them. Of a minor the first name alone."""

from datetime import datetime
from typing import cast

from django.utils.translation import gettext as _

from common import readable
from engagement.kinds import Kind
from engagement.models import AttestationRequest, HourEntry
from engagement.notices.entries import about
from notifications.outbox import Link, Notice, in_every_language

TUTOR_PURPOSE = "tutor"


def tutor_nonce(request: AttestationRequest) -> str:
    """What the link depends on: another address, or another asking, ends it."""
    return f"{request.entry.tutor_email}:{request.ask_count}"


def when_given(entry: HourEntry) -> str:
    """From when to when, in Paris, as people read it."""
    return readable.span(entry.started_at, entry.ended_at)


def _mail(request: AttestationRequest, title: str) -> Notice:
    entry = request.entry
    facts = {
        "first_name": entry.record.person.first_name,
        "organization": entry.organization_name,
        "time": readable.duration(entry.claimed_minutes),
        "when": when_given(entry),
        "until": readable.day(cast(datetime, request.expires_at)),
    }
    body = _(
        "%(first_name)s follows the option engagement at school, and says that they helped at “%(organization)s”:\n\n"
        "%(when)s, %(time)s\n\n"
        "They gave your address as that of somebody there who can tell. Did it happen? Confirm it, correct the "
        "minutes, or say no:\n\n{link}\n\n"
        "The link lives until %(until)s. You need no account. If this is not for you, or if you want no such mail any "
        "more, say so on the same page.\n"
    )
    return Notice(
        kind=Kind.TUTOR_ASKED,
        title=title % facts,
        body=body % facts,
        data={"mail": str(request.mail_count)},
        link=Link(TUTOR_PURPOSE, request.pk, "/api/v1/attestations/{token}/", nonce=tutor_nonce(request)),
    )


@in_every_language
def tutor_asked(request: AttestationRequest) -> Notice:
    """To a tutor: the link by which they give their word."""
    return _mail(request, _("%(first_name)s asks you to confirm hours"))


@in_every_language
def tutor_reminded(request: AttestationRequest) -> Notice:
    """To a tutor who has not answered: the same link again."""
    return _mail(request, _("Reminder: %(first_name)s asks you to confirm hours"))


def attestation_expired(entry: HourEntry) -> Notice:
    """To the author: nobody answered in time."""
    return Notice(
        kind=Kind.ATTESTATION_EXPIRED,
        title=_("Nobody has answered: %(title)s") % {"title": entry.title},
        body=_("Talk to them, then ask again in the app."),
        data=about(entry),
    )


def mail_bounced(entry: HourEntry) -> Notice:
    """To the author: the mail to the tutor came back."""
    return Notice(
        kind=Kind.ATTESTATION_BOUNCED,
        title=_("Your tutor cannot be reached: %(title)s") % {"title": entry.title},
        body=_("The mail came back. Take the hours back, correct the address, and submit them again."),
        data=about(entry),
    )


def tutor_disowned(entry: HourEntry) -> Notice:
    """To the author: whoever got the mail is not the tutor."""
    return Notice(
        kind=Kind.ATTESTATION_BOUNCED,
        title=_("This is not your tutor: %(title)s") % {"title": entry.title},
        body=_(
            "Somebody who got the mail says that they are not your tutor. Take the hours back, correct the address, "
            "and submit them again."
        ),
        data=about(entry),
    )


def tutor_blocked(entry: HourEntry) -> Notice:
    """To the author: whoever got the mail wants none any more."""
    return Notice(
        kind=Kind.ATTESTATION_BOUNCED,
        title=_("Your tutor wants no mail: %(title)s") % {"title": entry.title},
        body=_("Take the hours back, name somebody else of the association, and submit them again."),
        data=about(entry),
    )


def tutor_unblocked(entry: HourEntry) -> Notice:
    """To the author: whoever wanted no mail any more wants it after all, and can answer."""
    return Notice(
        kind=Kind.ATTESTATION_REOPENED,
        title=_("Your tutor can answer after all: %(title)s") % {"title": entry.title},
        body=_("They take mail from Élan again. There is nothing for you to do."),
        data=about(entry),
    )


def tutor_owned(entry: HourEntry) -> Notice:
    """To the author: "this is not me" was a slip, and the tutor can answer."""
    return Notice(
        kind=Kind.ATTESTATION_REOPENED,
        title=_("Your tutor can answer after all: %(title)s") % {"title": entry.title},
        body=_("They said by mistake that they are not your tutor. There is nothing for you to do."),
        data=about(entry),
    )
