"""Whatever is written and asked, mirror and directory give the same answers."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from gateway.domain.errors import GatewayError
from gateway.domain.model import User
from gateway.domain.query import (
    And,
    Below,
    Compare,
    Everything,
    Filter,
    HasMember,
    IdIn,
    LinkedTo,
    MemberOf,
    Not,
    Or,
    Page,
    Present,
    Query,
    Seek,
    Sort,
    StatusIs,
    TextSearch,
)
from gateway.domain.status import UserStatus
from gateway.ports import TenantDirectory
from tests.contract.people import PASSWORD, Clock, person
from tests.gateway.mirror.reading.twins import Twin

_WORDS = ("a", "an", "ann", "B", "bo", "é", "z z", "")
_FIELDS = ("username", "email", "first_name", "ou_path", "created_at", "last_login_at", "status")


class World:
    """A tenant that changes, by the mirrored directory or behind its back."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311 - a test repeats it
        self.clock = Clock()
        self.twin = Twin(self.clock)
        self.users: list[str] = []
        self.groups: list[str] = []
        self.units: list[str] = []
        self.number = 0

    async def begin(self) -> None:
        """Make the tenant, with a provider."""
        await self.twin.feed()
        added = await self.twin.directory.tenants.add({"slug": "acme"})
        self.mirrored = await self.twin.directory.tenant(added.id)
        self.direct: TenantDirectory = await self.twin.direct.tenant(added.id)
        provider = await self.mirrored.identity_providers.add({"name": "p", "type": "OIDC"})
        self.provider = provider.id

    async def change(self) -> None:
        """Change something; what is refused is no change."""
        behind = self.chance.random() < 0.3
        tenant = self.direct if behind else self.mirrored
        with suppress(GatewayError):
            await self.chance.choice(self._changes())(tenant)
        if behind:
            await self.twin.feed()

    def _changes(self) -> Sequence[Callable[[TenantDirectory], Awaitable[None]]]:
        return [self._add_user] * 4 + [
            self._update_user,
            self._update_user,
            self._lock,
            self._retire,
            self._add_group,
            self._change_members,
            self._change_members,
            self._delete_group,
            self._add_unit,
            self._move_unit,
        ]

    async def _add_user(self, tenant: TenantDirectory) -> None:
        self.number += 1
        name = f"{self.chance.choice(('ann', 'bob', 'Åse'))}{self.number}"
        values: dict[str, object] = {
            "username": name,
            "email": f"u{self.number}@example.org",
            "first_name": self.chance.choice(("Ann", "Bob", None)),
            "ou_id": self._some(self.units),
            "password": PASSWORD,
        }
        if self.groups and self.chance.random() < 0.3:
            values["group_ids"] = [self.chance.choice(self.groups)]
        self.users.append((await tenant.users.add(values)).id)

    async def _update_user(self, tenant: TenantDirectory) -> None:
        choices: list[dict[str, object]] = [
            {"first_name": self.chance.choice(("Cid", None))},
            {"ou_id": self._some(self.units)},
            {"username": f"bo{self.number}"},
            {"own_status": self.chance.choice((UserStatus.DISABLED, None))},
        ]
        some = self.chance.choice(choices)
        await tenant.users.update(self.chance.choice(self.users or ["usr_"]), some)

    async def _lock(self, tenant: TenantDirectory) -> None:
        user = self.chance.choice(self.users or ["usr_"])
        act = self.chance.choice(("lock", "unlock", "lock_by_policy", "bind"))
        if act == "bind":
            known: User = await self.direct.users.get(user)
            await tenant.users.bind(known, self.chance.choice((PASSWORD, "wrong")))
        else:
            await getattr(tenant.users, act)(user)

    async def _retire(self, tenant: TenantDirectory) -> None:
        user = self.chance.choice(self.users or ["usr_"])
        await getattr(tenant.users, self.chance.choice(("retire", "restore", "delete")))(user)

    async def _add_group(self, tenant: TenantDirectory) -> None:
        self.number += 1
        values = {"name": f"g{self.number}", "member_ids": self._several()}
        self.groups.append((await tenant.groups.add(values)).id)

    async def _change_members(self, tenant: TenantDirectory) -> None:
        group = self.chance.choice(self.groups or ["grp_"])
        await tenant.groups.change_members(group, add=self._several(), remove=self._several())

    async def _delete_group(self, tenant: TenantDirectory) -> None:
        if self.chance.random() < 0.3:
            await tenant.groups.delete(self.chance.choice(self.groups or ["grp_"]))

    async def _add_unit(self, tenant: TenantDirectory) -> None:
        self.number += 1
        values = {"name": f"o/{self.number}", "parent_id": self._some(self.units)}
        self.units.append((await tenant.ous.add(values)).id)

    async def _move_unit(self, tenant: TenantDirectory) -> None:
        unit = self.chance.choice(self.units or ["ou_"])
        self.number += 1
        await tenant.ous.update(
            unit, {"name": f"o{self.number}", "parent_id": self._some(self.units)}
        )

    def question(self) -> Query:
        """Any question about users."""
        return Query(
            filter=self._filter(2),
            sort=Sort(
                self.chance.choice(_FIELDS),
                descending=self.chance.random() < 0.5,
                absent_first=self.chance.random() < 0.5,
            ),
            offset=self.chance.choice((0, 0, 1, 3)),
            limit=self.chance.choice((None, 0, 1, 4, 50)),
        )

    def _filter(self, depth: int) -> Filter:
        choice = self.chance.choice
        if depth and self.chance.random() < 0.4:
            terms = (self._filter(depth - 1), self._filter(depth - 1))
            return choice((And(terms), Or(terms), Not(terms[0])))
        return choice(
            (
                Everything(),
                TextSearch(choice(_WORDS)),
                Compare("username", choice(("eq", "co", "sw", "ge")), choice(_WORDS)),
                Compare("email", "eq", f"U{self.number}@example.org"),
                Present("ou_id"),
                StatusIs(choice(list(UserStatus))),
                Below(choice(self.units or ["ou_"])),
                MemberOf(choice(self.groups or ["grp_"]), choice((True, False))),
                HasMember(choice(self.users or ["usr_"])),
                IdIn(frozenset(self.users[:3])),
                LinkedTo(self.provider, "x"),
            )
        )

    def _some(self, ids: list[str]) -> str | None:
        return self.chance.choice([None, *ids])

    def _several(self) -> list[str]:
        known = self.users + self.groups
        return self.chance.sample(known, min(len(known), self.chance.randint(0, 3)))

    async def seeking(self, asked: Query) -> Query:
        """The question from somewhere in its answer on."""
        page: Page[User] = await self.direct.users.find(replace(asked, offset=0, limit=None))
        if not page.items:
            return asked
        at = self.chance.choice(page.items)
        backwards = self.chance.random() < 0.5
        return replace(asked, seek=Seek(asked.sort.key(at), at.id, backwards))


