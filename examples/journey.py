"""The whole line of the product, told as it happens: from "I join my class" to "my hours count".

Knows only the HTTP API, and the world outside it: the phone that pushes reach and the mailbox of a guardian.
Run it beside `make run`: `.venv/bin/python examples/journey.py`
"""

import argparse
import re
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx

PARIS = ZoneInfo("Europe/Paris")
DEMO_PASSWORD = "cinq girafes sur un toit"
NEW_PASSWORD = "une phrase que personne ne devine"
PATIENCE_SECONDS = 180


class Refused(Exception):
    """The API said no; the problem document says why."""


class Person:
    """Somebody at a device: signs in, sends a key with each POST, repeats a request whose answer was lost."""

    def __init__(self, api: str, name: str) -> None:
        self.name = name
        self.phone = ""
        self.http = httpx.Client(base_url=f"{api}/api/v1/", timeout=PATIENCE_SECONDS)

    def sign_in(self, email: str, password: str = DEMO_PASSWORD) -> "Person":
        pair = self.send("POST", "auth/token/", {"email": email, "password": password}, keyed=False)
        self.http.headers["Authorization"] = f"Bearer {pair['access']}"
        return self

    def send(self, method: str, path: str, body: Any = None, *, keyed: bool = True, **headers: str) -> Any:
        if method == "POST" and keyed:
            headers["Idempotency-Key"] = str(uuid.uuid4())
        for attempt in range(3):
            try:
                answer = self.http.request(method, path, json=body, headers=headers)
                break
            except httpx.TransportError:
                # The answer was lost: the same key makes the repeat harmless.
                if attempt == 2:
                    raise
        if answer.is_error:
            raise Refused(f"{self.name} : {method} {path} : {answer.status_code} {answer.text}")
        self.answer = answer
        return answer.json() if answer.content else None

    def get(self, path: str, **parameters: Any) -> Any:
        return self.send("GET", f"{path}?{httpx.QueryParams(parameters)}" if parameters else path)

    def post(self, path: str, body: Any = None) -> Any:
        return self.send("POST", path, {} if body is None else body)


