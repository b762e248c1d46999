"""What guardians read of a minor's places, in French and English: what, when, where. No surname, no birth date."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from consents.models import Guardian
from consents.notices import link_to_page
from missions.kinds import Kind
from missions.models import SignUp
from missions.notices.reasons import because_suspended
from missions.notices.shared import facts_of, is_soon
from missions.states import ShiftStatus, SignUpStatus
from notifications.outbox import Notice, in_every_language


@dataclass(frozen=True)
class PlaceOfMinor:
    """A place, and the guardian who is told of it."""

    sign_up: SignUp
    guardian: Guardian

    @property
    def facts(self) -> dict[str, str]:
        return {**facts_of(self.sign_up.shift), "first_name": self.sign_up.person.first_name}


def _notice(kind: Kind, title: str, body: str, place: PlaceOfMinor) -> Notice:
    page = _("The places to come, and whether you want these mails, are on your page:\n\n{link}\n")
    return Notice(
        kind=kind,
        title=title % place.facts,
        body=f"{body % place.facts}\n{page}",
        link=link_to_page(place.guardian),
        is_urgent=is_soon(place.sign_up.shift),
    )


@in_every_language
def guardian_told_of_place(place: PlaceOfMinor) -> Notice:
    """The place is the minor's."""
    return _notice(
        Kind.GUARDIAN_TOLD_OF_PLACE,
        _("%(first_name)s has a place: %(mission)s"),
        _("%(first_name)s takes part in “%(mission)s”.\nWhen: %(when)s\nWhere: %(where)s\n"),
        place,
    )


@in_every_language
def guardian_told_of_withdrawal(place: PlaceOfMinor) -> Notice:
    """The minor gave the place up."""
    return _notice(
        Kind.GUARDIAN_TOLD_OF_WITHDRAWAL,
        _("%(first_name)s gave up a place: %(mission)s"),
        _("%(first_name)s no longer takes part in “%(mission)s”, %(when)s.\n"),
        place,
    )


@in_every_language
def guardian_told_of_loss(place: PlaceOfMinor) -> Notice:
    """The place was taken back or released, the shift cancelled, or its organisation suspended."""
    title = _("%(first_name)s has no place any more: %(mission)s")
    body = _("%(first_name)s no longer takes part in “%(mission)s”, %(when)s.\n")
    if place.sign_up.status == SignUpStatus.CANCELLED and place.sign_up.shift.status != ShiftStatus.CANCELLED:
        body = f"{body}{because_suspended()}\n"
    elif place.sign_up.status == SignUpStatus.CANCELLED:
        title, body = _("Cancelled: %(mission)s"), _("“%(mission)s” does not take place, %(when)s.\n")
    return _notice(Kind.GUARDIAN_TOLD_OF_LOSS, title, body, place)


@in_every_language
def guardian_told_of_no_place(place: PlaceOfMinor) -> Notice:
    """What was asked for was declined, or nobody answered in time."""
    return _notice(
        Kind.GUARDIAN_TOLD_OF_NO_PLACE,
        _("%(first_name)s did not get a place: %(mission)s"),
        _("%(first_name)s asked for a place in “%(mission)s”, %(when)s, and did not get one.\n"),
        place,
    )


@in_every_language
def guardian_told_of_change(place: PlaceOfMinor) -> Notice:
    """The shift has another time, place or rule."""
    return _notice(
        Kind.GUARDIAN_TOLD_OF_CHANGE,
        _("Changed: %(mission)s"),
        _("“%(mission)s”, in which %(first_name)s takes part, has changed.\nWhen: %(when)s\nWhere: %(where)s\n"),
        place,
    )
