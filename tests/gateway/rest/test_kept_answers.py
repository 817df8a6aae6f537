"""Answers that are sent again: the same as new ones, and never to whom a new one is refused."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
import structlog

from gateway.domain.access import Role
from gateway.domain.model import User
from tests.gateway.rest.furniture import furnish
from tests.gateway.rest.house import USERS
from tests.gateway.rest.mirrored import Mirrored, open_mirrored

ID = "x-request-id"


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Mirrored]:
    """A fresh application that reads through a mirror."""
    async with open_mirrored() as site:
        yield site


async def token(site: Mirrored, role: Role = Role.SUPER_ADMIN, **more: str) -> dict[str, str]:
    """The header of a caller of that role."""
    return {"Authorization": f"Bearer {await site.house.token(role, **more)}"}


async def get(site: Mirrored, path: str, headers: Mapping[str, str]) -> httpx.Response:
    """Ask once."""
    return await site.house.client.get(path, headers=headers)


async def again(site: Mirrored, path: str, headers: Mapping[str, str]) -> httpx.Response:
    """Ask until the answer is a kept one; it must be from the second time on."""
    await get(site, path, headers)
    before = site.hits()
    answer = await get(site, path, headers)
    assert site.hits() == before + 1
    return answer


def bare(answer: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """All of an answer but its request's id."""
    id_ = answer.headers[ID].encode()
    headers = [(name, value) for name, value in answer.headers.raw if name.lower() != ID.encode()]
    assert len(headers) == len(answer.headers.raw) - 1
    return answer.status_code, headers, answer.content.replace(id_, b"*")


async def test_a_kept_answer_is_the_same_as_a_new_one(site: Mirrored) -> None:
    """Byte by byte, header by header in their order, but for the id, on each route that is kept."""
    ids = await furnish(site.house)
    headers = await token(site)
    tenant = f"/api/v1/tenants/{ids['tenant_id']}"
    for path in (
        f"{USERS}{ids['user_id']}",
        f"{USERS}{ids['user_id']}/groups",
        f"{USERS}{ids['user_id']}/federated-identities",
        f"{tenant}/users/{ids['user_id']}",
        f"{tenant}/users/{ids['user_id']}?include=groups",
        f"{tenant}/users",
        f"{tenant}/users?search=ann&per_page=1&sort_by=email",
        f"/api/v1/tenants/{ids['slug']}/users",
    ):
        first, second = await get(site, path, headers), await get(site, path, headers)
        assert site.hits(), path
        assert first.status_code == 200
        assert bare(first) == bare(second)
        assert first.headers[ID] != second.headers[ID]
        assert second.json()["meta"]["request_id"] == second.headers[ID]
        assert int(second.headers["content-length"]) == len(second.content)
        site.house.world.metrics.counts.clear()


async def test_a_caller_gives_the_id_that_it_likes(site: Mirrored) -> None:
    """Of whatever length, in kept answers too; but an answer with a given id is not kept."""
    ids = await furnish(site.house)
    path, headers = f"{USERS}{ids['user_id']}", await token(site)
    for _ in range(2):
        assert (await get(site, path, {**headers, ID: "a"})).headers[ID] == "a"
    assert site.hits() == 0
    await again(site, path, headers)
    for given in ("a", "b" * 128):
        answer = await get(site, path, {**headers, ID: given})
        assert answer.headers[ID] == answer.json()["meta"]["request_id"] == given
        assert int(answer.headers["content-length"]) == len(answer.content)
    assert site.hits() == 3
    strange = await get(site, path, {**headers, ID: "not harmless\t"})
    assert strange.headers[ID] == strange.json()["meta"]["request_id"] != "not harmless\t"


async def test_who_has_a_fresh_copy_gets_none(site: Mirrored) -> None:
    """304 is kept, too, and for that tag alone."""
    ids = await furnish(site.house)
    path, headers = f"{USERS}{ids['user_id']}", await token(site)
    tag = (await again(site, path, headers)).headers["etag"]
    fresh = await again(site, path, {**headers, "If-None-Match": tag})
    assert (fresh.status_code, fresh.content) == (304, b"")
    assert (await get(site, path, {**headers, "If-None-Match": '"x-y"'})).status_code == 200
    assert (await get(site, path, headers)).status_code == 200


