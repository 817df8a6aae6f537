"""What can be asked of a listing: a filter, an order, a window; and what comes back.

A filter is a tree of frozen values over the domain's field names. One module turns it into an
LDAP filter, another evaluates it; both mean the same, which property tests hold.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from gateway.domain.status import UserStatus
from gateway.domain.text import comparable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Value = str | bool | int | datetime
Operator = Literal["eq", "co", "sw", "ew", "gt", "ge", "lt", "le"]


@dataclass(frozen=True, slots=True)
class Everything:
    """Matches each entry."""


@dataclass(frozen=True, slots=True)
class And:
    """Matches what all of `terms` match; everything when there are none."""

    terms: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Matches what any of `terms` matches; nothing when there are none."""

    terms: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Matches what `term` does not."""

    term: "Filter"


@dataclass(frozen=True, slots=True)
class Compare:
    """A field against a value; text compares as `comparable` says, absent never matches."""

    field: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Present:
    """The field has a value."""

    field: str


@dataclass(frozen=True, slots=True)
class TextSearch:
    """Any searchable field contains `text`; the text is literal, no character is special."""

    text: str


@dataclass(frozen=True, slots=True)
class StatusIs:
    """The derived status is this one."""

    status: UserStatus


@dataclass(frozen=True, slots=True)
class Below:
    """The entry stands in that organizational unit or in one below it."""

    ou_id: str


@dataclass(frozen=True, slots=True)
class MemberOf:
    """The entry is a member of that group, directly or through nested groups."""

    group_id: str


@dataclass(frozen=True, slots=True)
class IdIn:
    """The entry is one of these."""

    ids: frozenset[str]


Filter = (
    Everything
    | And
    | Or
    | Not
    | Compare
    | Present
    | TextSearch
    | StatusIs
    | Below
    | MemberOf
    | IdIn
)


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: by a field's value, absent values last both ways, ties by ascending id."""

    field: str = "created_at"
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Query:
    """A listing: which entries, in which order, which window of them."""

    filter: Filter = Everything()
    sort: Sort = Sort()
    offset: int = 0
    limit: int | None = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """A window of a listing and the exact number of all entries that match."""

    items: tuple[T_co, ...]
    total: int


def sort_value(value: object) -> tuple[float, str] | None:
    """What a field's value is ordered by: numbers and times by size, text as compared.

    None for an absent value; empty text is not absent.
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        return (value.timestamp(), "")
    if isinstance(value, bool | int):
        return (value, "")
    return (0, comparable(str(value)))


def ordered(
    items: Iterable[T], sort: Sort, value: Callable[[T], object], identity: Callable[[T], str]
) -> list[T]:
    """Items in the order of `sort`: absent last both ways, ties by ascending id."""
    keyed = [(sort_value(value(item)), item) for item in sorted(items, key=identity)]
    present = [(key, item) for key, item in keyed if key is not None]
    # A stable sort: also reverse=True keeps the ascending ids of equal keys.
    present.sort(key=lambda pair: pair[0], reverse=sort.descending)
    return [item for _, item in present] + [item for key, item in keyed if key is None]
