"""SCIM on a running gateway over real servers: what an identity provider's client would see."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.e2e.live import live_gateway
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
MEDIA_TYPE = "application/scim+json"


@pytest.fixture
def scim(api: httpx.Client, tenant: dict[str, Any]) -> Iterator[httpx.Client]:
    """A client with a SCIM token of a new tenant, at the short base path."""
    made = api.post("/api/v1/admin/scim-tokens/", json={"tenant_id": tenant["id"], "name": "Okta"})
    assert made.status_code == 201, made.text
    headers = {
        "Authorization": f"Bearer {made.json()['data']['token']}",
        "Content-Type": f"{MEDIA_TYPE}; charset=utf-8",
        "Accept": MEDIA_TYPE,
    }
    with httpx.Client(
        base_url=f"{api.base_url}/scim/v2", headers=headers, timeout=30, trust_env=False
    ) as client:
        yield client


def user(name: str, /, **more: Any) -> dict[str, Any]:
    """A document of a user."""
    return {"schemas": [USER], "userName": name, **more}


def made(scim: httpx.Client, path: str, document: dict[str, Any]) -> dict[str, Any]:
    """Create a resource."""
    answer = scim.post(path, json=document)
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["location"] == answer.json()["meta"]["location"]
    shown: dict[str, Any] = answer.json()
    return shown


def patch(scim: httpx.Client, path: str, *operations: Any, **more: Any) -> httpx.Response:
    """Send a PATCH."""
    return scim.patch(path, json={"schemas": [PATCH], "Operations": list(operations)}, **more)


def found(scim: httpx.Client, path: str, **parameters: Any) -> dict[str, Any]:
    """Search."""
    answer = scim.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def test_a_user_lives_its_life(
    scim: httpx.Client, api: httpx.Client, stack: Stack, ldap_tools: LdapTools
) -> None:
    """Made, found, updated, deactivated, brought back and deleted; REST and LDAP see the same."""
    ann = made(
        scim,
        "/Users",
        user(
            "ann",
            externalId="00u1",
            name={"givenName": "Ann", "familyName": "Lee", "middleName": "M."},
            emails=[
                {"value": "ann@work.example", "type": "work", "primary": True},
                {"value": "ann@home.example", "type": "home", "display": "at home"},
            ],
            title="Engineer",
            groups=[],
            password="Correct-horse-7",
            active=True,
            **{ENTERPRISE: {"department": "R&D", "costCenter": "4711"}},
        ),
    )
    path = f"/Users/{ann['id']}"
    assert scim.get(path).json() == ann
    assert "password" not in ann
    rest = api.get(f"/api/v1/admin/users/{ann['id']}").json()["data"]
    assert (rest["email"], rest["identity_source"]) == ("ann@work.example", "SCIM")
    assert rest["custom_attributes"]["title"] == "Engineer"
    for filter_ in (
        'userName eq "ANN"',
        'externalId eq "00u1"',
        'emails[type eq "work"].value eq "ann@work.example"',
        'emails eq "ann@home.example"',
        f'{ENTERPRISE}:department eq "R&D" and not (active eq false)',
    ):
        page = found(scim, "/Users", filter=filter_, startIndex=1, count=100)
        assert [each["id"] for each in page["Resources"]] == [ann["id"]], filter_

    gone = patch(scim, path, {"op": "Replace", "path": "active", "value": "False"})
    assert gone.status_code == 200
    assert gone.json()["active"] is False
    assert api.get(f"/api/v1/admin/users/{ann['id']}").json()["data"]["status"] == "DISABLED"
    back = scim.put(path, json={**gone.json(), "active": True, "displayName": "Ann Lee"})
    assert back.status_code == 200, back.text
    assert (back.json()["active"], back.json()["displayName"]) == (True, "Ann Lee")
    assert back.json()["emails"] == ann["emails"]
    entry = ldap_tools.search(stack.suffix, f"(entryUUID={UUID(ann['id'][4:])})").entry
    assert entry.texts("title") == ("Engineer",)
    assert set(entry.texts("mail")) == {"ann@work.example", "ann@home.example"}
    assert scim.get(path, headers={"If-None-Match": back.headers["etag"]}).status_code == 304

    stale = patch(
        scim,
        path,
        {"op": "replace", "path": "title", "value": "CTO"},
        headers={"If-Match": gone.headers["etag"]},
    )
    assert stale.status_code == 412
    assert scim.delete(path).status_code == 204
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        document = {"schemas": [USER], "userName": "ann"} if method != "GET" else None
        answer = scim.request(method, path, json=document)
        assert answer.status_code == 404, (method, answer.text)
        assert answer.json()["status"] == "404"
    again = made(scim, "/Users", user("ann"))
    assert again["id"] != ann["id"]


def test_a_group_and_its_members(scim: httpx.Client) -> None:
    """Members come and go one by one, as a list, and by PUT; they show on both sides."""
    ann, bob = (made(scim, "/Users", user(name))["id"] for name in ("ann", "bob"))
    team = made(scim, "/Groups", {"schemas": [GROUP], "displayName": "team, 'R&D' (x)"})
    assert team.get("members", []) == []
    path = f"/Groups/{team['id']}"
    added = patch(
        scim, path, {"op": "Add", "path": "members", "value": [{"$ref": None, "value": ann}]}
    )
    assert added.status_code == 204
    assert added.headers["etag"] != team["meta"]["version"]
    outer = made(
        scim,
        "/Groups",
        {"schemas": [GROUP], "displayName": "outer", "members": [{"value": team["id"]}]},
    )
    groups = scim.get(f"/Users/{ann}").json()["groups"]
    assert {(each["value"], each["type"]) for each in groups} == {
        (team["id"], "direct"),
        (outer["id"], "indirect"),
    }
    whole = scim.put(
        path,
        json={**team, "displayName": "crew", "members": [{"value": bob}, {"value": ann}]},
    )
    assert whole.status_code == 200, whole.text
    assert {each["value"] for each in whole.json()["members"]} == {ann, bob}
    removed = patch(
        scim,
        path,
        {"op": "Remove", "path": "members", "value": [{"value": ann}]},
        params={"attributes": "members"},
    )
    assert removed.status_code == 200
    assert [each["value"] for each in removed.json()["members"]] == [bob]
    assert "members" not in scim.get(path, params={"excludedAttributes": "members"}).json()
    page = found(scim, "/Groups", filter=f'members[value eq "{bob}"]', attributes="displayName")
    assert [each["displayName"] for each in page["Resources"]] == ["crew"]
    emptied = patch(scim, path, {"op": "replace", "path": "members", "value": []})
    assert emptied.status_code == 200
    assert "members" not in emptied.json() or emptied.json()["members"] == []
    unknown = patch(
        scim, path, {"op": "add", "path": "members", "value": [{"value": "usr_" + "0" * 32}]}
    )
    assert unknown.status_code == 400
    assert unknown.json()["scimType"] == "invalidValue"
    assert "usr_" + "0" * 32 in unknown.json()["detail"]


def test_concurrent_member_changes_lose_nothing(scim: httpx.Client) -> None:
    """Fifty clients add one member each to one group at once: all are in it then."""
    team = made(scim, "/Groups", {"schemas": [GROUP], "displayName": "team"})["id"]
    users = [made(scim, "/Users", user(f"u{number}"))["id"] for number in range(50)]

    def join(member: str) -> int:
        operation = {"op": "add", "path": "members", "value": [{"value": member}]}
        return patch(scim, f"/Groups/{team}", operation).status_code

    with ThreadPoolExecutor(50) as together:
        assert set(together.map(join, users)) == {204}
    members = scim.get(f"/Groups/{team}").json()["members"]
    assert {each["value"] for each in members} == set(users)


def test_pages_by_index_and_by_cursor(scim: httpx.Client) -> None:
    """Both ways lead to each user once, with the exact total on each page."""
    names = [f"u{number}" for number in range(7)]
    for name in names:
        made(scim, "/Users", user(name))
    by_index: list[str] = []
    for start in (1, 4, 7):
        page = found(scim, "/Users", startIndex=start, count=3, sortBy="userName")
        assert (page["totalResults"], page["startIndex"]) == (7, start)
        by_index += [each["userName"] for each in page["Resources"]]
    by_cursor: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = found(
            scim, "/Users", cursor=cursor, count=3, sortBy="userName", attributes="userName"
        )
        assert page["totalResults"] == 7
        by_cursor += [each["userName"] for each in page["Resources"]]
        cursor = page.get("nextCursor")
    assert by_index == by_cursor == names
    for path in ("/Users", "/"):
        page = found(scim, path, startIndex=10**30, count=10**30)
        assert (page["totalResults"], page["Resources"]) == (7, [])
    changed = scim.get("/Users", params={"cursor": "forged", "count": 3})
    assert (changed.status_code, changed.json()["scimType"]) == (400, "invalidCursor")


def test_bulk_makes_users_with_their_group(scim: httpx.Client) -> None:
    """A group that names a user of the same request, and an error that stops the rest."""
    document = {
        "schemas": [BULK],
        "failOnErrors": 1,
        "Operations": [
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "team",
                "data": {"displayName": "team", "members": [{"value": "bulkId:ann"}]},
            },
            {"method": "POST", "path": "/Users", "bulkId": "ann", "data": {"userName": "ann"}},
            {"method": "POST", "path": "/Users", "bulkId": "again", "data": {"userName": "ANN"}},
            {"method": "POST", "path": "/Users", "bulkId": "bob", "data": {"userName": "bob"}},
        ],
    }
    answer = scim.post("/Bulk", json=document)
    assert answer.status_code == 200, answer.text
    operations = answer.json()["Operations"]
    assert [(each["bulkId"], each["status"]) for each in operations] == [
        ("team", "201"),
        ("ann", "201"),
        ("again", "409"),
    ]
    assert operations[2]["response"]["scimType"] == "uniqueness"
    team = scim.get(operations[0]["location"]).json()
    assert [each["value"] for each in team["members"]] == [
        operations[1]["location"].rpartition("/")[2]
    ]


def test_users_and_groups_are_searched_together(
    scim: httpx.Client, api: httpx.Client, tenant: dict[str, Any]
) -> None:
    """The root answers for both kinds, at either base path, to admins as to the token."""
    made(scim, "/Users", user("ann", displayName="Ann"))
    made(scim, "/Groups", {"schemas": [GROUP], "displayName": "Anton's"})
    page = found(scim, "/", filter='displayName sw "an"', sortBy="displayName")
    assert [each["displayName"] for each in page["Resources"]] == ["Ann", "Anton's"]
    request = {"filter": 'displayName sw "an"', "attributes": ["displayName"], "count": 1}
    answer = api.post(f"/api/v1/tenants/{tenant['slug']}/scim/v2/.search", json=request)
    assert answer.status_code == 200, answer.text
    assert answer.json()["totalResults"] == 2
    assert len(answer.json()["Resources"]) == 1


def test_an_unknown_address_is_nobody_elses(scim: httpx.Client) -> None:
    """Who has no address gets none to see, and two of them are no conflict."""
    first, second = made(scim, "/Users", user("first")), made(scim, "/Users", user("second"))
    assert "emails" not in first
    assert "emails" not in second
    taken = scim.post("/Users", json=user("third", emails=[{"value": "x@y.example"}]))
    assert taken.status_code == 201
    conflict = scim.post("/Users", json=user("fourth", emails=[{"value": "X@y.example"}]))
    assert (conflict.status_code, conflict.json()["scimType"]) == (409, "uniqueness")


def test_hosts_share_cursors_and_forget_tokens_at_once(
    scim: httpx.Client, api: httpx.Client, tenant: dict[str, Any], stack: Stack, tmp_path: Path
) -> None:
    """A page begun at one gateway goes on at another, until the token is revoked anywhere."""
    for name in ("ann", "bob"):
        made(scim, "/Users", user(name))
    asked = {"count": 1, "sortBy": "userName"}
    cursor = found(scim, "/Users", cursor="", **asked)["nextCursor"]
    with (
        live_gateway(stack, tmp_path) as other,
        httpx.Client(
            base_url=f"{other.base_url}/scim/v2", headers=scim.headers, trust_env=False
        ) as there,
    ):
        page = found(there, "/Users", cursor=cursor, **asked)
        assert [each["userName"] for each in page["Resources"]] == ["bob"]
        tokens = api.get("/api/v1/admin/scim-tokens/", params={"tenant_id": tenant["id"]})
        (token,) = tokens.json()["data"]
        revoked = api.delete(f"/api/v1/admin/scim-tokens/{token['id']}")
        assert revoked.status_code == 204
        for client in (scim, there):
            answer = client.get("/Users")
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
            assert answer.json()["status"] == "401"


def test_the_whole_enterprise_schema_survives(scim: httpx.Client) -> None:
    """All attributes come back as they were given, after POST, PUT and PATCH."""
    boss = made(scim, "/Users", user("boss"))["id"]
    given = user(
        "ann",
        externalId="Case and  blanks, +;=#",
        name={
            "formatted": "Dr. Ann M. Lee III",
            "familyName": "Lee",
            "givenName": "Ann",
            "middleName": "M.",
            "honorificPrefix": "Dr.",
            "honorificSuffix": "III",
        },
        displayName="Ann Lee",
        nickName="Annie",
        profileUrl="https://people.example/ann",
        title="CTO",
        userType="Employee",
        preferredLanguage="de-CH, en;q=0.8",
        locale="de_CH",
        timezone="Somewhere/Else",
        emails=[
            {"value": "a@x.example", "type": "home"},
            {"value": "b@x.example", "type": "work", "primary": True, "display": "work"},
        ],
        phoneNumbers=[
            {"value": "+41 44 000 00 00", "type": "work", "primary": True},
            {"value": "tel:+41-79-000-00-00", "type": "mobile"},
            {"value": "000", "type": "fax", "display": "the old one"},
        ],
        ims=[{"value": "ann", "type": "xmpp", "primary": True}],
        photos=[{"value": "https://x.example/a.png", "type": "thumbnail"}],
        addresses=[
            {
                "type": "work",
                "streetAddress": "1 Way\nHouse",
                "locality": "Zürich",
                "region": "ZH",
                "postalCode": "8000",
                "country": "CH",
                "formatted": "1 Way\n8000 Zürich",
                "primary": True,
            },
            {"type": "home", "locality": "Bern"},
        ],
        entitlements=[{"value": "e", "display": "E"}],
        roles=[{"value": "admin", "type": "x", "primary": True}, {"value": "user"}],
        x509Certificates=[{"value": "TUlJ", "type": "smime"}],
        **{
            ENTERPRISE: {
                "employeeNumber": "007",
                "costCenter": "4711",
                "organization": "Org, Inc.",
                "division": "D",
                "department": "R&D",
                "manager": {"value": boss},
            }
        },
    )
    shown = made(scim, "/Users", given)
    assert kept(shown, given) == given
    path = f"/Users/{shown['id']}"
    assert scim.get(path).json() == shown
    again = scim.put(path, json=given)
    assert again.status_code == 200, again.text
    assert again.json() == shown
    emptied = scim.put(path, json=user("ann"))
    assert emptied.status_code == 200, emptied.text
    assert not given.keys() & emptied.json().keys() - {"schemas", "userName"}
    attributes = {name: value for name, value in given.items() if name != "schemas"}
    whole = patch(scim, path, {"op": "add", "value": attributes})
    assert whole.status_code == 200, whole.text
    assert kept(whole.json(), given) == given


def kept(shown: Any, given: Any) -> Any:
    """What of a document was given; for the rest it is the server's to say."""
    if isinstance(given, dict):
        return {
            name: given[name] if name == "schemas" else kept(shown.get(name), value)
            for name, value in given.items()
        }
    if isinstance(given, list) and isinstance(shown, list) and len(given) == len(shown):
        return [kept(one, other) for one, other in zip(shown, given, strict=True)]
    return shown
