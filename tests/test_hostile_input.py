"""Whatever is sent gets a clear 4xx problem: never a 5xx, never HTML. Generated from the contract's operations."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults

import jwt
import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts import tokens
from accounts.models import DeviceSession
from config.wsgi import application
from tests.support.api import ContractClient
from tests.support.gate import one_of_each
from tests.support.hostile import (
    FILES,
    FORM,
    JSON,
    KEYED,
    LINKS,
    LISTS,
    OPERATIONS,
    PAGES,
    PROBLEM,
    SECURED,
    UPLOADS,
    WRITES,
    Operation,
    each,
    ensure_problem,
    fields_of,
    inputs_of,
    kind_of,
    resolved,
    shape_of,
)
from tests.support.queries import connections_kept
from tests.support.world import API, World, calls

pytestmark = pytest.mark.django_db

# Values that JSON itself cannot say stand in a body under these marks until it is sent.
RAW = {"<1e400>": "1e400", "<-1e400>": "-1e400", "<huge>": "9" * 5000, "<nan>": "NaN", "<inf>": "-Infinity"}


@pytest.fixture
def operation(request: Any, world: World) -> Operation:
    return Operation(request.param, world)


def test_every_operation_of_the_contract_can_be_called_here(world):
    assert set(OPERATIONS) <= set(calls(world))


# --- Bodies ------------------------------------------------------------------------------------------------------


TEXT_WRONG = [5, 1.5, True, "a\0b", "\ud800", "\udfff\ud800", ["x"], {"x": "x"}]
NUMBER_WRONG = [True, "5", "٥", "<nan>", "<inf>", "<1e400>", "<-1e400>", "<huge>", 10**29, -(10**29), [5], {}]
DATES_WRONG = ["٢٠٠٠-٠١-٠١", "２０００-01-01", "2026-02-30", "0000-01-01", "01/02/2003", "2000-1-1", "2000-W01-1", ""]
TIMES_WRONG = [
    "2026-11-23T14:00:00",
    "2026-11-23",
    "2026-11-23 14:00:00Z",
    "٢٠٢٦-١١-٢٣T14:00:00Z",
    "2026-W48-1T14:00:00Z",
    "20261123T140000Z",
    "2026-11-23T14Z",
    "2026-11-23T14:00:00,5Z",
    "2026-11-23T14:00:00Z\n",
    "2026-11-23T25:00:00Z",
    "2026-11-23T14:00:60Z",
    "2026-13-23T14:00:00Z",
    "2026-11-23T14:00:00+99:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "now",
    "",
]


def _spoilt(node: dict[str, Any]) -> Iterator[Any]:
    """Values that the schema of a field does not allow."""
    node = resolved(node)
    if node.get("enum") == []:  # a field that is not there
        yield 1
        return
    if not node.get("nullable"):
        yield None
    kind, text_format = node.get("type"), node.get("format")
    if kind in ("integer", "number"):
        yield from NUMBER_WRONG
        yield from [1.5] if kind == "integer" else []
        yield from (node[edge] + step for edge, step in (("minimum", -1), ("maximum", 1)) if edge in node)
    elif kind == "boolean":
        yield from [0, 1, "true", "yes", "", [], {}]
    elif kind == "array":
        yield from ["x", 5, {}, [None], [[]], [{}], [5] if node["items"].get("format") != "uuid" else ["x"]]
        yield from [["x"] * (node["maxItems"] + 1)] if "maxItems" in node else []
    else:
        yield from (wrong for wrong in TEXT_WRONG if kind != "object" or not isinstance(wrong, dict))
        yield from ["x" * (node["maxLength"] + 1)] if "maxLength" in node else []
        yield from ["", "  "] if node.get("minLength") and text_format != "password" else []
        yield from {"date": DATES_WRONG, "date-time": TIMES_WRONG}.get(text_format, [])
        yield from ["x", "not there", "٣"] if node.get("enum") or text_format in ("uuid", "email") else []


def _spoilt_at(good: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The good body with the value at the path."""
    step, *further = path
    inner = _spoilt_at(good[step], tuple(further), value) if further else value
    return [inner] if step == 0 else {**good, step: inner}


def _written(body: Any) -> bytes:
    text = json.dumps(body)
    for mark, raw in RAW.items():
        text = text.replace(json.dumps(mark), raw)
    return text.encode()


