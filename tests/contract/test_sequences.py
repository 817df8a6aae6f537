"""Any sequence of operations does the same in LDAP as in memory, step by step."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.memory import MemoryDirectory
from gateway.domain.errors import GatewayError, Taken
from gateway.domain.model import User
from gateway.domain.query import Query
from gateway.domain.status import UserStatus
from gateway.ports import Directory, TenantDirectory
from tests.contract.conftest import new_tenant
from tests.contract.people import OTHER_PASSWORD, PASSWORD, Clock

USERS, UNITS, GROUPS = 4, 2, 2
NAMES = ["ann", "ANN", "bob", "ann@x.org", "Bob@x.org"]
EMAILS = ["ann@x.org", "ANN@x.org", "bob@x.org", "cyd@x.org"]

who = st.integers(0, USERS - 1)
unit = st.none() | st.integers(0, UNITS)  # one more than there are
group = st.integers(0, GROUPS - 1)
password = st.sampled_from([None, PASSWORD, OTHER_PASSWORD, "short", "wrong password"])
values = st.fixed_dictionaries(
    {},
    optional={
        "username": st.sampled_from(NAMES),
        "email": st.sampled_from(EMAILS),
        "first_name": st.sampled_from([None, "", "x", "y"]),
        "last_name": st.sampled_from([None, "-", "x"]),
        "locale": st.sampled_from([None, "en", "nl"]),
        "phone": st.sampled_from([None, "1", "é"]),
        "mfa_enabled": st.booleans(),
        "own_status": st.sampled_from([None, UserStatus.DISABLED]),
        "password": password,
        "password_change_required": st.booleans(),
        "unit": unit,
        "custom_attributes": st.sampled_from([None, {}, {"title": "x"}, {"title": 1, "a": [1]}]),
    },
)
steps = st.one_of(
    st.tuples(st.just("add"), who, values, st.lists(group, max_size=2)),
    st.tuples(st.just("add"), who, values, st.lists(group, max_size=2)),
    st.tuples(st.just("update"), who, values),
    st.tuples(st.just("update"), who, values),
    st.tuples(st.sampled_from(["lock", "unlock", "retire", "restore", "purge", "delete"]), who),
    st.tuples(st.just("bind"), who, password),
    st.tuples(st.sampled_from(["join", "part"]), group, who),
    st.tuples(st.sampled_from(["nest", "unnest"]), group, group),
    st.tuples(st.just("rename_group"), group, st.sampled_from(["g0", "G1", "g2"])),
    st.tuples(st.just("rename_unit"), st.integers(0, UNITS - 1), st.sampled_from(["u0", "U1"])),
)


@dataclass(slots=True, kw_only=True)
class World:
    """One directory's tenant, with ids by number; nobody has the id of a missing one."""

    tenant: TenantDirectory
    users: dict[int, User] = field(default_factory=dict)
    units: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    @classmethod
    async def of(cls, directory: Directory) -> "World":
        """A tenant with some units, one in the other, and some groups."""
        world = cls(tenant=await new_tenant(directory))
        above = None
        for n in range(UNITS):
            made = await world.tenant.ous.add({"name": f"u{n}", "parent_id": above})
            world.units.append(above := made.id)
        for n in range(GROUPS):
            world.groups.append((await world.tenant.groups.add({"name": f"g{n}"})).id)
        return world

    def user_id(self, n: int) -> str:
        """The id of a user, or of nobody."""
        return self.users[n].id if n in self.users else f"usr_{n:032x}"

    def given(self, drawn: Mapping[str, object]) -> dict[str, object]:
        """Values with the unit's number as its id."""
        known = dict(drawn)
        if "unit" in known:
            n = known.pop("unit")
            ids = [*self.units, f"ou_{0:032x}"]
            known["ou_id"] = ids[n] if isinstance(n, int) else None
        return known

    async def do(self, step: tuple[object, ...]) -> object:
        """Take one step; answers what came of it, in words that mean the same everywhere."""
        try:
            return await getattr(self, f"_{step[0]}")(*step[1:])
        except Taken as error:
            return f"taken {error.field}"
        except GatewayError as error:
            return error.code

    async def _add(self, n: int, drawn: Mapping[str, object], groups: list[int]) -> str:
        if n in self.users:
            return "there is one"
        values = {"username": f"user{n}", "email": f"user{n}@x.org", **self.given(drawn)}
        values["group_ids"] = [self.groups[one] for one in groups]
        self.users[n] = await self.tenant.users.add(values)
        return "added"

    async def _update(self, n: int, drawn: Mapping[str, object]) -> str:
        await self.tenant.users.update(self.user_id(n), self.given(drawn))
        return "updated"

    async def _bind(self, n: int, password: str | None) -> str:
        return await self.tenant.users.bind(self.users.get(n), password or "")

    async def _simple(self, call: Callable[[str], Awaitable[object]], n: int) -> str:
        await call(self.user_id(n))
        return "done"

    async def _lock(self, n: int) -> str:
        return await self._simple(self.tenant.users.lock, n)

    async def _unlock(self, n: int) -> str:
        return await self._simple(self.tenant.users.unlock, n)

    async def _retire(self, n: int) -> str:
        return await self._simple(self.tenant.users.retire, n)

    async def _restore(self, n: int) -> str:
        return await self._simple(self.tenant.users.restore, n)

    async def _purge(self, n: int) -> str:
        done = await self._simple(self.tenant.users.purge, n)
        del self.users[n]
        return done

    async def _delete(self, n: int) -> str:
        done = await self._simple(self.tenant.users.delete, n)
        del self.users[n]
        return done

    async def _join(self, group: int, n: int) -> str:
        await self.tenant.groups.add_members(self.groups[group], [self.user_id(n)])
        return "joined"

    async def _part(self, group: int, n: int) -> str:
        await self.tenant.groups.remove_members(self.groups[group], [self.user_id(n)])
        return "parted"

    async def _nest(self, group: int, inner: int) -> str:
        await self.tenant.groups.add_members(self.groups[group], [self.groups[inner]])
        return "nested"

    async def _unnest(self, group: int, inner: int) -> str:
        await self.tenant.groups.remove_members(self.groups[group], [self.groups[inner]])
        return "unnested"

    async def _rename_group(self, group: int, name: str) -> str:
        await self.tenant.groups.update(self.groups[group], {"name": name})
        return "renamed"

    async def _rename_unit(self, place: int, name: str) -> str:
        await self.tenant.ous.update(self.units[place], {"name": name})
        return "renamed"

    async def seen(self) -> dict[int, dict[str, object]]:
        """All that readers see of the users, in the same words for every directory."""
        numbers = {user.id: n for n, user in self.users.items()}
        page = await self.tenant.users.find(Query(limit=None))
        return {numbers[user.id]: await self._looks(user) for user in page.items}

    async def _looks(self, user: User) -> dict[str, object]:
        looks = {f.name: getattr(user, f.name) for f in fields(user) if f.name not in _OWN}
        for name in _TIMES:
            looks[name] = looks[name] is not None
        looks["ou_id"] = self.units.index(user.ou_id) if user.ou_id else None
        looks["custom_attributes"] = repr(sorted(user.custom_attributes.items()))
        looks["groups"] = [
            (self.groups.index(one.group_id), one.name, one.type)
            for one in await self.tenant.groups.memberships(user.id)
        ]
        assert await self.tenant.users.get(user.id) == user
        return looks


