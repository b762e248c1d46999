"""No outcome depends on how fast or how busy the machine is: tests wait for events, with one patience for all."""

import re
import subprocess
import sys

from tests.support.patience import PATIENCE_SECONDS
from tests.support.processes import ROOT
from tests.support.soak import is_side_by_side

TESTS = ROOT / "tests"
# Where a clock is looked at, and why.
CLOCKS = {
    "support/patience.py": "the one place that waits",
    "test_make_run.py": "a moment that was reckoned before is no later than one reckoned now",
    "test_restarted_database.py": "how long it took is printed, never judged",
}
WAITS_FOR_TIME = re.compile(r"\b(sleep|monotonic|perf_counter)\(|\btimeout=[\d.]|\.(wait|join|result|acquire)\([\d.]")


def test_no_test_waits_for_time_to_pass_or_judges_by_a_clock():
    found = {}
    for path in TESTS.rglob("*.py"):
        name, lines = str(path.relative_to(TESTS)), path.read_text().splitlines()
        numbers = [number for number, line in enumerate(lines, 1) if WAITS_FOR_TIME.search(line)]
        if numbers and name not in CLOCKS:
            found[name] = numbers
    assert found == {}


def test_no_test_takes_what_it_needs_from_another_one():
    found = {
        f"{path.relative_to(TESTS)}: {line}"
        for path in TESTS.rglob("*.py")
        for line in re.findall(r"^from tests\.(?!support\.).*\btest_.*", path.read_text(), re.MULTILINE)
    }
    assert found == set(), "what several need is in tests/support"


def test_races_are_found_by_what_they_or_their_helpers_name():
    def is_race(path: str, name: str) -> bool:
        return is_side_by_side(TESTS / path, name)

    assert is_race("missions/test_places_race.py", "test_one_person_sent_ten_times_at_once_has_one_place")
    # By a helper, a class, a fixture; a control that needs no thread by its name.
    assert is_race("missions/test_changes_race.py", "test_nobody_is_left_on_a_shift_that_changed_while_they_signed_up")
    assert is_race("missions/test_waiting_list_race.py", "test_a_place_freed_twice_at_once_is_offered_to_two_people")
    assert is_race("notifications/test_outbox.py", "test_a_broker_that_refuses_or_is_silent_slows_and_fails_no_request")
    assert is_race("accounts/test_sessions.py", "test_control_without_looking_again_under_the_lock_one_does")
    assert not is_race("accounts/test_sessions.py", "test_another_device_of_the_same_person_lives_on")


def test_what_keeps_the_machine_busy_ends_with_a_soak_that_is_killed():
    soak = "from tests.support.soak import busy\nwith busy(2): print('busy', flush=True), input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", soak], cwd=ROOT, text=True, **pipes) as process:
        assert next(process.stdout) == "busy\n"
        process.kill()
        # They write to the same pipe: it ends when the last of them has.
        assert process.communicate(timeout=PATIENCE_SECONDS) == ("", None)
