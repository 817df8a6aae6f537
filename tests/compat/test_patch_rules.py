"""What RFC 7644 (3.5.2) asks of every PATCH, whoever sends it, through the whole product."""

from typing import Any

import pytest

from tests.compat.site import CORE, ENTERPRISE, GROUP, IdentityProvider, Json, Site, patch


@pytest.fixture
def idp(site: Site) -> IdentityProvider:
    """A client of no particular vendor."""
    return site.provider(Content_Type="application/scim+json")


def new_user(name: str = "ann", **attributes: Any) -> Json:
    """A user with an address at work."""
    emails = [{"value": f"{name}@x.example", "type": "work", "primary": True}]
    return {"schemas": [CORE], "userName": name, "emails": emails, **attributes}


def group_of(idp: IdentityProvider, name: str, *ids: str) -> str:
    """The path of a new group with these members."""
    members = [{"value": id_} for id_ in ids]
    made = idp.post("/Groups", {"schemas": [GROUP], "displayName": name, "members": members})
    return f"/Groups/{made['id']}"


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "roles", "value": [{"value": "cook"}]},
        {"op": "replace", "path": "active", "value": "True"},
        {"op": "replace", "path": "userName", "value": "ann"},
        {"op": "remove", "path": "title"},
        {"op": "remove", "path": 'emails[type eq "home"]'},
        {"op": "add", "path": "nickName", "value": None},
        {"op": "replace", "value": {"unknown": 1, "displayName": "Ann"}},
    ],
)
def test_no_change(idp: IdentityProvider, operation: Json) -> None:
    """What is so already leaves version and time of the last change."""
    body = new_user(displayName="Ann", roles=[{"value": "cook", "type": "main"}], active=True)
    made = idp.post("/Users", body)
    after = idp.patch(f"/Users/{made['id']}", operation)
    assert after["meta"] == made["meta"]
    assert idp.get(f"/Users/{made['id']}") == after


def test_all_or_nothing(site: Site, idp: IdentityProvider) -> None:
    """Where one operation cannot be done, none is: neither before LDAP is asked nor after."""
    idp.post("/Users", new_user("bob"))
    id_ = idp.post("/Users", new_user())["id"]
    title = {"op": "add", "path": "title", "value": "Chef"}
    taken = {"op": "replace", "path": "userName", "value": "BOB"}
    refused = idp.send("PATCH", f"/Users/{id_}", patch(title, taken), status=409)
    assert refused["scimType"] == "uniqueness"
    idp.send("PATCH", f"/Users/{id_}", patch(title, {"op": "remove"}), status=400)
    assert "title" not in idp.get(f"/Users/{id_}")
    assert site.person("ann").text("title") is None
    idp.patch(f"/Users/{id_}", {"op": "replace", "path": "userName", "value": "ANN"})


def test_order(idp: IdentityProvider) -> None:
    """Later operations see what earlier ones did."""
    id_ = idp.post("/Users", new_user())["id"]
    after = idp.patch(
        f"/Users/{id_}",
        {"op": "add", "path": 'emails[type eq "home"].value', "value": "h@x.example"},
        {"op": "replace", "path": 'emails[type eq "home"].primary', "value": True},
        {"op": "remove", "path": 'emails[type eq "work"]'},
    )
    assert after["emails"] == [{"value": "h@x.example", "type": "home", "primary": True}]


def test_primary(site: Site, idp: IdentityProvider) -> None:
    """The address that becomes primary is the one that REST and LDAP have first."""
    id_ = idp.post("/Users", new_user())["id"]
    home = {"value": "h@x.example", "type": "home", "primary": True}
    after = idp.patch(f"/Users/{id_}", {"op": "add", "path": "emails", "value": [home]})
    assert [each["value"] for each in after["emails"] if each.get("primary")] == ["h@x.example"]
    assert site.user(id_)["email"] == "h@x.example"
    assert set(site.person("ann").texts("mail")) == {"ann@x.example", "h@x.example"}
    idp.patch(f"/Users/{id_}", {"op": "remove", "path": "emails"})
    assert "emails" not in idp.get(f"/Users/{id_}")


