"""SCIM answers that are sent again: as new ones would be, to whom they would be given."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.domain.access import Role
from gateway.domain.ids import Kind
from gateway.domain.model import ScimToken
from gateway.mirror.changes import gone
from tests.gateway.rest.furniture import furnish
from tests.gateway.rest.mirrored import Mirrored, open_mirrored

SCIM = "/scim/v2"
ID = "x-request-id"


@dataclass(kw_only=True)
class Place:
    """A mirrored application, and a provisioning client of a tenant of it."""

    site: Mirrored
    ids: dict[str, str]
    made: ScimToken
    headers: Mapping[str, str]

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask once."""
        client = self.site.house.client
        return await client.get(f"{SCIM}{path}", headers={**self.headers, **headers})

    async def again(self, path: str, **headers: str) -> httpx.Response:
        """Ask twice; the second answer must be a kept one, for which nobody was asked."""
        await self.get(path, **headers)
        before, asked = self.site.hits(), self.site.twin.metrics.total()
        answer = await self.get(path, **headers)
        assert (self.site.hits(), self.site.twin.metrics.total()) == (before + 1, asked)
        return answer


async def issued(site: Mirrored, name: str, **more: Any) -> tuple[ScimToken, dict[str, str]]:
    """A token of a tenant, and the header of whoever has it."""
    call = site.house.world.call("scim_tokens.create", "alpha")
    made, token = await site.house.world.services.scim_tokens.issue(call, name, **more)
    return made, {"Authorization": f"Bearer {token}"}


@pytest_asyncio.fixture
async def place() -> AsyncIterator[Place]:
    """A fresh one."""
    async with open_mirrored() as site:
        ids = await furnish(site.house)
        made, headers = await issued(site, "okta")
        yield Place(site=site, ids=ids, made=made, headers=headers)


async def test_a_kept_answer_is_the_same_as_a_new_one(place: Place) -> None:
    """Byte by byte and header by header, but for the request's id: of whatever is read."""
    user, group = place.ids["user_id"], place.ids["group_id"]
    for path in (
        f"/Users/{user}",
        f"/Users/{user}?attributes=userName,groups",
        f"/Users/{user}?excludedAttributes=groups",
        "/Users",
        "/Users?startIndex=1&count=1&sortBy=userName&sortOrder=descending",
        '/Users?filter=emails.value co "ann"',
        f"/Groups/{group}",
        f'/Groups?filter=members.value eq "{user}"&excludedAttributes=members',
        "/?count=2",
    ):
        first, second = await place.get(path), await place.again(path)
        assert first.status_code == 200, first.text
        assert (second.status_code, second.content) == (200, first.content)
        names = [name for name, _ in first.headers.raw]
        assert [name for name, _ in second.headers.raw] == names
        assert first.headers.pop(ID) != second.headers.pop(ID)
        assert first.headers == second.headers


async def test_each_caller_gets_its_own_answer(place: Place) -> None:
    """A client of another provider sees other external ids; JWTs have theirs kept, too."""
    path = f"/Users/{place.ids['user_id']}"
    own = "ann-here"
    done = await place.site.house.client.patch(
        f"{SCIM}{path}",
        headers=place.headers,
        json={
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "add", "path": "externalId", "value": own}],
        },
    )
    assert done.status_code == 200, done.text
    assert (await place.again(path)).json()["externalId"] == own
    other = await (await place.site.twin.directory.tenant("alpha")).identity_providers.add(
        {"name": "another", "type": "SCIM"}
    )
    _, headers = await issued(place.site, "entra", identity_provider_id=other.id)
    assert "externalId" not in (await place.again(path, **headers)).json()
    jwt = await place.site.house.token(Role.SCIM)
    assert "externalId" not in (await place.again(path, Authorization=f"Bearer {jwt}")).json()
    assert (await place.again(path)).json()["externalId"] == own


async def test_who_has_a_fresh_copy_gets_none(place: Place) -> None:
    """304 is kept for that tag alone."""
    path = f"/Users/{place.ids['user_id']}"
    tag = (await place.again(path)).headers["etag"]
    fresh = await place.again(path, **{"If-None-Match": tag})
    assert (fresh.status_code, fresh.content) == (304, b"")
    assert (await place.get(path, **{"If-None-Match": 'W/"x-y"'})).status_code == 200


