"""The benchmarks run, all of them and each alone, on a region that the product could have written."""

import os
import subprocess
import sys

import pytest
from django.db import connection, connections

from benchmarks import harness, region
from benchmarks.__main__ import BENCHMARKS, run
from benchmarks.references import POOLS
from engagement.models import HourEntry
from missions.models import Shift, SignUp
from missions.states import SignUpStatus
from schools.models import ClassReferent
from tests.support.processes import ROOT

only_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="generate_series is PostgreSQL's")

# Each in a process that has imported nothing of the benchmarks and no address of the product.
ALONE = """
import os
from importlib import import_module
import django
django.setup()
failed = []
for name in {names!r}:
    if not (child := os.fork()):
        import_module("benchmarks." + name)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        failed.append(name)
raise SystemExit(", ".join(failed) or 0)
"""


@pytest.fixture
def small_too():
    """The hundredth of the region is the same database here."""
    connections["small"] = connections["default"]
    yield
    del connections["small"]


@pytest.mark.postgres
@only_postgres
@pytest.mark.django_db(transaction=True)
def test_every_benchmark_runs_on_a_thousandth_of_the_region_and_asks_no_more_than_it_may(
    small_too, settings, capsys, caplog
):
    # The line of each request is the product's; nobody reads thousands of them.
    caplog.set_level("WARNING", "elan.request")
    settings.ROOT_URLCONF, settings.ROUNDS = "benchmarks.urls", 1
    region.write_region("default", 0.001)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    assert run(BENCHMARKS) == [], "numbers of statements are held in any run"
    assert not POOLS, "what is left open keeps the database from being dropped"
    said = capsys.readouterr().out
    assert "MISSED" not in said
    assert "held: " in said
    assert "not judged: feed >= " in said, "ratios of one round mean nothing"


@pytest.mark.postgres
@only_postgres
@pytest.mark.django_db
def test_a_thousandth_of_the_region_holds_every_constraint():
    sizes = region.write_region("default", 0.001)
    connection.check_constraints()
    assert SignUp.objects.count() == sizes.sign_ups == 1500
    taken = sum(Shift.objects.values_list("taken_count", flat=True))
    assert taken == SignUp.objects.filter(status=SignUpStatus.ACCEPTED).count() == 1200
    for referent in ClassReferent.objects.select_related("class_group", "membership"):
        assert referent.class_group.school_id == referent.membership.school_id
    assert not HourEntry.objects.covered_twice().exists(), "nobody was there twice"


def test_the_whole_region_has_the_sizes_it_is_said_to_have():
    sizes = region.Sizes.at(1)
    assert (sizes.schools, sizes.students, sizes.teachers, sizes.organizations) == (634, 60_000, 8_000, 1_500)
    assert (sizes.missions, sizes.shifts, sizes.sign_ups, sizes.entries) == (50_000, 150_000, 1_500_000, 3_000_000)


def test_each_benchmark_needs_nothing_that_another_one_imports():
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "benchmarks.settings"}
    script = ALONE.format(names=BENCHMARKS)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_benchmark_that_does_not_exist_is_answered_with_those_that_do():
    done = subprocess.run([sys.executable, "-m", "benchmarks", "leger"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "'leger'" in done.stderr
    assert "Traceback" not in done.stderr
    assert all(name in done.stderr for name in BENCHMARKS)


def test_few_rounds_judge_numbers_of_statements_and_no_ratio(settings):
    def bench_of(rounds):
        settings.ROUNDS = rounds
        bench = harness.Bench("Nothing", {})
        bench.seconds = {"one": 2.0, "other": 1.0}
        return bench

    bench = bench_of(1)
    bench.at_most(1.5, "one", of="other")
    bench.at_least(0.9, "one", of="other")
    assert bench.missed == []
    bench.statements(7, "one", found=8)
    assert bench.missed == ["Nothing: one <= 7 statements, found 8"]
    bench = bench_of(41)
    bench.at_most(1.5, "one", of="other")
    bench.at_least(0.5, "one", of="other")
    assert bench.missed == ["Nothing: one <= 1.5 x the time of other, found 2.00"]