@dataclass
class Stage:
    """Where the journey plays: the API, the world outside, the server's clock."""

    api: str
    outside: str
    tell: Callable[[str], None] = print
    people: list[Person] = field(default_factory=list)

    def person(self, name: str) -> Person:
        """Somebody new at a device."""
        self.people.append(Person(self.api, name))
        return self.people[-1]

    def now(self) -> datetime:
        """The server's time, from its Date header: the phone's clock follows it."""
        return parsedate_to_datetime(httpx.get(f"{self.api}/api/v1/app-config/").headers["Date"]).astimezone(UTC)

    def wait_for(self, what: str, look: Callable[[], Any]) -> Any:
        """Polls until something is there; a push and a mail come by a worker, a moment later."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(0.2)
        raise AssertionError(f"{what} : rien n'est arrivé en {PATIENCE_SECONDS} s")

    def push(self, phone: str, kind: str) -> dict[str, Any]:
        """The newest push of a kind that reached the phone."""

        def look() -> Any:
            pushes = httpx.get(f"{self.outside}/phones/{phone}/").json()
            return next((p for p in reversed(pushes) if p["data"]["kind"] == kind), None)

        return self.wait_for(f"notification « {kind} »", look)

    def link_in_mail(self, to: str, path: str) -> str:
        """The public link to `path` in the newest mail to an address."""

        def look() -> Any:
            mails = httpx.get(f"{self.outside}/mailbox/", params={"to": to}).json()
            found = [re.search(rf"https?://\S+{path}\S+", mail["text"]) for mail in reversed(mails)]
            return next((match.group(0) for match in found if match), None)

        link = self.wait_for(f"courrier à {to}", look)
        return self.api + "/api/" + link.split("/api/", 1)[1]


def paris(moment: datetime) -> str:
    return moment.astimezone(PARIS).strftime("%H:%M")


def hours(minutes: int) -> str:
    return f"{minutes // 60} h {minutes % 60:02d}"


def open_unit(stage: Stage) -> tuple[Person, dict[str, Any]]:
    """The region verifies a Croix-Rouge local unit, whose coordinator joins by mail; returns coordinator and unit."""
    region = stage.person("la région").sign_in("region@elan.example")
    number = secrets.randbelow(100_000)
    unit = region.post("organizations/", {"name": f"Croix-Rouge, unité locale n° {number}", "kind": "croix_rouge"})
    email = f"karima.{secrets.token_hex(4)}@elan.example"
    region.post(f"organizations/{unit['id']}/invitations/", {"email": email, "role": "coordinator"})
    link = stage.link_in_mail(email, "/invitations/")
    names = {"first_name": "Karima", "last_name": "Benali", "password": NEW_PASSWORD}
    assert httpx.post(link, json=names).is_success
    coordinator = stage.person("la coordinatrice").sign_in(email, NEW_PASSWORD)
    assert unit["status"] == "unverified"
    unit = region.post(f"organizations/{unit['id']}/verify/")
    assert unit["status"] == "verified"
    stage.tell(f"La région vérifie « {unit['name']} » ; Karima, sa coordinatrice, entre par le lien d'un courrier.")
    return coordinator, unit


def post_mission(stage: Stage, coordinator: Person, unit: dict[str, Any], school: dict[str, Any]) -> Any:
    """The coordinator posts a mission with two shifts near the lycée, the region publishes it."""
    now = stage.now()
    mission = coordinator.post(
        "missions/",
        {
            "organization": unit["id"],
            "title": f"Collecte alimentaire n° {secrets.randbelow(10_000)}",
            "description": "Accueillir les donateurs, trier les dons, préparer les colis.",
            "domain": "solidarite-insertion",
            "address": "Place du marché",
            "postal_code": school["postal_code"],
            "city": school["commune_name"],
            "latitude": school["latitude"] + 0.002,
            "longitude": school["longitude"] + 0.002,
            "min_age": 14,
            "sign_up_mode": "review",
            "contact": "Karima, 01 23 45 67 89",
        },
    )
    running = {"starts_at": now - timedelta(minutes=70), "ends_at": now + timedelta(minutes=40)}
    next_week = {"starts_at": now + timedelta(days=7), "ends_at": now + timedelta(days=7, hours=2)}
    for times in (running, next_week):
        sent = {name: moment.isoformat() for name, moment in times.items()}
        coordinator.post("shifts/", {"mission": mission["id"], "capacity": 10, **sent})
    stage.tell(
        f"La coordinatrice dépose « {mission['title']} » près du {school['name']} : "
        f"un créneau en cours ({paris(running['starts_at'])}-{paris(running['ends_at'])}), un dans une semaine."
    )
    coordinator.post(f"missions/{mission['id']}/submit/")
    region = stage.person("la région").sign_in("region@elan.example")
    published = region.post(f"missions/{mission['id']}/approve/")
    assert published["status"] == "published"
    stage.tell("La région la relit et la publie.")
    return published


def open_class(stage: Stage, born_on: str, guardian_email: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The school manager opens a class with its join code and the year's option; returns class and school."""
    manager = stage.person("la proviseure").sign_in("proviseure@elan.example")
    teacher_id = stage.person("le professeur").sign_in("professeur@elan.example").get("me/")["id"]
    staff = manager.get("staff-memberships/", page_size=100)["results"]
    teacher = next(member for member in staff if member["person"] == teacher_id)
    school = manager.get(f"schools/{teacher['school']}/")
    class_group = manager.post(
        "classes/",
        {"school": school["id"], "name": f"2nde {secrets.randbelow(100_000)}", "referents": [teacher["id"]]},
    )
    options = manager.get("engagement-options/", school=school["id"])["results"]
    rules = {"school": school["id"], "target_minutes": 2160}
    option = options[0] if options else manager.post("engagement-options/", rules)
    manager.post(
        f"classes/{class_group['id']}/students/",
        {
            "students": [
                {"first_name": "Inès", "last_name": "Bâ", "birth_date": born_on, "guardian_email": guardian_email}
            ]
        },
    )
    stage.tell(
        f"La proviseure du {school['name']} ouvre la classe {class_group['name']} (code {class_group['join_code']}) ; "
        f"l'option demande {hours(option['target_minutes'])}. Inès, 15 ans, est sur la liste de la classe."
    )
    return class_group, school


def join(stage: Stage, class_group: dict[str, Any], born_on: str) -> Person:
    """The student joins with the code and signs in on a phone; returns her."""
    student = stage.person("Inès")
    email = f"ines.{secrets.token_hex(4)}@elan.example"
    body = {
        "join_code": class_group["join_code"],
        "email": email,
        "password": NEW_PASSWORD,
        "first_name": "Ines",
        "last_name": "BA",
        "birth_date": born_on,
    }
    for _time in ("she sends it", "and, the answer lost in the tunnel, again"):
        student.send("POST", "classes/join/", body, keyed=False)
    student.sign_in(email, NEW_PASSWORD)
    enrolments = student.get("enrolments/")["results"]
    assert [enrolment["status"] for enrolment in enrolments] == ["active"]
    student.phone = f"phone-{secrets.token_hex(4)}"
    student.post("devices/", {"platform": "android", "token": student.phone})
    stage.tell("Inès rejoint sa classe avec le code, depuis son téléphone : elle est active tout de suite.")
    return student


