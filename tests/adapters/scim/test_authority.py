"""Who may do what with SCIM: every operation with every kind of token."""

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.domain.access import ACTIONS, Reach, Role
from tests.adapters.scim.conftest import BULK, Client, refusal
from tests.adapters.scim.operations import OPERATIONS, Asking, furnished

PATHS = {"user": "usr_" + "0" * 32, "group": "grp_" + "0" * 32}


async def ask(scim: Client, asking: Asking, ids: Mapping[str, str], **more: Any) -> Any:
    """Ask below the tenant's path."""
    base = f"/api/v1/tenants/{more.pop('tenant', 'alpha')}/scim/v2"
    return await scim.ask(asking.method, asking.path.format(**ids), asking.body, base=base, **more)


@pytest.mark.parametrize("role", Role, ids=str)
@pytest.mark.parametrize("asking", OPERATIONS, ids=str)
async def test_a_role_is_granted_what_the_table_says(
    scim: Client, asking: Asking, role: Role
) -> None:
    """Right requests of the right roles succeed, those of all others are 403."""
    ids = await furnished(scim)
    answer = await ask(scim, asking, ids, role=role)
    granted = role in ACTIONS[asking.action] and role in ACTIONS["scim.discovery"]
    if granted:
        assert answer.status_code == asking.status, answer.text
    else:
        refusal(answer, 403)


@pytest.mark.parametrize("role", Role, ids=str)
@pytest.mark.parametrize("asking", OPERATIONS, ids=str)
async def test_another_tenant_is_not_there(scim: Client, asking: Asking, role: Role) -> None:
    """Who reaches one tenant or partner sees nothing of others: as if there were none."""
    reach = ACTIONS[asking.action].get(role)
    if reach is None or reach is Reach.ALL:
        return  # the test above has both
    ids = await furnished(scim)
    there = await ask(scim, asking, ids, role=role, slug="gamma")
    nowhere = await ask(scim, asking, PATHS, role=role, slug="gamma", tenant="nowhere")
    assert refusal(there, 404) == refusal(nowhere, 404)


@pytest.mark.parametrize("asking", OPERATIONS, ids=str)
async def test_without_a_token_nothing_is_told(scim: Client, asking: Asking) -> None:
    """401, the same for what is there and what is not."""
    answer = await scim.house.client.request(
        asking.method, "/scim/v2" + asking.path.format(**PATHS), json=asking.body
    )
    refusal(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_each_operation_of_a_bulk_request_has_its_own_authority(scim: Client) -> None:
    """A token that only reads can send one, and none of its writes is done."""
    ids = await furnished(scim)
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"userName": "bob"}},
        {"method": "DELETE", "path": f"/Users/{ids['user']}"},
    ]
    answer = await scim.ask(
        "POST",
        "/Bulk",
        {"schemas": [BULK], "Operations": operations},
        base="/api/v1/tenants/alpha/scim/v2",
        role=Role.PLATFORM_READ,
    )
    assert [each["status"] for each in answer.json()["Operations"]] == ["403", "403"]
    assert (await scim.ask("GET", "/Users")).json()["totalResults"] == 1


async def test_the_short_path_is_the_tenant_of_the_token(scim: Client) -> None:
    """Each token sees its own tenant there; one that names none sees nothing."""
    ann = await scim.user("ann")
    beta = await scim.ask("GET", "/Users", slug="gamma")
    assert beta.json()["totalResults"] == 0
    refusal(await scim.ask("GET", f"/Users/{ann['id']}", slug="gamma"), 404)
    refusal(await scim.ask("GET", "/Users", role=Role.SUPER_ADMIN), 404)
    refusal(await scim.ask("GET", "/ResourceTypes", role=Role.SUPER_ADMIN), 404)
