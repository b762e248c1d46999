"""A person's calendar address: opened, found again by its secret, revoked."""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import links
from common.errors import Gone
from missions.models import Calendar

OVER = _("This calendar address has ended. Open a new one in the app.")
PURPOSE = "calendar"
PATH = "/api/v1/calendar/{token}.ics"


def open_calendar(*, actor: User) -> Calendar:
    """The person's calendar, made if there is none."""
    return Calendar.objects.get_or_create(person=actor)[0]


def revoke_calendar(*, actor: User) -> None:
    """Ends the address at once: whoever still asks gets a 410. The next one opened has another secret."""
    Calendar.objects.filter(person=actor).delete()


def address_of(calendar: Calendar) -> str:
    """The secret address; whoever has it reads the person's places."""
    return links.url(PATH, links.make_token(PURPOSE, calendar.pk, calendar.nonce))


def calendar_of_token(token: str) -> Calendar:
    """The calendar that an address opens. Raises Gone: never made, revoked, or its person's access ended."""
    row_id = links.row_id_of(token)
    found = Calendar.objects.select_related("person").filter(pk=row_id).first() if row_id else None
    if found is None or not links.token_opens(token, PURPOSE, found.pk, found.nonce):
        raise Gone(OVER)
    if not found.person.is_active or found.person.suspended_at:
        raise Gone(OVER)
    return found