FIELDS = one_of_each(
    ((key, path, node) for key in WRITES for path, node in fields_of(inputs_of(OPERATIONS[key]))),
    kind=lambda field: (kind_of(field[2]), len(field[1])),
)


@pytest.mark.parametrize("operation", list(dict.fromkeys(key for key, _path, _node in FIELDS)), indirect=True)
def test_a_wrong_value_in_any_field_is_a_problem(operation):
    for path, node in ((path, node) for key, path, node in FIELDS if key == operation.key):
        for value in _spoilt(node):
            answer = operation.is_refused(_written(_spoilt_at(operation.good, path, value)))
            # Not refused for something else; any text may be tried as a password.
            expected = (400, 401) if operation.key == "POST auth/token/" else (400,)
            assert answer.status_code in expected, (path, value)


DEEP_LIST, DEEP_OBJECT = b"[" * 40 + b"]" * 40, b'{"a":' * 40 + b"1" + b"}" * 40
BODIES = [
    b"[]",
    b'"text"',
    b"null",
    b"5",
    b"true",
    b"[{}]",
    b"NaN",
    b"1e400",
    b"{",
    b"{,}",
    b'{"a":1,}',
    b"{'a':1}",
    b"{} {}",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b'{"a": "\xe9"}',
    b'{"\\u0000": 1}',
    b'{"\\ud800": 1}',
    b'{"unknown_field": 1}',
    b'{"a": 1, "a": 1}',
    DEEP_LIST,
    DEEP_OBJECT,
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b" ",
    "{}".encode("utf-16"),
    b"<?xml version='1.0'?><a/>",
    b"a=1",
]


@each(WRITES)
def test_a_body_that_is_no_object_of_this_operation_is_a_problem(operation):
    for body in BODIES:
        operation.is_refused(body)


@each(WRITES)
def test_an_unknown_or_doubled_name_is_a_problem_that_points_at_it(operation):
    good = operation.good
    answer = operation.is_refused(json.dumps({**good, "unknown_field": 1}).encode())
    assert "/unknown_field" in [error["pointer"] for error in answer.json()["errors"]]
    for name, value in good.items():
        doubled = json.dumps(good)[:-1] + f", {json.dumps(name)}: {json.dumps(value)}}}"
        operation.is_refused(doubled.encode())
        deep = json.dumps({**good, name: "<deep>"}).replace('"<deep>"', DEEP_OBJECT.decode())
        operation.is_refused(deep.encode())


@each(WRITES)
def test_a_body_over_a_megabyte_is_a_problem(operation):
    padded = json.dumps(operation.good).encode() + b" " * 1_000_001
    answer = operation.is_refused(padded)
    assert answer.status_code in (400, 413)
    operation.is_refused(json.dumps({"unknown_field": "x" * 1_000_001}).encode())


WRONG_TYPES = ["text/plain", "application/xml", "multipart/form-data", "multipart/form-data; boundary=x", "x", "/", ";"]
CHARSETS = ["utf-16", "latin-1", "x-none", "\xe9", ""]
# Python's codecs that are no text encodings: decoding with them raises what nobody expects.
CODECS = ["base64", "hex", "rot13", "zlib", "bz2", "uu", "undefined", "idna", "punycode", "mbcs", " BASE64 ", '"hex"']
# The same by RFC 2231, where any parameter names a charset of its own.
EXTENDED = [
    "charset*=x-none''utf-8",
    "x*=hex''4",
    "x*=undefined''a",
    "x*=idna''%ff",
    "x*0*=none''a; x*1*=b",
    "x*=\0''a",
]


@each(WRITES)
def test_another_media_type_is_a_415(operation):
    body = json.dumps(operation.good).encode()
    # One click of a mail program comes in either form (RFC 8058).
    one_click = operation.key == "POST unsubscribe/{token}/"
    wrong = [one for one in WRONG_TYPES if not (one_click and one.startswith("multipart/"))]
    for content_type in [*wrong, *([] if operation.key in LINKS else [FORM])]:
        ensure_problem(operation.send(body, content_type=content_type), content_type, status=415)


