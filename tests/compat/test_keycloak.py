"""Plugins that make Keycloak a SCIM client.

Sources: https://github.com/mitodl/keycloak-scim (after libre.sh's), https://github.com/
little-auth/keycloak-scim-client, https://github.com/suvera/keycloak-scim2-storage, and, as
another self-hosted one, https://github.com/pocket-id/pocket-id.
"""

from typing import Any

import pytest

from tests.compat.site import CORE, GROUP, PATCH_OP, IdentityProvider, Json, Site


@pytest.fixture
def keycloak(site: Site) -> IdentityProvider:
    """The plugin's client."""
    return site.provider(
        Accept="application/scim+json, application/json", Content_Type="application/scim+json"
    )


def new_user(name: str, **attributes: Any) -> Json:
    """The body of a creation or of a replacement."""
    return {
        "schemas": [CORE],
        "externalId": f"kc-{name}",
        "userName": name,
        "name": {"givenName": name, "familyName": "Keys"},
        "displayName": f"{name} Keys",
        "emails": [{"value": f"{name}@keycloak.example", "primary": "true"}],
        "active": "true",
        "roles": [],
        **attributes,
    }


def test_replacing_plugin(site: Site, keycloak: IdentityProvider) -> None:
    """Users and groups are put; members have a relative address; Booleans may be texts."""
    ids = {name: keycloak.post("/Users", new_user(name))["id"] for name in ("kay", "lee")}
    put = keycloak.put(
        f"/Users/{ids['kay']}", new_user("kay", id=ids["kay"], active="false", roles=["cook"])
    )
    assert (put["active"], put["roles"]) == (False, [{"value": "cook"}])
    assert site.user(ids["kay"])["status"] == "DISABLED"
    group = {"schemas": [GROUP], "externalId": "kc-g", "displayName": "keys"}
    members = [{"value": id_, "$ref": f"Users/{id_}"} for id_ in ids.values()]
    id_ = keycloak.post("/Groups", {**group, "members": members})["id"]
    assert site.members("keys") == {"kay", "lee"}
    keycloak.put(f"/Groups/{id_}", {**group, "id": id_, "members": members[:1]})
    assert site.members("keys") == {"kay"}
    assert keycloak.get(f"/Groups/{id_}")["externalId"] == "kc-g"


def test_patching_plugin(site: Site, keycloak: IdentityProvider) -> None:
    """A group is patched as a whole; an empty one by a removal whose value is null."""
    ids = [keycloak.post("/Users", new_user(name))["id"] for name in ("kay", "lee")]
    id_ = keycloak.post("/Groups", {"schemas": [GROUP], "displayName": "keys"})["id"]
    own = [
        {"op": "replace", "path": "displayName", "value": "keys 2"},
        {"op": "replace", "path": "externalId", "value": "kc-g"},
    ]
    members = [{"value": each, "$ref": f"Users/{each}", "display": "x"} for each in ids]
    keycloak.patch(f"/Groups/{id_}", {"op": "replace", "path": "members", "value": members}, *own)
    assert site.members("keys 2") == {"kay", "lee"}
    keycloak.patch(f"/Groups/{id_}", {"op": "remove", "path": "members", "value": None}, *own)
    assert site.members("keys 2") == set()
    assert keycloak.get(f"/Groups/{id_}").get("members", []) == []
    assert site.group_names(ids[0]) == set()


def test_cautious_client(site: Site, keycloak: IdentityProvider) -> None:
    """Duplicates are looked for by externalId, writes name the version they were made from."""
    assert keycloak.found('/Users?filter=externalId eq "kc-kay"') == []
    made = keycloak.post("/Users", new_user("kay"))
    (found,) = keycloak.found('/Users?filter=externalId eq "kc-kay"')
    assert found["meta"]["version"] == made["meta"]["version"]
    path = f"/Users/{made['id']}"
    off = {"op": "replace", "path": "active", "value": False}
    body = {"schemas": [PATCH_OP], "Operations": [off]}
    version = {"If-Match": found["meta"]["version"]}
    answer = keycloak.answer("PATCH", path, body, **version)
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == answer.json()["meta"]["version"]
    stale = keycloak.answer("PUT", path, new_user("kay"), **version)
    assert stale.status_code == 412
    read = keycloak.get(path)
    again = keycloak.answer(
        "PUT", path, {**read, "active": True}, **{"If-Match": read["meta"]["version"]}
    )
    assert again.status_code == 200, again.text
    assert site.user(made["id"])["status"] == "ACTIVE"


def test_listing_client(keycloak: IdentityProvider) -> None:
    """Who matches by externalId itself reads all pages of users and groups."""
    for number in range(5):
        keycloak.post("/Users", new_user(f"u{number}"))
        keycloak.post("/Groups", {"schemas": [GROUP], "displayName": f"g{number}"})
    for kind, name in (("/Users", "userName"), ("/Groups", "displayName")):
        seen: list[str] = []
        while (
            len(seen)
            < (page := keycloak.get(f"{kind}?startIndex={len(seen) + 1}&count=2"))["totalResults"]
        ):
            assert page["Resources"]
            seen += [each[name] for each in page["Resources"]]
        assert len(seen) == len(set(seen)) == 5
