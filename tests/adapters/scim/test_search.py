"""Several kinds of resources searched as one collection, by index and by cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from scim2_models import InvalidCursorException, SearchRequest

from adapters.scim.presentation import Document
from adapters.scim.search import OLDEST_FIRST, Found, Source, search
from gateway.domain.model import Group, User
from gateway.domain.query import Everything, Page, Query, Sort, ordered, window

START = datetime(2026, 1, 1, tzinfo=UTC)


def user(number: int, minutes: int) -> User:
    """A user made so many minutes after the start."""
    return User(
        id=f"usr_{number:032x}",
        version="1",
        created_at=START + timedelta(minutes=minutes),
        tenant_id="tnt_1",
        email=f"u{number}@alpha.example",
        username=f"u{number}",
    )


def group(number: int, minutes: int) -> Group:
    """A group made so many minutes after the start."""
    return Group(
        id=f"grp_{number:032x}",
        version="1",
        created_at=START + timedelta(minutes=minutes),
        tenant_id="tnt_1",
        name=f"g{number}",
    )


@dataclass
class Shelf:
    """A listing that can change between two questions."""

    items: list[Any]
    kind: type[Any]
    sort: Sort = OLDEST_FIRST

    async def find(self, query: Query) -> Page[Any]:
        """Answer as a store does."""
        everything = ordered(self.items, query.sort, lambda item: item)
        return Page(tuple(window(everything, query, lambda item: item)), len(self.items))

    async def show(self, found: Sequence[Any]) -> list[Document]:
        """Ids are enough here."""
        return [{"id": item.id} for item in found]

    @property
    def source(self) -> Source:
        """The listing as something to be searched."""
        return Source(
            kind=self.kind,
            filter=Everything(),
            sort=self.sort,
            find=self.find,
            show=self.show,
        )


@pytest.fixture
def users() -> Shelf:
    """Five users, made in the order of their numbers, two of them in the same moment."""
    return Shelf([user(n, m) for n, m in ((1, 0), (2, 2), (3, 4), (4, 4), (5, 8))], User)


@pytest.fixture
def groups() -> Shelf:
    """Three groups, made between the users."""
    return Shelf([group(n, m) for n, m in ((1, 1), (2, 4), (3, 9))], Group)


def shown(page: Found) -> list[str]:
    """Kind and number of what is on a page."""
    return [f"{each['id'][:3]}{int(each['id'][4:], 16)}" for each in page.documents]


ALL = ["usr1", "grp1", "usr2", "grp2", "usr3", "usr4", "usr5", "grp3"]


def by_cursor(count: int) -> SearchRequest[Any]:
    """A request for pages by cursor."""
    return SearchRequest(cursor="", count=count)


async def test_pages_by_index_of_one_collection(users: Shelf, groups: Shelf) -> None:
    """Users and groups stand in one order, and each page tells the total of both."""
    sources = [users.source, groups.source]
    pages = [
        await search(sources, SearchRequest(start_index=start, count=3), None)
        for start in (1, 4, 7, 10)
    ]
    assert [shown(page) for page in pages] == [ALL[:3], ALL[3:6], ALL[6:], []]
    assert {page.total for page in pages} == {8}


async def test_count_zero_tells_the_total_alone(users: Shelf, groups: Shelf) -> None:
    """Nothing is shown, by index and by cursor, and no cursor leads on."""
    sources = [users.source, groups.source]
    for request in (SearchRequest(start_index=1, count=0), by_cursor(0)):
        page = await search(sources, request, None)
        assert (page.total, page.documents, page.next, page.previous) == (8, [], None, None)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 9])
@pytest.mark.parametrize("both", [True, False], ids=["root", "users"])
async def test_cursors_lead_to_each_once_and_back(
    users: Shelf, groups: Shelf, size: int, both: bool
) -> None:
    """Forwards all pages show each resource once; backwards the same pages come again."""
    sources = [users.source, groups.source] if both else [users.source]
    everything = ALL if both else [name for name in ALL if name.startswith("usr")]
    pages = [await search(sources, by_cursor(size), None)]
    assert pages[0].previous is None
    while pages[-1].next is not None:
        pages.append(await search(sources, by_cursor(size), pages[-1].next))
    assert [name for page in pages for name in shown(page)] == everything
    assert all(page.documents for page in pages)
    for index in range(len(pages) - 1, 0, -1):
        back = await search(sources, by_cursor(size), pages[index].previous)
        assert shown(back) == shown(pages[index - 1])
        assert (back.previous is None) == (index == 1)
        assert back.next is not None


async def test_a_cursor_outlives_what_it_stood_at(users: Shelf, groups: Shelf) -> None:
    """What is deleted or added meanwhile makes no other resource come twice or be missed."""
    sources = [users.source, groups.source]
    first = await search(sources, by_cursor(3), None)
    users.items = [item for item in users.items if item.username != "u2"]  # the page's last
    users.items.append(user(6, 1))  # before the place
    users.items.append(user(7, 5))  # after it
    second = await search(sources, by_cursor(20), first.next)
    assert shown(second) == ["grp2", "usr3", "usr4", "usr7", "usr5", "grp3"]
    assert second.total == 9
    assert second.next is None


@pytest.mark.parametrize(
    "position", ["x", 7, {}, {"key": ["x", 1], "id": "usr_1", "backwards": False}, {"id": "usr_1"}]
)
async def test_an_unknown_position_is_refused(users: Shelf, position: Any) -> None:
    """A position that was never given out is no place to start from."""
    with pytest.raises(InvalidCursorException):
        await search([users.source], by_cursor(3), position)