@each([key for key in OPERATIONS if key not in UPLOADS])
def test_another_charset_than_utf_8_is_a_415(operation):
    for charset in CHARSETS:
        answer = operation.send(content_type=f"{JSON}; charset={charset}")
        ensure_problem(answer, charset, status=415)
    for charset in ("UTF-8", '"utf-8"'):
        assert operation.send(content_type=f"{JSON}; charset={charset}").status_code in (200, 201, 202, 204, 409)


ADDRESSES = ["/api/v1/me/", "/api/v1/schema/?lang=fr", "/api/v1/docs/?x=1", "/api/v1/nothing/", "/admin/login/?x=1"]


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_codec_that_a_caller_names_breaks_the_server(method, path):
    for parameter in [*(f"charset={codec}" for codec in CODECS), *EXTENDED]:
        for content_type in (f"{JSON}; {parameter}", f"{FORM};{parameter.upper()}; x=y"):
            address, _, query = path.partition("?")
            environ = {
                "REQUEST_METHOD": method,
                "PATH_INFO": address,
                "QUERY_STRING": query,
                "CONTENT_TYPE": content_type,
                "HTTP_HOST": "testserver",
                "HTTP_X_FORWARDED_PROTO": "https",
            }
            setup_testing_defaults(environ)
            answered: list[Any] = []
            with connections_kept():
                body = b"".join(application(environ, lambda *line, answered=answered: answered.append(line)))
            status, headers = answered[0]
            assert (status[:3], dict(headers)["Content-Type"]) == ("415", PROBLEM), (parameter, body)


@each([key for key in LINKS if key.startswith("POST") and inputs_of(OPERATIONS[key])])
def test_a_wrong_form_behind_a_public_link_is_a_problem(operation):
    names = list(operation.good)
    # The button of the page that stops a kind of mails sends an empty form.
    fine_empty = operation.key == "POST unsubscribe/{token}/"
    for form in [
        *([] if fine_empty else [b"", _form(operation.good) + b"&" + _form(operation.good)]),
        b"unknown_field=1",
        *(f"{name}=%00".encode() for name in names),
        *(f"{name}=".encode() for name in names),
        b"&".join(b"a%d=1" % number for number in range(2000)),
        b"=" * 1000,
        b"%ff%fe=%ff",
        b"x=" + b"y" * 1_000_001,
        _form(operation.good) + b"&unknown_field=1",
    ]:
        operation.is_refused(form, content_type=FORM)
    for charset in CHARSETS:
        operation.is_refused(b"\xe9=1", content_type=f"{FORM}; charset={charset}")


def _form(body: dict[str, Any]) -> bytes:
    return "&".join(f"{name}={value}" for name, value in body.items()).replace(" ", "+").encode()


@pytest.mark.parametrize(
    "text", ["%41 %2500 &lt;b&gt;", '", "is_trusted": true, "x": "', "\\u0041 \\", "<!--</script>", "é e\u0301"]
)
def test_a_text_is_decoded_once_and_comes_out_as_it_was_written(world, text):
    missions = Operation("PATCH missions/{id}/", world)
    assert missions.send(json.dumps({"title": text}).encode()).json()["title"] == text


# --- Addresses and queries ---------------------------------------------------------------------------------------


@each(OPERATIONS)
def test_an_unknown_query_parameter_is_a_problem_that_names_it(operation):
    answer = operation.is_refused(path=f"{operation.call.path}?unknown_parameter=1")
    assert answer.json()["errors"][0]["pointer"] == "/unknown_parameter"
    for query in ("%00=1", "a%00b=%00", "%ff=%ff", "unknown=1&unknown=2", "format=json", "format=api", "a" * 5000):
        operation.is_refused(path=f"{operation.call.path}?{query}")


def _cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


ID = "0192f5a0-0000-7000-8000-000000000000"
CURSORS = [
    "junk",
    "%00",
    "%F0%9F%98%80",
    "====",
    "a" * 5000,
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    base64.urlsafe_b64encode(b"[" * 5000).decode(),
    base64.urlsafe_b64encode(b'["n", NaN, NaN]').decode(),
    *map(
        _cursor,
        [
            None,
            5,
            "n",
            [],
            {},
            {"n": 1},
            ["n"],
            ["x", ID],
            ["n", "text"],
            ["n", "text", "text"],
            ["n", 5],
            ["n", float("nan")],
            ["n", float("inf")],
            ["n", 1.5],
            ["n", None],
            ["n", True],
            ["n", [ID]],
            ["n", {}],
            ["n", "\0"],
            ["n", "\ud800"],
            ["n", "\0", ID],
            ["n", "\ud800", ID],
            ["n", ID, ID, ID],
            [["n"], ID],
        ],
    ),
]
PAGE_SIZES = ["0", "101", "-1", "٣", "1e9", "1.0", "", "%00", "+5", "9" * 5000, "x", "NaN"]


