"""From entries that are resources to what is told of them, many at once."""

import logging
from collections.abc import Mapping, Sequence
from typing import cast

from adapters.ldap.feed.kinds import AnyShape, Known
from adapters.ldap.identity import UUID_ATTRIBUTE, version_of
from adapters.ldap.shapes import Shape
from gateway.domain.errors import Unavailable
from gateway.domain.ids import Kind
from gateway.domain.model import Resource
from gateway.ports.feed import Current, FeedEvent, Held, NotHeld, Reached

_log = logging.getLogger(__name__)

Told = list[FeedEvent]
Pending = FeedEvent | tuple[bytes, Known]
"""What to tell, in order; resources are made of many entries at once."""


async def made(shapes: Mapping[Kind, AnyShape], pending: Sequence[Pending]) -> Told:
    """What is told in the end. Raises Unavailable."""
    by_kind: dict[Kind, list[int]] = {}
    for place, item in enumerate(pending):
        if isinstance(item, tuple):
            by_kind.setdefault(item[1].kind, []).append(place)
    told: dict[int, FeedEvent] = {}
    for kind, places in by_kind.items():
        # All of them are of that kind.
        items = [cast("tuple[bytes, Known]", pending[place]) for place in places]
        shape = cast("Shape[Resource]", shapes[kind])
        told |= zip(places, await _built(shape, items), strict=True)
    return _condensed(
        [told[place] if isinstance(item, tuple) else item for place, item in enumerate(pending)]
    )


async def _built(shape: Shape[Resource], items: Sequence[tuple[bytes, Known]]) -> list[FeedEvent]:
    """Resources; an entry that nobody can make one of is none, whatever is wrong with it."""
    try:
        resources = await shape.build([known.item for _, known in items])
    except Unavailable:
        raise
    except Exception as error:
        if len(items) > 1:
            half = len(items) // 2
            return [*await _built(shape, items[:half]), *await _built(shape, items[half:])]
        ((uuid, known),) = items
        entry = known.item.entry
        _log.warning(
            "no resource can be made of the entry %s: %s",
            entry.text(UUID_ATTRIBUTE),
            type(error).__name__,
        )
        return [NotHeld(uuid, version_of(entry))]
    return [
        Held(uuid, known.tenant_id, known.kind, resource)
        for (uuid, known), resource in zip(items, resources, strict=True)
    ]


def _condensed(events: Sequence[FeedEvent]) -> Told:
    """Without progress that is followed by more of it."""
    kept: Told = []
    seen: set[type] = set()
    for event in reversed(events):
        if isinstance(event, Reached | Current):
            if type(event) in seen:
                continue
            seen.add(type(event))
        kept.append(event)
    kept.reverse()
    return kept
