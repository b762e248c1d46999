"""Whoever types an address floods no mailbox: every operation that takes one is tried again and again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as settings_of_the_product
from django.core.cache import cache
from django.utils import timezone

from accounts.models import User
from common.mailboxes import mailbox_of
from common.models import uuid7
from consents.services import consents
from engagement.services import tutors
from notifications.models import OutboxMessage
from tests.support import factories as f
from tests.support.api import ContractClient
from tests.support.guardians import page_path
from tests.support.hostile import OPERATIONS, inputs_of, resolved
from tests.support.tutors import outside
from tests.support.world import API, NEW_PASSWORD, World

pytestmark = pytest.mark.django_db

TRIES, MOST_MAILS = 14, 10
victim = SimpleNamespace(name="ictime")
# Addresses that are only compared: no mail leaves for what is typed there.
COMPARED_ONLY = {"POST auth/token/"}


def spelling(number: int) -> str:
    """One mailbox, each time in another way."""
    return f"v{'.' * (number % 2)}{victim.name}+{number}@example.org"


def mailbox() -> str:
    return f"v{victim.name}@example.org"


def mails() -> int:
    """How many were written to the mailbox, whoever's they are."""
    written = OutboxMessage.objects.select_related("recipient")
    addresses = [message.address or message.recipient.email for message in written]
    return sum(mailbox_of(address) == mailbox() for address in addresses)


def _account(number: int) -> dict[str, Any]:
    names = {"first_name": "Nina", "last_name": "Lys", "password": NEW_PASSWORD}
    return {**names, "birth_date": str(f.years_ago(20)), "email": spelling(number)}


def _post(world: World, who: str, path: str, body: Callable[[int], Any]) -> Callable[[int], Any]:
    client = ContractClient().as_(world.person(who))
    return lambda number: client.post(f"{API}{path}", body(number), REMOTE_ADDR=f"192.0.2.{number}")


def _named(world: World) -> Callable[[int], Any]:
    """A student names a guardian, and their school, taken in, confirms each."""
    student, manager = ContractClient().as_(world.student), ContractClient().as_(world.manager)

    def act(number: int) -> Any:
        answer = student.post(f"{API}me/guardians/", {"email": spelling(number)})
        if answer.status_code == 201:
            manager.post(f"{API}guardians/{answer.json()['id']}/confirm/")
        return answer

    return act


def _known_to_school(world: World) -> Callable[[int], Any]:
    """A school gives one address for each of many students."""
    manager = ContractClient().as_(world.manager)

    def act(number: int) -> Any:
        pupil = f.EnrolmentFactory(class_group=world.class_group, student=f.UserFactory(aged_15=True)).student
        return manager.post(f"{API}guardians/", {"student": str(pupil.pk), "email": spelling(number)})

    return act


def _replaced(world: World) -> Callable[[int], Any]:
    manager = ContractClient().as_(world.manager)

    def act(number: int) -> Any:
        pupil = f.EnrolmentFactory(class_group=world.class_group, student=f.UserFactory(aged_15=True)).student
        path = f"{API}guardians/{f.GuardianFactory(student=pupil).pk}/replace/"
        return manager.post(path, {"email": spelling(number)})

    return act


def _on_roster(world: World) -> Callable[[int], Any]:
    """A teacher writes one address beside each of many students, who then join."""
    teacher = ContractClient().as_(world.referent)

    def act(number: int) -> Any:
        line = {"first_name": "Nina", "last_name": f"Lys {chr(97 + number % 26)}{chr(97 + number // 26)}"}
        line["birth_date"] = str(f.years_ago(15))
        path = f"{API}classes/{world.class_group.pk}/students/"
        answer = teacher.post(path, {"students": [{**line, "guardian_email": spelling(number)}]})
        join = {**line, "join_code": world.class_group.join_code, "email": f"nina{number}@example.org"}
        ContractClient().post(f"{API}classes/join/", {**join, "password": NEW_PASSWORD})
        return answer

    return act


def _as_tutor(world: World, way: str) -> Callable[[int], Any]:
    """Many students name one tutor for many hours."""

    def act(number: int) -> Any:
        pupil = f.EnrolmentFactory(class_group=world.class_group, student=f.UserFactory(aged_17=True)).student
        phone, entry = ContractClient().as_(pupil), uuid7()
        body = outside(timezone.now() - timedelta(days=1), tutor_email=spelling(number))
        if way == "batch":
            puts = [{"op": "put", "id": str(entry), "entry": body}]
            answer = phone.post(f"{API}hour-entries/batch/", {"operations": puts})
        else:
            answer = phone.put(f"{API}hour-entries/{entry}/", body)
        if way == "patch":
            phone.patch(f"{API}hour-entries/{entry}/", {"tutor_email": spelling(number + 1)}, HTTP_IF_MATCH="*")
        phone.post(f"{API}hour-entries/{entry}/submit/")
        return answer

    return act


