"""Groups of many members: the same answers as small ones."""

import asyncio

from gateway.domain.query import And, Compare, MemberOf, Query, Sort, TextSearch
from gateway.ports import TenantDirectory
from tests.contract.people import names, person

MANY = 520


async def test_a_group_of_many_is_like_a_small_one(tenant: TenantDirectory) -> None:
    """Members, listings, memberships and assignments of hundreds of users, nested, too."""
    people = await asyncio.gather(*(tenant.users.add(person(f"u{n:03}")) for n in range(MANY)))
    await tenant.users.add(person("outside"))
    inner = await tenant.groups.add({"name": "inner"})
    outer = await tenant.groups.add({"name": "outer"})
    app = await tenant.applications.add({"client_id": "c", "secret": "s"})
    await tenant.groups.add_members(inner.id, [one.id for one in people])
    await tenant.groups.add_members(outer.id, [inner.id, people[0].id])
    await tenant.applications.add_members(app.id, [outer.id])

    ids = sorted(one.id for one in people)
    page = await tenant.groups.members(inner.id, offset=515, limit=10)
    assert ([member.id for member in page.items], page.total) == (ids[515:], MANY)
    for group in (inner, outer):
        listed = await tenant.users.find(
            Query(MemberOf(group.id), Sort("username", descending=True), offset=3, limit=2)
        )
        assert [user.username for user in listed.items] == ["u516", "u515"]
        assert listed.total == MANY
    narrow = And((MemberOf(outer.id), TextSearch("U50"), Compare("username", "lt", "u503")))
    assert await names(tenant, narrow) == ["u500", "u501", "u502"]
    effective = await tenant.applications.effective_users(app.id, offset=1, limit=2)
    assert ([user.id for user in effective.items], effective.total) == (ids[1:3], MANY)
    assert await tenant.applications.is_assigned(app.id, people[7].id)

    await tenant.users.retire(people[7].id)
    await tenant.groups.remove_members(inner.id, [people[8].id])
    assert (await tenant.groups.members(inner.id, offset=0, limit=1)).total == MANY - 2
    assert not await tenant.applications.is_assigned(app.id, people[8].id)
