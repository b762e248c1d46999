"""One field of a partner's mission at a time: what can be believed, and the remark or problem where it cannot."""

import re
from collections.abc import Mapping
from typing import Any

from common import territory
from common.text import fold
from missions.departments import department_of
from missions.feed_values import (
    LONGEST_DESCRIPTION,
    LONGEST_LIST,
    LONGEST_TEXT,
    UNSTORABLE,
    FieldProblem,
    ValueReader,
    is_web_address,
)
from missions.models import Domain, ExchangeType, Remote
from organizations import registers

MOST_PLACES = 1_000_000
FRANCE = {"", "fr", "fra", "france"}
ADDRESS_TEXTS = ["street", "postalCode", "city", "departmentCode", "departmentName", "region", "country"]
WORDS_OF_REMOTE = {
    Remote.NO: ["no", "non", "false", "0"],
    Remote.POSSIBLE: ["possible", "yes", "oui", "true", "1", "partiel", "partielle", "hybride"],
    Remote.FULL: ["full", "total", "100", "remote"],
    Remote.LOCAL: ["local"],
}
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")


class FieldReader(ValueReader):
    """The fields of one raw mission by their name. Without some it is refused."""

    def identity(self) -> str:
        """The partner's own id, which is never shortened or mended: it would name another mission."""
        value = self.value("clientId")
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None:
            self.refuse("clientId", "required")
        elif not isinstance(value, str) or UNSTORABLE.search(value) or not value.strip():
            self.refuse("clientId", "invalid")
        elif len(value.strip()) > LONGEST_TEXT:
            self.refuse("clientId", "too_long")
        else:
            return value.strip()
        return ""

    def title(self) -> str:
        title = self.line("title")
        if len(title.split()) < 2:
            self.refuse("title", "two_words_needed" if title else "required")
        return title

    def description(self) -> str:
        text = self.value("description")
        if isinstance(text, str) and len(text.strip()) > LONGEST_DESCRIPTION:
            self.refuse("description", "too_long")
            return ""
        description = self.html("description")
        if not description:
            self.refuse("description", "required")
        return description

    def application_url(self) -> str:
        """Where one applies: without it nobody can."""
        text = self.text("applicationUrl", longest=2001)
        if not is_web_address(text):
            self.refuse("applicationUrl", "invalid_url" if text else "required")
        return text

    def type(self) -> str:
        text = self.text("type")
        if text and text not in ExchangeType.values:
            self.remark("type", "invalid_choice")
        return text if text in ExchangeType.values else str(ExchangeType.BENEVOLAT)

    def domain(self) -> str:
        text = self.text("domain")
        slug = fold(text).replace(" ", "-")
        if text and slug not in Domain.values:
            self.refuse("domain", "invalid_choice")
        return slug or str(Domain.AUTRE)

    def remote(self) -> str:
        value = self.value("remote")
        word = str(value).strip().lower()
        if value is None:
            return str(Remote.NO)
        for remote, words in WORDS_OF_REMOTE.items():
            if word in words:
                return str(remote)
        self.remark("remote", "invalid_choice")
        return str(Remote.NO)

    def instants(self) -> dict[str, str | None]:
        """Of two that contradict each other neither is sure."""
        found = {name: self.instant(name, is_end=name == "endAt") for name in ("startAt", "endAt", "postedAt")}
        starts_at, ends_at = found["startAt"], found["endAt"]
        if starts_at and ends_at and ends_at <= starts_at:
            self.remark("endAt", "before_start")
            found["startAt"] = found["endAt"] = None
        return {name: moment.isoformat() if moment else None for name, moment in found.items()}

    def places(self) -> int:
        value = self.value("places")
        if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value.strip()):
            value = int(value)
        if value is None or isinstance(value, bool):
            return 1
        if not isinstance(value, int | float) or value != value or abs(value) > MOST_PLACES:
            self.remark("places", "invalid")
            return 1
        if value < 0:
            self.refuse("places", "invalid")
        return max(1, int(value))

    def addresses(self) -> list[dict[str, Any]]:
        value = self.value("addresses")
        if value is None:
            # The exchange's older form, and its API: one address beside the other fields.
            value = [self.raw] if any(self.raw.get(name) for name in ("city", "postalCode", "location")) else []
        if isinstance(value, Mapping):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            self.remark("addresses", "invalid")
            value = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
        return [self._address(one) for one in value[:LONGEST_LIST]]

    def _address(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        inner = FieldReader(raw, [], [])
        address: dict[str, Any] = {name: inner.line(name) for name in ADDRESS_TEXTS}
        if address["country"].lower() in FRANCE:
            self._spell_as_in_france(address)
        address["location"] = inner.location()
        self.remarks += [FieldProblem(f"addresses.{remark.name}", remark.code) for remark in inner.remarks]
        return address

    def _spell_as_in_france(self, address: dict[str, Any]) -> None:
        """Postal codes have five digits and departments one spelling, and the names that go with it."""
        if address["postalCode"].isdecimal():
            address["postalCode"] = address["postalCode"].zfill(5)
        code = territory.spelled(address["departmentCode"])
        code = code or territory.department_of(commune_code="", postal_code=address["postalCode"])
        address["departmentCode"] = code
        address["departmentName"] = department_of(code).name or address["departmentName"]
        address["region"] = department_of(code).region or address["region"]

    def location(self) -> dict[str, float] | None:
        value = self.value("location")
        if value is None:
            return None
        try:
            latitude, longitude = float(value["lat"]), float(value["lon"])
        except (TypeError, KeyError, ValueError, OverflowError):
            latitude = longitude = float("nan")
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            self.remark("location", "invalid")
            return None
        return {"lat": latitude, "lon": longitude}

    def numbers_of_organization(self) -> dict[str, str]:
        numbers = registers.read_numbers(
            rna=self.text("organizationRNA"),
            siren=self.text("organizationSiren"),
            siret=self.text("organizationSiret"),
        )
        wrong = registers.wrong_numbers(numbers)
        names = {"rna": "organizationRNA", "siren": "organizationSiren", "siret": "organizationSiret"}
        for number in wrong:
            self.remark(names[number], "invalid")
        return {name: "" if number in wrong else getattr(numbers, number) for number, name in names.items()}