async def test_a_change_is_in_the_next_answer(place: Place) -> None:
    """By whomever: SCIM, REST or an LDAP tool, of the user, its groups, or the listing."""
    user, path = place.ids["user_id"], f"/Users/{place.ids['user_id']}"
    listed = "/Users?count=10"
    await place.again(path)
    total = (await place.again(listed)).json()["totalResults"]
    client = place.site.house.client
    rest = {"Authorization": f"Bearer {await place.site.house.token(Role.SUPER_ADMIN)}"}
    changed = await client.patch(
        f"/api/v1/admin/users/{user}", headers=rest, json={"first_name": "Anna"}
    )
    assert changed.status_code == 200
    assert (await place.again(path)).json()["name"]["givenName"] == "Anna"
    made = await client.post(
        f"{SCIM}/Users",
        headers=place.headers,
        json={"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "b@x.example"},
    )
    assert made.status_code == 201
    assert (await place.again(listed)).json()["totalResults"] == total + 1
    tenant = await place.site.twin.direct.tenant("alpha")
    await tenant.groups.update(place.ids["group_id"], {"name": "crew"})
    await place.site.twin.feed()
    assert [each["display"] for each in (await place.again(path)).json()["groups"]] == ["crew"]


async def test_what_says_the_time_is_not_kept(place: Place) -> None:
    """Cursors end some time after they were given out: each is made when it is asked for."""
    await place.site.house.world.user("bob")
    await place.site.twin.feed()
    for path in ("/Users?cursor&count=1", "/Users?CURSOR=&count=1"):
        for _ in range(3):
            assert "nextCursor" in (await place.get(path)).json()
    assert place.site.hits() == 0


async def test_a_revoked_token_gets_no_kept_answer(place: Place) -> None:
    """Neither when it was revoked here, nor when an LDAP tool has deleted it."""
    path = f"/Users/{place.ids['user_id']}"
    await place.again(path)
    tenant = await place.site.twin.directory.tenant("alpha")
    await tenant.scim_tokens.delete(place.made.id)
    assert (await place.get(path)).status_code == 401
    made, place.headers = await issued(place.site, "again")
    await place.again(path)
    await (await place.site.twin.direct.tenant("alpha")).scim_tokens.delete(made.id)
    await place.site.twin.feed()
    assert (await place.get(path)).status_code == 401


async def test_an_expired_token_gets_no_kept_answer(place: Place) -> None:
    """By the clock alone: nobody tells of it."""
    path = f"/Users/{place.ids['user_id']}"
    _, place.headers = await issued(place.site, "passing", lifetime=timedelta(minutes=5))
    await place.again(path)
    place.site.house.world.clock.advance(minutes=4, seconds=59)
    assert (await place.get(path)).status_code == 200
    place.site.house.world.clock.advance(seconds=1)
    refused = await place.get(path)
    assert refused.status_code == 401
    assert "expired" in refused.text


@pytest.mark.parametrize("told", [True, False])
async def test_a_token_whose_provider_is_gone_gets_no_kept_answer(
    place: Place, *, told: bool
) -> None:
    """Deleted here, or by an LDAP tool."""
    path = f"/Users/{place.ids['user_id']}"
    await place.again(path)
    directory = place.site.twin.directory if told else place.site.twin.direct
    tenant = await directory.tenant("alpha")
    await tenant.identity_providers.delete(place.made.identity_provider_id)
    await place.site.twin.feed()
    assert (await place.get(path)).status_code == 401


async def test_the_directory_is_asked_while_the_mirror_is_not_believed(place: Place) -> None:
    """Of the token, too: one that is revoked meanwhile is refused at once."""
    path = f"/Users/{place.ids['user_id']}"
    await place.again(path)
    hits = place.site.hits()
    place.site.twin.live = False
    assert (await place.get(path)).status_code == 200
    await (await place.site.twin.direct.tenant("alpha")).scim_tokens.delete(place.made.id)
    assert (await place.get(path)).status_code == 401
    assert place.site.hits() == hits
    await place.site.twin.feed()
    place.site.twin.live = True
    assert (await place.get(path)).status_code == 401


async def test_a_token_is_not_remembered_in_a_version_that_the_mirror_has_not(place: Place) -> None:
    """A server that lags behind still shows a token that is revoked: each request asks again."""
    path = f"/Users/{place.ids['user_id']}"
    await place.site.twin.store.apply(
        place.made.tenant_id, Kind.SCIM_TOKEN, (gone(place.made.id),), fence=1
    )
    for _ in range(3):
        assert (await place.get(path)).status_code == 200
    assert place.site.hits() == 0
    assert place.site.twin.metrics["directory", "scim_token"] == 3
