"""What a tenant is made of, over HTTP: from nothing to users, without any LDAP."""

from typing import Any

import pytest

from gateway.domain.access import Role
from tests.gateway.rest.endpoints import ADMIN
from tests.gateway.rest.furniture import furnish
from tests.gateway.rest.house import USERS, House

CREATED = [
    ("partners/", {"slug": "west", "name": "West"}),
    ("tenants/", {"slug": "delta", "name": "Delta", "partner_id": "{partner_id}"}),
    ("groups/", {"name": "Ops", "description": "Who runs it", "tenant_id": "alpha"}),
    ("identity-providers/", {"name": "okta", "type": "SAML", "tenant_id": "alpha"}),
    ("applications/", {"client_id": "crm", "name": "CRM", "scopes": ["a"], "tenant_id": "alpha"}),
    ("scim-tokens/", {"name": "okta", "tenant_id": "alpha"}),
    ("../tenants/alpha/ous", {"name": "Research", "description": "Labs"}),
]


@pytest.mark.parametrize(("path", "body"), CREATED)
async def test_a_resource_is_created_read_listed_and_deleted(
    house: House, path: str, body: dict[str, Any]
) -> None:
    """In the same envelopes as users, and gone for good at the end."""
    partner = house.world.tenants["alpha"].partner_id
    body = {n: v.format(partner_id=partner) if isinstance(v, str) else v for n, v in body.items()}
    collection = f"{ADMIN}/{path}".replace("/admin/..", "")
    made = await house.ask("POST", collection, json=body)
    assert made.status_code == 201, made.text
    assert made.json()["meta"]["request_id"] == "fixed"
    data = made.json()["data"]
    secret = data.pop("client_secret", None) or data.pop("token", None)
    if "tenant_id" in body:
        body["tenant_id"] = house.world.tenants["alpha"].id
    assert data | body == data
    item = made.headers["Location"]
    read = await house.ask("GET", item)
    assert read.json()["data"] == data
    listed = await house.ask(
        "GET", collection, params={"search": data["id"] and (body.get("name"))}
    )
    assert listed.json()["data"] == [data]
    assert secret is None or secret not in read.text + listed.text
    again = await house.ask("POST", collection, json=body)
    assert again.status_code == 409, again.text
    assert (await house.ask("DELETE", item)).status_code == 204
    for method in ("GET", "DELETE"):
        assert (await house.ask(method, item)).status_code == 404


@pytest.mark.parametrize(
    "path", ["users", "groups", "identity-providers", "applications", "scim-tokens"]
)
async def test_create_needs_a_tenant_but_from_a_tenant_admin(house: House, path: str) -> None:
    """A tenant admin's own is the default; others must name one."""
    bodies = {
        "users": {"email": "x@alpha.example"},
        "groups": {"name": "x"},
        "identity-providers": {"name": "x", "type": "OIDC"},
        "applications": {"client_id": "x"},
        "scim-tokens": {"name": "x"},
    }
    for role in (Role.SUPER_ADMIN, Role.PARTNER_ADMIN, Role.PLATFORM_WRITE):
        refused = await house.ask("POST", f"{ADMIN}/{path}", role=role, json=bodies[path])
        assert refused.status_code == 422
        assert refused.json()["detail"][0]["loc"] == ["body", "tenant_id"]
    made = await house.ask("POST", f"{ADMIN}/{path}", role=Role.TENANT_ADMIN, json=bodies[path])
    assert made.status_code == 201
    assert made.json()["data"]["tenant_id"] == house.world.tenants["alpha"].id


