"""Conditional requests: copies that are fresh, changes that come too late."""

import pytest

from gateway.domain.access import Role
from tests.gateway.rest.furniture import furnish
from tests.gateway.rest.house import USERS, House

CHANGES = [
    ("PATCH", "/api/v1/admin/users/{user_id}", {"first_name": "New"}),
    ("DELETE", "/api/v1/admin/users/{user_id}", None),
    ("POST", "/api/v1/admin/users/{user_id}/mfa/disable", None),
    ("POST", "/api/v1/admin/users/{user_id}/unlock", None),
    ("POST", "/api/v1/admin/users/{user_id}/reset-password", {"new_password": "Fresh-word-12"}),
    (
        "POST",
        "/api/v1/admin/users/{user_id}/federated-identities",
        {"identity_provider_id": "{identity_provider_id}", "external_id": "e"},
    ),
    (
        "DELETE",
        "/api/v1/admin/users/{user_id}/federated-identities/{linked_provider_id}",
        None,
    ),
    ("PATCH", "/api/v1/tenants/alpha/users/{user_id}", {"first_name": "New"}),
    ("DELETE", "/api/v1/tenants/alpha/users/{user_id}?confirm_email=ann@alpha.example", None),
    ("POST", "/api/v1/tenants/alpha/users/{user_id}/password/reset", {"method": "EMAIL"}),
    ("POST", "/api/v1/tenants/alpha/users/{user_id}/password/reset", {"method": "TEMPORARY"}),
    (
        "POST",
        "/api/v1/tenants/alpha/users/{user_id}/password/reset",
        {"method": "DIRECT", "new_password": "Fresh-word-12"},
    ),
    ("PUT", "/api/v1/tenants/alpha/users/{user_id}/status", {"status": "LOCKED"}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_a_change_holds_to_if_match(
    house: House, method: str, path: str, body: dict[str, str] | None
) -> None:
    """412 and nothing changed for another version or a malformed header; else it is done."""
    ids = await furnish(house)
    user = f"{USERS}{ids['user_id']}"
    path = path.format(**ids)
    body = body and {name: value.format(**ids) for name, value in body.items()}
    before = await house.ask("GET", user)
    tag = before.headers["ETag"]
    for condition in ('"another-1"', f"W/{tag}", "no tag", '"', ""):
        response = await house.ask(method, path, json=body, headers={"If-Match": condition})
        assert response.status_code == 412, condition
        assert response.json()["code"] == "version_mismatch"
    assert (await house.ask("GET", user)).headers["ETag"] == tag
    several = f'"another-1", {tag}'
    response = await house.ask(method, path, json=body, headers={"If-Match": several})
    assert response.is_success, response.text


async def test_if_match_any_needs_only_that_the_user_is_there(house: House) -> None:
    """`*` is no version."""
    ids = await furnish(house)
    for id_, status in ((ids["user_id"], 200), (ids["deleted_id"], 404)):
        response = await house.ask(
            "PATCH", f"{USERS}{id_}", json={"locale": "de"}, headers={"If-Match": "*"}
        )
        assert response.status_code == status


async def test_the_tag_of_a_write_is_that_of_the_next_read(house: House) -> None:
    """So that changes can be chained without reading between."""
    ids = await furnish(house)
    user = f"{USERS}{ids['user_id']}"
    tag = (await house.ask("GET", user)).headers["ETag"]
    for name in ("A", "B"):
        written = await house.ask(
            "PATCH", user, json={"first_name": name}, headers={"If-Match": tag}
        )
        assert written.status_code == 200
        assert written.headers["ETag"] != tag
        tag = written.headers["ETag"]
    assert (await house.ask("GET", user)).headers["ETag"] == tag


async def test_a_fresh_copy_is_not_sent_again(house: House) -> None:
    """304 with the tag and without a body, for both ways to a user."""
    ids = await furnish(house)
    for path in (f"{USERS}{ids['user_id']}", f"/api/v1/tenants/alpha/users/{ids['user_id']}"):
        tag = (await house.ask("GET", path)).headers["ETag"]
        for condition in (tag, f"W/{tag}", f'"x-1", {tag}', "*"):
            response = await house.ask("GET", path, headers={"If-None-Match": condition})
            assert (response.status_code, response.content) == (304, b"")
            assert response.headers["ETag"] == tag
            assert response.headers["X-Request-ID"] == "fixed"
        other = await house.ask("GET", path, headers={"If-None-Match": '"x-1"'})
        assert other.status_code == 200


async def test_a_copy_is_stale_when_a_group_changes(house: House) -> None:
    """Memberships are part of what is shown, though the user's own version stays."""
    ids = await furnish(house)
    user = f"{USERS}{ids['user_id']}"
    tag = (await house.ask("GET", user)).headers["ETag"]
    members = f"/api/v1/admin/groups/{ids['group_id']}/members/{ids['user_id']}"
    assert (await house.ask("DELETE", members)).status_code == 204
    again = await house.ask("GET", user, headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert again.headers["ETag"].rpartition("-")[0] == tag.rpartition("-")[0]
    # The version is still the entry's, so a change with the old tag may happen.
    changed = await house.ask("PATCH", user, json={"locale": "de"}, headers={"If-Match": tag})
    assert changed.status_code == 200


async def test_a_copy_tells_nothing_to_those_who_may_not_see(house: House) -> None:
    """Visibility comes before freshness."""
    ids = await furnish(house)
    response = await house.ask(
        "GET",
        f"{USERS}{ids['user_id']}",
        role=Role.TENANT_ADMIN,
        slug="gamma",
        headers={"If-None-Match": "*"},
    )
    assert response.status_code == 404
