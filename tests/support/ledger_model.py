"""The ledger as a page of Python: what each request must answer, and what must stand afterwards. Knows no database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Answer = tuple[int, str | None]
DONE: Answer = (200, None)
WRONG_STATE: Answer = (409, "wrong_state")
NOT_FOUND: Answer = (404, "not_found")
GONE: Answer = (410, "gone")
# The rows of STATES.md, written once more on purpose: the product's own table is not its judge.
MOVES = {
    "create": {(None, "draft")},
    "attest_by_attendance": {(None, "draft")},
    "edit": {("draft", "draft"), ("returned", "returned")},
    "submit": {("draft", "submitted"), ("returned", "submitted"), ("revoked", "submitted")},
    "delete": {("draft", "deleted")},
    "withdraw": {("submitted", "draft")},
    "approve": {("submitted", "approved")},
    "return": {("submitted", "returned")},
    "reject": {("submitted", "rejected")},
    "revoke": {("approved", "revoked")},
    "reconsider": {("rejected", "submitted"), ("approved", "submitted")},
}
ATTESTING = {
    "request": {("none", "requested")},
    "attest_by_attendance": {("none", "confirmed"), ("confirmed", "confirmed")},
    "confirm": {("requested", "confirmed")},
    "amend": {("requested", "amended")},
    "deny": {("requested", "denied")},
    "acknowledge": {("amended", "confirmed")},
    "reset": {(one, "none") for one in ("requested", "confirmed", "amended", "denied")},
    "delete": {(one, "none") for one in ("none", "requested", "confirmed", "amended", "denied")},
}


class Facts(NamedTuple):
    """What an author says: the half hour it began at, for how long, and for which domain (`autre`: outside)."""

    slot: int
    minutes: int
    domain: str

    def overlaps(self, other: "Facts") -> bool:
        return 30 * self.slot < 30 * other.slot + other.minutes and 30 * other.slot < 30 * self.slot + self.minutes


@dataclass
class Line:
    facts: Facts
    handed_in: Facts | None = None
    status: str = "draft"
    attestation: str = "none"
    attested: int | None = None
    approved: int | None = None
    version: int = 1
    contest: str = ""
    is_contest_open: bool = False
    # Whether the attendance it comes from stands confirmed; None for hours by hand.
    is_attended: bool | None = None
    # Whether the last decision was the school's rule alone, and the organisation's last word a denial.
    is_by_rule: bool = False
    was_denied: bool = False

    @property
    def row(self) -> tuple[Any, ...]:
        """What a reader of the table sees."""
        axes = (self.status, self.attestation, self.attested, self.approved)
        return (*axes, self.facts.slot, self.facts.minutes, self.version)

    @property
    def is_vouched_for(self) -> bool:
        """Confirmed, and not its author's to rewrite; corrected minutes wait for the student."""
        is_in_hand = self.status in ("draft", "returned") and self.is_attended is None
        return self.attestation == "confirmed" and self.status != "deleted" and not is_in_hand

    @property
    def is_the_rules_own(self) -> bool:
        """Approved or revoked by the school's rule, and no person has spoken since."""
        is_settled = bool(self.contest) and not self.is_contest_open
        return self.status in ("approved", "revoked") and self.is_by_rule and not is_settled

    @property
    def within(self) -> int:
        """The attested minutes that the line's times hold."""
        return min(self.attested or 0, self.facts.minutes)

    def moved(self, status: str | None = None) -> Answer:
        self.status, self.version = status or self.status, self.version + 1
        return DONE

    def fits(self, match: str | None) -> bool:
        return match in (None, "*", f'"{self.version}"')