_OWN = {"id", "version", "tenant_id", "created_at", "updated_at"}
_TIMES = ("last_login_at", "password_changed_at", "locked_until", "deleted_at")


Looks = Mapping[int, Mapping[str, object]]


def differences(left: Looks, right: Looks) -> dict[tuple[int, str], tuple[object, object]]:
    """What is seen of a user on one side, and not the same on the other."""
    nobody: Mapping[str, object] = {}
    pairs = {n: (left.get(n, nobody), right.get(n, nobody)) for n in {*left, *right}}
    return {
        (n, name): (one.get(name), other.get(name))
        for n, (one, other) in pairs.items()
        for name in {*one, *other}
        if one.get(name) != other.get(name)
    }


@pytest.mark.parametrize("directory", ["default", "posix"], indirect=True)
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(taken=st.lists(steps, min_size=8, max_size=16))
async def test_ldap_does_what_memory_does(
    directory: Directory, clock: Clock, taken: list[tuple[object, ...]]
) -> None:
    """The same answers, errors and fields named, and the same users to be seen after each step."""
    ours, theirs = await World.of(MemoryDirectory(clock)), await World.of(directory)
    for n, step in enumerate(taken):
        assert await theirs.do(step) == await ours.do(step), (n, step)
        assert differences(await theirs.seen(), await ours.seen()) == {}, (n, step)
