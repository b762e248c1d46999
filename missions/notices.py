"""What missions say to people. Nothing about a minor holds a surname, an address of theirs or a birth date."""

from datetime import datetime

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from common.paris import PARIS
from missions.models import Consent, Mission, Organization, Shift, SignUp
from notifications.models import Channel
from notifications.outbox import Link, Notice

CONSENT_PURPOSE = "consent"


def when(moment: datetime) -> str:
    """A Paris date and time as people read it."""
    return date_format(moment.astimezone(PARIS), "DATETIME_FORMAT")


def _about(sign_up: SignUp) -> dict[str, str]:
    return {"sign_up": str(sign_up.pk), "shift": str(sign_up.shift_id), "mission": str(sign_up.shift.mission_id)}


def _facts(shift: Shift) -> dict[str, str]:
    mission = shift.mission
    where = ", ".join(part for part in (mission.address, mission.city) if part) or _("remote")
    return {"mission": mission.title, "when": when(shift.starts_at), "where": where}


def consent_asked(consent: Consent) -> Notice:
    """To a guardian: the link that decides, once."""
    return Notice(
        kind="consent_asked",
        title=_("%(first_name)s needs your consent") % {"first_name": consent.student.first_name},
        body=_(
            "%(first_name)s, your child, joined a class of the option engagement and wants to take part in "
            "missions of associations. Below %(age)d years, this needs your consent.\n\n"
            "Read what you agree to, then agree or refuse:\n\n{link}\n\n"
            "The link lives until %(until)s and decides once.\n"
        )
        % {
            "first_name": consent.student.first_name,
            "age": settings.CONSENT_NEEDED_BELOW_AGE,
            "until": when(consent.expires_at),
        },
        link=Link(CONSENT_PURPOSE, consent.pk, "/api/v1/consents/{token}/"),
    )


def consent_decided(consent: Consent) -> Notice:
    """To the student: what the guardian decided."""
    granted = consent.status == "granted"
    return Notice(
        kind="consent_given" if granted else "consent_refused",
        title=_("Your guardian agreed") if granted else _("Your guardian refused"),
        body=_("You can now sign up for missions.") if granted else _("You cannot sign up for missions."),
        data={"consent": str(consent.pk)},
    )


def sign_up_received(sign_up: SignUp) -> Notice:
    """To the organisers: somebody asks for a place, or in instant mode has taken one."""
    facts = {**_facts(sign_up.shift), "name": sign_up.message_name}
    has_it = sign_up.status == "accepted"
    return Notice(
        kind="sign_up_received",
        title=_("A sign-up for %(mission)s") % _facts(sign_up.shift),
        body=(_("%(name)s has a place, %(when)s.") if has_it else _("%(name)s asks for a place, %(when)s.")) % facts,
        data=_about(sign_up),
    )


def sign_up_accepted(sign_up: SignUp) -> Notice:
    """To the person: the place is theirs."""
    return Notice(
        kind="sign_up_accepted",
        title=_("You have a place: %(mission)s") % _facts(sign_up.shift),
        body=_("%(when)s, %(where)s.") % _facts(sign_up.shift),
        data=_about(sign_up),
    )


def sign_up_declined(sign_up: SignUp) -> Notice:
    """To the person: no place."""
    return Notice(
        kind="sign_up_declined",
        title=_("No place this time: %(mission)s") % _facts(sign_up.shift),
        body=sign_up.reason or _("The organiser could not take you on this shift."),
        data=_about(sign_up),
    )


def place_withdrawn(sign_up: SignUp) -> Notice:
    """To the organisers: a place is free again."""
    return Notice(
        kind="place_withdrawn",
        title=_("A place is free again: %(mission)s") % _facts(sign_up.shift),
        body=_("%(name)s withdrew, %(when)s.") % {**_facts(sign_up.shift), "name": sign_up.message_name},
        data=_about(sign_up),
    )


def guardian_told_of_place(sign_up: SignUp) -> Notice:
    """To a minor's guardian: what, when, where."""
    facts = {**_facts(sign_up.shift), "first_name": sign_up.person.first_name}
    return Notice(
        kind="guardian_told_of_place",
        title=_("%(first_name)s has a place: %(mission)s") % facts,
        body=_("%(first_name)s takes part in “%(mission)s”.\nWhen: %(when)s\nWhere: %(where)s\n") % facts,
        channels=(Channel.MAIL,),
    )


def guardian_told_of_withdrawal(sign_up: SignUp) -> Notice:
    """To a minor's guardian: the place is given up."""
    facts = {**_facts(sign_up.shift), "first_name": sign_up.person.first_name}
    return Notice(
        kind="guardian_told_of_withdrawal",
        title=_("%(first_name)s gave up a place: %(mission)s") % facts,
        body=_("%(first_name)s no longer takes part in “%(mission)s”, %(when)s.\n") % facts,
        channels=(Channel.MAIL,),
    )


def mission_to_review(mission: Mission) -> Notice:
    """To the region: a mission waits for moderation."""
    return Notice(
        kind="mission_to_review",
        title=_("A mission to review"),
        body=mission.title,
        data={"mission": str(mission.pk)},
    )


def mission_reviewed(mission: Mission) -> Notice:
    """To the organisers: the region's answer."""
    published = mission.status == "published"
    return Notice(
        kind="mission_published" if published else "mission_changes_requested",
        title=_("Published: %(title)s") % {"title": mission.title}
        if published
        else _("To be changed: %(title)s") % {"title": mission.title},
        body=_("People can now find it and sign up.") if published else mission.review_reason,
        data={"mission": str(mission.pk)},
    )


def organization_decided(organization: Organization) -> Notice:
    """To the organisation's members: verified or refused."""
    verified = organization.status == "verified"
    return Notice(
        kind="organization_verified" if verified else "organization_refused",
        title=_("%(name)s is verified") % {"name": organization.name}
        if verified
        else _("%(name)s was refused") % {"name": organization.name},
        body=_("You can now publish missions.") if verified else _("Write to the region to learn why."),
        data={"organization": str(organization.pk)},
    )
