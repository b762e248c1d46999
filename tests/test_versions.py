"""Whatever can be edited carries its version wherever it is shown, and If-Match takes it."""

from typing import Any

import pytest

from tests.support.api import schema
from tests.support.world import API, Call, calls

PATHS = schema()["paths"]
COMPONENTS = schema()["components"]["schemas"]
# A body is what may write over what somebody else wrote; without one a PUT opens or keeps a thing, as it is.
EDITS = sorted(
    f"{method.upper()} {path.removeprefix(API)}"
    for path, operations in PATHS.items()
    for method in ("patch", "put")
    if "requestBody" in operations.get(method, {})
)
# Where an edited thing is shown, when not at the address of its edit: the list, and where in each row it stands.
SHOWN: dict[str, tuple[str, str]] = {
    "PATCH me/": ("me/", ""),
    "PATCH students/{id}/": ("enrolments/", "student"),
    "PUT enrolments/{id}/comment/": ("", ""),
    "PUT missions/{id}/image/": ("missions/", ""),
}


def _component(operation: dict[str, Any], status: str = "200") -> str:
    name: str = operation["responses"][status]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    return name


def _has_version(component: str) -> bool:
    return "version" in COMPONENTS[component]["properties"]


def _row_of(path: str) -> str:
    """The component of a list's rows."""
    page = COMPONENTS[_component(PATHS[f"{API}{path}"]["get"])]
    name: str = page["properties"]["results"]["items"]["$ref"].rsplit("/", 1)[1]
    return name


def test_there_is_something_to_edit():
    assert len(EDITS) >= 10


@pytest.mark.parametrize("key", EDITS)
def test_the_contract_shows_a_version_in_the_answer_of_each_edit_and_in_its_list(key):
    method, path = key.split()
    assert _has_version(_component(PATHS[f"{API}{path}"][method.lower()]))
    listed, inside = SHOWN.get(key, (path.removesuffix("{id}/"), ""))
    if not listed:
        return
    if listed == path:
        assert _has_version(_component(PATHS[f"{API}{path}"]["get"]))
        return
    row = _row_of(listed)
    if inside:
        _property, node = _parts({"properties": {inside: COMPONENTS[row]["properties"][inside]}})
        row = node["$ref"].rsplit("/", 1)[1]
    assert _has_version(row)


def test_what_phones_follow_and_a_queue_answers_shows_it_too():
    edited = {_component(PATHS[f"{API}{key.split()[1]}"][key.split()[0].lower()]) for key in EDITS}
    followed = {
        node["$ref"].rsplit("/", 1)[1]
        for change in COMPONENTS
        if change.startswith("Change")
        for node in _parts(COMPONENTS[change])
        if "$ref" in node
    }
    assert {"HourEntry", "Profile"} <= followed
    assert all(_has_version(component) for component in edited | {"Profile"})
    assert _has_version("BatchResult")


def _parts(component: dict[str, Any]) -> list[dict[str, Any]]:
    nodes = component.get("properties", {}).values()
    return [part for node in nodes for part in (node, *node.get("allOf", ()), *node.get("oneOf", ()))]


def _shown(client: Any, call: Call, key: str) -> Any:
    """The thing as a list shows it, else as its own address does."""
    listed, inside = SHOWN.get(key, (key.split()[1].removesuffix("{id}/"), ""))
    if not listed or "{id}" not in key:
        return client.get(call.path).json()
    wanted = call.path.removeprefix(API).split("/")[1]
    page = client.get(f"{API}{listed}?page_size=100").json()
    rows = [row[inside] if inside else row for row in page["results"]]
    return next(row for row in rows if row["id"] == wanted)


@pytest.mark.django_db
@pytest.mark.parametrize("key", EDITS)
def test_if_match_takes_the_version_that_is_shown(api, world, key):
    table = calls(world)
    call = table.get(f"{key} draft") or table[key] if key.startswith("PUT hour") else table[key]
    client = api.as_(world.person(call.by))
    known = _shown(client, call, key)["version"]

    def edit(tag: str | None) -> Any:
        extra = {} if tag is None else {"HTTP_IF_MATCH": tag}
        body = call.body.form if hasattr(call.body, "form") else call.body
        how = {"format": "multipart"} if hasattr(call.body, "form") else {}
        return getattr(client, call.method.lower())(call.path, body, **how, **extra)

    refused = edit(None)
    assert (refused.status_code, refused.json()["code"]) == (428, "if_match_required")
    for stale in (str(known + 1), f'"{known + 1}"', f'W/"{known + 1}-ab"'):
        refused = edit(stale)
        assert (refused.status_code, refused.json()["code"]) == (412, "stale"), stale
    for tag in ("{}", '"{}"', 'W/"{}"'):
        done = edit(tag.format(known))
        assert done.status_code == 200, (tag, done.content)
        known = done.json()["version"]
        assert _shown(client, call, key)["version"] == known, tag


@pytest.mark.django_db
def test_a_phone_edits_what_it_has_by_sync_and_by_its_queue(api, world):
    client = api.as_(world.student)
    changes = client.get(f"{API}sync/").json()["changes"]
    me = next(change["settings"] for change in changes if change["kind"] == "settings")
    entry = next(change["hour_entry"] for change in changes if change["id"] == str(world.draft_entry.pk))
    assert client.patch(f"{API}me/", {"language": "en"}, HTTP_IF_MATCH=str(me["version"])).status_code == 200
    body = {name: entry[name] for name in ("mission", "started_at", "ended_at", "break_minutes")}
    put = {"op": "put", "id": entry["id"], "entry": {**body, "reflection": "Mieux."}, "if_match": str(entry["version"])}
    first = client.post(f"{API}hour-entries/batch/", {"operations": [put]}).json()["results"][0]
    assert first["status"] == 200
    again = {**put, "entry": {**body, "reflection": "Encore mieux."}, "if_match": str(first["version"])}
    results = client.post(f"{API}hour-entries/batch/", {"operations": [again, {**again, "entry": body}]}).json()[
        "results"
    ]
    assert [result["status"] for result in results] == [200, 412]


@pytest.mark.django_db
def test_the_etag_of_a_read_is_for_if_match_and_moves_with_what_is_shown_beside_the_row(api, world):
    path = f"{API}missions/{world.mission.pk}/"
    reader, editor = api.as_(world.citizen), api.as_(world.coordinator)
    seen, edited = reader.get(path), editor.get(path)
    assert reader.get(path, HTTP_IF_NONE_MATCH=seen["ETag"]).status_code == 304
    assert editor.patch(f"{API}shifts/{world.shift.pk}/", {"capacity": 40}, HTTP_IF_MATCH="*").status_code == 200
    assert reader.get(path, HTTP_IF_NONE_MATCH=seen["ETag"]).status_code == 200, "a shift of it has other places"
    assert editor.patch(path, {"title": "Maraude"}, HTTP_IF_MATCH=edited["ETag"]).status_code == 200
