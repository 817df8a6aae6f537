"""Comparing the mirror with the directory, resource by resource.

Both go on meanwhile: what differs is looked at again a moment later, and only what differs
still is a difference.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind
from gateway.domain.model import Resource
from gateway.domain.query import Query
from gateway.mirror.apply.session import Room
from gateway.mirror.changes import Changes, UnkeepableError
from gateway.mirror.documents import changed
from gateway.ports import Directory
from gateway.ports.feed import PLATFORM
from gateway.ports.mirror import Document, NotMirrored, Shelf

_ROUNDS = 4
_PAUSE = 1.0
_WINDOW = 1000
_CHUNK = 100
_MEMBERS = "members"


class _Reader(Protocol):
    """Either kind of store."""

    async def get(self, id_: str) -> Any:
        """One."""
        ...

    async def find(self, query: Query) -> Any:
        """All."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs; `fields` are names only, since values may be nobody's business."""

    tenant_id: str
    kind: Kind
    id: str
    what: Literal["missing", "surplus", "different"]
    fields: tuple[str, ...] = ()


class Comparison:
    """Compares one epoch of the mirror with the directory."""

    def __init__(self, directory: Directory, room: Room, epoch: str) -> None:
        self._directory = directory
        self._feed = room.feed
        self._store = room.store
        self._members = room.members
        self._changes = room.changes
        self._epoch = epoch
        self.compared = 0

    async def differences(self, tenant_id: str) -> AsyncIterator[Difference]:
        """All that differs in a tenant, or in `PLATFORM`.

        Raises:
            NotMirrored: it is not mirrored (any more).
            NotFound: there is no such tenant.
            Unavailable: a server is away.
        """
        for kind, reader in (await self._readers(tenant_id)).items():
            async for difference in self._compared(Shelf(self._epoch, tenant_id, kind), reader):
                yield difference

    async def _readers(self, tenant_id: str) -> Mapping[Kind, _Reader]:
        if tenant_id == PLATFORM:
            return {Kind.TENANT: self._directory.tenants, Kind.PARTNER: self._directory.partners}
        tenant = await self._directory.tenant(tenant_id)
        return {
            Kind.ORGANIZATIONAL_UNIT: tenant.ous,
            Kind.USER: tenant.users,
            Kind.GROUP: tenant.groups,
            Kind.IDENTITY_PROVIDER: tenant.identity_providers,
            Kind.APPLICATION: tenant.applications,
            Kind.SCIM_TOKEN: tenant.scim_tokens,
        }

    async def _compared(self, shelf: Shelf, reader: _Reader) -> AsyncIterator[Difference]:
        kept = await self._kept(shelf)
        found = {item.id: item for item in (await reader.find(Query(limit=None))).items}
        self.compared += len(found)
        doubtful = {
            id_
            for id_ in kept.keys() | found.keys()
            if _differ(shelf, id_, kept.get(id_), found.get(id_), self._changes) is not None
        }
        if shelf.kind is Kind.GROUP:
            doubtful |= await self._other_members(shelf.tenant_id, found)
        for _ in range(_ROUNDS):
            if not doubtful:
                return
            await asyncio.sleep(_PAUSE)
            still = {
                id_: difference
                for id_ in doubtful
                if (difference := await self._again(shelf, reader, id_)) is not None
            }
            doubtful = set(still)
        for _, difference in sorted(still.items()):
            yield difference

    async def _kept(self, shelf: Shelf) -> dict[str, Document]:
        step = await self._store.scan(shelf)
        kept = {one.id: one for one in step.documents}
        while step.cursor is not None:
            step = await self._store.scan(shelf, step.cursor)
            kept |= {one.id: one for one in step.documents}
        return kept

    async def _again(self, shelf: Shelf, reader: _Reader, id_: str) -> Difference | None:
        try:
            found = await reader.get(id_)
        except NotFound:
            found = None
        kept = (await self._store.get(shelf, (id_,))).get(id_)
        difference = _differ(shelf, id_, kept, found, self._changes)
        if difference is not None or found is None or shelf.kind is not Kind.GROUP:
            return difference
        others = await self._other_members(shelf.tenant_id, (id_,))
        return _difference(shelf, id_, "different", (_MEMBERS,)) if others else None

    async def _other_members(self, tenant_id: str, group_ids: Iterable[str]) -> set[str]:
        """The groups of which the mirror knows other members, or does not know them."""
        ids = tuple(group_ids)
        others: set[str] = set()
        for at in range(0, len(ids), _CHUNK):
            asked = ids[at : at + _CHUNK]
            there = await self._feed.members(tenant_id, asked)
            for id_ in asked:
                expected = there[id_].member_ids if id_ in there else frozenset[str]()
                try:
                    kept = await self._kept_members(tenant_id, id_)
                except NotMirrored:
                    others.add(id_)
                else:
                    if kept != expected:
                        others.add(id_)
        return others

    async def _kept_members(self, tenant_id: str, group_id: str) -> set[str]:
        kept: set[str] = set()
        offset = 0
        while True:
            window = await self._members.members(
                self._epoch, tenant_id, group_id, offset=offset, limit=_WINDOW
            )
            kept.update(window.ids)
            offset += len(window.ids)
            if not window.ids or offset >= window.total:
                return kept


def _differ(
    shelf: Shelf, id_: str, kept: Document | None, found: Resource | None, changes: Changes
) -> Difference | None:
    if found is None:
        return None if kept is None else _difference(shelf, id_, "surplus")
    if kept is None:
        return _difference(shelf, id_, "missing")
    try:
        wanted = changes.of(shelf.kind, found, None)
    except UnkeepableError:
        return _difference(shelf, id_, "surplus")
    names = (
        set[str]() if kept.content == wanted.content else set(changed(kept.content, wanted.content))
    )
    if kept.version != wanted.version:
        names.add("version")
    return _difference(shelf, id_, "different", tuple(sorted(names))) if names else None


def _difference(
    shelf: Shelf,
    id_: str,
    what: Literal["missing", "surplus", "different"],
    fields: tuple[str, ...] = (),
) -> Difference:
    return Difference(tenant_id=shelf.tenant_id, kind=shelf.kind, id=id_, what=what, fields=fields)
