"""Statements built once do what the ORM does each time, and addresses found by segment are those found one by one."""

import pytest
from django.db import connection
from django.db.models import CharField, UUIDField
from django.db.transaction import TransactionManagementError
from django.forms.models import model_to_dict
from django.urls import Resolver404, URLResolver, resolve
from django.urls.resolvers import RoutePattern
from django.utils import timezone

from common.changes import note_change, note_changes
from common.models import Change, uuid7
from common.statements import Insert, Slot, Statement, Update
from config.urls import api as addresses
from missions.models import Mission, Organization
from missions.services.locks import lock_person
from tests.support.factories import MissionFactory, UserFactory

ONE = Slot("pk", UUIDField())


@pytest.mark.django_db
def test_rows_are_the_instances_of_the_queryset_with_what_is_related():
    missions = MissionFactory.create_batch(2)
    built = Statement(lambda: Mission.objects.select_related("organization").filter(pk=ONE))
    for mission in missions:
        [row] = built.rows(pk=mission.pk)
        assert model_to_dict(row) == model_to_dict(Mission.objects.get(pk=mission.pk))
        assert "organization" in row._state.fields_cache
        assert row.organization == mission.organization
        row.title = "Autre"
        row.save()
    assert Mission.objects.filter(title="Autre").count() == 2
    assert built.rows(pk=uuid7()) == []


@pytest.mark.django_db(transaction=True)
def test_what_locks_runs_in_a_transaction_only():
    person = UserFactory()
    with pytest.raises(TransactionManagementError):
        lock_person(person.pk)


@pytest.mark.django_db
def test_a_row_is_written_as_save_writes_it():
    mission = MissionFactory()
    of_columns = {field.attname for field in Mission._meta.concrete_fields} - {"id", "created_at"}
    copies = [Mission(**{name: getattr(mission, name) for name in of_columns}) for _copy in range(2)]
    copies[0].save(force_insert=True)
    Insert(Mission).run(copies[1])
    saved, inserted = (Mission.objects.filter(pk=copy.pk).values(*of_columns).get() for copy in copies)
    assert saved == inserted
    assert not copies[1]._state.adding
    assert copies[1].created_at is not None


@pytest.mark.django_db
def test_an_update_changes_the_rows_of_its_queryset():
    mission, other = MissionFactory.create_batch(2)
    rename = Update(lambda: Organization.objects.filter(pk=ONE), name=Slot("name", CharField()))
    assert rename.run(pk=mission.organization_id, name="Autre") == 1
    assert rename.run(pk=uuid7(), name="Autre") == 0
    assert Organization.objects.get(pk=mission.organization_id).name == "Autre"
    assert Organization.objects.get(pk=other.organization_id).name == other.organization.name


@pytest.mark.django_db
def test_a_change_noted_alone_is_numbered_as_among_others():
    person, things = UserFactory(), [uuid7(), uuid7()]
    note_change(person.pk, "hour_entry", things[0])
    note_changes([])
    note_change(person.pk, "hour_entry", things[1])
    note_change(person.pk, "hour_entry", things[0], is_removed=True)
    rows = Change.objects.filter(person=person).order_by("sequence")
    assert list(rows.values_list("sequence", "object_id", "is_removed")) == [
        (2, things[1], False),
        (3, things[0], True),
    ]
    assert all(row.changed_at <= timezone.now() for row in rows)
    person.refresh_from_db()
    assert person.change_count == 3


def test_every_address_is_found_as_one_by_one():
    one_by_one = URLResolver(RoutePattern("api/v1/"), addresses)
    values = {"id:pk": str(uuid7()), "str:token": "jeton", "str:provider": "brevo"}
    for pattern in addresses:
        path = f"api/v1/{pattern.pattern}"
        for name, value in values.items():
            path = path.replace(f"<{name}>", value)
        if "<" in path:
            continue
        found, expected = resolve(f"/{path}"), one_by_one.resolve(path)
        assert (found.func, found.kwargs, found.route, found.url_name) == (
            expected.func, expected.kwargs, f"api/v1/{expected.route}", expected.url_name
        )  # fmt: skip
    for nowhere in ("api/v1/nowhere/", "api/v1/missions", "api/v1//missions/"):
        with pytest.raises(Resolver404):
            resolve(f"/{nowhere}")


@pytest.mark.django_db
def test_a_statement_that_keeps_its_plan_takes_the_values_of_each_run(django_assert_num_queries):
    missions = MissionFactory.create_batch(3)
    kept = Statement(lambda: Mission.objects.filter(pk=ONE).values_list("id", "title"), keeps_plan=True)
    with django_assert_num_queries(6):
        for _time in range(2):
            assert [kept.rows(pk=one.pk) for one in missions] == [[(one.pk, one.title)] for one in missions]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%missions_mission%%'")
            assert cursor.fetchone()[0] >= 1


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps no plan between two statements")
@pytest.mark.django_db(transaction=True)
def test_a_kept_plan_is_made_anew_when_another_process_gives_a_column_another_type():
    mission, migration = MissionFactory(), connection.copy()
    kept = Statement(lambda: Mission.objects.filter(pk=ONE).values_list("title"), keeps_plan=True)
    assert kept.rows(pk=mission.pk) == [(mission.title,)]
    try:
        for length in (121, 120):
            with migration.cursor() as cursor:
                cursor.execute(f"ALTER TABLE missions_mission ALTER title TYPE varchar({length})")
            for _time in range(2):
                assert kept.rows(pk=mission.pk) == [(mission.title,)]
    finally:
        migration.close()
