"""What a mail server's answers mean, and what a mail says of itself, with real SMTP against a world on the loopback."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime

import pytest
from django.utils import timezone
from pytest_django import Settings

from config import settings as deployment
from demo.fcm import DRIP_SECONDS
from demo.outside import OutsideWorld
from notifications import mail, smtp
from notifications.letters import Letter
from tests.support.patience import PATIENCE_SECONDS, join, wait_for, wait_until
from tests.support.races import at_once

LETTER = Letter("Une place", "Samedi à 9 h\n", "<p>Samedi à 9 h</p>", "fr")
ADDRESS = "camille@example.org"
MESSAGE_ID = "0199-7"
SHORT = 0.3


@pytest.fixture
def outside(settings: Settings) -> Iterator[OutsideWorld]:
    with OutsideWorld() as world:
        settings.EMAIL_BACKEND = "notifications.smtp.PatientBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", world.smtp_port
        settings.EMAIL_TIMEOUT = settings.MAIL_CONFIRM_SECONDS = PATIENCE_SECONDS
        yield world


def send(letter: Letter = LETTER, to: str = ADDRESS) -> None:
    mail.send(to=to, letter=letter, message_id=MESSAGE_ID)


def refusal(act: Callable[[], None] = send) -> mail.MailError:
    with pytest.raises(mail.MailError) as refused:
        act()
    # Nothing of the person reaches a log by it.
    assert ADDRESS not in f"{refused.value!r}{refused.value.__cause__!r}"
    assert refused.value.__suppress_context__
    return refused.value


def test_a_mail_says_who_sends_it_in_which_language_and_that_nobody_need_answer(
    outside: OutsideWorld, settings: Settings
) -> None:
    settings.DEFAULT_FROM_EMAIL = "Élan <ne-pas-repondre@elan.example>"
    before = timezone.now().replace(microsecond=0)
    send()
    send()

    first, second = outside.mails
    assert (first["to"], first["from"]) == ([ADDRESS], "Élan <ne-pas-repondre@elan.example>")
    assert (first["subject"], first["text"]) == (LETTER.subject, LETTER.text)
    assert first["html"].strip() == LETTER.html
    headers = first["headers"]
    assert headers["Message-ID"] == "<0199-7@elan.example>" == second["headers"]["Message-ID"]
    assert (headers["X-Elan-Message"], headers["Auto-Submitted"]) == (MESSAGE_ID, "auto-generated")
    assert headers["Content-Language"] == "fr"
    assert before <= parsedate_to_datetime(headers["Date"]).replace(tzinfo=UTC) <= timezone.now()
    assert not {"Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post"} & headers.keys()


def test_a_mail_that_may_be_answered_or_refused_says_where(outside: OutsideWorld) -> None:
    url = "https://elan.example/api/v1/unsubscribe/x/"
    send(Letter("t", "b", reply_to="asso@example.org", unsubscribe_url=url))

    headers = outside.mails[0]["headers"]
    assert headers["Reply-To"] == "asso@example.org"
    assert headers["List-Unsubscribe"] == f"<{url}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (outside.mails[0]["html"], "Content-Language" in headers) == (None, False)


@pytest.mark.parametrize(
    ("path", "status", "said", "kind"),
    [
        ("recipient", 550, "no such user", mail.MailRefused),
        ("recipient", 550, f"5.1.1 <{ADDRESS}> unknown", mail.MailRefused),
        ("recipient", 450, "4.2.0 greylisted, come back later", mail.MailLater),
        ("recipient", 552, "5.2.2 mailbox full", mail.MailLater),
        ("recipient", 554, "5.7.1 relay access denied", mail.MailLater),
        ("recipient", 421, "closing", mail.ServerAway),
        ("sender", 451, "later", mail.ServerAway),
        ("sender", 530, "5.7.0 authentication required", mail.ServerAway),
        ("text", 451, "4.7.1 greylisted", mail.MailLater),
        ("text", 554, "5.6.0 no such mail here", mail.ContentRefused),
        ("text", 421, "closing", mail.ServerAway),
    ],
)
def test_what_each_refusal_means(
    outside: OutsideWorld, path: str, status: int, said: str, kind: type[mail.MailError]
) -> None:
    outside.script(path=path, status=status, message=said)

    refused = refusal()
    assert (type(refused), str(status) in str(refused), outside.mails) == (kind, True, [])
    send()
    assert len(outside.mails) == 1


def test_a_server_that_is_away_is_another_thing_than_a_mail_that_is_not_taken_now() -> None:
    assert issubclass(mail.ServerAway, mail.MailLater)
    assert not issubclass(mail.ContentRefused, mail.MailRefused | mail.MailLater)


def test_a_server_that_does_not_listen_or_is_unknown_is_away(outside: OutsideWorld, settings: Settings) -> None:
    settings.EMAIL_PORT = 1
    assert type(refusal()) is mail.ServerAway
    settings.EMAIL_HOST = "mail.invalid"
    assert type(refusal()) is mail.ServerAway


def test_a_server_that_refuses_our_password_is_away(outside: OutsideWorld, settings: Settings) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "elan", "wrong"
    assert type(refusal()) is mail.ServerAway


def test_a_subject_or_an_address_that_no_mail_can_hold_dies_alone(outside: OutsideWorld) -> None:
    assert type(refusal(lambda: send(Letter("a\nb", "c")))) is mail.ContentRefused


def test_a_server_that_confirms_late_is_waited_for_and_gets_no_second_copy(
    outside: OutsideWorld, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_TIMEOUT, settings.MAIL_CONFIRM_SECONDS = PATIENCE_SECONDS, 2 * PATIENCE_SECONDS
    timers: list[threading.Timer] = []

    def timer(seconds: float, shut: Callable[[], None]) -> threading.Timer:
        timers.append(threading.Timer(seconds, shut))
        return timers[-1]

    monkeypatch.setattr(smtp, "Timer", timer)
    began, confirm = threading.Event(), threading.Event()
    outside.script(path="text", hang_until=confirm, began=began)

    def confirm_late() -> tuple[list[float], float | None]:
        wait_for(began)
        assert wait_until(lambda: timers[-1].interval > PATIENCE_SECONDS)
        connection = timers[-1].function.__self__
        waited_for = connection.sock.gettimeout()
        confirm.set()
        return [one.interval for one in timers], waited_for

    sent, (limits, waited_for) = at_once([send, confirm_late])
    assert (sent, len(outside.mails), outside.counts["text"]) == (None, 1, 1)
    *before, last = limits
    assert set(before) == {PATIENCE_SECONDS}
    assert last == waited_for == 2 * PATIENCE_SECONDS
    assert timers[-1].interval == PATIENCE_SECONDS, "QUIT is answered soon again"


def test_a_server_that_never_confirms_is_away_in_the_end(outside: OutsideWorld, settings: Settings) -> None:
    settings.MAIL_CONFIRM_SECONDS = SHORT
    confirm = threading.Event()
    outside.script(path="text", hang_until=confirm)
    assert type(refusal()) is mail.ServerAway
    confirm.set()


@pytest.mark.parametrize("path", ["sender", "recipient"])
def test_before_the_text_a_server_is_waited_for_a_moment(outside: OutsideWorld, settings: Settings, path: str) -> None:
    settings.EMAIL_TIMEOUT = SHORT
    answer = threading.Event()
    outside.script(path=path, hang_until=answer)
    assert type(refusal()) is mail.ServerAway
    answer.set()


@pytest.mark.parametrize("greeting", [b"220-welcome\r\n", b"554 no service\r\n", b"", b"HTTP/1.1 400 Bad\r\n"])
def test_a_greeting_that_never_ends_or_is_none_is_a_server_that_is_away(settings: Settings, greeting: bytes) -> None:
    over = threading.Event()
    settings.EMAIL_BACKEND, settings.EMAIL_TIMEOUT = "notifications.smtp.PatientBackend", SHORT
    with socket.create_server(("127.0.0.1", 0)) as listening:
        settings.EMAIL_HOST, settings.EMAIL_PORT = listening.getsockname()

        def greet() -> None:
            connection, _address = listening.accept()
            with connection, suppress(OSError):
                while not over.wait(DRIP_SECONDS):
                    connection.sendall(greeting)

        server = threading.Thread(target=greet, daemon=True)
        server.start()
        assert type(refusal()) is mail.ServerAway
        over.set()
        join(server)


def test_the_deployments_mail_server_is_waited_for_with_patience() -> None:
    assert deployment.EMAIL_TIMEOUT <= 10 < 300 <= deployment.MAIL_CONFIRM_SECONDS
