"""Somebody who keeps what the feed tells, as a mirror would."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence, Set
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

from adapters.ldap.directory import LdapDirectory
from adapters.ldap.feed.directory_feed import LdapFeed
from gateway.domain.model import OrganizationalUnit, Resource, User
from gateway.domain.query import Everything, Query, Sort
from gateway.domain.status import UserStatus
from gateway.ports.feed import (
    PLATFORM,
    Current,
    FeedEvent,
    Gone,
    Held,
    Live,
    Lost,
    NotHeld,
    OnlyThese,
    Reached,
    StartOver,
)

SECONDS = 20

Kept = dict[tuple[str, str], Resource]
"""Resources by the tenants that they are in, and their ids."""


@dataclass(slots=True)
class Audience:
    """What was told, and what follows from it."""

    held: dict[bytes, Held | NotHeld] = field(default_factory=dict)
    cookie: bytes | None = None
    live: bool = False
    current: float = 0.0
    events: list[FeedEvent] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.go_on()

    def hold(self) -> None:
        """Take nothing for a while: what happens now is told later, when it is long done."""
        self._open.clear()

    def go_on(self) -> None:
        """Take again what has waited."""
        self._open.set()

    def toggle(self) -> None:
        """Hold or go on."""
        if self._open.is_set():
            self.hold()
        else:
            self.go_on()

    async def take(self, batches: AsyncIterator[Sequence[FeedEvent]]) -> None:
        """Listen until somebody ends it."""
        async for batch in batches:
            await self._open.wait()
            async with self._changed:
                for event in batch:
                    self._take(event)
                self._changed.notify_all()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until a condition holds; it is looked at after each batch."""
        async with asyncio.timeout(SECONDS), self._changed:
            await self._changed.wait_for(holds)

    async def caught_up(self) -> None:
        """Wait until all is told that was changed before now."""
        now = time.monotonic()
        await self.until(lambda: self.live and self.current > now)

    @property
    def resources(self) -> Kept:
        """All resources that are there."""
        held = [one for one in self.held.values() if isinstance(one, Held)]
        return {(one.tenant_id, one.resource.id): plain(one.resource) for one in held}

    def told(self, since: int = 0) -> Set[str]:
        """The ids of resources that were told from some event on."""
        events = self.events[since:]
        return {event.resource.id for event in events if isinstance(event, Held)}

    def count(self, kind: type[FeedEvent], since: int = 0) -> int:
        """How many events of that kind were told from some event on."""
        return sum(isinstance(event, kind) for event in self.events[since:])

    def _take(self, event: FeedEvent) -> None:
        self.events.append(event)
        match event:
            case Held() | NotHeld():
                before = self.held.get(event.uuid)
                if before is None or _version(event) >= _version(before):
                    self.held[event.uuid] = event
            case Gone(uuid):
                self.held.pop(uuid, None)
            case OnlyThese(uuids, tenant_id):
                assert tenant_id is None
                self.held = {u: one for u, one in self.held.items() if u in uuids}
            case Reached(cookie):
                self.cookie = cookie
            case Live():
                self.live = True
            case Current(at):
                self.current = at
            case Lost():
                self.live = False
            case StartOver():
                self.live, self.cookie, self.held = False, None, {}


def _version(event: Held | NotHeld) -> str:
    return event.version if isinstance(event, NotHeld) else event.resource.version


@asynccontextmanager
async def attending(feed: LdapFeed, before: Audience | None = None) -> AsyncIterator[Audience]:
    """Listen; on from what was kept before."""
    audience = Audience()
    if before is not None:
        audience.held, audience.cookie = dict(before.held), before.cookie

    async def listen() -> None:
        async with aclosing(feed.events(audience.cookie)) as batches:
            await audience.take(batches)

    task = asyncio.create_task(listen())
    try:
        yield audience
    finally:
        failed = task.done() and not task.cancelled()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert not failed


def plain(resource: Resource) -> Resource:
    """A resource without what follows from its surroundings and the clock when it is read."""
    match resource:
        case User():
            return replace(resource, ou_path=None, status=UserStatus.ACTIVE)
        case OrganizationalUnit():
            return replace(resource, path="")
        case _:
            return resource


async def read(directory: LdapDirectory) -> Kept:
    """All resources, as the stores read them."""
    everything = Query(filter=Everything(), sort=Sort("created_at"), limit=None)
    found: Kept = {}
    for tenant in (await directory.tenants.find(everything)).items:
        found[PLATFORM, tenant.id] = tenant
        inside = await directory.tenant(tenant.id)
        for store in (
            inside.users,
            inside.groups,
            inside.ous,
            inside.identity_providers,
            inside.applications,
            inside.scim_tokens,
        ):
            page = await store.find(everything)
            found |= {(tenant.id, one.id): plain(one) for one in page.items}
    partners = await directory.partners.find(everything)
    return found | {(PLATFORM, one.id): one for one in partners.items}
