"""A mirror to test, and a reader that asks it as the gateway does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.domain.ids import Kind
from gateway.ports.mirror import Change, Document, MirrorStore, Shelf
from gateway.ports.mirror_members import Heard, MirrorMembers
from gateway.ports.mirror_views import Behind, Building, MirrorViews, Moves, View, Window
from gateway.ports.truth import MirrorTruth

TENANT, OTHER = "tnt_" + "1" * 32, "tnt_" + "2" * 32
LIFETIME = timedelta(minutes=5)
ROOM = 5
FORM = "f1"
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
SHELF = Shelf("e1", TENANT, Kind.USER)

Place = Callable[[Document], bytes | None]


@dataclass(frozen=True)
class Mirror:
    """The parts of one mirror."""

    store: MirrorStore
    views: MirrorViews
    truth: MirrorTruth
    members: MirrorMembers

    async def ready(self, tenant_id: str = TENANT, epoch: str = "e1") -> None:
        """Open a tenant for readers."""
        await self.store.open(tenant_id, epoch=epoch, fence=1)
        await self.store.complete(tenant_id, epoch=epoch, fence=1)

    async def put(self, *changes: Change, fence: int | None = None) -> tuple[str, ...]:
        """Apply changes of users; the ids that are different now."""
        return (await self.store.apply(TENANT, Kind.USER, changes, fence=fence)).changed

    async def everything(
        self, shelf: Shelf = SHELF, *, briefs: bool = False
    ) -> dict[str, Document]:
        """All documents of a shelf, or their briefs, by the way of a scan."""
        found: dict[str, Document] = {}
        step = await self.store.scan(shelf, briefs=briefs)
        while True:
            found.update((document.id, document) for document in step.documents)
            if step.cursor is None:
                return found
            step = await self.store.scan(shelf, step.cursor, briefs=briefs)

    async def fill(self, building: Building, place: Place) -> None:
        """Put in their places all that a view is built of."""
        cursor: str | None = None
        places: dict[str, bytes | None] = {}
        while True:
            step = await self.views.scan(building, cursor)
            places |= {document.id: place(document) for document in step.documents}
            if (cursor := step.cursor) is None:
                break
        await building.fill([place for place in places.values() if place is not None])

    async def built(self, view: View, place: Place, within: View | None = None) -> None:
        """Build a view."""
        building = await self.views.build(view, now=NOW, within=within)
        assert building is not None
        await self.fill(building, place)
        assert await building.publish()

    async def read(
        self, view: View, place: Place, *, offset: int = 0, limit: int = 1000, now: datetime = NOW
    ) -> Window | None:
        """A window, after as many steps as it takes."""
        moves: Moves | None = None
        for _ in range(100):
            answer = await self.views.page(view, offset=offset, limit=limit, now=now, moves=moves)
            if not isinstance(answer, Behind):
                return answer
            moves = moved(answer, place)
        raise AssertionError("the view never caught up")


def moved(behind: Behind, place: Place) -> Moves:
    """Where what changed stands now."""
    return Moves(
        behind,
        {
            id_: None if document is None else place(document)
            for id_, document in behind.documents.items()
        },
    )


def user(number: int) -> str:
    """An id."""
    return f"usr_{number:032x}"


def group(number: int) -> str:
    """An id of a group."""
    return f"grp_{number:032x}"


def version(number: int) -> str:
    """An entryCSN."""
    return f"20270301120000.{number:06d}Z#000000#001#000000"


def heard(number: int, mark: int = 0) -> Heard:
    """What was heard of a group; marks begin with 1."""
    return Heard(version(number), f"{mark:03d}" if mark else "")


def change(number: int, at: int, content: str, **values: Any) -> Change:
    """What a user is from a version on."""
    brief = brief_of(content.encode())
    return Change(
        id=user(number), version=version(at), content=content.encode(), brief=brief, **values
    )


def brief_of(content: bytes) -> bytes:
    """What is kept beside a document that says that."""
    return content[:1].upper()


def by_content(document: Document) -> bytes:
    """In the order of what they say, then of their ids."""
    return document.content + b"\x00" + document.id.encode()


def short_ones(document: Document) -> bytes | None:
    """As `by_content`, leaving out what says more than one letter."""
    return by_content(document) if len(document.content) == 1 else None


ALL = View(shelf=SHELF, name="all", fields=None)


async def filled(mirror: Mirror) -> None:
    """Nine users with look-up keys and ends of locks, and a view of all of them."""
    await mirror.ready()
    await mirror.put(*(change(n, 1, "abc"[n % 3], keys=(f"k{n}",), turns_at=NOW) for n in range(9)))
    await mirror.built(ALL, by_content)