def _own_page(world: World) -> Callable[[int], Any]:
    """Many guardians want one address."""

    def act(number: int) -> Any:
        guardian = f.GuardianFactory(student=f.UserFactory(aged_15=True))
        return ContractClient().post(page_path(guardian), {"action": "change_address", "email": spelling(number)})

    return act


def _corrected(world: World) -> Callable[[int], Any]:
    student = ContractClient().as_(world.student)
    path = f"{API}me/guardians/{world.guardian.pk}/correct-address/"
    return lambda number: student.post(path, {"email": spelling(number)})


def _verified(world: World) -> Callable[[int], Any]:
    """Their own address, that nobody has confirmed."""

    def act(number: int) -> Any:
        known = User.objects.filter(email=mailbox()).first()
        person = known or f.UserFactory(email=mailbox(), unverified=True)
        return ContractClient().as_(person).post(f"{API}auth/email/verify/")

    return act


def ways(world: World) -> dict[str, Callable[[int], Any]]:
    """Each operation that takes an address, and what somebody does with it who wants the mailbox to fill."""
    schools, organizations = f"schools/{world.school.pk}", f"organizations/{world.parent.pk}"
    join = {"join_code": world.class_group.join_code}
    return {
        "POST auth/register/": _post(world, "anonymous", "auth/register/", _account),
        "POST classes/join/": _post(world, "anonymous", "classes/join/", lambda number: {**_account(number), **join}),
        "POST auth/password/reset/": _post(world, "anonymous", "auth/password/reset/", _own),
        "POST auth/sign-in-link/": _post(world, "anonymous", "auth/sign-in-link/", _own),
        "POST auth/email/verify/": _verified(world),
        "POST schools/{id}/invitations/": _post(world, "manager", f"{schools}/invitations/", _teacher),
        "POST organizations/{id}/invitations/": _post(world, "head", f"{organizations}/invitations/", _manager),
        "POST me/guardians/": _named(world),
        "POST me/guardians/{id}/correct-address/": _corrected(world),
        "POST guardians/": _known_to_school(world),
        "POST guardians/{id}/replace/": _replaced(world),
        "POST classes/{id}/students/": _on_roster(world),
        "PUT hour-entries/{id}/": _as_tutor(world, "put"),
        "PATCH hour-entries/{id}/": _as_tutor(world, "patch"),
        "POST hour-entries/batch/": _as_tutor(world, "batch"),
        "POST consents/manage/{token}/": _own_page(world),
    }


def _own(number: int) -> dict[str, str]:
    return {"email": mailbox()}


def _teacher(number: int) -> dict[str, str]:
    return {"email": spelling(number), "role": "teacher"}


def _manager(number: int) -> dict[str, str]:
    return {"email": spelling(number), "role": "manager"}


def _takes_an_address(node: dict[str, Any]) -> bool:
    return any(
        "email" in name or _takes_an_address(resolved(inner).get("properties", {})) for name, inner in _flat(node)
    )


def _flat(properties: dict[str, Any]) -> Any:
    for name, node in properties.items():
        yield name, resolved(node).get("items", node)


def test_every_operation_that_takes_an_address_is_tried_here(world):
    taken = {
        key
        for key, operation in OPERATIONS.items()
        if key.startswith(("POST", "PUT", "PATCH")) and _takes_an_address(inputs_of(operation))
    }
    assert taken - COMPARED_ONLY <= set(ways(world))


def test_an_address_typed_again_and_again_is_few_mails(world, settings, monkeypatch):
    """In many spellings, from many places, by many people."""
    settings.MAX_STUDENTS_PER_TUTOR = 1000
    settings.MAX_TUTOR_MAILS_PER_DAY = 10
    monkeypatch.setattr(consents, "GUARDIAN_MAILS", replace(consents.GUARDIAN_MAILS, most=10))
    type(world.class_group).objects.filter(pk=world.class_group.pk).update(capacity=500)
    for place, key in enumerate(ways(world)):
        victim.name = f"ictime{place}"
        if key in ("POST auth/password/reset/", "POST auth/sign-in-link/"):
            f.UserFactory(email=mailbox())
        act = ways(world)[key]
        for number in range(TRIES):
            cache.clear()
            assert act(number).status_code < 500, key
        assert mails() <= MOST_MAILS, (key, mails())
        assert mails() or key in UNVERIFIED, key


def test_a_days_worst_for_one_mailbox_is_bounded():
    assert consents.GUARDIAN_MAILS.most <= 30
    assert settings_of_the_product.MAX_TUTOR_MAILS_PER_DAY <= 10
    assert tutors.MAILS_OF_CONFIRMED.most <= 100


# No mail leaves for an address that nobody vouches for.
UNVERIFIED = {"POST me/guardians/{id}/correct-address/"}
