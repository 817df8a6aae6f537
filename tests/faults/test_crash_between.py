"""A crash between two LDAP operations of one request leaves nothing that a retry does not mend.

Each request runs in a process that is killed before its first write, before its second, and so
on until it gets through. After every death the tree shows nothing half-written; then the same
request is made again, and the end is what an undisturbed run gives.
"""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.settings import Layout, LdapSettings
from gateway.domain.errors import Conflict, NotFound, Taken
from gateway.domain.model import Tenant, User
from gateway.domain.query import Query, Sort
from gateway.ports import BindOutcome, Directory, TenantDirectory
from mappings.loader import load
from tests.stack.entries import UNIQUE_DN, handmade_tenant, user
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

ROOT = Path(__file__).parents[2]
PASSWORD = "Correct-horse-7"
ANN: dict[str, Any] = {
    "username": "ann",
    "email": "ann@example.org",
    "first_name": "Ann",
    "custom_attributes": {"badge": 7},
    "password": PASSWORD,
}


@dataclass(frozen=True, slots=True)
class Crashes:
    """Makes calls in processes that die."""

    settings: dict[str, Any]
    process: asyncio.subprocess.Process

    async def dies(self, before: int, tenant: str | None, call: str, *arguments: Any) -> bool:
        """Make a call in a process that dies before that write; False if it got through."""
        order = {
            "settings": self.settings,
            "tenant": tenant,
            "call": call,
            "arguments": arguments,
            "die_before": before,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        code = int(await self.process.stdout.readline())
        assert code in (0, -signal.SIGKILL)
        return code != 0


@pytest_asyncio.fixture(scope="module")
async def crashes(stack: Stack) -> AsyncIterator[Crashes]:
    """Crashes over the stack's directory."""
    settings = {
        "url": stack.ldap_url,
        "suffix": stack.suffix,
        "bind_dn": stack.service_dn,
        "bind_password": stack.service_password,
    }
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.mortal"), cwd=ROOT, stdin=pipe, stdout=pipe
    )
    yield Crashes(settings, process)
    assert process.stdin is not None
    process.stdin.close()
    assert await process.wait() == 0


@pytest_asyncio.fixture(scope="module")
async def directory(crashes: Crashes) -> AsyncIterator[Directory]:
    """The same directory, spoken to by a process that lives."""
    async with opened(crashes, timedelta(0)) as directory:
        yield directory


@pytest_asyncio.fixture(scope="module")
async def later(crashes: Crashes) -> AsyncIterator[Directory]:
    """The same, two minutes on, when nobody can still be at work on what was cut off."""
    async with opened(crashes, timedelta(minutes=2)) as directory:
        yield directory


@asynccontextmanager
async def opened(crashes: Crashes, ahead: timedelta) -> AsyncIterator[Directory]:
    """The directory with a clock that far ahead."""
    settings = LdapSettings.model_validate(crashes.settings)
    mappings = load(settings.mapping)
    client = LdapClient(settings)
    layout = Layout(settings, mappings)
    yield LdapDirectory(client, mappings, layout, lambda: datetime.now(UTC) + ahead)
    await client.close()


async def new_tenant(directory: Directory) -> TenantDirectory:
    """A tenant for one death."""
    added = await directory.tenants.add({"slug": f"t{uuid4().hex[:12]}"})
    return await directory.tenant(added.id)


