"""Every implementation of the directory's ports, under one suite.

Each test makes a tenant of its own, so tests neither see each other nor need an order.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from secrets import token_hex
from uuid import uuid4

import pytest
import pytest_asyncio

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.feed.directory_feed import LdapFeed, ldap_position
from adapters.ldap.feed.line import Pace
from adapters.ldap.places import Backend
from adapters.ldap.settings import Layout, LdapSettings
from adapters.memory import MemoryDirectory
from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.mirror.listener import Listener
from adapters.redis.mirror.members import RedisMembers
from adapters.redis.mirror.store import RedisMirror
from adapters.redis.mirror.truth import RedisTruth
from adapters.redis.mirror.views import RedisViews
from adapters.redis.settings import RedisSettings
from gateway.mirror.apply.leader import Leader
from gateway.mirror.apply.session import Room
from gateway.mirror.changes import Changes
from gateway.mirror.form import form_of
from gateway.mirror.memo import Memo
from gateway.mirror.reading import Mirror, MirroredDirectory
from gateway.ports import Directory, TenantDirectory
from mappings.loader import load
from tests.contract.people import Clock
from tests.stack.stack import Stack
from tests.stack.waiting import eventually


@pytest.fixture(scope="session")
def clock() -> Clock:
    """The directory's clock."""
    return Clock()


class Sources(Counter[tuple[str, str]]):
    """How many reads were answered from where, and why."""

    def count(self, event: str, **labels: str) -> None:
        """One more read."""
        if event == "mirror_read":
            self[labels["answered"], labels["reason"]] += 1


@pytest.fixture(scope="session")
def sources() -> Sources:
    """Where the mirrored directory reads from."""
    return Sources()


@pytest.fixture(scope="module", autouse=True)
def mirror_is_read(sources: Sources) -> Iterator[None]:
    """In each module in which the mirrored directory is read, it answers from the mirror."""
    before = Counter(sources)
    yield
    made = sources - before
    assert not made or any(answered != "directory" for answered, _ in made)


@pytest_asyncio.fixture(scope="session", params=["memory", "default", "posix", "mirror"])
async def directory(
    request: pytest.FixtureRequest, clock: Clock, sources: Sources
) -> AsyncIterator[Directory]:
    """A directory: in memory, in LDAP under one of the shipped mappings, or mirrored in Redis."""
    if request.param == "memory":
        yield MemoryDirectory(clock)
        return
    stack: Stack = request.getfixturevalue("stack")
    mirrored = request.param == "mirror"
    settings = LdapSettings.model_validate(
        {
            "url": stack.ldap_url,
            "suffix": stack.suffix,
            "bind_dn": stack.service_dn,
            "bind_password": stack.service_password,
            "mapping": "default" if mirrored else request.param,
        }
    )
    mappings = load(settings.mapping)
    client = LdapClient(settings)
    layout = Layout(settings, mappings)
    direct = LdapDirectory(client, mappings, layout, clock)
    async with AsyncExitStack() as ends:
        ends.push_async_callback(client.close)
        if not mirrored:
            yield direct
            return
        feeding = LdapClient(settings)
        ends.push_async_callback(feeding.close)
        backend = Backend(client=feeding, mappings=mappings, layout=layout, clock=clock)
        yield await ends.enter_async_context(_mirrored(stack, settings, backend, direct, sources))


@asynccontextmanager
async def _mirrored(
    stack: Stack,
    settings: LdapSettings,
    backend: Backend,
    direct: LdapDirectory,
    sources: Sources,
) -> AsyncIterator[Directory]:
    """The directory with a mirror in Redis, which a feed keeps right meanwhile."""
    at = RedisSettings(url=stack.redis_url)
    redis, keys = RedisClient(at, binary=True), Keys(f"test-{token_hex(6)}")
    store, members = RedisMirror(redis, keys), RedisMembers(redis, keys)
    form = form_of(backend.mappings)
    feed = LdapFeed(settings, backend, Pace(compare=0.1))
    room = Room(
        feed=feed,
        changes=Changes(backend.mappings),
        store=store,
        members=members,
        truth=RedisTruth(redis, keys, form),
    )
    news = Listener(at, redis, keys, form)
    async with AsyncExitStack() as ends:
        ends.push_async_callback(redis.close)
        await ends.enter_async_context(news.listening())
        leader = asyncio.create_task(Leader(room, "tests").run())
        ends.push_async_callback(_ended, leader)
        await asyncio.to_thread(eventually, lambda: news.believed() is not None, seconds=30)
        directory = MirroredDirectory(
            direct,
            Mirror(
                store=store,
                views=RedisViews(redis, keys),
                members=members,
                news=news,
                memo=Memo(news, backend.clock),
                position=ldap_position(backend.client, backend.layout.suffix),
                clock=backend.clock,
                metrics=sources,
                mappings=backend.mappings,
            ),
        )
        ends.push_async_callback(directory.close)
        yield directory


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest_asyncio.fixture
async def tenant(directory: Directory) -> TenantDirectory:
    """A new tenant without anything in it."""
    return await new_tenant(directory)


async def new_tenant(directory: Directory, **values: object) -> TenantDirectory:
    """One more tenant."""
    added = await directory.tenants.add({"slug": f"t{uuid4().hex[:12]}", **values})
    return await directory.tenant(added.id)
