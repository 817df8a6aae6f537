"""Searching one or several kinds of resources as one collection (RFC 7644, 3.4.2; RFC 9865).

Each kind is asked for its part of the window, in the same order; what comes is put together.
A cursor's position is the key and the id of the resource at the edge of its page, so that a
page is found again whatever was added or deleted meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scim2_models import InvalidCursorException, SearchRequest

from adapters.scim.documents import Documents
from adapters.scim.filters import sort_of
from adapters.scim.presentation import Document
from gateway.domain.ids import Kind
from gateway.domain.model import Resource as Entry
from gateway.domain.query import Filter, Page, Query, Seek, Sort, SortKey, ordered

OLDEST_FIRST = Sort("created_at", descending=False)
"""The order where none is asked for: what is added meanwhile comes on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One kind of resources: what is asked of it, and how what it finds is shown."""

    kind: type[Entry]
    filter: Filter
    sort: Sort
    find: Callable[[Query], Awaitable[Page[Any]]]
    show: Callable[[Sequence[Any]], Awaitable[list[Document]]]


def sort_for(
    request: SearchRequest[Any],
    kind: Kind,
    documents: Documents,
    provider_id: str | None,
    *,
    strict: bool,
) -> Sort:
    """The order that is asked for, as one kind of resources has it (3.4.2.3)."""
    if request.sort_by is None:
        return OLDEST_FIRST
    descending = request.sort_order == SearchRequest.SortOrder.descending
    path = str(request.sort_by)
    return sort_of(path, descending, kind, documents, provider_id, strict=strict)


@dataclass(frozen=True, slots=True)
class _Together(Sort):
    """The order of several sources' entries: each by the key that its own source gives it."""

    sources: tuple[Source, ...] = ()

    def key(self, item: Entry) -> SortKey | None:
        """What an entry is ordered by."""
        return next(each.sort for each in self.sources if isinstance(item, each.kind)).key(item)


@dataclass(slots=True)
class Found:
    """A page of documents, the exact total, and where its neighbours are to be found."""

    total: int
    documents: list[Document]
    next: dict[str, Any] | None = None
    previous: dict[str, Any] | None = None


async def search(sources: Sequence[Source], request: SearchRequest[Any], position: Any) -> Found:
    """The page that was asked for, by index or from a cursor's position.

    Raises:
        InvalidCursorException: the position is none that was given out.
    """
    limit = request.count or 0
    if request.cursor is None:
        return await _by_index(sources, (request.start_index or 1) - 1, limit)
    return await _by_cursor(sources, limit, None if position is None else _seek(position))


async def _by_index(sources: Sequence[Source], offset: int, limit: int) -> Found:
    if len(sources) == 1:
        (source,) = sources
        page = await source.find(Query(source.filter, source.sort, offset, limit))
        return Found(page.total, await source.show(page.items))
    found, total = await _gathered(sources, offset + limit if limit else 0, None)
    return Found(total, await _shown(sources, found[offset:]))


async def _by_cursor(sources: Sequence[Source], limit: int, seek: Seek | None) -> Found:
    if limit == 0:
        _, total = await _gathered(sources, 0, None)
        return Found(total, [])
    found, total = await _gathered(sources, limit + 1, seek)
    backwards = seek is not None and seek.backwards
    more = len(found) > limit
    items = found[-limit:] if backwards else found[:limit]
    page = Found(total, await _shown(sources, items))
    order = _order(sources)
    if backwards or more:
        page.next = _position(order, items[-1]) if items else _turned(seek)
    if seek is not None and (more or not backwards):
        page.previous = _position(order, items[0], backwards=True) if items else _turned(seek)
    return page


async def _gathered(
    sources: Sequence[Source], limit: int, seek: Seek | None
) -> tuple[list[Entry], int]:
    """The first entries of all sources from a place on (or the last before it); the total."""
    pages = await asyncio.gather(
        *(each.find(Query(each.filter, each.sort, 0, limit, seek)) for each in sources)
    )
    found = ordered((item for page in pages for item in page.items), _order(sources), _itself)
    window = found[-limit:] if limit and seek is not None and seek.backwards else found[:limit]
    return window, sum(page.total for page in pages)


async def _shown(sources: Sequence[Source], items: Sequence[Entry]) -> list[Document]:
    shown: dict[str, Document] = {}
    for source in sources:
        own = [item for item in items if isinstance(item, source.kind)]
        if own:
            shown |= zip((item.id for item in own), await source.show(own), strict=True)
    return [shown[item.id] for item in items]


def _order(sources: Sequence[Source]) -> Sort:
    first = sources[0].sort
    return _Together(
        descending=first.descending, absent_first=first.absent_first, sources=tuple(sources)
    )


def _itself(item: Entry) -> Entry:
    return item


def _position(order: Sort, item: Entry, *, backwards: bool = False) -> dict[str, Any]:
    return {"key": order.key(item), "id": item.id, "backwards": backwards}


def _turned(seek: Seek | None) -> dict[str, Any] | None:
    """The other way from an edge beyond which nothing is."""
    if seek is None:
        return None
    return {"key": seek.key, "id": seek.id, "backwards": not seek.backwards}


def _seek(position: Any) -> Seek:
    match position:
        case {"key": None, "id": str(id_), "backwards": bool(backwards)}:
            return Seek(None, id_, backwards)
        case {
            "key": [int() | float() as number, str(text)],
            "id": str(id_),
            "backwards": bool(backwards),
        }:
            return Seek((number, text), id_, backwards)
    raise InvalidCursorException