async def until(what: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what the server does by itself after it has answered (refint)."""
    async with asyncio.timeout(10):
        while not await what():
            pass


async def groups_of(tenant: TenantDirectory, user: User) -> list[str]:
    """The names of its groups."""
    return [membership.name for membership in await tenant.groups.memberships(user.id)]


async def everybody(tenant: TenantDirectory) -> list[User]:
    """All users that a listing shows."""
    page = await tenant.users.find(Query(sort=Sort("username", descending=False), limit=None))
    assert page.total == len(page.items)
    return list(page.items)


def alike(user: User) -> User:
    """A user without what differs from one run to the next."""
    then = datetime(2000, 1, 1, tzinfo=UTC)
    return replace(user, id="", version="", created_at=then, updated_at=then, tenant_id="")


async def test_creating_a_user_with_groups(
    crashes: Crashes, directory: Directory, later: Directory
) -> None:
    """It is there with all its fields and groups or not at all; a minute later it can be made."""
    undisturbed = await new_tenant(directory)
    expected = alike(await undisturbed.users.add(ANN))
    for death in count(1):
        tenant = await new_tenant(directory)
        groups = [(await tenant.groups.add({"name": name})).id for name in "ab"]
        values = {**ANN, "group_ids": groups}
        died = await crashes.dies(death, tenant.tenant.id, "users.add", values)
        assert [alike(one) for one in await everybody(tenant)] == ([] if died else [expected])
        if died:
            if death > 1:
                with pytest.raises(Taken):  # the first request might still be under way
                    await tenant.users.add(values)
            await (await later.tenant(tenant.tenant.id)).users.add(values)
        (ann,) = await everybody(tenant)
        assert alike(ann) == expected
        assert await groups_of(tenant, ann) == ["a", "b"]
        assert await tenant.users.bind(ann, PASSWORD) is BindOutcome.OK
        if not died:
            break
    assert death == 5  # the user, two memberships, the mark, and the run that got through


async def test_changing_a_user_who_is_renamed_and_moved(
    crashes: Crashes, directory: Directory
) -> None:
    """At any moment one user with its groups, by its old name or its new one."""
    for death in count(1):
        tenant = await new_tenant(directory)
        unit = await tenant.ous.add({"name": "A"})
        group = await tenant.groups.add({"name": "g"})
        before = await tenant.users.add({**ANN, "group_ids": [group.id]})
        change = {
            "username": "anna",
            "email": "anna@example.org",
            "first_name": "Anna",
            "ou_id": unit.id,
        }
        wanted = replace(before, ou_path="/A", **change)  # type: ignore[arg-type] # by name
        died = await crashes.dies(death, tenant.tenant.id, "users.update", before.id, change)
        (seen,) = await everybody(tenant)
        assert (seen.id, seen.username) in ((before.id, "ann"), (before.id, "anna"))
        changed = await tenant.users.update(before.id, change)
        assert alike(changed) == alike(wanted)
        assert [alike(one) for one in await everybody(tenant)] == [alike(wanted)]

        async def followed(tenant: TenantDirectory = tenant, before: User = before) -> bool:
            return await groups_of(tenant, before) == ["g"]

        await until(followed)
        if not died:
            break
    assert death >= 3  # ModifyDN, the membership unless the server was faster, Modify


async def test_retiring_a_user(crashes: Crashes, directory: Directory) -> None:
    """Wholly there or wholly hidden; retiring again completes it and frees both names."""
    for death in count(1):
        tenant = await new_tenant(directory)
        unit = await tenant.ous.add({"name": "A"})
        group = await tenant.groups.add({"name": "g"})
        values = {**ANN, "ou_id": unit.id, "group_ids": [group.id]}
        ann = await tenant.users.add(values)
        died = await crashes.dies(death, tenant.tenant.id, "users.retire", ann.id)
        assert (await directory.tenant_of_user(ann.id)).tenant.id == tenant.tenant.id
        if death == 1:
            assert await everybody(tenant) == [ann]
            assert await groups_of(tenant, ann) == ["g"]
        else:
            await assert_hidden(tenant, ann)
        if died:
            await tenant.users.retire(ann.id)
        with pytest.raises(NotFound):
            await tenant.users.retire(ann.id)
        await assert_hidden(tenant, ann)
        assert (await tenant.groups.members(group.id, offset=0, limit=9)).total == 0
        again = await tenant.users.add(values)
        assert await everybody(tenant) == [again]
        later = datetime.now(UTC) + timedelta(minutes=1)
        assert [one.id async for one in tenant.users.retired(later)] == [ann.id]
        await tenant.users.delete(again.id)
        back = await tenant.users.restore(ann.id)
        assert alike(back) == alike(ann)
        if not died:
            break
    assert death == 4  # the mark, the membership, the move


async def assert_hidden(tenant: TenantDirectory, ann: User) -> None:
    """Neither look-up nor listing nor bind knows the user."""
    assert await everybody(tenant) == []
    for look_up in (
        tenant.users.get(ann.id),
        tenant.users.by_login(ann.username),
        tenant.users.by_login(ann.email),
        tenant.groups.memberships(ann.id),
    ):
        with pytest.raises(NotFound):
            await look_up
    assert await tenant.users.bind(ann, PASSWORD) is BindOutcome.WRONG


async def test_restoring_a_user(crashes: Crashes, directory: Directory) -> None:
    """Wholly hidden or wholly back; restoring again completes it."""
    for death in count(1):
        tenant = await new_tenant(directory)
        unit = await tenant.ous.add({"name": "A"})
        ann = await tenant.users.add({**ANN, "ou_id": unit.id})
        await tenant.users.retire(ann.id)
        died = await crashes.dies(death, tenant.tenant.id, "users.restore", ann.id)
        if died:
            await assert_hidden(tenant, ann)
            await tenant.users.restore(ann.id)
        with pytest.raises(NotFound):
            await tenant.users.restore(ann.id)
        (back,) = await everybody(tenant)
        assert (back.id, alike(back)) == (ann.id, alike(ann))
        assert await tenant.users.bind(back, PASSWORD) is BindOutcome.OK
        if not died:
            break
    assert death == 3  # the move, the mark


async def test_a_restoration_that_was_cut_off_can_be_given_up(
    crashes: Crashes, directory: Directory
) -> None:
    """Retiring a user that is half restored puts it away again."""
    tenant = await new_tenant(directory)
    ann = await tenant.users.add(ANN)
    await tenant.users.retire(ann.id)
    assert await crashes.dies(2, tenant.tenant.id, "users.restore", ann.id)
    await tenant.users.retire(ann.id)
    await assert_hidden(tenant, ann)
    assert (await tenant.users.add(ANN)).username == "ann"


async def test_creating_a_tenant(
    crashes: Crashes, directory: Directory, stack: Stack, ldap_tools: LdapTools
) -> None:
    """Absent or empty; the same request, or the first write, completes it with uniqueness."""
    for death in count(1):
        made = handmade_tenant(stack, ldap_tools)
        values = {"slug": made.slug, "name": "Acme"}
        died = await crashes.dies(death, None, "tenants.add", values)
        if death > 1:
            assert await everybody(await directory.tenant(made.slug)) == []
        with suppress(Taken):
            await directory.tenants.add(values)
        tenant = await directory.tenant(made.slug)
        assert (tenant.tenant.slug, tenant.tenant.name) == (made.slug, "Acme")
        assert complete(ldap_tools, made.base, made.unique)
        assert (await tenant.users.lockout_policy(None)).locks
        ann = await tenant.users.add(ANN)
        assert await tenant.users.bind(ann, PASSWORD) is BindOutcome.OK
        rival = user("bob", made.people, f"mail: {ann.email}")
        assert ldap_tools.add(rival).code == CONSTRAINT_VIOLATION
        if not died:
            break
    assert death == 11  # the tenant, uniqueness, seven containers, the policy


CONSTRAINT_VIOLATION = 19


def complete(tools: LdapTools, base: str, unique: str) -> bool:
    """Whether the tenant has all its containers, its policy, and its value of the overlay."""
    there = {entry.dn for entry in tools.search(base, "(objectClass=*)", "1.1").entries}
    names = ("people", "groups", "identity-providers", "applications", "policies", "deleted")
    wanted = {*(f"ou={name},{base}" for name in names), f"cn=default,ou=policies,{base}"}
    return wanted <= there and unique in tools.read(UNIQUE_DN).texts("olcUniqueURI")


async def test_deleting_a_tenant(
    crashes: Crashes, directory: Directory, stack: Stack, ldap_tools: LdapTools
) -> None:
    """The same request completes it, and the name can be used anew."""
    for death in count(1):
        made = handmade_tenant(stack, ldap_tools)
        tenant = await directory.tenants.add({"slug": made.slug})
        opened = await directory.tenant(tenant.id)
        await opened.ous.add({"name": "A"})
        await opened.groups.add({"name": "g"})
        await opened.users.retire((await opened.users.add(ANN)).id)
        died = await crashes.dies(death, None, "tenants.delete", tenant.id)
        if died:
            assert await everybody(await directory.tenant(tenant.id)) == []
            await directory.tenants.delete(tenant.id)
        with pytest.raises(NotFound):
            await directory.tenants.delete(tenant.id)
        assert made.unique not in ldap_tools.read(UNIQUE_DN).texts("olcUniqueURI")
        again: Tenant = await directory.tenants.add({"slug": made.slug})
        assert complete(ldap_tools, made.base, made.unique)
        await (await directory.tenant(again.id)).users.add(ANN)
        with pytest.raises(Conflict):
            await directory.tenants.delete(again.id)
        if not died:
            break
    assert death > 10
