"""What guardians, students and schools read of a consent. No surname, no address of a home, no birth date."""

from django.conf import settings
from django.utils.translation import gettext as _

from common import hooks, readable
from consents.answers import MissionFacts
from consents.kinds import Kind
from consents.models import Consent, Guardian
from consents.notices.guardians import link_to_page
from consents.states import AGAINST_CONSENT, ConsentStatus
from notifications.outbox import Link, Notice, in_every_language
from notifications.registry import Audience

CONSENT_PURPOSE = "consent"
MOST_SHIFTS_NAMED = 5


def consent_nonce(consent: Consent) -> str:
    """What the link that decides depends on: each time it is asked for, and the guardian's address."""
    return f"{consent.guardian.email}:{consent.ask_count}"


def _link_to_decide(consent: Consent) -> Link:
    return Link(CONSENT_PURPOSE, consent.pk, "/api/v1/consents/{token}/", nonce=consent_nonce(consent))


def _shifts_of(mission: MissionFacts) -> str:
    where = ", ".join(filter(None, (mission.address, mission.city))) or _("remote")
    coming = [readable.moment(shift.starts_at) for shift in mission.shifts[:MOST_SHIFTS_NAMED]]
    return "\n".join(_("- %(when)s, %(where)s") % {"when": when, "where": where} for when in coming)


@in_every_language
def consent_asked(consent: Consent) -> Notice:
    """To a guardian: the link that decides, once."""
    return _asking(consent)


def _asking(consent: Consent) -> Notice:
    facts = {
        "first_name": consent.student.first_name,
        "age": settings.CONSENT_NEEDED_BELOW_AGE,
        "until": readable.moment(consent.expires_at),
    }
    if consent.mission is None:
        wish = _(
            "%(first_name)s, your child, joined a class of the option engagement and wants to take part in "
            "missions of associations. Below %(age)d years, this needs your consent."
        )
    else:
        facts["mission"] = consent.mission.title
        wish = (
            _(
                "%(first_name)s, your child, wants to take part in a mission, “%(mission)s”. Below %(age)d years, "
                "this needs your consent."
            )
            + "\n\n"
            + _shifts_of(consent.mission).replace("%", "%%")
        )
    how = _(
        "Read what you agree to, then agree or refuse:\n\n{link}\n\nThe link lives until %(until)s and decides once.\n"
    )
    return Notice(
        kind=Kind.CONSENT_ASKED,
        title=_("%(first_name)s needs your consent") % facts,
        body=f"{wish}\n\n{how}" % facts,
        link=_link_to_decide(consent),
    )


@in_every_language
def consent_reminder(consent: Consent) -> Notice:
    """To a guardian who has not answered: the same link again."""
    asked = _asking(consent)
    title = _("Reminder: %(first_name)s needs your consent") % {"first_name": consent.student.first_name}
    return Notice(kind=Kind.CONSENT_ASKED, title=title, body=asked.body, link=asked.link)


@in_every_language
def consent_expired(consent: Consent) -> Notice:
    """To a guardian who did not answer in time: where they can still agree."""
    return Notice(
        kind=Kind.CONSENT_EXPIRED,
        title=_("The time to decide is over"),
        body=_(
            "You have not answered for %(first_name)s, who cannot take part without your consent. You can still agree "
            "on your page:\n\n{link}\n"
        )
        % {"first_name": consent.student.first_name},
        link=link_to_page(consent.guardian),
    )


def _after_consent(consent: Consent) -> str:
    """What a guardian's word opens: the rules of eligibility, as far as they do not depend on a shift."""
    if consent.is_needed and not Consent.objects.allows(consent.student_id, None):
        return _("Another guardian is against it: you cannot sign up until your school has settled it.")
    if not any(hooks.person_is_vouched_for(person=consent.student)):
        return _("Your school must still let you into a class before you sign up for missions.")
    return _("You can now sign up for missions.")


