"""authentik's SCIM provider.

Source: https://github.com/goauthentik/authentik, authentik/providers/scim/clients/{base,users,
groups}.py; issues 16678 (users are put) and 23798 (how members are removed).
"""

from typing import Any

import pytest

from tests.compat.site import CORE, GROUP, PATCH_OP, IdentityProvider, Json, Site


@pytest.fixture
def authentik(site: Site) -> IdentityProvider:
    """The client of authentik, which sends and accepts what the library `requests` does."""
    return site.provider(Accept="*/*", Content_Type="application/json")


def new_user(name: str, **attributes: Any) -> Json:
    """The body that the default mapping makes."""
    return {
        "schemas": [CORE],
        "userName": name,
        "externalId": f"{name}-uid",
        "name": {"formatted": f"{name} Test", "givenName": name, "familyName": "Test"},
        "displayName": f"{name} Test",
        "photos": [],
        "locale": "en-us",
        "active": True,
        "emails": [{"value": f"{name}@authentik.example", "type": "other", "primary": True}],
        **attributes,
    }


def test_discovery(authentik: IdentityProvider) -> None:
    """What the provider decides by: PATCH, filters and how many operations at once."""
    config = authentik.get("/ServiceProviderConfig")
    assert config["patch"]["supported"] is True
    assert config["filter"]["supported"] is True
    assert config["bulk"]["maxOperations"] >= 1
    assert config["authenticationSchemes"]


def test_user_lifecycle(site: Site, authentik: IdentityProvider) -> None:
    """POST, PUT with the id in the body, a conflict that is looked up, DELETE."""
    made = authentik.post("/Users", new_user("ako"))
    id_ = made["id"]
    assert made["emails"] == [{"value": "ako@authentik.example", "type": "other", "primary": True}]
    assert site.person("ako").text("mail") == "ako@authentik.example"
    assert site.user(id_)["email"] == "ako@authentik.example"
    put = authentik.put(f"/Users/{id_}", new_user("ako", id=id_, displayName="Ako"))
    assert put["displayName"] == "Ako"
    assert put["locale"] == "en-us"
    authentik.put(f"/Users/{id_}", new_user("ako", id=id_, active=False))
    assert site.user(id_)["status"] == "DISABLED"
    authentik.send("POST", "/Users", new_user("ako"), status=409)
    (found,) = authentik.found('/Users?filter=userName eq "ako"')
    assert found["id"] == id_
    authentik.delete(f"/Users/{id_}")
    authentik.send("PUT", f"/Users/{id_}", new_user("ako", id=id_), status=404)
    assert authentik.post("/Users", new_user("ako"))["id"] != id_


def test_group_lifecycle(site: Site, authentik: IdentityProvider) -> None:
    """POST without members, a conflict that is looked up, one operation a member, comparison."""
    ids = [authentik.post("/Users", new_user(name))["id"] for name in ("ako", "bo", "cy")]
    body = {"schemas": [GROUP], "externalId": "6e52", "displayName": "authentik Staff"}
    id_ = authentik.post("/Groups", body)["id"]
    path = f"/Groups/{id_}"
    authentik.send("POST", "/Groups", body, status=409)
    (found,) = authentik.found('/Groups?filter=displayName eq "authentik Staff"')
    assert (found["id"], found["externalId"]) == (id_, "6e52")
    authentik.patch(
        path,
        *({"op": "add", "path": "members", "value": [{"value": each}]} for each in ids),
    )
    assert site.members("authentik Staff") == {"ako", "bo", "cy"}
    authentik.patch(
        path,
        *({"op": "remove", "path": "members", "value": [{"value": each}]} for each in ids[:2]),
    )
    assert site.members("authentik Staff") == {"cy"}
    value = {**body, "id": id_, "displayName": "Crew"}
    answer = authentik.send(
        "PATCH",
        path,
        {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": None, "value": value}]},
    )
    assert answer["displayName"] == "Crew"
    assert site.members("Crew") == {"cy"}
    assert [each["value"] for each in authentik.get(path)["members"]] == [ids[2]]
    authentik.delete(path)
    authentik.send("DELETE", path, status=404)
    assert site.group_names(ids[2]) == set()


def test_discovery_of_what_is_there(authentik: IdentityProvider) -> None:
    """A synchronisation walks all users by a start alone, and never past the end."""
    ids = {authentik.post("/Users", new_user(f"u{number}"))["id"] for number in range(3)}
    first = authentik.get("/Users")
    assert {each["id"] for each in first["Resources"]} == ids
    rest = authentik.get(f"/Users?startIndex={len(ids) + 1}")
    assert rest["totalResults"] == 3
    assert rest.get("Resources", []) == []


def test_aws_mode(site: Site, authentik: IdentityProvider) -> None:
    """In the mode for AWS a group is renamed attribute by attribute."""
    body = {"schemas": [GROUP], "externalId": "6e52", "displayName": "Staff"}
    id_ = authentik.post("/Groups", body)["id"]
    authentik.patch(
        f"/Groups/{id_}",
        {"op": "replace", "path": "displayName", "value": "Crew"},
        {"op": "replace", "path": "externalId", "value": "6e53"},
    )
    assert site.has_group("Crew")
    assert authentik.get(f"/Groups/{id_}")["externalId"] == "6e53"