async def test_a_change_is_in_the_next_answer(site: Mirrored) -> None:
    """By whomever it was made, and of whatever the answer relies on."""
    ids = await furnish(site.house)
    path, headers = f"{USERS}{ids['user_id']}", await token(site)
    await again(site, path, headers)
    body = {"first_name": "Anna-Maria"}
    assert (await site.house.client.patch(path, headers=headers, json=body)).status_code == 200
    assert (await again(site, path, headers)).json()["data"]["first_name"] == "Anna-Maria"
    group = await (await site.twin.direct.tenant("alpha")).groups.add({"name": "later"})
    members = (await site.twin.direct.tenant("alpha")).groups
    await members.add_members(group.id, [ids["user_id"]])
    await site.twin.feed()
    assert "later" in (await again(site, path, headers)).text


async def test_a_lock_that_runs_out_ends_an_answer(site: Mirrored) -> None:
    """What the clock changes is not told of, and right all the same."""
    ids = await furnish(site.house)
    path, headers = f"{USERS}{ids['user_id']}", await token(site)
    users = (await site.twin.direct.tenant("alpha")).users
    await users.lock_by_policy(ids["user_id"])
    await site.twin.feed()
    locked = (await again(site, path, headers)).json()["data"]["status"]
    site.house.world.clock.advance(minutes=50)
    assert locked == "LOCKED"
    assert (await get(site, path, headers)).json()["data"]["status"] == "ACTIVE"


async def admin(site: Mirrored) -> User:
    """A user of the directory who administers it."""
    user = await site.house.world.user("root")
    await site.twin.feed()
    return user


async def test_an_ended_session_gets_no_kept_answer(site: Mirrored) -> None:
    """Wherever it was ended: here, or with an LDAP tool."""
    ids = await furnish(site.house)
    path, root = f"{USERS}{ids['user_id']}", await admin(site)
    site.house.world.clock.advance(minutes=1)
    for end in ("here", "elsewhere"):
        headers = await token(site, sub=root.id)
        assert (await again(site, path, headers)).status_code == 200
        if end == "here":
            done = await site.house.client.put(
                f"/api/v1/tenants/alpha/users/{root.id}/status",
                headers=await token(site),
                json={"status": "ACTIVE", "terminate_sessions": True},
            )
            assert done.status_code == 200
        else:
            users = (await site.twin.direct.tenant("alpha")).users
            await users.update(root.id, {"tokens_valid_from": site.house.world.clock()})
            await site.twin.feed()
        refused = await get(site, path, headers)
        assert refused.status_code == 401, end
        assert "ended" in refused.text
        site.house.world.clock.advance(minutes=1)


async def test_a_deleted_user_gets_no_kept_answer(site: Mirrored) -> None:
    """Nor one of before."""
    ids = await furnish(site.house)
    path, root = f"{USERS}{ids['user_id']}", await admin(site)
    headers = await token(site, sub=root.id)
    await again(site, path, headers)
    await (await site.twin.directory.tenant("alpha")).users.retire(root.id)
    assert (await get(site, path, headers)).status_code == 401


async def test_an_expired_token_gets_no_kept_answer(site: Mirrored) -> None:
    """From the moment on from which it is refused anyway."""
    ids = await furnish(site.house)
    path, headers = f"{USERS}{ids['user_id']}", await token(site)
    await again(site, path, headers)
    site.house.world.clock.advance(seconds=timedelta(hours=1, seconds=59).total_seconds())
    assert (await get(site, path, headers)).status_code == 200
    site.house.world.clock.advance(seconds=2)
    refused = await get(site, path, headers)
    assert refused.status_code == 401
    assert "expired" in refused.text