def consent_decided(consent: Consent) -> Notice:
    """To the student: what the guardian decided, or that nobody answered, or that a change took it away."""
    said = {
        ConsentStatus.GRANTED: (Kind.CONSENT_GIVEN, _("Your guardian agreed"), _after_consent(consent)),
        ConsentStatus.REFUSED: (
            Kind.CONSENT_REFUSED,
            _("Your guardian refused"),
            _("You cannot sign up for missions."),
        ),
        ConsentStatus.WITHDRAWN: (
            Kind.CONSENT_WITHDRAWN,
            _("Your guardian no longer agrees"),
            _("Your places to come are given back."),
        ),
        ConsentStatus.LAPSED: (
            Kind.CONSENT_LAPSED,
            _("Your guardian must agree again"),
            _("What they agreed to has changed too much."),
        ),
        ConsentStatus.EXPIRED: (
            Kind.CONSENT_EXPIRED,
            _("Your guardian has not answered"),
            _("Talk to them: they can still agree by the link they received."),
        ),
    }
    kind, title, body = said[ConsentStatus(consent.status)]
    if not consent.is_needed and consent.status in AGAINST_CONSENT:
        body = _("From %(age)d years on you take part without their consent.") % {
            "age": settings.CONSENT_NEEDED_BELOW_AGE
        }
    if consent.mission is not None:
        if consent.status in (ConsentStatus.GRANTED, ConsentStatus.REFUSED):
            body = _("This is about one mission.")
        title = _("%(title)s: %(mission)s") % {"title": title, "mission": consent.mission.title}
    return Notice(
        kind=kind,
        title=title,
        body=body,
        data={"consent": str(consent.pk), **({"mission": str(consent.mission_id)} if consent.mission_id else {})},
        audience=Audience.PERSON,
    )


@in_every_language
def consent_lapsed(consent: Consent) -> Notice:
    """To the guardian: the mission moved so far that their word on it counts no more."""
    return Notice(
        kind=Kind.CONSENT_LAPSED,
        title=_("A mission of %(first_name)s has moved") % {"first_name": consent.student.first_name},
        body=_(
            "“%(mission)s” has another time or place than when you agreed. Your consent to it has ended and the place "
            "is given back. %(first_name)s can ask you again.\n\nYour page:\n\n{link}\n"
        )
        % {"mission": consent.mission.title if consent.mission else "", "first_name": consent.student.first_name},
        link=link_to_page(consent.guardian),
    )


@in_every_language
def guardian_page(guardian: Guardian) -> Notice:
    """To a guardian who has decided: the page that is theirs while the child is a minor."""
    return Notice(
        kind=Kind.GUARDIAN_PAGE,
        title=_("Your page about %(first_name)s") % {"first_name": guardian.student.first_name},
        body=_(
            "Keep this link. Until %(first_name)s is 18, it is where you see the missions to come, withdraw your "
            "consent or give it again, and change your address:\n\n{link}\n\nAnyone who has the link can do this "
            "in your name: do not forward it.\n"
        )
        % {"first_name": guardian.student.first_name},
        link=link_to_page(guardian),
    )


@in_every_language
def guardian_informed(guardian: Guardian) -> Notice:
    """To the guardian of a student of 16 or 17, at enrolment: told, not asked."""
    return Notice(
        kind=Kind.GUARDIAN_INFORMED,
        title=_("%(first_name)s follows the option engagement") % {"first_name": guardian.student.first_name},
        body=_(
            "%(first_name)s, your child, joined a class of the option engagement and may take part in missions of "
            "associations. From %(age)d years on your consent is not needed: you get a mail for each place, with what, "
            "when and where. Your page lists the missions to come; you can switch these mails off there:\n\n{link}\n\n"
            "Anyone who has the link can act in your name: do not forward it.\n"
        )
        % {"first_name": guardian.student.first_name, "age": settings.CONSENT_NEEDED_BELOW_AGE},
        link=link_to_page(guardian),
    )


