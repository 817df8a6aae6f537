"""From entries to resources, in the order of the feed, with what follows for other entries.

A change of one entry can mean something for others that did not change: all below it, whoever
refers to it, users whose policy it is. They are read again and told before the feed says how
far it has come. What is read is as it is now, so it may be told before what led to it; versions
tell what is newer, and the same is told again when the feed comes to it.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence

from adapters.ldap.dn import Dn
from adapters.ldap.errors import LdapError
from adapters.ldap.feed import events as feed
from adapters.ldap.feed.around import ToldSurroundings, uuid_of
from adapters.ldap.feed.cookie import Position
from adapters.ldap.feed.debts import Debts
from adapters.ldap.feed.early import Early
from adapters.ldap.feed.kinds import Kinds, ground, shapes
from adapters.ldap.feed.lingering import Lingering
from adapters.ldap.feed.making import Pending, Told, made
from adapters.ldap.feed.rereading import Rereading, from_top, portions
from adapters.ldap.feed.tree import Effect, Tree
from adapters.ldap.identity import version_of
from adapters.ldap.places import Backend
from adapters.ldap.subschema import read_subschema
from adapters.ldap.values import Entry
from gateway.domain.errors import GatewayError
from gateway.domain.ids import Kind
from gateway.ports.feed import (
    Current,
    FeedEvent,
    Gone,
    Live,
    Lost,
    NotHeld,
    OnlyThese,
    Reached,
    StartOver,
)

_AT_ONCE = 256
_TRIES = 3
"""So often an entry that stands below something unknown is read again before it is told so."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0  # seconds


