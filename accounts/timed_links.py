"""Links to a person that live for a while, each for itself: asking for another one ends none that was sent before.

So nobody can end a person's link by asking for more of them. Nothing is stored: the minute of the asking is in the
link's own proof (common.links). A new password or address ends them all.
"""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import links
from common.errors import Gone

STEP = timedelta(minutes=1)
OVER = _("This link has been used, or its time is over. Ask for a new one where you sign in.")


def nonce_of(user: User, asked_at: datetime) -> str:
    """What a link depends on that was asked for in this minute."""
    return _nonce(user, _step(asked_at))


def _step(moment: datetime) -> int:
    return int(moment.timestamp() // STEP.total_seconds())


def _nonce(user: User, step: int) -> str:
    return links.fingerprint(f"{step}:{user.password}:{user.email}")


def person_of(token: str, purpose: str, lives: timedelta) -> User:
    """Whose link this is, asked for no longer ago than it lives; raises Gone."""
    row_id = links.row_id_of(token)
    user = User.objects.filter(pk=row_id, is_active=True, suspended_at__isnull=True).first() if row_id else None
    if user is None:
        raise Gone(OVER)
    now = _step(timezone.now())
    steps = range(now, now - int(lives / STEP) - 1, -1)
    if not any(links.token_opens(token, purpose, user.pk, _nonce(user, step)) for step in steps):
        raise Gone(OVER)
    return user
