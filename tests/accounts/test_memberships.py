"""Staff of schools and members of organisations: two kinds of membership, one set of rules."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.memberships import Membership, add_member
from accounts.models import Invitation
from common import hooks
from tests.support.factories import OrganizationMembershipFactory, StaffMembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
PATHS = {
    StaffMembershipFactory: "/api/v1/staff-memberships/",
    OrganizationMembershipFactory: "/api/v1/organization-memberships/",
}
LESSER = {StaffMembershipFactory: "teacher", OrganizationMembershipFactory: "coordinator"}


@pytest.fixture(params=PATHS, ids=lambda factory: factory._meta.model.__name__)
def factory(request):
    return request.param


def same_place(factory, row, **facts):
    return factory(**{row.TARGET: getattr(row, row.TARGET)}, **facts)


def test_every_kind_of_membership_is_held_to_these_rules():
    assert set(Membership.__subclasses__()) == {factory._meta.model for factory in PATHS}


def test_a_person_is_a_member_once_in_each_role(factory):
    row = factory()
    kind, target = type(row), row.target_id
    assert add_member(kind, target, person=row.person, role=row.role) == row
    manager = add_member(kind, target, person=row.person, role="manager")
    assert manager.role == "manager"
    assert manager != row
    with pytest.raises(IntegrityError, match=r"(?i)unique"), transaction.atomic():
        same_place(factory, row, person=row.person)
    kind.objects.filter(pk=row.pk).update(status="ended", ended_at=timezone.now())
    assert add_member(kind, target, person=row.person, role=row.role) != row


def test_an_ended_membership_has_its_date_and_no_other_has(factory):
    row = factory()
    for wrong in ({"status": "ended"}, {"ended_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**wrong)


def test_who_leaves_has_no_access_at_the_next_request(api, factory):
    row, path = factory(), PATHS[factory]
    client = api.as_(row.person)
    assert client.get(path).status_code == 200
    assert client.post(f"{path}{row.pk}/end/").json()["status"] == "ended"
    assert client.get(path).status_code == 403
    row.refresh_from_db()
    assert row.ended_at
    assert not type(row).objects.active().of(row.person).exists()


def test_a_manager_ends_anothers_once_and_their_own_when_another_manages(api, factory):
    first, path = factory(manager=True), PATHS[factory]
    other = same_place(factory, first)
    client = api.as_(first.person)
    assert client.post(f"{path}{other.pk}/end/").json()["status"] == "ended"
    again = client.post(f"{path}{other.pk}/end/")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    refused = client.post(f"{path}{first.pk}/end/")
    assert (refused.status_code, refused.json()["code"]) == (409, "last_manager")
    factory(manager=True)
    assert client.post(f"{path}{first.pk}/end/").status_code == 409, "a manager elsewhere is none here"
    same_place(factory, first, manager=True)
    assert client.post(f"{path}{first.pk}/end/").json()["status"] == "ended"


def test_an_invitation_makes_a_membership_of_its_own_kind_alone(factory):
    row, newcomer = factory(), UserFactory()
    invitation = Invitation(kind=type(row).INVITATION, target_id=row.target_id, role=LESSER[factory])
    hooks.invitation_accepted(invitation=invitation, person=newcomer)
    made = [member for kind in Membership.__subclasses__() for member in kind.objects.of(newcomer)]
    assert [(type(one), one.target_id, one.role) for one in made] == [(type(row), row.target_id, LESSER[factory])]
