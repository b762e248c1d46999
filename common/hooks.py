"""The only way a lower app speaks upward: named hooks, run in the caller's transaction, in a fixed order."""

from collections.abc import Callable
from typing import Any


class Hook:
    """A named moment. Upper apps connect handlers in `AppConfig.ready`; they run by `order`, then by name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._handlers: list[tuple[int, str, Callable[..., Any]]] = []

    def connect(self, handler: Callable[..., Any], *, order: int = 100) -> None:
        """Adds a handler; connecting the same one twice changes nothing."""
        entry = (order, f"{handler.__module__}.{handler.__qualname__}", handler)
        if entry not in self._handlers:
            self._handlers.append(entry)
            self._handlers.sort(key=lambda known: known[:2])

    @property
    def handlers(self) -> list[str]:
        """The dotted names of the handlers, in the order they run."""
        return [name for _, name, _ in self._handlers]

    def __call__(self, **facts: Any) -> list[Any]:
        """Runs every handler with the facts and returns their answers; a handler's error ends the move."""
        return [handler(**facts) for _, _, handler in self._handlers]


# A student's enrolment became active (schools): `enrolment`, `guardians`, in the joining transaction.
enrolment_activated = Hook("enrolment_activated")
# An organiser confirmed an attendance (missions): `attendance`, `actor`, in the confirming transaction.
attendance_confirmed = Hook("attendance_confirmed")
# Is a person known to somebody who vouches for them (schools)? `person` -> bool; any True is enough.
person_is_vouched_for = Hook("person_is_vouched_for")

ALL = [enrolment_activated, attendance_confirmed, person_is_vouched_for]
