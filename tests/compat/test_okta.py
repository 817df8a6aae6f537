"""Okta's SCIM client: applications of its catalogue patch, self-made ones put.

Sources: https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20/ and
https://developer.okta.com/docs/concepts/scim/faqs/ for the requests; the headers are those of
https://github.com/oktadeveloper/okta-blog-archive/pull/1956. Issues are named at the tests.
"""

from typing import Any

import pytest

from tests.compat.site import CORE, GROUP, IdentityProvider, Json, Site

LOGIN = "test.user@okta.example"


@pytest.fixture
def okta(site: Site) -> IdentityProvider:
    """Okta's client."""
    return site.provider(
        User_Agent="Okta SCIM Client 1.0.0",
        Accept="application/scim+json",
        Accept_Charset="utf-8",
        Content_Type="application/scim+json; charset=utf-8",
    )


def new_user(login: str = LOGIN, **attributes: Any) -> Json:
    """The body of a creation, with its empty groups and its random password."""
    return {
        "schemas": [CORE],
        "userName": login,
        "name": {"givenName": "Test", "familyName": "User"},
        "emails": [{"primary": True, "value": login, "type": "work"}],
        "displayName": "Test User",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq-Correct",
        "active": True,
        **attributes,
    }


def look(okta: IdentityProvider, login: str = LOGIN) -> Json:
    """Ask whether a user is there."""
    return okta.get(f"/Users?filter=userName%20eq%20%22{login}%22&startIndex=1&count=100")


def test_import(okta: IdentityProvider) -> None:
    """All users come page by page, each once, with numbers that are numbers."""
    logins = [f"u{number:02}@okta.example" for number in range(5)]
    for number, login in enumerate(logins):
        okta.post("/Users", new_user(login, externalId=f"00u{number}"))
    seen: list[str] = []
    start = 1
    while True:
        page = okta.get(f"/Users?startIndex={start}&count=2")
        assert (page["startIndex"], page["totalResults"]) == (start, 5)
        assert page["itemsPerPage"] == len(page["Resources"])
        seen += [each["userName"] for each in page["Resources"]]
        start += 2
        if start > page["totalResults"]:
            break
    assert sorted(seen) == logins


def test_catalogue_lifecycle(site: Site, okta: IdentityProvider) -> None:
    """Look, create, deactivate and reactivate without a path, synchronise a password."""
    assert (look(okta)["totalResults"], look(okta)["startIndex"]) == (0, 1)
    made = okta.post("/Users", new_user())
    id_ = made["id"]
    assert "password" not in made
    assert site.bind(LOGIN, "1mz050nq-Correct")
    assert site.user(id_)["locale"] == "en-US"
    assert look(okta)["Resources"][0]["externalId"] == "00ujl29u0le5T6Aj10h7"
    okta.patch(f"/Users/{id_}", {"op": "replace", "value": {"active": False}})
    assert site.user(id_)["status"] == "DISABLED"
    assert not site.bind(LOGIN, "1mz050nq-Correct")
    assert look(okta)["Resources"][0]["active"] is False
    okta.patch(f"/Users/{id_}", {"op": "replace", "value": {"active": True}})
    okta.patch(f"/Users/{id_}", {"op": "replace", "value": {"password": "An0ther-Correct"}})
    assert site.bind(LOGIN, "An0ther-Correct")
    again = okta.send("POST", "/Users", new_user(), status=409)
    assert again["scimType"] == "uniqueness"


def test_self_made_lifecycle(site: Site, okta: IdentityProvider) -> None:
    """Every update is a GET and a PUT of all that came, with id, meta and groups."""
    id_ = okta.post("/Users", new_user())["id"]
    group = okta.post("/Groups", {"schemas": [GROUP], "displayName": "Staff", "members": []})
    add = {"op": "add", "path": "members", "value": [{"value": id_, "display": LOGIN}]}
    okta.patch(f"/Groups/{group['id']}", add)
    read = okta.get(f"/Users/{id_}")
    assert read["groups"][0]["value"] == group["id"]
    read["name"]["familyName"] = "Used"
    read["nickName"] = "Testy"
    put = okta.put(f"/Users/{id_}", read)
    assert put["name"]["familyName"] == "Used"
    assert put["groups"] == read["groups"]
    assert site.person(LOGIN).text("sn") == "Used"
    assert site.user(id_)["custom_attributes"]["nickName"] == "Testy"
    assert site.bind(LOGIN, "1mz050nq-Correct")
    okta.put(f"/Users/{id_}", {**okta.get(f"/Users/{id_}"), "active": False})
    assert site.user(id_)["status"] == "DISABLED"
    assert site.group_names(id_) == {"Staff"}
    okta.put(f"/Users/{id_}", {**okta.get(f"/Users/{id_}"), "active": True})
    assert site.user(id_)["status"] == "ACTIVE"