@each(LISTS)
def test_a_wrong_cursor_or_page_size_is_a_problem(operation):
    path = operation.call.path
    for cursor in CURSORS:
        operation.is_refused(path=f"{path}?cursor={cursor}")
    for size in PAGE_SIZES:
        operation.is_refused(path=f"{path}?page_size={size}")
    for query in ("page_size=1&page_size=2", "cursor=&cursor="):
        operation.is_refused(path=f"{path}?{query}")


FILTERS = one_of_each(
    (
        (key, parameter["name"], parameter["schema"])
        for key in LISTS
        for parameter in OPERATIONS[key]["parameters"]
        if parameter["in"] == "query" and parameter["name"] not in ("cursor", "page_size")
    ),
    kind=lambda facts: (kind_of(facts[2]), facts[1] if facts[1] in ("near", "radius_km", "q") else ""),
)
FILTERED = list(dict.fromkeys(key for key, _name, _schema in FILTERS))
NEAR_WRONG = ["nan,nan", "inf,0", "0,-inf", "1", "1,2,3", "x,y", "91,0", "0,181", "٣,٣", "1e400,0", ",", "%00,1"]
RADIUS_WRONG = ["-1", "0", "1e9", "nan", "inf", "1e400", "x", "101", "%00", "9" * 5000]


@pytest.mark.parametrize("operation", FILTERED, indirect=True)
def test_a_wrong_filter_value_is_a_problem(operation):
    path = operation.call.path
    for name, node in ((name, node) for key, name, node in FILTERS if key == operation.key):
        described = resolved(node)
        wrong = ["%00", "x" * 5000, "a%00"]
        if described.get("enum") or described.get("format") == "uuid" or described.get("type") == "boolean":
            wrong += ["x", "%F0%9F%98%80", "٣", "-1", "1e400", "[]"]
        wrong += {"near": NEAR_WRONG, "radius_km": RADIUS_WRONG}.get(name, [])
        for value in wrong:
            other = "&near=48.9,2.3" if name == "radius_km" else ""
            operation.is_refused(path=f"{path}?{name}={value}{other}")
        operation.is_refused(path=f"{path}?{name}=1&{name}=1")


INJECTED = [
    "' OR '1'='1",
    '" OR ""="',
    "1); SELECT pg_sleep(9) --",
    "%27 UNION SELECT 1 --",
    "%25",
    "x\\' --",
    "${77777*77777}",
]


@pytest.mark.parametrize("operation", FILTERED, indirect=True)
def test_no_filter_value_is_a_part_of_a_statement(operation):
    for name in (name for key, name, _node in FILTERS if key == operation.key):
        for value in INJECTED:
            answer = operation.send(path=f"{operation.call.path}?{urlencode({name: value})}")
            if answer.status_code != 400:
                assert (answer.status_code, answer.json()["results"]) == (200, []), (name, value)


@each([key for key in OPERATIONS if "{id}" in key])
def test_an_id_that_is_none_is_a_404(operation):
    real = _id_in(operation.call.path)
    close = [real + "0", real.replace("-", ""), "{" + real + "}"]
    wrongs = ["x", "5", "null", "%00", "%ff", "٣", "..", "a" * 5000, *close]
    for wrong in wrongs:
        answer = operation.send(path=operation.call.path.replace(real, wrong))
        ensure_problem(answer, wrong)
        assert answer.status_code in (404, 405), wrong  # 405: `classes/join/` is an address of its own


@each([key for key in OPERATIONS if "{id}" in key and not key.startswith("PUT")])  # PUT makes it
def test_an_id_of_nobody_is_a_404(operation):
    ensure_problem(operation.send(path=operation.call.path.replace(_id_in(operation.call.path), ID)), status=404)


