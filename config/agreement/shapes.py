"""Which changes of a body, an answer or a parameter break the programs that were built from the agreed contract."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Node = dict[str, Any]

OPEN_ENUM = "x-open-enum"
# Of what is sent: a higher value refuses what was taken before, or a lower one does.
LEAST = ("minLength", "minimum", "minItems")
NO_LIMIT = {"minLength": 0, "minItems": 0}
MOST = ("maxLength", "maximum", "maxItems")
# Of what is sent: another one may refuse what was taken before, and no program can tell.
RULES = ("pattern", "uniqueItems", "multipleOf", "exclusiveMinimum", "exclusiveMaximum")
CHOICES = ("oneOf", "anyOf")


class Break(NamedTuple):
    """One change that breaks programs: where, what changed, and what to do instead of it."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.remedy}."


@dataclass
class Comparison:
    """Two contracts, and the components that were compared: once each for what is sent and for what is answered."""

    agreed: Node
    now: Node
    seen: set[tuple[str, str, bool]] = field(default_factory=set)

    def breaks(self, agreed: Node, now: Node, where: str, *, sent: bool) -> Iterator[Break]:
        """What breaks between two schemas of something that programs send, or else are answered."""
        agreed, now = _plain(agreed), _plain(now)
        names = (_name(agreed), _name(now))
        agreed, now = _resolved(agreed, self.agreed), _resolved(now, self.now)
        yield from _of_use(agreed, now, where, sent=sent)
        if all(names):
            if (*names, sent) in self.seen:
                return
            self.seen.add((*names, sent))
            where = f"{where}, {names[0]}"
        yield from _kind(agreed, now, where)
        yield from _values(agreed, now, where, sent=sent)
        if sent:
            yield from _limits(agreed, now, where)
        yield from self._properties(agreed, now, where, sent=sent)
        yield from self._other_properties(agreed, now, where, sent=sent)
        yield from self._forms(agreed, now, where, sent=sent)
        if "items" in agreed and "items" in now:
            yield from self.breaks(agreed["items"], now["items"], f"{where}[]", sent=sent)

    def _properties(self, agreed: Node, now: Node, where: str, *, sent: bool) -> Iterator[Break]:
        before, after = agreed.get("properties", {}), now.get("properties", {})
        needed_before, needed = set(agreed.get("required", ())), set(now.get("required", ()))
        for name in before:
            at = f"{where}.{name}"
            if name not in after:
                yield Break(at, "the property is gone or has another name", "Keep it beside its successor")
            else:
                yield from self.breaks(before[name], after[name], at, sent=sent)
        if sent:
            for name in sorted(needed - needed_before):
                yield Break(f"{where}.{name}", "the property is required now", "Leave it optional, with a default")
        else:
            for name in sorted((needed_before - needed) & set(after)):
                yield Break(f"{where}.{name}", "the property may be left out now", "Answer it always")

    def _other_properties(self, agreed: Node, now: Node, where: str, *, sent: bool) -> Iterator[Break]:
        before, after = (schema.get("additionalProperties", True) for schema in (agreed, now))
        if isinstance(before, dict) and isinstance(after, dict):
            yield from self.breaks(before, after, f"{where}.*", sent=sent)
        elif sent and after is False and before is not False:
            yield Break(where, "no other properties are taken now", "Take them as before")

    def _forms(self, agreed: Node, now: Node, where: str, *, sent: bool) -> Iterator[Break]:
        before, after = _forms(agreed), _forms(now)
        for name in before:
            if name in after:
                yield from self.breaks(before[name], after[name], where, sent=sent)
            elif sent:
                yield Break(where, f"the form {name} is no longer taken", "Take it as before")
        if not sent and not agreed.get(OPEN_ENUM) and (new := [name for name in after if name not in before]):
            yield Break(where, f"the answer may have a new form: {_list(new)}", "Answer a form that is known")