def test_group_push(site: Site, okta: IdentityProvider) -> None:
    """Look, create empty, members with the name beside them, full push, unlink.

    No `type` in members: https://github.com/Captain-P-Goldfish/SCIM-SDK/issues/419. An empty
    list is what "Push now" sends of an empty group: issue 757 there.
    """
    ids = [
        okta.post("/Users", new_user(f"{name}@okta.example", externalId=f"00u{name}"))["id"]
        for name in ("ann", "ben", "cat")
    ]
    look_up = '/Groups?filter=displayName eq "Test, SCIMv2"&startIndex=1&count=100'
    assert okta.found(look_up) == []
    made = okta.post("/Groups", {"schemas": [GROUP], "displayName": "Test, SCIMv2", "members": []})
    path = f"/Groups/{made['id']}"
    assert okta.found(look_up)[0]["id"] == made["id"]
    rename = {"op": "replace", "value": {"id": made["id"], "displayName": "Test SCIM"}}
    members = [{"value": id_, "display": "x"} for id_ in ids]
    okta.patch(path, rename, {"op": "add", "path": "members", "value": members[:2]})
    assert site.members("Test SCIM") == {"ann@okta.example", "ben@okta.example"}
    okta.patch(
        path,
        rename,
        {"op": "remove", "path": f'members[value eq "{ids[0]}"]'},
        {"op": "add", "path": "members", "value": members[2:]},
    )
    assert site.members("Test SCIM") == {"ben@okta.example", "cat@okta.example"}
    okta.patch(path, rename)
    assert site.group_names(ids[1]) == {"Test SCIM"}
    okta.patch(path, {"op": "replace", "path": "members", "value": members[:1]})
    assert site.members("Test SCIM") == {"ann@okta.example"}
    okta.patch(path, {"op": "replace", "path": "members", "value": []})
    assert okta.get(path).get("members", []) == []
    assert site.members("Test SCIM") == set()
    okta.delete(path)
    assert not site.has_group("Test SCIM")


def test_push_without_path(site: Site, okta: IdentityProvider) -> None:
    """Members, name and id come in one value without a path, in a body without schemas.

    https://github.com/jelhub/scimgateway/issues/113
    """
    id_ = okta.post("/Users", new_user())["id"]
    made = okta.post("/Groups", {"schemas": [GROUP], "displayName": "Staff", "members": []})
    value = {"id": made["id"], "displayName": "Crew", "members": [{"value": id_, "display": "x"}]}
    path = f"/Groups/{made['id']}"
    okta.send("PATCH", path, {"Operations": [{"op": "replace", "value": value}]})
    assert site.members("Crew") == {LOGIN}
    empty = {**value, "members": []}
    okta.send("PATCH", path, {"Operations": [{"op": "replace", "value": empty}]})
    assert site.members("Crew") == set()


def test_self_made_group(site: Site, okta: IdentityProvider) -> None:
    """Groups of self-made applications are put with all members, whose names may be null.

    https://github.com/jelhub/scimgateway/issues/95
    """
    ids = [
        okta.post("/Users", new_user(f"{name}@okta.example", externalId=f"00u{name}"))["id"]
        for name in ("ann", "ben")
    ]
    made = okta.post("/Groups", {"schemas": [GROUP], "displayName": "Staff", "members": []})
    for chosen in (ids, ids[1:], []):
        put = okta.put(
            f"/Groups/{made['id']}",
            {
                "schemas": [GROUP],
                "id": made["id"],
                "displayName": "Staff",
                "members": [{"value": id_, "display": None} for id_ in chosen],
            },
        )
        assert {each["value"] for each in put.get("members", [])} == set(chosen)
        assert len(site.members("Staff")) == len(chosen)


def test_errors_are_json(site: Site, okta: IdentityProvider) -> None:
    """What is not there, and who may not, is told in SCIM's own words.

    https://github.com/Metatavu/keycloak-scim-server/issues/101
    """
    okta.send("GET", "/Users/usr_00000000000000000000000000000000", status=404)
    okta.send("GET", "/Nothing", status=404)
    wrong = IdentityProvider(okta.http, okta.base, {**okta.headers, "Authorization": "Bearer x"})
    wrong.send("GET", "/Users", status=401)
    refused = okta.send("POST", "/Users", new_user("", emails=[]), status=400)
    assert "userName" in refused["detail"]
    assert site.users() == []