def test_answer_as_asked(idp: IdentityProvider) -> None:
    """`attributes` hold for the answer to a PATCH, too, of users and of groups."""
    id_ = idp.post("/Users", new_user())["id"]
    path = f"/Users/{id_}?attributes=title"
    after = idp.patch(path, {"op": "add", "path": "title", "value": "Chef"})
    assert set(after) == {"schemas", "id", "title"}
    group = group_of(idp, "cooks")
    add = patch({"op": "add", "path": "members", "value": [{"value": id_}]})
    before = idp.answer("GET", group).headers["etag"]
    answer = idp.answer("PATCH", group, add)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["etag"] != before
    assert answer.headers["etag"] == idp.answer("GET", group).headers["etag"]
    again = idp.answer("PATCH", f"{group}?excludedAttributes=members", add)
    assert again.status_code == 200
    assert again.json()["displayName"] == "cooks"
    assert "members" not in again.json()


def test_members_by_what_they_are(site: Site, idp: IdentityProvider) -> None:
    """A filter that only the list itself can answer chooses among the members."""
    id_ = idp.post("/Users", new_user())["id"]
    inner = group_of(idp, "inner").removeprefix("/Groups/")
    outer = group_of(idp, "outer", id_, inner)
    idp.patch(outer, {"op": "remove", "path": 'members[type eq "Group"]'})
    assert site.members("outer") == {"ann"}


def test_members_that_are_nobody(site: Site, idp: IdentityProvider) -> None:
    """An unknown member is refused by its id and nothing is written; who is none can go."""
    id_ = idp.post("/Users", new_user())["id"]
    group = group_of(idp, "cooks")
    unknown = "usr_00000000000000000000000000000000"
    body = patch(
        {"op": "replace", "path": "displayName", "value": "chefs"},
        {"op": "add", "path": "members", "value": [{"value": id_}, {"value": unknown}]},
    )
    refused = idp.send("PATCH", group, body, status=400)
    assert refused["scimType"] == "invalidValue"
    assert unknown in refused["detail"]
    assert site.members("cooks") == set()
    idp.patch(group, {"op": "remove", "path": f'members[value eq "{id_}"]'})


@pytest.mark.parametrize(
    ("operation", "keyword"),
    [
        ({"op": "remove"}, "noTarget"),
        (
            {"op": "replace", "path": 'emails[type ne "work"].value', "value": "a@b.example"},
            "noTarget",
        ),
        ({"op": "replace", "path": "nosuch", "value": 1}, "invalidPath"),
        ({"op": "replace", "path": "emails[type eq", "value": 1}, "invalidPath"),
        ({"op": "add", "path": "urn:x:2.0:User:a", "value": 1}, "invalidPath"),
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "replace", "path": "groups", "value": []}, "mutability"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "replace", "path": "title", "value": 7}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": "maybe"}, "invalidValue"),
        (
            {"op": "replace", "path": 'emails[type eq "work"].value', "value": "nobody"},
            "invalidValue",
        ),
        ({"op": "replace", "path": "emails", "value": [{"value": "nobody"}]}, "invalidValue"),
        ({"op": "replace", "path": "userName", "value": "a\0b"}, "invalidValue"),
        ({"op": "replace", "path": "password", "value": "{SSHA}abcdefghijkl"}, "invalidValue"),
        ({"op": "move", "path": "title", "value": "x"}, "invalidValue"),
    ],
)
def test_refusals(site: Site, idp: IdentityProvider, operation: Json, keyword: str) -> None:
    """What cannot be done is told in the words of RFC 7644, 3.12, and changes nothing."""
    made = idp.post("/Users", new_user())
    refused = idp.send("PATCH", f"/Users/{made['id']}", patch(operation), status=400)
    assert refused["scimType"] == keyword
    assert idp.get(f"/Users/{made['id']}") == made
    assert site.person("ann").texts("mail") == ("ann@x.example",)


def test_extension_comes_with_its_schema(idp: IdentityProvider) -> None:
    """The first attribute of an extension brings its schema, the last takes it along."""
    made = idp.post("/Users", new_user())
    path = f"{ENTERPRISE}:costCenter"
    after = idp.patch(f"/Users/{made['id']}", {"op": "add", "path": path, "value": "7"})
    assert set(after["schemas"]) == {*made["schemas"], ENTERPRISE}
    after = idp.patch(f"/Users/{made['id']}", {"op": "remove", "path": path})
    assert after["schemas"] == made["schemas"]


def test_too_much_at_once(idp: IdentityProvider) -> None:
    """What would take long is refused before it does."""
    id_ = idp.post("/Users", new_user())["id"]
    many = [{"op": "remove", "path": "title"}] * 1001
    idp.send("PATCH", f"/Users/{id_}", patch(*many), status=413)
