"""What can be asked of a listing: a filter, an order, a window; and what comes back.

A filter is a tree of frozen values over the domain's field names. One module turns it into an
LDAP filter, another evaluates it; both mean the same, which property tests hold.
"""

import dataclasses
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from gateway.domain.model import Resource
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
    """A field against a value; text compares as `comparable` says, absent never matches.

    `custom_attributes.<name>` is the custom attribute of that name, if it is a text.
    """

    field: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Present:
    """The field has a value; `custom_attributes.<name>` as in `Compare`, of whatever type."""

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
    """The entry is a user in that group, or in a group of it; with `direct`, in itself."""

    group_id: str
    direct: bool = False


@dataclass(frozen=True, slots=True)
class HasMember:
    """The entry is a group that names that user or group itself."""

    member_id: str


@dataclass(frozen=True, slots=True)
class IdIn:
    """The entry is one of these."""

    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class LinkedTo:
    """The entry is linked to that account at that identity provider; ids compare exactly."""

    identity_provider_id: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What `bound` matches and `test` accepts: a question that no other leaf can ask.

    `bound` is there so that a store need not look at everything: best it finds all that is
    wanted and little else. `test` looks at nothing of a resource but `fields` (and its id).
    `name` says what is asked: where names are equal, so are the tests.
    """

    name: str
    bound: "Filter"
    fields: frozenset[str]
    test: Callable[[Any], bool] = dataclasses.field(compare=False, repr=False)


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
    | HasMember
    | IdIn
    | LinkedTo
    | Judged
)


SortKey = tuple[float, str]
"""What values are ordered by; see `sort_value`."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that resources can be ordered by and that is no field.

    `of` gives its value, None where there is none, and looks at nothing of a resource but
    `fields`. Text that `of` gives is ordered as it is, not as `comparable` says.
    """

    fields: frozenset[str]
    of: Callable[[Any], object] = dataclasses.field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: by a field's value, ties by ascending id.

    Absent values come last both ways; with `absent_first`, first both ways. With `measure`,
    `field` is but its name: equal names, equal measures.
    """

    field: str = "created_at"
    descending: bool = True
    absent_first: bool = False
    measure: Measure | None = None

    @property
    def fields(self) -> frozenset[str]:
        """The fields that the order looks at."""
        return frozenset({self.field}) if self.measure is None else self.measure.fields

    def key(self, item: Resource) -> SortKey | None:
        """What a resource is ordered by; None where it has no such value."""
        if self.measure is None:
            return sort_value(getattr(item, self.field))
        value = self.measure.of(item)
        return (0, value) if isinstance(value, str) else sort_value(value)


@dataclass(frozen=True, slots=True)
class Seek:
    """A place in an order: that of a resource with this key and id, whether it is there or not.

    The window begins right after it; with `backwards`, it ends right before it.
    """

    key: SortKey | None
    id: str
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A listing: which entries, in which order, which window of them.

    With `fields`, only these need be read of the resources in the window, and their ids; what
    else these hold means nothing. With `seek`, `offset` counts from that place, the way that
    it goes.
    """

    filter: Filter = Everything()
    sort: Sort = Sort()
    offset: int = 0
    limit: int | None = 50
    seek: Seek | None = None
    fields: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """A window of a listing and the exact number of all entries that match."""

    items: tuple[T_co, ...]
    total: int


def sort_value(value: object) -> SortKey | None:
    """What a field's value is ordered by: numbers and times by size, text as compared.

    None for an absent value; empty text is not absent.
    """
    if type(value) is str:  # most are
        return (0, comparable(value))
    if value is None:
        return None
    if isinstance(value, datetime):
        return (value.timestamp(), "")
    if isinstance(value, bool | int | float):
        return (value, "")
    return (0, comparable(str(value)))


def ordered(items: Iterable[T], sort: Sort, resource: Callable[[T], Resource]) -> list[T]:
    """Items, each standing for a resource, in the order of `sort`."""
    keyed = [(sort.key(resource(item)), item) for item in items]
    keyed.sort(key=lambda pair: resource(pair[1]).id)
    present = [(key, item) for key, item in keyed if key is not None]
    # A stable sort: also reverse=True keeps the ascending ids of equal keys.
    present.sort(key=lambda pair: pair[0], reverse=sort.descending)
    absent = [item for key, item in keyed if key is None]
    found = [item for _, item in present]
    return absent + found if sort.absent_first else found + absent


def window(items: Sequence[T], query: Query, resource: Callable[[T], Resource]) -> Sequence[T]:
    """The window of a listing that `ordered` has put in the query's order."""
    sort, seek, limit = query.sort, query.seek, query.limit
    place = 0
    if seek is not None:
        place = bisect_left(items, True, key=lambda item: not _passed(sort, resource(item), seek))
        if seek.backwards:
            end = max(0, place - query.offset)
            return items[0 if limit is None else max(0, end - limit) : end]
    start = place + query.offset
    return items[start : None if limit is None else start + limit]


def _passed(sort: Sort, item: Resource, seek: Seek) -> bool:
    """Whether a resource stands before a place or, unless that looks backwards, right at it."""
    key = sort.key(item)
    if key == seek.key:
        return item.id < seek.id or (item.id == seek.id and not seek.backwards)
    if key is None or seek.key is None:
        return (key is None) == sort.absent_first
    return key > seek.key if sort.descending else key < seek.key