@pytest.mark.parametrize("seed", range(6))
async def test_mirror_and_directory_agree(seed: int) -> None:
    """After each change, by whomever: users, listings, groups, and what the clock alone changes."""
    world = World(seed)
    await world.begin()
    mirrored, direct = world.mirrored, world.direct
    for _ in range(60):
        await world.change()
        asked = world.question()
        for query in (asked, await world.seeking(asked)):
            assert await mirrored.users.find(query) == await direct.users.find(query)
        groups = Query(filter=HasMember(world.chance.choice(world.users or ["usr_"])), limit=None)
        assert await mirrored.groups.find(groups) == await direct.groups.find(groups)
        ids = world.users
        assert await mirrored.groups.memberships_of(ids) == await direct.groups.memberships_of(ids)
        assert await mirrored.groups.members_of(world.groups) == (
            await direct.groups.members_of(world.groups)
        )
    with world.clock.ahead(timedelta(days=1)):
        for status in UserStatus:
            query = Query(filter=StatusIs(status), limit=None)
            assert await mirrored.users.find(query) == await direct.users.find(query)
    assert world.twin.metrics.of("directory") < 5
    assert world.twin.metrics.of("view") > 150
    await world.twin.directory.close()


async def test_several_tenants_are_one_listing() -> None:
    """Windows of several tenants are merged; the total is that of all."""
    twin = Twin(Clock())
    await twin.feed()
    ids = []
    for slug, names in (("a", "ann cid"), ("b", "bob dan eve"), ("c", "abe")):
        tenant = await twin.directory.tenants.add({"slug": slug})
        ids.append(tenant.id)
        for name in names.split():
            await (await twin.directory.tenant(slug)).users.add(person(name))
    twin.metrics.clear()
    by_name = Query(sort=Sort("username", descending=False), offset=1, limit=3)
    at = (await twin.direct.users(None).find(by_name)).items[1]
    for chosen in (None, frozenset(ids[:2]), frozenset(ids[1:2]), frozenset[str]()):
        for seek in (None, Seek((0, "bob"), at.id), Seek((0, "dan"), at.id, backwards=True)):
            for query in (by_name, replace(by_name, offset=0, limit=None)):
                asked = replace(query, seek=seek)
                page = await twin.directory.users(chosen).find(asked)
                assert page == await twin.direct.users(chosen).find(asked)
    assert await twin.directory.users(None).get(at.id) == at
    assert twin.metrics.of("directory") == 0
    await twin.directory.close()


async def test_tenants_of_any_size_are_one_listing() -> None:
    """Whoever comes next may all be of one tenant: windows are the directory's, near and deep."""
    twin = Twin(Clock())
    for n in range(40):
        tenant = await twin.direct.tenants.add({"slug": f"t{n}"})
        users = (await twin.direct.tenant(tenant.id)).users
        for m in range(60 if n in {3, 30} else n % 3):
            await users.add(person(f"u{n % 7}-{m:02}-{n}"))
    await twin.feed()
    by_name = Query(sort=Sort("username", descending=False))
    everybody = (await twin.direct.users(None).find(replace(by_name, limit=None))).items
    for offset, limit in ((0, 0), (0, 1), (0, 50), (45, 20), (110, 90), (900, 5), (0, None)):
        for descending in (False, True):
            asked = Query(sort=Sort("username", descending=descending), offset=offset, limit=limit)
            page = await twin.directory.users(None).find(asked)
            assert page == await twin.direct.users(None).find(asked)
        for at in (everybody[0], everybody[77], everybody[-1]):
            for backwards in (False, True):
                seek = Seek((0, at.username or ""), at.id, backwards=backwards)
                asked = replace(by_name, offset=offset, limit=limit, seek=seek)
                page = await twin.directory.users(None).find(asked)
                assert page == await twin.direct.users(None).find(asked)
    assert twin.metrics.of("directory") == 0
    await twin.directory.close()
