"""Whatever is sent to the SCIM face: an answer of SCIM, no broken resource, on real servers."""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.scim.models import CORE, DIRECTORY, ENTERPRISE, GROUP, GroupResource, UserResource
from tests.e2e.live import live_gateway
from tests.stack.stack import Stack

MEDIA_TYPE = "application/scim+json"
MESSAGES = "urn:ietf:params:scim:api:messages:2.0"
ERROR = f"{MESSAGES}:Error"

Headers = Mapping[bytes, bytes]
NONE: Headers = MappingProxyType({})

TEXT = st.text(max_size=12)  # with NUL, other controls, and halves of surrogate pairs
NUMBER = st.integers(-(10**30), 10**400) | st.floats()
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
NAMES = sorted(
    {field.serialization_alias or name for name, field in UserResource.model_fields.items()}
    | {field.serialization_alias or name for name, field in GroupResource.model_fields.items()}
    | {ENTERPRISE, DIRECTORY, f"{ENTERPRISE}:department", "name.givenName", "EMAILS", "$ref"}
)
PARTS = ["value", "type", "primary", "display", "$ref", "givenName", "formatted", "manager"]
PART = st.sampled_from(PARTS) | TEXT
ELEMENT = st.dictionaries(PART, JSON, max_size=3)
VALUE = JSON | ELEMENT | st.lists(ELEMENT, max_size=3)
DOCUMENT = st.dictionaries(st.sampled_from(NAMES) | TEXT, VALUE, max_size=5)

LITERAL = JSON.map(json.dumps)
TOKEN = st.sampled_from(
    [
        *(*NAMES, "id", "meta.created", "active", "members", "groups.value", "emails.type"),
        *("eq", "ne", "co", "gt", "LE", "pr", "and", "OR", "not", "(", ")", "[", "]", ".", ":"),
        *(
            '"x"',
            "true",
            "null",
            "1",
            "-1e999",
            '"\\ud800"',
            '"\\u0000"',
            '"2024-02-31T25:00:00Z"',
            '"',
        ),
    ]
)
ATTRIBUTE = st.sampled_from(
    [
        *(*NAMES, "id", "meta.lastModified", "emails.type", "groups", "members.value", "x.y"),
        *(f"{DIRECTORY}:{name}" for name in ("status", "federatedIdentities.linkedAt")),
    ]
)
OPERATOR = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "EQ"])
COMPARISON = st.builds("{} {} {}".format, ATTRIBUTE, OPERATOR, LITERAL)
CHOICE = st.builds("{}[{}]".format, ATTRIBUTE, COMPARISON) | ATTRIBUTE.map("not ({} pr)".format)
RIGHT = st.lists(COMPARISON | CHOICE, min_size=1, max_size=3).map(" or ".join)
FILTER = RIGHT | st.lists(TOKEN | LITERAL | TEXT, max_size=9).map(" ".join)
PATH = (
    st.sampled_from(NAMES)
    | TEXT
    | st.builds("{}[{}]{}".format, st.sampled_from(NAMES), FILTER, st.sampled_from(["", ".value"]))
    | st.builds("{}.{}".format, st.sampled_from(NAMES), PART)
)
OPERATION = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(["add", "replace", "remove", "Add", "REMOVE", "move"]) | JSON,
        "path": PATH | JSON,
        "value": VALUE | DOCUMENT,
    },
)
SEARCH = {
    "filter": FILTER,
    "sortBy": PATH,
    "sortOrder": st.sampled_from(["ascending", "descending", "foo", ""]),
    "startIndex": st.sampled_from(["abc", "-1", "0", "1.5", "9" * 400, "٣", ""]),
    "count": st.sampled_from(["abc", "-1", "0", "1e3", "9" * 400, " 1", "+1", ""]),
    "cursor": st.sampled_from(["", "garbage", "=", "\0", "é", "A" * 5000]) | TEXT,
    "attributes": st.lists(PATH, max_size=3).map(",".join),
    "excludedAttributes": st.lists(PATH, max_size=3).map(",".join),
}
MANY = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