async def test_another_caller_gets_its_own_answer(site: Mirrored) -> None:
    """However like one token is to another that has an answer here."""
    ids = await furnish(site.house)
    path, headers = f"{USERS}{ids['user_id']}", await token(site)
    await again(site, path, headers)
    good = headers["Authorization"]
    for role, slug, status in (
        (Role.TENANT_ADMIN, "gamma", 404),
        (Role.PARTNER_ADMIN, "gamma", 404),
        (Role.USER, "alpha", 403),
        (Role.SCIM, "alpha", 403),
        (Role.PLATFORM_NONE, "alpha", 403),
        (Role.TENANT_ADMIN, "alpha", 200),
    ):
        other = {"Authorization": f"Bearer {await site.house.token(role, slug)}"}
        for _ in range(2):
            assert (await get(site, path, other)).status_code == status
    for bad in (good[:-6] + "AAAAAA", f"{good}x", f"{good} x", "Bearer", "", good[7:]):
        for _ in range(2):
            assert (await get(site, path, {"Authorization": bad})).status_code == 401
    twice = await site.house.client.get(
        path, headers=[("Authorization", good), ("Authorization", good)]
    )
    assert twice.status_code == 401
    assert (await site.house.client.get(path)).status_code == 401
    assert (await get(site, path, {"Authorization": good.replace("Bearer", "bearer")})).is_success


async def test_only_what_is_asked_by_get_and_may_be_kept_is(site: Mirrored) -> None:
    """Neither refusals nor absences, other methods or routes, or what only the directory knows."""
    ids = await furnish(site.house)
    headers = await token(site)
    tenant = f"/api/v1/tenants/{ids['tenant_id']}"
    for path in (
        f"{USERS}usr_{'0' * 32}",
        f"{tenant}/users?per_page=0",
        f"{tenant}/ous",
        "/api/v1/admin/groups/",
        f"/scim/v2/{ids['slug']}/Users",
        f"{USERS}{ids['deleted_id']}",
        "/healthz/live",
    ):
        for _ in range(3):
            await get(site, path, headers)
    await site.house.client.head(f"{USERS}{ids['user_id']}", headers=headers)
    await site.house.client.options(f"{USERS}{ids['user_id']}", headers=headers)
    assert site.hits() == 0


async def test_nothing_is_kept_or_used_while_the_mirror_is_not_believed(site: Mirrored) -> None:
    """The directory answers then."""
    ids = await furnish(site.house)
    path, headers = f"{USERS}{ids['user_id']}", await token(site)
    await again(site, path, headers)
    hits = site.hits()
    site.twin.live = False
    users = (await site.twin.direct.tenant("alpha")).users
    await users.update(ids["user_id"], {"first_name": "Other"})
    for _ in range(2):
        assert (await get(site, path, headers)).json()["data"]["first_name"] == "Other"
    assert site.hits() == hits
    await site.twin.feed()
    site.twin.live = True
    assert (await get(site, path, headers)).json()["data"]["first_name"] == "Other"


async def test_kept_answers_are_counted_and_logged_as_others(site: Mirrored) -> None:
    """With the route's template, the status, and the same line in the log."""
    ids = await furnish(site.house)
    path, headers = f"{USERS}{ids['user_id']}", await token(site)
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        await again(site, path, headers)
    label = '{method="GET",route="/api/v1/admin/users/{user_id}",status="200"}'
    figures = (await site.house.client.get("/metrics")).text
    assert f"gateway_http_requests_total{label} 2.0" in figures
    first, second = (line for line in lines if line["event"] == "request")
    assert first.keys() == second.keys()
    varying = ("request_id", "milliseconds")
    for name in first.keys() - set(varying):
        assert first[name] == second[name]
    assert first["request_id"] != second["request_id"]


@pytest.mark.parametrize("size", [1, 1000])
async def test_large_answers_are_not_kept(site: Mirrored, size: int) -> None:
    """One answer has room for so much."""
    ids = await furnish(site.house)
    users = (await site.twin.direct.tenant("alpha")).users
    await users.update(ids["user_id"], {"custom_attributes": {"x": "y" * 300 * size}})
    await site.twin.feed()
    path, headers = f"{USERS}{ids['user_id']}", await token(site)
    for _ in range(2):
        assert (await get(site, path, headers)).status_code == 200
    assert site.hits() == (1 if size == 1 else 0)
