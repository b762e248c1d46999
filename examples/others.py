"""Plays everybody around a student whose app is a program of its own: `python -m examples.others --student "java …"`.

The program reads what she holds in her hands as one line of JSON. When it waits for somebody it prints a line such as
`others: accept <sign-up>`, and reads an empty line once that is done; whatever else it prints is told.
"""

import argparse
import json
import secrets
import shlex
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from examples import journey

ASKED = "others: "


def main(api: str, outside: str, student: str) -> int:
    """Returns the exit status of the program."""
    stage = journey.Stage(api, outside)
    now = stage.now()
    born_on, guardian_email = f"{now.year - 16}-12-31", f"parent.{secrets.token_hex(4)}@elan.example"
    coordinator, unit = journey.open_unit(stage)
    class_group, school = journey.open_class(stage, born_on, guardian_email)
    mission = journey.post_mission(stage, coordinator, unit, school)
    shifts = coordinator.get("shifts/", mission=mission["id"])["results"]
    shift = min(shifts, key=lambda row: row["starts_at"])
    codes = coordinator.get(f"shifts/{shift['id']}/check-in-codes/")
    came_at, left_at = now - timedelta(minutes=65), now
    phone = f"phone-{secrets.token_hex(4)}"

    def code_at(moment: datetime) -> str:
        seconds = (moment - datetime.fromisoformat(codes["first_at"])).total_seconds()
        return str(codes["codes"][int(seconds // codes["step_seconds"])])

    def consent() -> None:
        owner = stage.person("Inès")
        owner.phone = phone
        journey.consent(stage, owner, guardian_email)

    def confirm() -> None:
        (attendance,) = coordinator.get("attendances/", shift=shift["id"], status="checked_out")["results"]
        coordinator.post(f"attendances/{attendance['id']}/confirm/")

    def certify(entry: str) -> None:
        teacher = stage.person("le professeur").sign_in("professeur@elan.example")
        approved = teacher.post(f"hour-entries/{entry}/approve/")
        manager = stage.person("la proviseure").sign_in("proviseure@elan.example")
        manager.post("certificates/", {"record": approved["record"], "reason": "Elle déménage."})

    acts: dict[str, Callable[..., object]] = {
        "consent": consent,
        "accept": lambda sign_up: coordinator.post(f"sign-ups/{sign_up}/accept/"),
        "confirm": confirm,
        "certify": certify,
    }
    with TemporaryDirectory() as folder:
        photo = Path(folder) / "attestation.jpg"
        Image.new("RGB", (640, 480), "white").save(photo)
        held = {
            "api": api,
            "join_code": class_group["join_code"],
            "born_on": born_on,
            "phone": phone,
            "near": f"{school['latitude']},{school['longitude']}",
            "mission": mission["id"],
            "came_at": came_at.isoformat(),
            "code_then": code_at(came_at),
            "left_at": left_at.isoformat(),
            "code_now": code_at(left_at),
            "photo": str(photo),
        }
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
        with subprocess.Popen(shlex.split(student), **pipes) as program:  # type: ignore[call-overload]
            print(json.dumps(held), file=program.stdin)
            for line in program.stdout:
                if not line.startswith(ASKED):
                    stage.tell(line.rstrip())
                    continue
                act, *about = line.removeprefix(ASKED).split()
                acts[act](*about)
                print(file=program.stdin)
        return int(program.returncode)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", default="http://127.0.0.1:8000")
    parser.add_argument("--outside", default="http://127.0.0.1:8025")
    parser.add_argument("--student", required=True, help="the command that starts her app")
    arguments = parser.parse_args()
    raise SystemExit(main(arguments.api, arguments.outside, arguments.student))