def _id_in(path: str) -> str:
    return next(iter(re.findall("[0-9a-f-]{36}", path)))


@each(LINKS)
def test_a_token_that_opens_nothing_is_a_problem_for_machines(operation):
    real = operation.call.path.rstrip("/").rsplit("/", 1)[1].removesuffix(".ics")
    flipped = ("B" if real[-5] != "B" else "C").join([real[:-5], real[-4:]])
    for wrong in ["x", "%00", "%ff", "%F0%9F%98%80", "=" * 48, real[:-1], real + "A", flipped, "a" * 48, "a" * 5000]:
        operation.is_refused(path=operation.call.path.replace(real, wrong))


UNROUTED = [
    "v2/",
    "v1/nothing/",
    "v1/missions",
    "v1//missions/",
    "v1/missions//",
    "v1/missions/x/y/z/",
    "v1/%00/",
    "v1/%ff/",
    "v1/%2e%2e/",
    "v1/" + "a" * 20_000 + "/",
    "v1/auth/",
    "v1/me/nothing/",
]


@pytest.mark.parametrize("path", UNROUTED, ids=range(len(UNROUTED)))
@pytest.mark.parametrize("accept", [JSON, "text/html", "*/*"])
def test_an_address_that_no_route_knows_is_a_404_problem(api, path, accept):
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"):
        answer = api.generic(method, f"/api/{path}", HTTP_ACCEPT=accept)
        if method == "HEAD":
            assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)
        else:
            ensure_problem(answer, path, status=404)


ROUTES: dict[str, set[str]] = {}
for _key in OPERATIONS:
    ROUTES.setdefault(_key.split()[1], set()).add(_key.split()[0])


@pytest.mark.parametrize("route", one_of_each(ROUTES, lambda route: frozenset(ROUTES[route])))
def test_a_method_that_a_route_does_not_have_is_a_405_that_lists_those_it_has(route, world):
    allowed = ROUTES[route] | ({"HEAD"} if "GET" in ROUTES[route] else set())
    operation = Operation(next(key for key in OPERATIONS if key.split()[1] == route), world)
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "X" * 500]:
        if method not in allowed:
            cache.clear()
            answer = operation.client.generic(method, operation.call.path, b"{}", JSON)
            assert answer.status_code == 405, method
            if method != "HEAD":
                ensure_problem(answer, method)
            assert {name.strip() for name in answer["Allow"].split(",")} == allowed, method


# --- Headers -----------------------------------------------------------------------------------------------------

ACCEPTS = ["text/html", "application/xml", "", ";;;", "*/*;q=x", "\xe9"]


@each([key for key in OPERATIONS if key not in [*PAGES, *FILES]])
def test_an_api_client_never_gets_html_whatever_it_accepts(operation):
    for accept in ACCEPTS:
        answer = operation.send(HTTP_ACCEPT=accept)
        declared = operation.contract["responses"].get(str(answer.status_code), {}).get("content", {})
        assert answer.get("Content-Type", JSON).split(";")[0] in (JSON, PROBLEM, *declared), accept
        operation.is_refused(path=f"{operation.call.path}?unknown_parameter=1", HTTP_ACCEPT=accept)


@each(PAGES)
def test_a_public_link_gives_html_only_to_who_asks_for_it(operation):
    for accept in ("application/xml", "image/*", "x", "", "\xe9"):
        answer = operation.send(HTTP_ACCEPT=accept)
        assert answer.status_code == 200, accept
        assert answer["Content-Type"].split(";")[0] in operation.contract["responses"]["200"]["content"], accept
        assert "html" not in answer["Content-Type"], accept