class Face:
    """A tenant's SCIM face with one user and one group that must survive."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self._http = http
        self._headers = {
            b"Authorization": f"Bearer {token}".encode(),
            b"Content-Type": MEDIA_TYPE.encode(),
        }
        self.user = self._made("/Users", {"schemas": [CORE], "userName": "ann"})
        self.group = self._made("/Groups", {"schemas": [GROUP], "displayName": "staff"})

    def _made(self, path: str, document: dict[str, Any]) -> str:
        return f"{path}/{self.send('POST', path, document)['id']}"

    def send(
        self, method: str, path: str, body: Any = None, /, query: str = "", headers: Headers = NONE
    ) -> Any:
        """Send what may be wrong in any way; the document that SCIM answers."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        request = self._http.build_request(
            method,
            f"/scim/v2{path}",
            content=body,
            headers={**self._headers, **headers},
        )
        if query:
            request.url = request.url.copy_with(query=query.encode("ascii"))
        answer = self._http.send(request)
        assert answer.status_code < 500 or answer.status_code == 501, answer.text
        if not answer.content:
            assert answer.status_code in {204, 304} or method == "HEAD", answer.status_code
            return {}
        assert answer.headers["content-type"] == MEDIA_TYPE
        document = answer.json()
        if answer.status_code >= 400:
            assert document["schemas"] == [ERROR]
            assert document["status"] == str(answer.status_code)
            assert document["detail"]
        return document

    def is_whole(self) -> None:
        """Both resources are still there, alone and in lists, and can be written."""
        for path, name in ((self.user, "userName"), (self.group, "displayName")):
            shown = self.send("GET", path)
            assert shown["id"] == path.rpartition("/")[2], shown
            assert shown[name].strip(), shown
            listed = self.send("GET", path.rpartition("/")[0])
            assert shown["id"] in {each["id"] for each in listed["Resources"]}
            again = self.send("PUT", path, {**shown, name: f"{name} of old"})
            assert again.get("id") == shown["id"], again


def is_error(document: dict[str, Any]) -> bool:
    """Whether nothing was done."""
    return document.get("schemas") == [ERROR]


