"""Which changes of the contract need a new version, and which version that is."""

from collections.abc import Iterator

from config.agreement.shapes import Break, Comparison, Node

BACK = "Put it back"


def breaks(agreed: Node, now: Node) -> list[Break]:
    """All that breaks programs built from the agreed contract, in the order of its addresses."""
    comparison = Comparison(agreed, now)
    return [*_of_paths(agreed, now, comparison), *_of_components(agreed, now)]


def next_version(version: str) -> str:
    """The lowest version that may break what this one promised: before 1.0.0 the second number says so."""
    major, minor, _patch = _numbers(version)
    return f"0.{minor + 1}.0" if major == 0 else f"{major + 1}.0.0"


def is_allowed_to_break(agreed: Node, now: Node) -> bool:
    """Whether the version of the contract was raised far enough since it was agreed."""
    return _numbers(now["info"]["version"]) >= _numbers(next_version(agreed["info"]["version"]))


def _numbers(version: str) -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part in version.split("."))
    return major, minor, patch


def _of_paths(agreed: Node, now: Node, comparison: Comparison) -> Iterator[Break]:
    for path, methods in agreed["paths"].items():
        if path not in now["paths"]:
            yield Break(path, "the address is gone or has another name", BACK)
            continue
        for method, before in methods.items():
            where, after = f"{method.upper()} {path}", now["paths"][path].get(method)
            if after is None:
                yield Break(where, "the operation is gone", BACK)
            else:
                yield from _of_operation(before, after, where, comparison)


def _of_operation(agreed: Node, now: Node, where: str, comparison: Comparison) -> Iterator[Break]:
    for word in ("operationId", "tags"):  # a client's function, and the class it stands in
        if agreed.get(word) != now.get(word):
            yield Break(where, f"{word} was {agreed.get(word)} and is {now.get(word)}", "Keep it: clients call it so")
    # Nothing said and an empty list are the same: everybody may call it.
    if (agreed.get("security") or []) != (now.get("security") or []):
        yield Break(
            where, f"security was {agreed.get('security')} and is {now.get('security')}", "Keep who may call it"
        )
    yield from _of_parameters(agreed, now, where, comparison)
    yield from _of_body(agreed.get("requestBody"), now.get("requestBody"), f"{where}, body", comparison)
    for status, before in agreed["responses"].items():
        at, after = f"{where}, answer {status}", now["responses"].get(status)
        if after is None:
            yield Break(at, "this status is no longer answered", BACK)
        else:
            yield from _of_content(before, after, at, comparison, sent=False)
            for header in sorted(set(before.get("headers", {})) - set(after.get("headers", {}))):
                yield Break(at, f"the header {header} is gone", BACK)


def _of_parameters(agreed: Node, now: Node, where: str, comparison: Comparison) -> Iterator[Break]:
    before, after = ({(row["in"], row["name"]): row for row in one.get("parameters", ())} for one in (agreed, now))
    for key, parameter in before.items():
        at = f"{where}, {key[0]} parameter {key[1]}"
        if key not in after:
            yield Break(at, "the parameter is gone or has another name", BACK)
            continue
        if after[key].get("required") and not parameter.get("required"):
            yield Break(at, "the parameter is required now", "Leave it optional")
        if any(parameter.get(word) != after[key].get(word) for word in ("style", "explode")):
            yield Break(at, "the parameter is written in another way", "Keep `style` and `explode`")
        yield from comparison.breaks(parameter["schema"], after[key]["schema"], at, sent=True)
    for place, name in after:
        if (place, name) not in before and after[place, name].get("required"):
            yield Break(f"{where}, {place} parameter {name}", "a new parameter is required", "Make it optional")


def _of_body(agreed: Node | None, now: Node | None, where: str, comparison: Comparison) -> Iterator[Break]:
    if agreed is None:
        if now is not None and now.get("required"):
            yield Break(where, "a body is required where there was none", "Make it optional")
        return
    if now is None:
        yield Break(where, "no body is taken any more", "Take it as before")
        return
    if now.get("required") and not agreed.get("required"):
        yield Break(where, "the body is required now", "Leave it optional")
    yield from _of_content(agreed, now, where, comparison, sent=True)


def _of_content(agreed: Node, now: Node, where: str, comparison: Comparison, *, sent: bool) -> Iterator[Break]:
    for media_type, before in agreed.get("content", {}).items():
        after = now.get("content", {}).get(media_type)
        if after is None:
            yield Break(where, f"the media type {media_type} is gone", BACK)
        else:
            yield from comparison.breaks(before.get("schema", {}), after.get("schema", {}), where, sent=sent)


def _of_components(agreed: Node, now: Node) -> Iterator[Break]:
    """Clients have a class for each component, by its name."""
    before, after = agreed.get("components", {}), now.get("components", {})
    for name in before.get("schemas", {}):
        if name not in after.get("schemas", {}):
            yield Break(
                f"component {name}", "it is gone or has another name", "Keep the name: clients have a class of it"
            )
    for name, scheme in before.get("securitySchemes", {}).items():
        if after.get("securitySchemes", {}).get(name) != scheme:
            yield Break(f"security scheme {name}", "it is gone or another one", BACK)