def _tokens(world: World, person: Any) -> Iterator[tuple[str, str]]:
    """Authorization headers that open nothing, by what is wrong with them."""
    now = timezone.now()

    def session(who: Any = person, **facts: Any) -> DeviceSession:
        return DeviceSession.objects.create(person=who, **{"expires_at": now + timedelta(days=1), **facts})

    good = tokens.access_token(session(), now)
    payload = jwt.decode(good, options={"verify_signature": False})
    head, body, signature = good.split(".")
    forged = jwt.encode(payload, "another key of more than thirty-two bytes", headers=jwt.get_unverified_header(good))
    yield "expired", f"Bearer {tokens.access_token(session(), now - timedelta(hours=1))}"
    yield "revoked", f"Bearer {tokens.access_token(session(revoked_at=now), now)}"
    yield "over", f"Bearer {tokens.access_token(session(expires_at=now - timedelta(seconds=1)), now)}"
    deleted = session()
    token = tokens.access_token(deleted, now)
    deleted.delete()
    yield "session deleted", f"Bearer {token}"
    world.newcomer.is_active = False
    world.newcomer.save(update_fields=["is_active"])
    yield "inactive", f"Bearer {tokens.access_token(session(world.newcomer), now)}"
    world.comrade.suspended_at = now
    world.comrade.save(update_fields=["suspended_at"])
    yield "suspended", f"Bearer {tokens.access_token(session(world.comrade), now)}"
    yield "refresh token", f"Bearer {tokens.refresh_token(session())}"
    yield "forged", f"Bearer {forged}"
    yield "no algorithm", f"Bearer {jwt.encode(payload, None, algorithm='none', headers={'kid': 'own'})}"
    yield "no kid", f"Bearer {jwt.encode(payload, 'k' * 40)}"
    yield "odd kid", f"Bearer {jwt.encode(payload, 'k' * 40, headers={'kid': ''})}"
    yield "cut", f"Bearer {head}.{body}"
    yield "unsigned", f"Bearer {head}.{body}."
    yield "tampered", f"Bearer {head}.{body[:-2]}AA.{signature}"
    for text in ("", " ", "x", "Bearer", "Bearer ", "Bearer x", "Bearer a b", "Bearer ..", "Bearer \xe9", "Bearer \0"):
        yield repr(text), text
    yield "other scheme", "Basic eDp4"
    yield "very long", "Bearer " + "a" * 10_000


@each(SECURED)
def test_a_bad_authorization_header_is_a_401(operation, world):
    operation.client = ContractClient()
    person = world.person(operation.call.by)
    for what, header in _tokens(world, person):
        answer = operation.send(HTTP_AUTHORIZATION=header)
        ensure_problem(answer, what, status=401)
        assert answer["WWW-Authenticate"].startswith("Bearer"), what


def test_the_token_of_a_deleted_person_is_a_401(world):
    client = ContractClient().as_(world.comrade)
    world.comrade.organization_memberships.all().delete()
    world.comrade.delete()
    ensure_problem(client.get(f"{API}me/"), status=401)


@each([key for key, operation in OPERATIONS.items() if operation.get("security") == [{"bearer": []}, {}]])
def test_a_bad_token_is_refused_even_where_none_is_needed(operation):
    ensure_problem(operation.send(HTTP_AUTHORIZATION="Bearer x"), status=401)


@each([key for key, operation in OPERATIONS.items() if not operation.get("security")])
def test_an_old_token_does_not_stand_in_the_way_of_coming_in(operation):
    answer = operation.send(HTTP_AUTHORIZATION="Bearer an-old-token")
    assert answer.status_code < 300, answer.content


@each(KEYED)
def test_a_bad_idempotency_key_is_a_400(operation):
    for key in ["", "k" * 256, "é", "\xe9", "a\tb", "a\0b", "\x7f", "😀"]:
        answer = operation.is_refused(HTTP_IDEMPOTENCY_KEY=key)
        assert answer.json()["code"] == "idempotency_key_invalid", key


@each([key for key in OPERATIONS if key.startswith("PATCH")])
def test_a_bad_if_match_is_stale_and_none_is_asked_for(operation):
    bad = ['"x"', 'W/"x"', '""', "-1", '"1-"', "1-a", "\xe9", '"' + "9" * 5000 + '"', '"٣"', "", ",", '"-1"', '"\0"']
    for value in bad:
        ensure_problem(operation.send(HTTP_IF_MATCH=value), value, status=412)
    cache.clear()
    answer = operation.client.generic("PATCH", operation.call.path, json.dumps(operation.good), JSON)
    ensure_problem(answer, status=428)


@each([key for key in WRITES if any(p.get("format") == "date-time" for p in inputs_of(OPERATIONS[key]).values())])
def test_times_at_the_ends_of_the_calendar_break_nothing(operation):
    times = [name for name, node in inputs_of(operation.contract).items() if node.get("format") == "date-time"]
    pairs = [
        ("0001-01-01T00:00:00Z", "0001-01-01T01:00:00Z"),
        ("9999-12-31T22:00:00Z", "9999-12-31T23:59:59Z"),
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    ]
    for pair in pairs:
        answer = operation.send(json.dumps({**operation.good, **dict(zip(times, pair, strict=False))}).encode())
        assert answer.status_code < 500, pair


