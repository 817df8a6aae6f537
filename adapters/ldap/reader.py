"""Look-ups and listings of one kind of resource, in one tenant or over several.

A listing is two searches: first all that may match, with only what filter and order look at;
then the whole entries of the window alone. Where LDAP can answer a filter only in part, the
domain's own predicate decides on what the first one found.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Generic

from adapters.ldap import filters
from adapters.ldap.dn import Dn
from adapters.ldap.identity import UUID_ATTRIBUTE, uuid_text
from adapters.ldap.places import Backend, Owners, Placed, Sources, placed, searched
from adapters.ldap.questions import Question, Questions
from adapters.ldap.shapes import R, Shape
from adapters.ldap.values import Entry, Scope
from gateway.domain.errors import NotFound
from gateway.domain.query import Page, Query, ordered, window


class EntryReader(Generic[R]):
    """Reads one kind of resource from the containers that `sources` tells, all below `top`."""

    def __init__(
        self,
        backend: Backend,
        shape: Shape[R],
        sources: Sources,
        top: Dn,
        *,
        scope: Scope = Scope.SUBTREE,
    ) -> None:
        self._backend = backend
        self._shape = shape
        self._sources = sources
        self._top = top
        self._scope = scope

    async def get(self, id_: str) -> R:
        """The resource with that id."""
        return await self.built(await self.entry(id_))

    async def find(self, query: Query) -> Page[R]:
        """A window of the listing, and the number of all that match."""
        owners = await self._sources()
        bases = searched(owners, self._top)
        question = await Questions(self._backend, self._shape, owners, bases).ask(query.filter)
        if question is None:
            return Page((), 0)
        fields: frozenset[str] | None
        fields = query.sort.fields if question.exact else query.sort.fields | question.fields
        if query.limit is None:
            fields = None if query.fields is None else query.fields | fields
        found = await self._matching(query, question, owners, fields)
        shown = window(found, query, _resource)
        if fields is None or (query.fields is not None and query.fields <= fields):
            return Page(tuple(resource for _, resource in shown), len(found))
        items = [item for item, _ in shown]
        return Page(tuple(await self._again(items, owners, query.fields)), len(found))

    async def entry(self, id_: str) -> Placed:
        """The whole entry with that id. Raises NotFound."""
        return await self.one(filters.eq(UUID_ATTRIBUTE, uuid_text(self._shape.kind, id_)))

    async def one(self, wanted: str) -> Placed:
        """The first entry that matches a further filter. Raises NotFound."""
        for item in await self.all(wanted):
            return item
        raise NotFound(self._shape.kind)

    async def all(self, wanted: str) -> list[Placed]:
        """The whole entries that match a further filter."""
        owners = await self._sources()
        narrow = filters.and_(self._shape.filter, wanted)
        return await self._below(owners, owners, narrow, self._shape.attributes)

    async def built(self, item: Placed) -> R:
        """The resource that an entry is."""
        (resource,) = await self._shape.build([item])
        return resource

    async def _matching(
        self, query: Query, question: Question, owners: Owners, fields: Collection[str] | None
    ) -> list[tuple[Placed, R]]:
        """All that match, in order, as whole resources or with some fields only."""
        shape = self._shape
        attributes = shape.attributes if fields is None else shape.needs(fields)
        text = filters.and_(shape.filter, question.text)
        items = await self._below(question.bases, owners, text, attributes)
        found = list(zip(items, await shape.build(items, fields), strict=True))
        if not question.exact:
            wanted = question.decide(items)
            found = [pair for pair in found if wanted(pair[1])]
        return ordered(found, query.sort, _resource)

    async def _again(
        self, shown: Sequence[Placed], owners: Owners, fields: Collection[str] | None
    ) -> list[R]:
        """The resources of a window, in its order, without those that went meanwhile."""
        attributes = self._shape.attributes if fields is None else self._shape.needs(fields)
        terms = [filters.eq(UUID_ATTRIBUTE, _uuid(item)) for item in shown]
        found: list[Entry] = []
        for base in searched({item.container for item in shown}, self._top):
            found += await self._backend.search_any(base, self._shape.filter, terms, attributes)
        items = {_uuid(item): item for item in placed(found, owners)}
        held = [items[u] for i in shown if (u := _uuid(i)) in items]
        return await self._shape.build(held, fields)

    async def _below(
        self, bases: Iterable[Dn], owners: Owners, text: str, attributes: Iterable[str]
    ) -> list[Placed]:
        entries: list[Entry] = []
        for base in searched(bases, self._top):
            entries += await self._backend.search(base, self._scope, text, attributes)
        return placed(entries, owners)


def _resource(pair: tuple[Placed, R]) -> R:
    return pair[1]


def _uuid(item: Placed) -> str:
    return item.entry.text(UUID_ATTRIBUTE) or ""