def consent(stage: Stage, student: Person, guardian_email: str) -> None:
    """The guardian agrees on the page behind the link in the mail."""
    link = stage.link_in_mail(guardian_email, "/consents/")
    page = httpx.get(link, headers={"Accept": "text/html"})
    assert page.is_success
    assert "<form" in page.text
    decided = httpx.post(link, data={"decision": "grant"}, headers={"Accept": "text/html"})
    assert decided.is_success
    assert "<form" not in decided.text
    push = stage.push(student.phone, "consent_given")
    stage.tell(
        "Son parent reçoit un courrier, lit la page, et donne son accord. "
        f"Le téléphone d'Inès : « {push['notification']['title']} »."
    )


def find_and_sign_up(stage: Stage, person: Person, coordinator: Person, mission: Any, school: dict[str, Any]) -> Any:
    """Finds the mission near the lycée, asks whether signing up is possible, signs up, is accepted."""
    near = f"{school['latitude']},{school['longitude']}"
    found = person.get("missions/", near=near, radius_km=5, page_size=100)["results"]
    listed = next(row for row in found if row["id"] == mission["id"])
    shift = min(listed["next_shifts"], key=lambda row: row["starts_at"])
    eligibility = person.get(f"shifts/{shift['id']}/eligibility/")
    if eligibility["reason"] == "night":
        raise SystemExit("Il fait nuit à Paris : aucun mineur ne peut être en mission. Revenez de jour.")
    assert (eligibility["eligible"], eligibility["reason"]) == (True, "ok"), eligibility
    sign_up = person.post(f"shifts/{shift['id']}/sign-up/")
    assert sign_up["status"] == "pending"
    stage.tell(
        f"{person.name} trouve la mission à {listed['distance_km'] * 1000:.0f} m du lycée, "
        "demande si c'est possible (oui), et s'inscrit."
    )
    accepted = coordinator.post(f"sign-ups/{sign_up['id']}/accept/")
    assert accepted["status"] == "accepted"
    stage.tell(f"La coordinatrice accepte {accepted['person_name']}.")
    return shift