def test_a_shift_at_the_end_of_the_calendar_is_refused(world):
    shifts = Operation("POST shifts/", world)
    times = {"starts_at": "9999-12-31T22:00:00Z", "ends_at": "9999-12-31T23:59:59Z"}
    assert shifts.is_refused(json.dumps({**shifts.good, **times}).encode()).json()["code"] == "shift_impossible"


# Each of these alone, garbled in every way, changes nothing: the answer is the one without it.
IGNORED = (
    "ACCEPT_CHARSET",
    "ACCEPT_ENCODING",
    "ACCEPT_LANGUAGE",
    "CONTENT_ENCODING",
    "CONTENT_LANGUAGE",
    "CONTENT_RANGE",
    "COOKIE",
    "EXPECT",
    "FORWARDED",
    "IF_MODIFIED_SINCE",
    "IF_NONE_MATCH",
    "IF_RANGE",
    "IF_UNMODIFIED_SINCE",
    "ORIGIN",
    "PREFER",
    "RANGE",
    "REFERER",
    "USER_AGENT",
    "X_CSRFTOKEN",
    "X_FORWARDED_FOR",
    "X_FORWARDED_HOST",
    "X_HTTP_METHOD_OVERRIDE",
    "X_ORIGINAL_URL",
    "X_REQUEST_ID",
)
FOR_OLD_APPS = {"GET app-config/", "GET calendar/{token}.ics", "GET verify/{token}/"}
ODD = {
    "empty": "",
    "no characters": "\0\x01\x7f\xe9\xff",
    "very long": "a" * 10_000,
    "many": "a;q=0.1," * 2_000,
    "half quoted": 'W/"',
    "asterisk": "*",
    "numbers": "-1,9" + "9" * 400,
    "a verb": "DELETE",
    "another header": "x\r\nSet-Cookie: mole=1",
}


@pytest.mark.parametrize(("place", "value"), list(enumerate(ODD.values())), ids=list(ODD))
def test_odd_headers_change_no_answer_of_any_operation(world, place, value):
    for key in one_of_each(list(OPERATIONS)[place % 3 :: 3], shape_of):  # each operation meets a third of the values
        operation = Operation(key, world)
        odd = dict.fromkeys((f"HTTP_{name}" for name in IGNORED), value)
        if "If-Match" not in (parameter["name"] for parameter in operation.contract.get("parameters", [])):
            odd["HTTP_IF_MATCH"] = value
        answer = operation.send(**odd)
        assert answer.status_code < 400 or answer.status_code == 409, (key, answer.status_code, answer.content)
        assert not answer.cookies, key
        assert "mole" not in str(answer.headers), key


@pytest.mark.parametrize("value", [*ODD.values(), "x", "1.x", "٣", "1." * 50, "1.4.2\n"])
def test_a_version_of_no_app_is_a_400(world, value):
    ensure_problem(Operation("GET missions/", world).send(HTTP_APP_VERSION=value), value, status=400)


def test_every_operation_refuses_a_version_of_no_app(world):
    for key in one_of_each([key for key in OPERATIONS if key not in FOR_OLD_APPS], shape_of):
        ensure_problem(Operation(key, world).send(HTTP_APP_VERSION="x"), key, status=400)


@each([key for key in OPERATIONS if key.startswith("POST") and key not in KEYED])
def test_an_odd_key_where_none_is_taken_is_a_400(operation):
    for key in ["", "k" * 256, "\xe9", "a\0b"]:
        ensure_problem(operation.send(HTTP_IDEMPOTENCY_KEY=key), key, status=400)


@each([key for key in OPERATIONS if "If-Match" in [p["name"] for p in OPERATIONS[key].get("parameters", [])]])
def test_a_garbled_version_is_stale(operation):
    for value in ["\0", "\xe9", "a" * 10_000, 'W/"', ",,,", "[]", "x\r\ny: z"]:
        ensure_problem(operation.send(HTTP_IF_MATCH=value), value, status=412)