async def test_a_tenant_is_set_up_without_ldap(house: House) -> None:
    """Partner, tenant, units, group, user, provider, link, application, assignment, token."""

    async def made(path: str, body: dict[str, Any]) -> Any:
        response = await house.ask("POST", path, json=body)
        assert response.status_code == 201, response.text
        return response.json()["data"]

    partner = await made(f"{ADMIN}/partners", {"slug": "west"})
    tenant = await made(f"{ADMIN}/tenants", {"slug": "delta", "partner_id": partner["id"]})
    ous = f"/api/v1/tenants/{tenant['id']}/ous"
    above = await made(ous, {"name": "Eng/ineering"})
    below = await made(ous, {"name": "Platform", "parent_id": above["id"]})
    assert below["path"] == "/Eng%2Fineering/Platform"
    group = await made(f"{ADMIN}/groups", {"name": "all", "tenant_id": "delta"})
    outer = await made(f"{ADMIN}/groups", {"name": "outer", "tenant_id": "delta"})
    body = {"email": "zoe@delta.example", "ou_id": below["id"], "group_ids": [group["id"]]}
    user = await made("/api/v1/tenants/delta/users", body)
    assert user["status"] == "PENDING_EMAIL_VERIFICATION"
    members = f"{ADMIN}/groups/{outer['id']}/members"
    for _ in range(2):  # who is there already is success
        added = await house.ask("POST", members, json={"member_ids": [group["id"]]})
        assert added.status_code == 204
    assert (await house.ask("GET", members)).json()["data"] == [{"id": group["id"], "name": "all"}]
    groups = await house.ask("GET", f"{USERS}{user['id']}/groups")
    assert [(g["name"], g["membership_type"]) for g in groups.json()["data"]] == [
        ("all", "DIRECT"),
        ("outer", "NESTED"),
    ]
    application = await made(f"{ADMIN}/applications", {"client_id": "crm", "tenant_id": "delta"})
    assigned = f"{ADMIN}/applications/{application['id']}/members"
    await house.ask("POST", assigned, json={"member_ids": [outer["id"]]})
    token = await house.client.post(
        "/api/v1/auth/tenants/delta/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=("crm", application["client_secret"]),
    )
    bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
    effective = f"/api/v1/tenants/delta/applications/{application['id']}/effective-users"
    listed = await house.client.get(effective, headers=bearer)
    assert [item["id"] for item in listed.json()["data"]] == [user["id"]]
    one = await house.client.get(f"/api/v1/tenants/delta/users/{user['id']}", headers=bearer)
    assert one.status_code == 200
    assert (await house.ask("DELETE", f"{members}/{group['id']}")).status_code == 204
    listed = await house.client.get(effective, headers=bearer)
    assert listed.json()["data"] == []
    assert (await house.client.get(USERS, headers=bearer)).status_code == 403


@pytest.mark.parametrize("path", ["groups/{group_id}", "applications/{application_id}"])
async def test_unknown_members_are_refused_by_place(house: House, path: str) -> None:
    """422 with the index of each; also those of another tenant; nothing is added."""
    ids, foreign = await furnish(house, "alpha"), await furnish(house, "gamma")
    members = f"{ADMIN}/{path}/members".format(**ids)
    before = (await house.ask("GET", members)).json()["data"]
    other = await house.world.user("other")
    for wrong in ("usr_" + "0" * 32, foreign["user_id"]):
        body = {"member_ids": [other.id, wrong]}
        response = await house.ask("POST", members, json=body)
        assert response.status_code == 422
        assert [p["loc"][:2] for p in response.json()["detail"]] == [["body", "member_ids"]]
    body = {"member_ids": [other.id, "nonsense", "tnt_" + "0" * 32]}
    response = await house.ask("POST", members, json=body)
    assert [p["loc"] for p in response.json()["detail"]] == [
        ["body", "member_ids", 1],
        ["body", "member_ids", 2],
    ]
    assert (await house.ask("GET", members)).json()["data"] == before


async def test_what_something_depends_on_stays(house: House) -> None:
    """409 for a tenant with users, a partner with tenants, a unit with somebody in it."""
    ids = await furnish(house)
    await house.world.user("ben", ou_id=ids["ou_id"])
    for path in (
        f"{ADMIN}/tenants/{ids['tenant_id']}",
        f"{ADMIN}/partners/{ids['partner_id']}",
        f"/api/v1/tenants/alpha/ous/{ids['ou_id']}",
    ):
        response = await house.ask("DELETE", path)
        assert response.status_code == 409, path
        assert (await house.ask("GET", path)).status_code == 200


@pytest.mark.parametrize("slug", ["", "A", "a b", "-a", "a-", "a.b", "a/b", "ä", "x" * 64, "a\0"])
@pytest.mark.parametrize("path", ["tenants", "partners"])
async def test_slugs_are_dns_labels(house: House, path: str, slug: str) -> None:
    """422 for what could not stand in a path or in a DN without escapes."""
    response = await house.ask("POST", f"{ADMIN}/{path}", json={"slug": slug})
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", "slug"]
