"""Whatever is sent: taken and given back as it is, or refused by name; on real servers."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.live import live_gateway
from tests.stack.stack import Stack

NAMES = ("username", "first_name", "last_name", "display_name")
_NUMBERS = count()

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
MEANT_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=30
)
META_TEXT = st.text(
    st.sampled_from("aAbß \\*()#,+\"<>;=/'é\u0301漢🦊-{}%_.@"), min_size=1, max_size=12
)
NAME = MEANT_TEXT.map(str.strip) | META_TEXT
PHONE = st.text("0123456789 +-()/.,'=:?aZ", min_size=1, max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)
ATTRIBUTES = st.dictionaries(
    (ANY_TEXT | st.sampled_from(["title", "employeeNumber", "mobile", "userPassword"])).filter(len),
    JSON.filter(lambda value: value is not None),
    max_size=3,
)


@pytest.fixture(scope="module")
def api(
    stack: Stack, feed: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A running gateway, with two tenants; `quiet` has one user, known before."""
    with live_gateway(stack, tmp_path_factory.mktemp("live")) as client:
        assert client.post("/api/v1/admin/tenants/", json={"slug": "hostile"}).status_code == 201
        assert client.post("/api/v1/admin/tenants/", json={"slug": "quiet"}).status_code == 201
        body = {"email": "ann@quiet.example", "display_name": "Ann Ä. Other"}
        assert client.post("/api/v1/tenants/quiet/users", json=body).status_code == 201
        yield client


USERS = "/api/v1/tenants/hostile/users"
QUIET = "/api/v1/tenants/quiet/users"


def without_nulls(value: Any) -> Any:
    """A JSON value without null members, which a merge patch removes."""
    if isinstance(value, dict):
        return {name: without_nulls(v) for name, v in value.items() if v is not None}
    return value


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    names=st.fixed_dictionaries({}, optional={**dict.fromkeys(NAMES, NAME), "phone": PHONE}),
    attributes=ATTRIBUTES,
)
def test_any_text_is_kept_or_refused_by_name(
    api: httpx.Client, names: dict[str, str], attributes: dict[str, Any]
) -> None:
    """What is taken comes back unchanged and is found by searching for it; the rest is 422."""
    body = {
        "email": f"u{next(_NUMBERS)}@hostile.example",
        "send_welcome_email": False,
        "custom_attributes": attributes,
        **names,
    }
    made = api.post(USERS, json=body)
    if made.status_code == 409:
        assert made.json()["code"] == "username_taken"
        return
    if made.status_code == 422:
        refused = {problem["loc"][1] for problem in made.json()["detail"]}
        assert refused <= {*names, "custom_attributes"}
        return
    assert made.status_code == 201, made.text
    user = api.get(made.headers["Location"]).json()["data"]
    assert {name: user[name] for name in names} == names
    assert (user["custom_attributes"] or {}) == without_nulls(attributes)
    for name in names.keys() & set(NAMES):
        if names[name].strip():
            found = api.get(USERS, params={"search": names[name], "per_page": "200"}).json()
            assert user["id"] in {item["id"] for item in found["data"]}, name


@pytest.mark.parametrize(
    "condition",
    [
        '"x-1"',
        '"-1"',
        '"*-1"',
        '")(objectClass=*-1"',
        '"\\2a-1"',
        '"' + "x" * 5000 + '-1"',
        '"é-1"',
    ],
)
def test_any_version_that_is_none_is_412(api: httpx.Client, condition: str) -> None:
    """Whatever a client makes up as an entity tag never reaches the directory as a filter."""
    made = api.post(USERS, json={"email": f"u{next(_NUMBERS)}@hostile.example"})
    headers = httpx.Headers([(b"If-Match", condition.encode())])
    for method, json in (("PATCH", {"first_name": "x"}), ("DELETE", None)):
        url = made.headers["Location"] + "?confirm_email=" + made.json()["data"]["email"]
        response = api.request(method, url, json=json, headers=headers)
        assert response.status_code == 412, response.text


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("ä. oth", 1),
        ("ANN@QUIET", 1),
        ("Ann   Ä. O", 1),
        *(
            (text, 0)
            for text in ("*", "a*", "\0", "ann\0", "(", ")", "\\", "\\61nn", "%", "a%n", "_")
        ),
    ],
)
def test_a_search_is_literal(api: httpx.Client, text: str, total: int) -> None:
    """No character of a filter has a meaning in it, and NUL matches nothing."""
    found = api.get(QUIET, params={"search": text})
    assert found.status_code == 200
    assert found.json()["pagination"]["total_items"] == total


@pytest.mark.parametrize("query", ["page=1" + "0" * 300, "ou_id=*", "group_id=%00", "search=%ff"])
def test_odd_queries_are_empty_pages(api: httpx.Client, query: str) -> None:
    """Far pages, ids that are none, bytes that are no text."""
    found = api.get(f"{USERS}?{query}")
    assert (found.status_code, found.json()["data"]) == (200, [])


@pytest.mark.parametrize("ref", ["*", "%00", "hostile%00", "(o=*)", "\\2a", "%2c", "x" * 3000])
def test_odd_tenants_and_users_are_not_there(api: httpx.Client, ref: str) -> None:
    """A path names a tenant or user to the letter, or none."""
    for path in (f"/api/v1/tenants/{ref}/users", f"{USERS}/{ref}", f"/api/v1/admin/users/{ref}"):
        assert api.get(path).status_code == 404
    for name in ("tenant_id", "partner_id"):
        assert api.get(f"/api/v1/admin/users?{name}={ref}").status_code == 404


@pytest.mark.parametrize("login", ["*", "u0@hostile.example\\00", "(uid=*)", "é", " "])
def test_odd_logins_are_nobodys(api: httpx.Client, login: str) -> None:
    """401 as for any unknown login."""
    body = {"login": login, "password": "x"}
    assert api.post(f"{USERS}/authenticate", json=body).status_code == 401