@pytest.fixture(scope="module")
def face(stack: Stack, feed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    """A running gateway with a tenant of its own."""
    with live_gateway(stack, tmp_path_factory.mktemp("live")) as client:
        assert client.post("/api/v1/admin/tenants/", json={"slug": "odd"}).status_code == 201
        asked = {"tenant_id": "odd", "name": "idp"}
        made = client.post("/api/v1/admin/scim-tokens/", json=asked)
        yield Face(client, made.json()["data"]["token"])


@MANY
@given(document=DOCUMENT)
def test_any_document_is_written_or_refused(face: Face, document: dict[str, Any]) -> None:
    """PUT of whatever has names of SCIM; what is taken can be read and written again."""
    user = face.send("PUT", face.user, {"schemas": [CORE], "userName": "ann", **document})
    group = face.send("PUT", face.group, {"schemas": [GROUP], "displayName": "staff", **document})
    if not is_error(user) or not is_error(group):
        face.is_whole()


@MANY
@given(document=DOCUMENT)
def test_any_document_is_made_or_refused(face: Face, document: dict[str, Any]) -> None:
    """POST of the same; what was made can be read and deleted."""
    for path in ("/Users", "/Groups"):
        made = face.send("POST", path, document)
        if "id" in made:
            location = f"{path}/{made['id']}"
            assert face.send("GET", location) == made
            face.send("DELETE", location)


@MANY
@given(operations=st.lists(OPERATION, max_size=3) | JSON)
def test_any_patch_is_done_or_refused(face: Face, operations: Any) -> None:
    """Operations of any kind, order and type, on a user and on a group."""
    body = {"schemas": [f"{MESSAGES}:PatchOp"], "Operations": operations}
    user, group = face.send("PATCH", face.user, body), face.send("PATCH", face.group, body)
    if not is_error(user) or not is_error(group):
        face.is_whole()


@MANY
@given(search=st.fixed_dictionaries({}, optional=SEARCH))
@example(search={"startIndex": "abc"})
@example(search={"count": "-1"})
@example(search={"sortBy": "userName", "sortOrder": "foo"})
@example(search={"cursor": "garbage"})
def test_any_search_is_answered_or_refused(face: Face, search: dict[str, str]) -> None:
    """By GET, with bytes that are no text, and by POST, with other types than it asks for."""
    sent = {name: value.encode("utf-8", "surrogatepass") for name, value in search.items()}
    query = str(httpx.QueryParams({name: value.decode("latin-1") for name, value in sent.items()}))
    for path in ("/Users", "/Groups", "", face.user, "/Schemas"):
        face.send("GET", path, query=query)
    body = {"schemas": [f"{MESSAGES}:SearchRequest"], **search}
    for path in ("/Users/.search", "/Groups/.search", "/.search"):
        face.send("POST", path, body)


@settings(MANY, max_examples=12)
@given(value=JSON)
def test_any_json_as_a_search_or_bulk(face: Face, value: Any) -> None:
    """Values of other types where the messages of the protocol have numbers and lists."""
    for name in (*SEARCH, "schemas"):
        face.send("POST", "/Users/.search", {name: value})
    operation = {"method": "PATCH", "path": face.user, "data": value}
    for more in ({}, {"method": value}, {"path": value}, {"bulkId": value}, {"version": value}):
        body = {"schemas": [f"{MESSAGES}:BulkRequest"], "Operations": [{**operation, **more}]}
        done = face.send("POST", "/Bulk", body)
        assert all(int(each["status"]) < 500 for each in done.get("Operations", ())), done
    face.send("POST", "/Bulk", {"Operations": value, "failOnErrors": value})
    face.is_whole()


BODIES = {
    "empty": b"",
    "no JSON": b"userName=ann",
    "cut": b'{"userName":"ann',
    "null": b"null",
    "a text": b'"x"',
    "a list": b"[]",
    "deep": b'{"x":' * 5000 + b"1" + b"}" * 5000,
    "deep lists": b"[" * 100_000,
    "deep in an attribute": b'{"emails":' + b"[" * 60 + b"]" * 60 + b"}",
    "huge integer": b'{"userName":' + b"9" * 5000 + b"}",
    "no number": b'{"userName":NaN}',
    "infinite": b'{"userName":1e999,"active":-Infinity}',
    "twice": b'{"userName":"x","userName":"y","USERNAME":"z"}',
    "BOM": b'\xef\xbb\xbf{"userName":"bom"}',
    "no UTF-8": b'{"userName":"\xff\xfe"}',
    "UTF-16": '{"userName":"x"}'.encode("utf-16"),
    "half a pair": b'{"userName":"\\ud800"}',
    "half a pair as a name": b'{"userName":"x","\\udfff":1,"emails":[{"\\ud800":"\\ud800"}]}',
    "NUL": b'{"userName":"a\\u0000b"}',
    "NUL in all": b'{"userName":"x","displayName":"\\u0000","name":{"familyName":"\\u0000"}}',
    "a raw NUL": b'{"userName":"\x00"}',
    "many names": json.dumps({f"x{n}": n for n in range(20_000)}).encode(),
    "too large": b'{"userName":"' + b"x" * 3_000_000 + b'"}',
}


@pytest.mark.parametrize("name", BODIES)
def test_any_bytes_are_refused_or_understood(face: Face, name: str) -> None:
    """Bodies that are no JSON, or JSON that few parsers like, wherever a body goes."""
    for method, path in (
        *(("POST", "/Users"), ("PUT", face.user), ("PATCH", face.user)),
        *(("POST", "/Groups"), ("PUT", face.group), ("PATCH", face.group)),
        *(("POST", "/Bulk"), ("POST", "/.search"), ("POST", "/Users/.search")),
    ):
        face.send(method, path, BODIES[name])
    face.is_whole()


@pytest.mark.parametrize(
    "path",
    [
        *("/", "//", "/Users//", "/Users/%00", "/Users/%2e%2e", "/Users/..%2fGroups", "/Users/*"),
        *("/Users/%ff", "/Users/" + "x" * 5000, "/Users/a/b/c", "/%F0%9F%A6%8A", "/Schemas/%00"),
        *(
            "/ResourceTypes/*",
            "/Me",
            "/Me/x",
            "/Bulk/1",
            "/.search/1",
            "/Users/.search/1",
            "/users",
        ),
    ],
)
def test_any_path_has_an_answer(face: Face, path: str) -> None:
    """Paths that lead nowhere, with every method."""
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        body = b"{}" if method in {"POST", "PUT", "PATCH"} else None
        face.send(method, path, body)
    face.is_whole()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("If-Match", value) for value in ("x", '"x', "W/", '"*"', ",,,", "é", '"x"' * 2000)),
        *(("If-None-Match", value) for value in ("x", "W/", '"*"', ",", "é")),
        *(("Content-Type", value) for value in ("", "text/xml", "é", "application/json;charset=x")),
        *(("Accept", value) for value in ("", "text/html", "é", "*/*;q=x")),
        *(
            ("Authorization", value)
            for value in ("", "Bearer", "Bearer é", "Basic eDp5", "x" * 9999)
        ),
        ("Content-Encoding", "gzip"),
        ("Prefer", "return=nothing"),
        ("X-HTTP-Method-Override", "DELETE"),
    ],
)
def test_any_header_has_an_answer(face: Face, name: str, value: str) -> None:
    """Conditions, media types and credentials that are none."""
    for method, body in (("GET", None), ("PUT", {"userName": "ann"}), ("PATCH", {})):
        face.send(method, face.user, body, headers={name.encode(): value.encode()})
    face.is_whole()
