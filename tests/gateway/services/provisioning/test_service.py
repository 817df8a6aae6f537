"""What holds for users and groups alike."""

from dataclasses import replace

import pytest

from gateway.domain.errors import NotFound
from gateway.domain.query import Query
from tests.gateway.services.provisioning.client import Client
from tests.gateway.services.world import World


async def test_one_request(world: World) -> None:
    """A request works to its end in the tenant that it has found; the next looks anew."""
    client = Client(world=world)
    ann = await client.create()
    call = replace(client.call("users.read"), tenant_ref="alpha")
    request = client.service.of_one_request()
    assert (await request.user(call, ann.id)).user.id == ann.id
    await world.directory.tenants.update(world.tenants["alpha"].id, {"slug": "omega"})
    assert [user.id for user in (await request.find_users(call, Query())).items] == [ann.id]
    for later in (client.service, client.service.of_one_request()):
        with pytest.raises(NotFound):
            await later.user(call, ann.id)