class Telling:
    """One course of events, from a cookie or from the beginning."""

    def __init__(self, backend: Backend, attributes: Sequence[str]) -> None:
        self._backend = backend
        self._reading = Rereading(backend, attributes)
        self._debts = Debts()
        self._early = Early()
        self._tries: dict[bytes, int] = {}
        self._lingering = Lingering()
        self._live = False
        self._resumed = False
        self._interrupted = False
        self._tree = Tree(ground(backend))
        self._around = ToldSurroundings(backend, self._tree)
        self._shapes = shapes(backend, self._around)
        self._kinds: Kinds

    async def begin(self, *, whole: bool) -> AsyncGenerator[Told, None]:
        """Read what the entries that are told stand below; `whole`: all of them will be told."""

        async def attempt() -> Told:
            schema = await read_subschema(self._backend.client)
            self._tree = Tree(ground(self._backend))
            self._around = ToldSurroundings(self._backend, self._tree)
            self._shapes = shapes(self._backend, self._around)
            self._kinds = Kinds(self._backend, schema, self._tree)
            self._debts, self._early, self._live = Debts(), Early(), False
            self._lingering = Lingering()
            for entry in await self._reading.inner():
                if self._kinds.is_inner(entry):
                    self._tree.place(uuid_of(entry), entry.dn, self._kinds.role(entry))
            for parent in self._tree.awaited():
                await self._adopt(parent)
            self._resumed = not whole
            if self._resumed:
                await self._resume()
            return []

        async for told in self._until(attempt):
            yield told

    async def take(self, batch: Iterable[feed.Event]) -> AsyncGenerator[Told, None]:
        """What these events come to."""
        pending: list[Pending] = []
        for event in batch:
            if isinstance(event, feed.Current):
                self._look_again(event.at)
            progress = isinstance(event, _PROGRESS)
            # What was told before means what it meant in the tree of before.
            if self._is_shaken_by(event) or (progress and self._debts):
                async for told in self._flush(pending):
                    yield told
                async for told in self._settle(due=progress):
                    yield told
            pending += self._taken(event)
            if isinstance(event, feed.StartOver):
                async for told in self._flush(pending):
                    yield told
                async for told in self.begin(whole=True):
                    yield told
        async for told in self._flush(pending):
            yield told

    def _look_again(self, at: float) -> None:
        inner, leaves = self._early.due(at)
        self._debts.subtrees |= inner
        self._debts.strays |= leaves
        now = time.monotonic()
        self._lingering.begin(self._around.bearers.unborne(), now)
        self._debts.referred |= self._lingering.due(now)

    def _is_shaken_by(self, event: feed.Event) -> bool:
        """Whether an event can change the tree."""
        match event:
            case feed.Changed(uuid, entry):
                return uuid in self._tree or self._kinds.is_inner(entry)
            case feed.Gone(uuid):
                return uuid in self._tree
            case _:
                return isinstance(event, feed.OnlyThese)

    def _taken(self, event: feed.Event) -> Sequence[Pending]:
        bearers = self._around.bearers
        match event:
            case feed.Changed(uuid, entry):
                if self._is_shaken_by(event):
                    self._follow(uuid, self._tree.place(uuid, entry.dn, self._kinds.role(entry)))
                    if self._resumed and uuid in self._tree:
                        self._debts.subtrees.add(uuid)
                self._doubt(entry)
                return self._changed(uuid, entry)
            case feed.Gone(uuid):
                self._follow(uuid, self._tree.remove(uuid))
                self._debts.referred |= bearers.gone(uuid)
                bearers.refers(uuid, ())
                return [Gone(uuid)]
            case feed.OnlyThese(uuids):
                self._owe(b"", self._tree.keep(uuids))
                self._debts.referred |= bearers.keep(uuids)
                return [OnlyThese(uuids)]
            case feed.Lost(reason):
                self._live = False
                return [Lost(reason)]
            case feed.StartOver(reason):
                return [StartOver(reason)]
            case feed.Cookie() | feed.Refreshed() | feed.Current():
                return [self._progress(event)]

    def _progress(self, event: feed.Cookie | feed.Refreshed | feed.Current) -> FeedEvent:
        match event:
            case feed.Cookie(value):
                return Reached(value, Position.parse(value).csns.by_sid)
            case feed.Refreshed():
                self._live, self._resumed, self._interrupted = True, False, False
                return Live()
            case feed.Current(at):
                return Current(at)

    def _changed(self, uuid: bytes, entry: Entry) -> list[Pending]:
        """What to tell of an entry; nothing as long as it is not known where it stands."""
        known = self._kinds.known(entry)
        kind, bearers = known.kind if known is not None else None, self._around.bearers
        bearers.refers(uuid, self._around.referred(kind, entry))
        self._debts.referred |= (
            bearers.stands(uuid, entry.dn) if kind is Kind.USER else bearers.gone(uuid)
        )
        if known is None:
            return [NotHeld(uuid, version_of(entry))]
        if known.kind in _IN_UNITS and self._around.is_stray(known.item):
            self._debts.strays.add(uuid)
            return []
        return [(uuid, known)]

    def _follow(self, uuid: bytes, effect: Effect) -> None:
        """The feed has told of an inner entry."""
        moved = any(old is not None for old, _ in effect.moved)
        self._early.told(uuid, time.monotonic(), moved=moved)
        self._owe(uuid, effect)

    def _owe(self, uuid: bytes, effect: Effect, *, below: bool = True) -> None:
        """Note what a change of the tree means for others."""
        if below:
            self._debts.subtrees.update(effect.below)
            # Amid a refresh names are not in order: what was told may have had another's.
            if not self._live and any(old and new for old, new in effect.moved):
                self._debts.subtrees.add(uuid)
        self._debts.locked |= effect.policies
        self._debts.tenants |= effect.partners
        if self._around.attributes:
            for old, new in effect.moved:
                if old is not None and new is not None:
                    self._debts.referred |= self._around.bearers.moved(old, new)

    async def _flush(self, pending: list[Pending]) -> AsyncGenerator[Told, None]:
        """Tell what is pending, and have nothing pending."""
        some, pending[:] = list(pending), []
        if not some and not self._interrupted:
            return

        async def attempt() -> Told:
            return await made(self._shapes, some)

        async for told in self._until(attempt):
            yield told

    async def _settle(self, *, due: bool) -> AsyncGenerator[Told, None]:
        """Read and tell again all that is owed, when it is due."""
        while due and self._debts:
            pending: list[Pending] = []

            async def attempt(pending: list[Pending] = pending) -> Told:
                pending[:] = await self._repaid()
                return []

            async for told in self._until(attempt):
                yield told
            for some in portions(pending, _AT_ONCE):
                async for told in self._flush(list(some)):
                    yield told
        self._tries.clear()
        self._around.lenient = frozenset()

    async def _repaid(self) -> list[Pending]:
        """Repay one debt, which is one no more as soon as it is known what to tell."""
        debts = self._debts
        if debts.strays:
            strays = set(debts.strays)
            entries = await self._reading.entries(strays)
            await self._find_places(entries)
            debts.strays -= strays
            return self._again(entries, below=True)
        if debts.subtrees:
            top = min(debts.subtrees, key=self._depth)
            entries = await self._reading.subtree(top)
            debts.subtrees -= {top, *map(uuid_of, entries)}
            self._early.read([top], [], time.monotonic())
            return self._again(entries, below=False)
        if debts.locked:
            entries, debts.locked = await self._reading.locked(), False
        elif debts.tenants:
            entries, debts.tenants = await self._reading.tenants(), False
        else:
            names = set(debts.referred)
            entries = await self._reading.referring(self._around.attributes, names)
            further = self._around.bearers.referring(names) - set(map(uuid_of, entries))
            entries += await self._reading.entries(further)
            debts.referred -= names
            told = self._again(entries, below=True)
            bearers = self._around.bearers
            unnamed = (dn for dn in names if not bearers.referring((dn,)))
            self._lingering.mended(unnamed, time.monotonic())
            return told
        return self._again(entries, below=True)

    def _again(self, entries: Sequence[Entry], *, below: bool) -> list[Pending]:
        """What to tell of entries that were read; not `below`: with all that stands below."""
        inner, leaves = [], []
        for entry in from_top(entries):
            uuid = uuid_of(entry)
            if uuid in self._tree or self._kinds.is_inner(entry):
                inner.append(uuid)
                effect = self._tree.place(uuid, entry.dn, self._kinds.role(entry))
                self._owe(uuid, effect, below=below)
            elif below:
                leaves.append(uuid)
            if not below:
                self._doubt(entry)
        self._early.read(inner, leaves, time.monotonic())
        return [item for entry in entries for item in self._changed(uuid_of(entry), entry)]

    def _doubt(self, entry: Entry) -> None:
        """Somebody else may have had that name when the cookie was told."""
        if self._resumed and entry.dn in self._around.bearers:
            self._debts.referred.add(entry.dn)

    async def _find_places(self, strays: Sequence[Entry]) -> None:
        """Read what these entries stand below."""
        for parent in {entry.dn.parent for entry in strays}:
            await self._adopt(parent)
        hopeless = set()
        for entry in strays:
            uuid = uuid_of(entry)
            self._tries[uuid] = self._tries.get(uuid, 0) + 1
            if self._tries[uuid] >= _TRIES:
                hopeless.add(entry.dn)
        self._around.lenient = frozenset(hopeless)

    async def _adopt(self, dn: Dn) -> None:
        for name in self._tree.missing(dn):
            entry = await self._reading.named(name)
            if entry is None:
                return
            uuid = uuid_of(entry)
            self._owe(uuid, self._tree.place(uuid, entry.dn, self._kinds.role(entry)))
            self._early.read([uuid], [], time.monotonic())

    async def _resume(self) -> None:
        """Owe what cannot be told apart: how the tree was when the cookie was told.

        Until the feed has told what was missed, every inner entry that it tells may have been
        moved, and whoever has a name that is referred to may have had another one. Policies and
        partners may have gone.
        """
        self._debts.locked = self._debts.tenants = True
        if not self._around.attributes:
            return
        names: dict[Dn, Dn] = {}
        layout, bearers = self._backend.layout, self._around.bearers
        for entry in await self._reading.references(self._around.attributes):
            inner = entry.dn.relative_to(layout.tenants) or ()
            people = layout.tenant(layout.tenants.below(*inner[-1:])).people
            referred = tuple(self._around.referred(Kind.USER, entry))
            bearers.refers(uuid_of(entry), referred)
            for dn in referred:
                if dn.is_below(people):
                    names[dn] = people
                else:  # what refint puts in the place of somebody who is gone
                    self._debts.referred.add(dn)
        await self._around.look_up(names)
        self._debts.referred |= {dn for dn in names if bearers.bearer(dn) is None}

    def _depth(self, uuid: bytes) -> int:
        dn = self._tree.dn(uuid)
        return len(dn.rdns) if dn is not None else 0

    async def _until(self, attempt: Callable[[], Awaitable[Told]]) -> AsyncGenerator[Told, None]:
        """What an attempt comes to, as soon as the directory answers."""
        pause = _FIRST_PAUSE
        while True:
            try:
                told = await attempt()
                break
            except (GatewayError, LdapError) as error:
                self._interrupted = True
                yield [Lost(str(error))]
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        if told:
            if self._interrupted and self._live:
                self._interrupted = False
                told.append(Live())
            yield told


_PROGRESS = (feed.Cookie, feed.Refreshed, feed.Current)
_IN_UNITS = frozenset({Kind.USER, Kind.ORGANIZATIONAL_UNIT})
