"""Every text a client can send is taken and given back as it is, or refused by name."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.rest.endpoints import ENDPOINTS, Endpoint, filled
from tests.gateway.rest.furniture import furnish
from tests.gateway.rest.house import USERS, House, open_house

NAMES = ("username", "first_name", "last_name", "display_name", "phone")
HOSTILE = [
    "*)(uid=*",
    "\\2a\\00",
    'a,b+c=d;e<f>g#h"i',
    " lead and trail ",
    "O'Reilly & Söhne",
    "'; DROP TABLE users; --",
    "<script>alert(1)</script>",
    "{{7*7}}${7*7}%s%n",
    "漢字 🦊 \u202e rtl",
    "e\u0301 vs \u00e9",
    "\ufffe\uffff",
    "#hash",
    "x" * 256,
]
CONTROLS = ["a\0b", "a\r\nb", "\t", "a\x7f", "a\x85b", "a\u2028b", "\x1b[31m"]


@pytest.mark.parametrize("field", NAMES[1:4])
@pytest.mark.parametrize("text", HOSTILE)
async def test_names_take_any_text(house: House, field: str, text: str) -> None:
    """LDAP's, SQL's and HTML's special characters are text like any other."""
    body = {"tenant_id": "alpha", "email": "ann@alpha.example", field: text}
    made = await house.ask("POST", USERS, json=body)
    assert made.status_code == 201, made.text
    read = await house.ask("GET", made.headers["Location"])
    assert read.json()["data"][field] == text


@pytest.mark.parametrize("field", [*NAMES, "email", "locale", "timezone", "ou_id"])
@pytest.mark.parametrize("text", [*CONTROLS, "", "x" * 257])
async def test_what_is_no_name_is_refused_by_name(house: House, field: str, text: str) -> None:
    """Control characters, nothing and too much: 422 that says where; nothing is created."""
    body = {"tenant_id": "alpha", "email": "ann@alpha.example", field: text}
    response = await house.ask("POST", USERS, json=body)
    assert response.status_code == 422
    assert {tuple(p["loc"]) for p in response.json()["detail"]} == {("body", field)}
    assert (await house.ask("GET", USERS)).json()["pagination"]["total_items"] == 0


TEXT_BODIES = [
    (endpoint, member)
    for endpoint in ENDPOINTS
    for member, value in (endpoint.body or {}).items()
    if isinstance(value, str) and endpoint.action != "tenant.users.authenticate"
]


@pytest.mark.parametrize(("endpoint", "member"), TEXT_BODIES, ids=str)
async def test_every_text_member_refuses_nul(house: House, endpoint: Endpoint, member: str) -> None:
    """A NUL in a member of any body is a refusal that names it, or names nothing there is."""
    ids = await furnish(house)
    body = filled(endpoint.body, ids) | {member: "a\0b"}
    response = await house.ask(endpoint.method, filled(endpoint.path, ids), json=body)
    assert response.status_code == 422
    assert ["body", member] in [p["loc"] for p in response.json()["detail"]]


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.body], ids=str)
@pytest.mark.parametrize("value", [0, True, 1.5, [], {}, ["a"], {"a": "b"}])
async def test_members_of_another_type_are_refused(
    house: House, endpoint: Endpoint, value: Any
) -> None:
    """Nothing is made a text, a number or a flag that is none."""
    ids = await furnish(house)
    for member in endpoint.body:
        if isinstance(value, list) and isinstance(endpoint.body[member], list) and value:
            continue
        body = filled(endpoint.body, ids) | {member: value}
        response = await house.ask(endpoint.method, filled(endpoint.path, ids), json=body)
        assert response.status_code == 422, member
        assert response.json()["detail"][0]["loc"][:2] == ["body", member]


@pytest.mark.parametrize("flag", ["require_password_change", "send_welcome_email"])
@pytest.mark.parametrize("value", ["true", "yes", 1, 0, None, "", []])
async def test_flags_in_bodies_are_booleans(house: House, flag: str, value: object) -> None:
    """A word is no flag."""
    body = {"tenant_id": "alpha", "email": "ann@alpha.example", flag: value}
    response = await house.ask("POST", USERS, json=body)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", flag]


