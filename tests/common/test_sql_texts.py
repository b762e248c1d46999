"""Each hand-written text of PostgreSQL answers or writes what the queryset does that stands for it elsewhere."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.forms.models import model_to_dict
from django.utils import timezone

from accounts import sessions
from accounts.locks import lock_person
from accounts.models import DeviceSession
from common.api.pagination import Keyset
from common.changes import Noted, note_change, note_changes
from common.models import Change, uuid7
from common.querysets import circle_around
from common.sql import SqlText
from engagement import chain, ledger
from engagement.models import RecordEvent
from missions.api import feed, feed_texts
from missions.api.finding import NO_ID_YET, ORDERINGS, MissionSort
from missions.models import Mission
from tests.support.factories import (
    HourEntryFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    UserFactory,
)

postgres = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the texts are PostgreSQL's: querysets answer here"),
]
texts = pytest.mark.parametrize("by_text", [pytest.param(True, marks=postgres), False], ids=["text", "queryset"])


@pytest.fixture
def choose(monkeypatch):
    """Has a module of the product ask by its text, or by the queryset."""

    def choose(module, by_text):
        monkeypatch.setattr(module, "has_texts", lambda: by_text)

    return choose


# --- Sessions ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@texts
def test_a_live_session_comes_with_its_person(choose, by_text):
    choose(sessions, by_text)
    made = DeviceSession.objects.create(person=UserFactory(), expires_at=timezone.now() + timedelta(days=1))
    found = sessions.live_session(made.pk)
    stored = DeviceSession.objects.select_related("person").get(pk=made.pk)
    assert model_to_dict(found) == model_to_dict(stored)
    assert vars(found.person).keys() == vars(stored.person).keys()
    assert model_to_dict(found.person) == model_to_dict(stored.person)
    found.person.language = "en"
    found.person.save()
    stored.person.refresh_from_db()
    assert stored.person.language == "en"


@pytest.mark.django_db
@texts
@pytest.mark.parametrize(
    "out",
    [
        {"revoked_at": timezone.now},
        {"expires_at": timezone.now},
        {"person__is_active": lambda: False},
        {"person__suspended_at": timezone.now},
    ],
    ids=lambda out: next(iter(out)),
)
def test_a_session_that_is_over_is_not_found(choose, by_text, out):
    choose(sessions, by_text)
    made = DeviceSession.objects.create(person=UserFactory(), expires_at=timezone.now() + timedelta(days=1))
    assert sessions.live_session(made.pk).pk == made.pk
    [(name, value)] = out.items()
    changed = made.person if name.startswith("person__") else made
    setattr(changed, name.removeprefix("person__"), value())
    changed.save()
    assert sessions.live_session(made.pk) is None
    assert sessions.live_session(uuid7()) is None


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no locks on rows")
@pytest.mark.django_db(transaction=True)
def test_a_person_is_locked_in_a_transaction_only():
    person = UserFactory()
    with pytest.raises(TransactionManagementError):
        lock_person(person.pk)


# --- The feed ----------------------------------------------------------------------------------------------------
def catalogue():
    """Missions of every kind that the feed tells apart, and what it does not show."""
    now, hour = timezone.now(), timedelta(hours=1)
    listed = MissionFactory.create_batch(4)
    ShiftFactory(mission=listed[0], starts_at=now + 50 * hour)
    ShiftFactory(mission=listed[0], starts_at=now + 20 * hour, minimum=3, taken_count=2)
    cancelled = {"status": "cancelled", "cancel_reason": "Neige", "cancelled_at": now}
    ShiftFactory(mission=listed[1], starts_at=now + 20 * hour, **cancelled)
    ShiftFactory(mission=listed[1], starts_at=now - 20 * hour)
    Mission.objects.filter(pk=listed[2].pk).update(
        activities=["tri", "accueil, é'\""], requirements=["psc"], is_remote=True, latitude=None, longitude=None
    )
    Mission.objects.filter(pk=listed[3].pk).update(latitude=48.853, longitude=2.3499, image="missions/images/a.jpg")
    MissionFactory(status="draft", published_at=None)
    MissionFactory(awaits_shift=True)
    MissionFactory(organization__suspended=True)
    return sorted(listed, key=lambda mission: mission.pk, reverse=True)


def page(position=None):
    return Keyset(("-id",), position and [str(position)])


@pytest.mark.django_db
@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.postgres
@postgres[1]
def test_a_page_of_the_feed_is_the_querysets(choose, signed_in):
    listed, person = catalogue(), UserFactory() if signed_in else AnonymousUser()
    for keyset in (page(), page(listed[0].pk), page(listed[2].pk), page(listed[3].pk)):
        choose(feed, True)
        by_text = feed.newest(person, keyset, 3, set())
        choose(feed, False)
        assert by_text.rows == feed.newest(person, keyset, 3, set()).rows
    assert [row["id"] for row in feed.newest(person, page(), 10, set()).rows] == [str(one.pk) for one in listed]


@pytest.mark.django_db
@texts
def test_the_feed_alone_is_not_what_an_organizer_sees(choose, by_text):
    choose(feed, by_text)
    organizer = OrganizationMembershipFactory().person
    for _with_missions in range(2):
        with pytest.raises(feed.NotOnlyTheFeed):
            feed.newest(organizer, page(), 3, set())
        MissionFactory()
    organizer.organization_memberships.update(status="ended", ended_at=timezone.now())
    assert feed.newest(organizer, page(), 3, set()).rows


# Each write in a transaction of its own: within one, a row keeps its stamp.
@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
@postgres[1]
def test_a_page_is_known_by_its_tag_until_anything_on_it_is_written():
    listed, nobody = catalogue(), AnonymousUser()
    tag = feed.newest(nobody, page(), 3, set()).tag
    assert feed.newest(nobody, page(), 3, {tag, 'W/"other"'}) == feed.Page([], tag)
    writes = [
        lambda: Mission.objects.filter(pk=listed[0].pk).update(city="Melun"),
        lambda: listed[1].organization.save(),
        lambda: Mission.objects.get(pk=listed[2].pk).shifts.update(taken_count=1),
        lambda: ShiftFactory(mission=listed[0], starts_at=timezone.now() + timedelta(days=3)),
    ]
    for write in writes:
        ShiftFactory(mission=listed[2], starts_at=timezone.now() + timedelta(days=2))
        tag = feed.newest(nobody, page(), 3, set()).tag
        write()
        told = feed.newest(nobody, page(), 3, {tag})
        assert told.rows
        assert told.tag != tag
        assert told.tag == feed.newest(nobody, page(), 3, set()).tag


@pytest.mark.django_db
@pytest.mark.postgres
@postgres[1]
def test_missions_by_id_are_the_querysets(choose):
    ids = list(Mission.objects.filter(pk__in=[one.pk for one in catalogue()]).values_list("pk", flat=True))
    ids += Mission.objects.exclude(pk__in=ids).values_list("pk", flat=True)
    ids.append(uuid7())
    told = []
    for by_text in (True, False):
        choose(feed, by_text)
        told.append(feed.bodies(ids, timezone.now(), (48.85, 2.35)))
    assert told[0] == told[1]
    assert len(told[0]) == len(ids) - 1


@pytest.mark.django_db
@pytest.mark.postgres
@postgres[1]
def test_the_nearest_are_the_querysets():
    catalogue()
    for step in range(12):
        MissionFactory(latitude=48.85 + step // 2 / 100, longitude=2.35)
    MissionFactory(latitude=48.85, longitude=2.35, awaits_shift=True)
    ordering, here = ORDERINGS[MissionSort.DISTANCE], (48.85, 2.35)
    near = Mission.objects.listed().near(*here, 5.0)
    position = None
    for _page in range(4):
        expected = list(Keyset(ordering, position).rows(near, 3).values_list("distance_km", "id"))
        last_km, last_id = position or (-1.0, NO_ID_YET)
        found = feed_texts.nearest(3).rows(last_km=last_km, last_id=last_id, **circle_around(*here, 5.0))
        assert found == expected
        position = list(expected[-1])
    assert position[0] > 1


# --- Writes ------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_change_noted_alone_is_numbered_as_among_others():
    person, things = UserFactory(), [uuid7(), uuid7()]
    note_change(person.pk, "hour_entry", things[0])
    note_changes([])
    note_changes([Noted(person.pk, "hour_entry", things[1])])
    note_change(person.pk, "hour_entry", things[0], is_removed=True)
    rows = Change.objects.filter(person=person).order_by("sequence")
    assert list(rows.values_list("sequence", "object_id", "is_removed")) == [
        (2, things[1], False),
        (3, things[0], True),
    ]
    assert all(row.changed_at <= timezone.now() for row in rows)
    person.refresh_from_db()
    assert person.change_count == 3


@pytest.mark.django_db
@texts
def test_an_event_alone_is_written_as_among_others(choose, by_text):
    choose(ledger, by_text)
    entry = HourEntryFactory()
    with transaction.atomic():
        record = ledger.lock_records([entry.record_id])[entry.record_id]
        details = {"title": "Été « 93 »", "evidence": []}
        event = ledger.next_event(record, entry, "edit", actor=None, text="Lavé, trié.\n👍", details=details)
        ledger.write_events([record], [event])
    stored = RecordEvent.objects.get(pk=event.pk)
    assert model_to_dict(stored) == model_to_dict(event)
    assert timezone.now() - stored.created_at < timedelta(minutes=1)
    record.refresh_from_db()
    assert (record.event_count, record.head_hash) == (event.sequence, event.hash)
    chain.verify_chain(record)


# --- Plans -------------------------------------------------------------------------------------------------------
TITLE = SqlText("SELECT title FROM missions_mission WHERE id = %(id)s", types={"id": "uuid"}, plan="elan_test_title")


def plans_of(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name = %s", [text.plan])
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.postgres
@postgres[1]
def test_a_text_is_planned_once_for_a_connection(django_assert_num_queries):
    missions = MissionFactory.create_batch(3)
    with django_assert_num_queries(6):
        for _time in range(2):
            assert [TITLE.rows(id=one.pk) for one in missions] == [[(one.title,)] for one in missions]
    assert plans_of(TITLE) == 1


@pytest.mark.django_db
@pytest.mark.postgres
@postgres[1]
def test_nothing_is_planned_behind_a_pooler(settings):
    settings.DATABASE_KEEPS_PLANS = False
    mission = MissionFactory()
    untouched = SqlText(TITLE.text.replace("::uuid", ""), types={"id": "uuid"}, plan="elan_test_never")
    assert untouched.rows(id=mission.pk) == [(mission.title,)]
    assert plans_of(untouched) == 0


@pytest.mark.postgres
@postgres[1]
@pytest.mark.django_db(transaction=True)
def test_a_plan_is_made_anew_when_another_process_gives_a_column_another_type():
    mission, migration = MissionFactory(), connection.copy()
    assert TITLE.rows(id=mission.pk) == [(mission.title,)]
    try:
        for length in (121, 120):
            with migration.cursor() as cursor:
                cursor.execute(f"ALTER TABLE missions_mission ALTER title TYPE varchar({length})")
            for _time in range(2):
                assert TITLE.rows(id=mission.pk) == [(mission.title,)]
    finally:
        migration.close()
