"""The rows that phones keep are written by missions.services.writing alone: held in every test that writes one."""

from pathlib import Path
from traceback import walk_stack
from typing import Any

from django.db.models.signals import pre_save

from missions.models import Attendance, Mission, Shift, SignUp
from tests.support.processes import ROOT

WRITTEN_BY_SERVICES = (Mission, Shift, SignUp, Attendance)
FRONT_DOOR = "missions/services/writing.py"
ROOMS = "accounts common config consents engagement missions notifications organizations schools".split()


def watch_front_door() -> None:
    """From now on a save that product code calls past the front door is an AssertionError."""
    for model in WRITTEN_BY_SERVICES:
        pre_save.connect(ensure_front_door, sender=model)


def ensure_front_door(sender: Any, **facts: Any) -> None:
    for frame, _line in walk_stack(None):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in ROOMS:
            caller = path.relative_to(ROOT).as_posix()
            assert caller == FRONT_DOOR, f"{caller} saves a {sender.__name__} past {FRONT_DOOR}"
            return
        if path.is_relative_to(ROOT / "tests") and path != Path(__file__):
            return