@in_every_language
def consent_paper_recorded(consent: Consent) -> Notice:
    """To the guardian: the school says that it holds their signed paper."""
    return Notice(
        kind=Kind.CONSENT_PAPER_RECORDED,
        title=_("The school has recorded your consent for %(first_name)s") % {"first_name": consent.student.first_name},
        body=_(
            "The school says that it holds a paper that you signed. If you signed none, withdraw your consent on your "
            "page and tell the school:\n\n{link}\n"
        ),
        link=link_to_page(consent.guardian),
    )


@in_every_language
def consent_settled(guardian: Guardian) -> Notice:
    """To a guardian who was against: the school recorded that it is settled."""
    return Notice(
        kind=Kind.CONSENT_SETTLED,
        title=_("The school has recorded a settlement about %(first_name)s")
        % {"first_name": guardian.student.first_name},
        body=_(
            "You were against %(first_name)s taking part in missions. The school has recorded that this is settled: "
            "your refusal no longer prevents it. If this is wrong, tell the school. Your page:\n\n{link}\n"
        )
        % {"first_name": guardian.student.first_name},
        link=link_to_page(guardian),
    )


@in_every_language
def guardian_replaced(guardian: Guardian) -> Notice:
    """To the former address of a guardian whom the school replaced."""
    return Notice(
        kind=Kind.GUARDIAN_REPLACED,
        title=_("You are no longer asked about %(first_name)s") % {"first_name": guardian.student.first_name},
        body=_(
            "The school has named somebody else as guardian of %(first_name)s. Your links are closed and no more mails "
            "will come. If this is wrong, tell the school.\n"
        )
        % {"first_name": guardian.student.first_name},
    )


def guardian_bounced(guardian: Guardian) -> Notice:
    """To the student: nobody gets the mails to a guardian. Which, their app shows; a message holds no address."""
    return Notice(
        kind=Kind.GUARDIAN_MAIL_BOUNCED,
        title=_("The mail to your guardian came back"),
        body=_(
            "Nobody receives mail at the address that the school has. Give another one, which the school confirms, or "
            "talk to your school."
        ),
        data={"guardian": str(guardian.pk)},
        audience=Audience.PERSON,
    )


def guardian_of_student_bounced(guardian: Guardian) -> Notice:
    """To those who answer for the student at school: nobody gets the mails to a guardian."""
    return Notice(
        kind=Kind.GUARDIAN_MAIL_BOUNCED,
        title=_("A mail to a guardian came back"),
        body=_(
            "A guardian of %(first_name)s receives no mail. Ask the family: confirm the address once it works, and the "
            "mail leaves again, or replace it."
        )
        % {"first_name": guardian.student.first_name},
        data={"guardian": str(guardian.pk)},
        audience=Audience.TEACHERS,
    )


def refusal_to_settle(guardian: Guardian) -> Notice:
    """To the school's managers: this guardian is against what another one agrees to."""
    return Notice(
        kind=Kind.REFUSAL_TO_SETTLE,
        title=_("Guardians of a student disagree"),
        body=_(
            "One guardian of %(first_name)s agrees and another one is against it. The refusal prevails until the "
            "school records that it is settled."
        )
        % {"first_name": guardian.student.first_name},
        data={"guardian": str(guardian.pk)},
    )


def guardian_disowned(guardian: Guardian) -> Notice:
    """To those who answer for the student at school: an address says that it is not their child."""
    return Notice(
        kind=Kind.GUARDIAN_DISOWNED,
        title=_("A guardian's address is wrong"),
        body=_(
            "Somebody who was asked about %(first_name)s says that it is not their child. The address is no longer "
            "used; ask the family for the right one."
        )
        % {"first_name": guardian.student.first_name},
        data={"guardian": str(guardian.pk)},
    )