@pytest.mark.parametrize(
    "email",
    [
        "ann@corp.local",
        "a+b@alpha.example",
        "o'neil@alpha.example",
        "A.B@ALPHA.example",
        "ann@localhost.localdomain",
    ],
)
async def test_addresses_are_kept_as_written(house: House, email: str) -> None:
    """Also those of domains that the world does not know."""
    made = await house.ask("POST", USERS, json={"tenant_id": "alpha", "email": email})
    assert made.status_code == 201, made.text
    assert made.json()["data"]["email"] == email


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ann",
        "ann@",
        "@alpha",
        "a b@alpha.example",
        "Ann <ann@alpha.example>",
        "a@b@c.example",
        "é@alpha.example",
        "a@é.example",
        "a..b@alpha.example",
        "x" * 65 + "@alpha.example",
        "a@-b.example",
        "a@" + "b" * 64 + ".example",
    ],
)
async def test_what_is_no_address_is_refused(house: House, email: str) -> None:
    """Also an address with a name before it."""
    response = await house.ask("POST", USERS, json={"tenant_id": "alpha", "email": email})
    assert response.status_code == 422
    assert {tuple(p["loc"]) for p in response.json()["detail"]} == {("body", "email")}


@pytest.mark.parametrize("path", [e.path for e in ENDPOINTS if e.method == "GET" and "{" in e.path])
@pytest.mark.parametrize(
    "text", ["*", "a*b", "\0", "usr_\0", "%", "...", "x" * 3000, "漢", "usr_" + "g" * 32, "\r\n"]
)
async def test_a_malformed_id_in_a_path_is_not_found(house: House, path: str, text: str) -> None:
    """404 and never anything else, whatever is written in a path."""
    names = dict.fromkeys(("tenant_id", "user_id", "group_id", "ou_id"), quote(text, safe=""))
    names |= dict.fromkeys(("partner_id", "identity_provider_id", "application_id"), names["ou_id"])
    response = await house.ask("GET", filled(path, names))
    assert response.status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "search=%00",
        "search=a%00b",
        "search=%ff%fe",
        "search=%",
        "search=%zz",
        "search=%2a",
        "search=%28%29%5c",
        "search=%0d%0aX: y",
        "&&&=&=",
        "unknown=1",
        "page=1&page=2",
        "ou_id=%00",
        "group_id=(objectClass=*)",
        "ou_id=",
        "tenant_id[]=1",
    ],
)
async def test_odd_queries_find_nothing_or_are_ignored(house: House, query: str) -> None:
    """No query makes the gateway stumble; what is literal text matches as such."""
    await furnish(house)
    response = await house.ask("GET", f"/api/v1/tenants/alpha/users?{query}")
    assert response.status_code == 200
    if query.startswith(("search", "ou_id", "group_id")):
        assert response.json()["data"] == []


@pytest.mark.parametrize("text", ["", " ", "  \t "])
async def test_a_blank_search_is_none(house: House, text: str) -> None:
    """As if it were absent."""
    await furnish(house)
    response = await house.ask("GET", USERS, params={"search": text})
    assert response.json()["pagination"]["total_items"] == 1


JSON_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ATTRIBUTES = st.dictionaries(
    JSON_TEXT.filter(lambda name: len(name) > 0),
    st.recursive(
        st.booleans()
        | st.integers(-(2**70), 2**70)
        | st.floats(allow_nan=False, allow_infinity=False)
        | JSON_TEXT,
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    ),
    max_size=4,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ATTRIBUTES)
async def test_custom_attributes_come_back_as_they_were(attributes: dict[str, Any]) -> None:
    """Any JSON under any name; an empty object reads as null."""
    async with open_house() as house:
        body = {
            "tenant_id": "alpha",
            "email": "ann@alpha.example",
            "custom_attributes": attributes,
        }
        made = await house.ask("POST", USERS, json=body)
        if made.status_code == 422:  # a standard attribute takes no other text
            locs = [p["loc"] for p in made.json()["detail"]]
            assert all(loc[:2] == ["body", "custom_attributes"] for loc in locs)
            return
        read = await house.ask("GET", made.headers["Location"])
        assert read.json()["data"]["custom_attributes"] == (attributes or None)