@dataclass
class Ledger:
    """Lines by the number of their id. Each method answers what the API must, and moves what it must.

    `places` are the lines that come from attendances: the half hour at which the shift begins, by the line's number.
    """

    caps: dict[str, int]
    places: dict[int, int] = field(default_factory=dict)
    lines: dict[int, Line] = field(default_factory=dict)
    approves_attended: bool = False

    # --- The phone -----------------------------------------------------------------------------------------------
    def put(self, n: int, facts: Facts, match: str | None) -> Answer:
        line = self.lines.get(n)
        if line is None:
            if match is not None:
                return 412, "stale"
            self.lines[n] = Line(facts)
            return 201, None
        if line.status == "deleted":
            return GONE
        if line.facts == facts:
            return DONE
        if match is None:
            return 428, "if_match_required"
        if not line.fits(match):
            return 412, "stale"
        if line.status not in ("draft", "returned"):
            return WRONG_STATE
        line.facts = facts
        return line.moved()

    def delete(self, n: int, match: str | None) -> Answer:
        line = self.lines.get(n)
        if line is None or line.status == "deleted":
            return NOT_FOUND if line is None else GONE
        if not line.fits(match):
            return 412, "stale"
        if line.status != "draft":
            return WRONG_STATE
        if line.is_attended is not None:
            return 409, "from_attendance"
        line.attestation, line.attested = "none", None
        line.moved("deleted")
        return 204, None

    def shorten(self, n: int, minutes: int) -> Answer:
        line = self._own(n)
        if not isinstance(line, Line):
            return line
        if line.status not in ("draft", "returned"):
            return WRONG_STATE
        if minutes > max(line.facts.minutes, (line.attested or 0) if line.is_attended else 0):
            return 400, "outside_attendance"
        line.facts = line.facts._replace(minutes=minutes)
        return line.moved()

    def _own(self, n: int) -> Line | Answer:
        line = self.lines.get(n)
        if line is None or line.status == "deleted":
            return NOT_FOUND if line is None else GONE
        return line

    def submit(self, n: int) -> Answer:
        line = self._own(n)
        if not isinstance(line, Line):
            return line
        if line.status not in ("draft", "returned", "revoked"):
            return WRONG_STATE
        if self._overlaps_standing(line):
            return 409, "overlaps"
        is_first, is_by_hand = line.handed_in is None, line.is_attended is None
        if is_by_hand and line.handed_in not in (None, line.facts):
            line.attestation, line.attested = "none", None
        line.handed_in = line.facts
        self._ask(line)
        return line.moved(self._by_rule(line) if is_first else "submitted")

    def _by_rule(self, line: Line) -> str:
        if not (line.is_attended and self.approves_attended):
            return "submitted"
        line.approved, line.is_by_rule = min(line.facts.minutes, line.attested or 0), True
        return "approved"

    def _overlaps_standing(self, line: Line) -> bool:
        standing = [other for other in self.lines.values() if other.status in ("submitted", "approved")]
        return any(other is not line and other.facts.overlaps(line.facts) for other in standing)

    def _ask(self, line: Line) -> None:
        """The organisers of a mission, or the tutor of hours outside the catalogue."""
        if line.is_attended is None and line.attestation == "none":
            line.attestation = "requested"

    def withdraw(self, n: int) -> Answer:
        line = self._own(n)
        if not isinstance(line, Line):
            return line
        return line.moved("draft") if line.status == "submitted" else WRONG_STATE

    def acknowledge(self, n: int) -> Answer:
        line = self._own(n)
        if not isinstance(line, Line):
            return line
        if line.attestation != "amended":
            return WRONG_STATE
        line.attestation = "confirmed"
        return line.moved()

    def contest(self, n: int) -> Answer:
        line = self._own(n)
        if not isinstance(line, Line):
            return line
        if line.status == "rejected":
            subject = "rejection"
        elif self._is_in_part(line):
            subject = "partial_approval"
        elif line.attestation == "denied" and line.status != "draft":
            subject = "denial"
        else:
            return WRONG_STATE
        if line.contest:
            return 409, "contested_already"
        line.contest, line.is_contest_open = subject, True
        return line.moved()

    def _is_in_part(self, line: Line) -> bool:
        return line.approved is not None and line.approved < line.facts.minutes

    # --- The school ----------------------------------------------------------------------------------------------
    def decide(self, n: int, verb: str, minutes: int | None, reason: str) -> Answer:
        line = self.lines.get(n)
        if line is None or line.status in ("draft", "deleted"):
            return NOT_FOUND
        if line.status != ("approved" if verb == "revoke" else "submitted"):
            return WRONG_STATE
        approved, is_whole = None, False
        if verb == "approve":
            whole = min(line.facts.minutes, line.facts.minutes if line.attested is None else line.attested)
            if minutes is not None and minutes > line.facts.minutes:
                return 400, "minutes_impossible"
            approved = whole if minutes is None else minutes
            is_whole = approved == whole and not line.was_denied
        if not is_whole and not reason:
            return 400, "reason_needed"
        line.approved, line.is_by_rule = approved, False
        status = {"approve": "approved", "return": "returned", "reject": "rejected", "revoke": "revoked"}[verb]
        return line.moved(status)

    def answer_contest(self, n: int, verb: str) -> Answer:
        line = self.lines.get(n)
        if line is None or not line.contest or line.status in ("draft", "deleted"):
            return NOT_FOUND
        if not line.is_contest_open:
            return WRONG_STATE
        if verb == "uphold" and line.contest == "denial":
            if line.attestation != "denied":
                return WRONG_STATE
            line.attestation = "none"
            self._ask(line)
        elif verb == "uphold":
            if not (line.status == "rejected" or self._is_in_part(line)):
                return WRONG_STATE
            if self._overlaps_standing(line):
                return 409, "overlaps"
            line.status, line.approved = "submitted", None
        line.is_contest_open = False
        return line.moved()

    # --- The organisation ----------------------------------------------------------------------------------------
    def attest(self, n: int, verb: str, minutes: int) -> Answer:
        line = self.lines.get(n)
        if line is None or line.status in ("draft", "deleted") or line.facts.domain == "autre":
            return NOT_FOUND
        if line.attestation != "requested":
            return WRONG_STATE
        if verb == "amend" and minutes == line.facts.minutes:
            return 400, "minutes_needed"
        line.attestation = {"confirm": "confirmed", "amend": "amended", "deny": "denied"}[verb]
        line.attested = {"confirm": line.facts.minutes, "amend": minutes, "deny": None}[verb]
        line.was_denied = verb == "deny"
        return line.moved()

    def confirm_attendance(self, n: int, minutes: int) -> Answer:
        line = self.lines.get(n)
        if line is None:
            line = self.lines[n] = Line(Facts(self.places[n], minutes, "sport"), version=0)
        elif line.is_attended:
            return WRONG_STATE
        if line.status == "draft":
            line.facts = Facts(self.places[n], minutes, "sport")
        line.is_attended, line.attestation, line.attested = True, "confirmed", minutes
        line.moved()
        if line.status == "revoked" and line.is_the_rules_own and not self._overlaps_standing(line):
            line.moved(self._by_rule(line))  # handed in again by itself
        return DONE

    def reopen_attendance(self, n: int) -> Answer:
        line = self.lines.get(n)
        if line is None or not line.is_attended:
            return WRONG_STATE
        if line.status not in ("draft", "submitted", "returned") and not line.is_the_rules_own:
            return 409, "decided_by_school"
        if line.status == "approved":
            line.status, line.approved = "revoked", None
        line.is_attended, line.attestation, line.attested = False, "none", None
        return line.moved()

    # --- What it adds up to --------------------------------------------------------------------------------------
    def totals(self) -> dict[str, Any]:
        living = [line for line in self.lines.values() if line.status != "deleted"]
        waiting = [line for line in living if line.status == "submitted"]
        counted = pending = 0
        for domain in {line.facts.domain for line in living}:
            cap = self.caps.get(domain, 10**6)
            own = min(cap, _sum(line.approved for line in living if line.facts.domain == domain))
            waits = _sum(
                min(line.facts.minutes, line.facts.minutes if line.attested is None else line.attested)
                for line in waiting
                if line.facts.domain == domain
            )
            counted, pending = counted + own, pending + min(waits, cap - own)
        return {
            "counted_minutes": counted,
            "pending_minutes": pending,
            "attested_minutes": self._attested(),
            "waiting_count": len(waiting),
        }


    def _attested(self) -> int:
        """What organisations stand by, each half hour once: of two lines the one with more minutes counts."""
        kept: list[Line] = []
        lines = [line for _n, line in sorted(self.lines.items()) if line.is_vouched_for]
        for line in sorted(lines, key=lambda one: -one.within):
            if not any(line.facts.overlaps(other.facts) for other in kept):
                kept.append(line)
        return _sum(line.within for line in kept)


def _sum(minutes: Iterable[int | None]) -> int:
    return sum(one or 0 for one in minutes)
