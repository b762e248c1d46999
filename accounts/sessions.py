"""Sessions: opened by a password, kept by single-use refresh tokens, ended at once everywhere."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings

from accounts import allowances, attempts, notices, tokens
from accounts.allowances import Rule
from accounts.locks import lock_person_if_there
from accounts.models import DeviceSession, User
from common.errors import DomainError
from common.mailboxes import known_address
from common.sql import Columns, SqlText, has_texts
from notifications import outbox
from notifications import services as phones

SUCCESSOR_REPEATED_FOR = timedelta(hours=24)
# The address may be somebody else's, whose mailbox is not the account's to fill.
SIGN_INS_TOLD = Rule("new devices told to a mailbox", 10)


class SignInRefused(DomainError):
    """401: address and password do not open a session; why is not said."""

    status = 401
    code = "sign_in_refused"
    detail = _("The e-mail address or the password is wrong, or the account cannot sign in. Check both.")


class SessionOver(DomainError):
    """401: the refresh token opens nothing (any more)."""

    status = 401
    code = "session_over"
    detail = _("The session is over. Sign in again.")


@dataclass(frozen=True)
class TokenPair:
    """What a device keeps: a short access token and the next refresh token."""

    access: str
    refresh: str


@dataclass(frozen=True)
class SignIn(TokenPair):
    """A new session's tokens, and what makes this device known for the next time (accounts.attempts)."""

    device_key: str


def open_session(*, email: str, password: str, address: str, label: str = "", device_key: str = "") -> SignIn:
    """Signs a person in on a device. Takes the same time whether the account exists or not.

    A person who has signed in before is told by mail of a device that does not show its key, ten times a day.

    Raises SignInRefused, TooManyAttempts.
    """
    user = User.objects.filter(email=known_address(email)).first()
    attempt = attempts.begin_attempt(email=email, address=address, user=user, key=device_key)
    if user is None:
        make_password(password)
        raise SignInRefused
    if not user.check_password(password):
        raise SignInRefused
    with transaction.atomic():
        # Held until the session stands: a change of the password meanwhile waits, then ends this session too.
        if not is_still(user, lock_person_if_there(user.pk)):
            raise SignInRefused
        was_here_before = DeviceSession.objects.filter(person=user).exists()
        session, pair = start_session(user, label=label)
        is_new_device = was_here_before and not attempts.is_known_device(user, device_key)
        if is_new_device and allowances.take((SIGN_INS_TOLD, allowances.of_mailbox(user.email))):
            outbox.publish(notices.new_sign_in, session, to=user)
    attempts.succeed(attempt)
    return SignIn(pair.access, pair.refresh, attempts.device_key(user))


def is_still(checked: User, locked: User | None) -> bool:
    """Whether the password that was checked is still theirs, and they may come in."""
    return (
        locked is not None and locked.password == checked.password and locked.is_active and locked.suspended_at is None
    )


def start_session(user: User, *, label: str = "") -> tuple[DeviceSession, TokenPair]:
    """A new session on a device, for a person who has just proved who they are."""
    return _open(user, label)


def _open(user: User, label: str) -> tuple[DeviceSession, TokenPair]:
    now = timezone.now()
    session = DeviceSession.objects.create(
        person=user, label=label, rotated_at=now, expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME
    )
    return session, TokenPair(tokens.access_token(session, now), tokens.refresh_token(session))


def refresh_session(refresh: str) -> TokenPair:
    """Exchanges a refresh token for its one successor; the same again until that successor is used.

    A token older than that is a copy in other hands: the whole session is revoked. Raises SessionOver.
    """
    try:
        token = tokens.SessionRefreshToken(refresh)  # type: ignore[arg-type]
        session_id, generation = UUID(str(token["sid"])), int(token["gen"])
    except (TokenError, KeyError, ValueError, TypeError) as error:
        raise SessionOver from error
    now = timezone.now()
    with transaction.atomic():
        # The compare-and-swap decides which of many parallel refreshes makes the successor.
        DeviceSession.objects.live(now).filter(pk=session_id, generation=generation).update(
            generation=generation + 1, rotated_at=now, expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME
        )
        session = DeviceSession.objects.live(now).select_related("person").filter(pk=session_id).first()
        if session is None or not session.person.is_active or session.person.suspended_at:
            raise SessionOver
        stale = session.generation != generation + 1 or now - session.rotated_at > SUCCESSOR_REPEATED_FOR
        if stale:
            revoke_session(session)
        else:
            phones.note_seen(session.pk)
    if stale:
        raise SessionOver
    return TokenPair(tokens.access_token(session, now), tokens.refresh_token(session))


@transaction.atomic
def revoke_session(session: DeviceSession) -> None:
    """Signs the device out at once: its tokens stop working at the next request, its pushes end."""
    DeviceSession.objects.filter(pk=session.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
    phones.forget_devices_of([session.pk])


@transaction.atomic
def revoke_all(person: User, *, but: DeviceSession | None = None) -> None:
    """Signs a person out everywhere, or everywhere `but` there, at once; their phones are pushed to no more."""
    alive = DeviceSession.objects.filter(person=person, revoked_at__isnull=True)
    (alive.exclude(pk=but.pk) if but else alive).update(revoked_at=timezone.now())
    phones.forget_all_devices(person, but_of=but.pk if but else None)


@transaction.atomic
def replace_sessions(session: DeviceSession) -> TokenPair:
    """Signs the person out everywhere and in again on the device of this session, which keeps its phone."""
    person = session.person
    fresh, pair = _open(person, session.label)
    phones.hand_over_devices(from_session=session.pk, to_session=fresh.pk)
    revoke_all(person, but=fresh)
    return pair


@transaction.atomic
def end_expired() -> None:
    """Ends the sessions whose time is over, so that their phones are pushed to no more. Safe to run twice."""
    over = DeviceSession.objects.filter(revoked_at__isnull=True, expires_at__lte=timezone.now())
    ids = list(over.values_list("pk", flat=True))
    DeviceSession.objects.filter(pk__in=ids).update(revoked_at=timezone.now())
    phones.forget_devices_of(ids)


SESSION, PERSON = Columns(DeviceSession, "session"), Columns(User, "person")
# Every request asks it first.
LIVE_SESSION = SqlText(
    f"""
    SELECT {SESSION.selected}, {PERSON.selected}
    FROM accounts_devicesession session JOIN accounts_user person ON person.id = session.person_id
    WHERE session.id = %(session)s AND session.revoked_at IS NULL AND session.expires_at > %(now)s
        AND person.is_active AND person.suspended_at IS NULL
    """,
    types={"session": "uuid", "now": "timestamptz"},
    plan="elan_live_session",
)


def live_session(session_id: UUID) -> DeviceSession | None:
    """The session of an access token with its person, in one query; None when it or the person is out."""
    now = timezone.now()
    if not has_texts():
        live = DeviceSession.objects.live(now).of_people_who_may_come_in()
        return live.select_related("person").filter(pk=session_id).first()
    for row in LIVE_SESSION.rows(session=session_id, now=now):
        session = SESSION.instance(row[: len(SESSION)])
        session.person = PERSON.instance(row[len(SESSION) :])
        return session
    return None