def attend(stage: Stage, person: Person, coordinator: Person, shift: Any) -> None:
    """Checks in by the rotating code (seen without network an hour ago) and out by the present one; is confirmed."""
    codes = coordinator.get(f"shifts/{shift['id']}/check-in-codes/")

    def code_at(moment: datetime) -> str:
        first_at = datetime.fromisoformat(codes["first_at"])
        return codes["codes"][int((moment - first_at).total_seconds() // codes["step_seconds"])]

    now = stage.now()
    came_at = now - timedelta(minutes=65)
    for direction, moment in (("in", came_at), ("out", now)):
        person.post(
            "check-ins/",
            {
                "shift": shift["id"],
                "direction": direction,
                "code": code_at(moment),
                "occurred_at": moment.isoformat(),
                "sent_at": now.isoformat(),
            },
        )
    stage.tell(
        f"{person.name} a scanné le code tournant à {paris(came_at)}, sans réseau ; son téléphone l'envoie maintenant, "
        f"et {person.name} scanne le code de {paris(now)} en partant."
    )
    attendance = coordinator.get("attendances/", shift=shift["id"], status="checked_out")["results"][0]
    confirmed = coordinator.post(f"attendances/{attendance['id']}/confirm/")
    assert confirmed["minutes"] == 65, confirmed
    stage.tell(f"La coordinatrice confirme : {hours(confirmed['minutes'])}.")


def count(stage: Stage, student: Person) -> int:
    """The student completes the prefilled entry and submits it; the teacher approves in bulk; returns the minutes."""
    entry = student.get("hour-entries/", status="draft")["results"][0]
    assert (entry["claimed_minutes"], entry["attestation_status"]) == (65, "confirmed")
    student.get(f"hour-entries/{entry['id']}/")
    student.send(
        "PATCH",
        f"hour-entries/{entry['id']}/",
        {"reflection": "J'ai appris à accueillir, et que la patience se partage."},
        **{"If-Match": student.answer.headers["ETag"]},
    )
    student.post(f"hour-entries/{entry['id']}/submit/")
    stage.tell("Ses heures sont déjà remplies ; Inès ajoute ce qu'elle a appris et les remet à son professeur.")
    teacher = stage.person("le professeur").sign_in("professeur@elan.example")
    waiting = teacher.get("hour-entries/", status="submitted", page_size=100)["results"]
    rulings = [{"entry": row["id"], "verb": "approve"} for row in waiting]
    results = teacher.post("hour-entries/bulk-decisions/", {"decisions": rulings})["results"]
    mine = next(result for result in results if result["entry"] == entry["id"])
    assert (mine["status"], mine["approved_minutes"]) == ("approved", 65), mine
    push = stage.push(student.phone, "approved")
    stage.tell(
        f"Le professeur approuve {len(results)} ligne(s) d'un coup. "
        f"Le téléphone d'Inès : « {push['notification']['title']} »."
    )
    progress = student.get("me/progress/")["records"][0]
    events = student.get(f"hour-entries/{entry['id']}/events/")
    stage.tell(
        f"Inès : {hours(progress['counted_minutes'])} comptées sur {hours(progress['target_minutes'])} ; "
        f"{len(events)} événements le prouvent, chacun enchaîné au précédent."
    )
    return progress["counted_minutes"]


def student_journey(stage: Stage) -> tuple[int, Person, Any, dict[str, Any]]:
    """From "I join my class" to "my hours count"; returns the minutes, and what the citizen's journey goes on with."""
    born_on = f"{stage.now().year - 16}-12-31"
    guardian_email = f"parent.{secrets.token_hex(4)}@elan.example"
    coordinator, unit = open_unit(stage)
    class_group, school = open_class(stage, born_on, guardian_email)
    mission = post_mission(stage, coordinator, unit, school)
    student = join(stage, class_group, born_on)
    consent(stage, student, guardian_email)
    shift = find_and_sign_up(stage, student, coordinator, mission, school)
    push = stage.push(student.phone, "sign_up_accepted")
    stage.tell(f"Le téléphone d'Inès : « {push['notification']['title']} ».")
    attend(stage, student, coordinator, shift)
    return count(stage, student), coordinator, mission, school


def citizen_journey(stage: Stage, coordinator: Person, mission: Any, school: dict[str, Any]) -> int:
    """The same without a school: register, confirm the address, sign up, attend; returns the passport's minutes."""
    citizen = stage.person("Malik")
    email = f"malik.{secrets.token_hex(4)}@elan.example"
    body = {
        "email": email,
        "password": NEW_PASSWORD,
        "first_name": "Malik",
        "last_name": "Renard",
        "birth_date": "1991-05-17",
    }
    citizen.send("POST", "auth/register/", body, keyed=False)
    link = stage.link_in_mail(email, "/auth/email/verify/")
    assert httpx.post(link, json={}).status_code == 200
    citizen.sign_in(email, NEW_PASSWORD)
    stage.tell("Malik, 35 ans, sans lycée, ouvre un compte et confirme son adresse.")
    shift = find_and_sign_up(stage, citizen, coordinator, mission, school)
    attend(stage, citizen, coordinator, shift)
    record = citizen.get("me/progress/")["records"][0]
    assert record["kind"] == "passport"
    passport = citizen.post("certificates/", {"record": record["record"]})
    checked = stage.person("un recruteur").get(f"verify/{passport['number']}/")
    assert (checked["status"], checked["first_name"]) == ("issued", "Malik")
    stage.tell(
        f"Le passeport de Malik : {hours(record['counted_minutes'])}. "
        f"N'importe qui vérifie son numéro {passport['number']} : {hours(checked['minutes'])} attestées."
    )
    return record["counted_minutes"]


def main(api: str, outside: str, tell: Callable[[str], None] = print) -> tuple[int, int]:
    """Both journeys; returns the student's and the citizen's minutes."""
    stage = Stage(api.rstrip("/"), outside.rstrip("/"), tell)
    try:
        minutes, coordinator, mission, school = student_journey(stage)
        return minutes, citizen_journey(stage, coordinator, mission, school)
    finally:
        for person in stage.people:
            person.http.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", default="http://127.0.0.1:8000")
    parser.add_argument("--outside", default="http://127.0.0.1:8025")
    arguments = parser.parse_args()
    main(arguments.api, arguments.outside)