def _plain(schema: Node) -> Node:
    """A form or null is this form, which may be null."""
    match schema.get("oneOf"):
        case [form, {"nullable": True, "enum": [None]}]:
            return {"allOf": [form], "nullable": True, **{name: schema[name] for name in schema if name != "oneOf"}}
    return schema


def _name(schema: Node) -> str:
    """The component that the schema stands for, alone or with words beside it; empty if none."""
    parts = schema.get("allOf", [])
    reference: str = schema.get("$ref") or (parts[0].get("$ref", "") if len(parts) == 1 else "")
    return reference.rpartition("/")[2]


def _resolved(schema: Node, contract: Node) -> Node:
    """The schema with what its references say; of an `allOf`, all that its parts say."""
    if "$ref" in schema:
        return _resolved(contract["components"]["schemas"].get(_name(schema), {}), contract)
    if "allOf" not in schema:
        return schema
    whole: Node = {}
    for part in (*schema["allOf"], {name: said for name, said in schema.items() if name != "allOf"}):
        said = _resolved(part, contract)
        properties = {**whole.get("properties", {}), **said.get("properties", {})}
        required = [*whole.get("required", ()), *said.get("required", ())]
        whole = {**whole, **said, "properties": properties, "required": required}
    return whole


def _forms(schema: Node) -> Node:
    """The forms that it may have, by component or place."""
    return {_name(form) or str(place): form for word in CHOICES for place, form in enumerate(schema.get(word, ()))}


def _kind(agreed: Node, now: Node, where: str) -> Iterator[Break]:
    for word in ("type", "format"):
        before, after = agreed.get(word, "none"), now.get(word, "none")
        if before != after:
            yield Break(where, f"the {word} was {before} and is {after}", f"Keep the {word}, and add another property")


def _of_use(agreed: Node, now: Node, where: str, *, sent: bool) -> Iterator[Break]:
    """What is said where a schema is used, beside what its component says."""
    before, after = agreed.get("nullable", False), now.get("nullable", False)
    if sent and before and not after:
        yield Break(where, "null is no longer taken", "Take null as before")
    if not sent and after and not before:
        yield Break(where, "it may be null now", "Answer a value always")
    if sent and "default" in agreed and agreed["default"] != now.get("default"):
        yield Break(where, "another default stands for what is not sent", "Keep the default")


def _values(agreed: Node, now: Node, where: str, *, sent: bool) -> Iterator[Break]:
    before, after = agreed.get("enum"), now.get("enum")
    if sent:
        if after is not None and before is None:
            yield Break(where, "only some values are taken now", "Take every value as before")
        elif after is not None and before is not None and (gone := [one for one in before if one not in after]):
            yield Break(where, f"values are no longer taken: {_list(gone)}", "Take them as before")
        return
    if before is None or agreed.get(OPEN_ENUM):
        return
    if now.get(OPEN_ENUM):
        yield Break(where, "the enum was complete and is open now", f"Leave `{OPEN_ENUM}` out")
    elif after is None:
        yield Break(where, "any value may come now, where there was a list", "Keep the enum")
    elif new := [one for one in after if one not in before]:
        yield Break(where, f"an enum that is not open has new values: {_list(new)}", "Answer a value that is known")


def _limits(agreed: Node, now: Node, where: str) -> Iterator[Break]:
    for word in (*LEAST, *MOST):
        before, after = agreed.get(word, NO_LIMIT.get(word)), now.get(word, NO_LIMIT.get(word))
        if after is None or before == after:
            continue
        if before is None or (after > before if word in LEAST else after < before):
            was = "there was none" if before is None else f"was {before}"
            yield Break(where, f"{word}: {was}, and is {after}", "Take as much as before")
    for word in RULES:
        if now.get(word) and agreed.get(word) != now[word]:
            yield Break(where, f"{word} is new or another one", "Take what was taken before")


def _list(values: list[Any]) -> str:
    return ", ".join(f"`{value}`" for value in values)
