"""What a filter means, on domain values: the definition that every adapter is held to.

An adapter whose store answers a filter only in part evaluates the rest with this; the
memory adapter evaluates all of it. What a filter names by id (units, groups) is resolved by
the adapter beforehand, since only it can look.
"""

import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.model import FederatedIdentity, Resource
from gateway.domain.query import (
    And,
    Below,
    Compare,
    Everything,
    Filter,
    HasMember,
    IdIn,
    Judged,
    LinkedTo,
    MemberOf,
    Not,
    Operator,
    Or,
    Present,
    StatusIs,
    TextSearch,
    Value,
)
from gateway.domain.text import comparable

Predicate = Callable[[Resource], bool]
Ids = Callable[[str], Collection[str]]


def _nothing(_: str) -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a filter cannot learn from the entry alone.

    `searched` are the fields that a text search looks into. `below` answers the ids of a
    unit and of all units below it, `members` the ids of all users in a group, nested ones
    too, `direct` those that it names itself, `holders` the ids of the groups that name a user
    or group; all are empty for an id that names nothing. They are asked once a filter, with
    the id as the filter spells it.
    """

    searched: Collection[str] = ()
    below: Ids = _nothing
    members: Ids = _nothing
    direct: Ids = _nothing
    holders: Ids = _nothing


def matches(filter_: Filter, item: Resource, around: Surroundings) -> bool:
    """Whether one entry matches; for many entries make the `predicate` once."""
    return predicate(filter_, around)(item)


def predicate(filter_: Filter, around: Surroundings) -> Predicate:
    """The filter as a function of an entry; two-valued, so Not is the plain contrary."""
    match filter_:
        case Everything():
            return lambda _: True
        case And(terms):
            return _all(tuple(predicate(term, around) for term in terms))
        case Or(terms):
            parts = tuple(predicate(term, around) for term in terms)
            return lambda item: any(part(item) for part in parts)
        case Not(term):
            inner = predicate(term, around)
            return lambda item: not inner(item)
        case Judged(bound=bound, test=test):
            return _all((predicate(bound, around), test))
        case _:
            return _leaf(filter_, around)


def _all(parts: tuple[Predicate, ...]) -> Predicate:
    return lambda item: all(part(item) for part in parts)


def _is_one_of(ids: Collection[str]) -> Predicate:
    return lambda item: item.id in ids


def _leaf(filter_: Filter, around: Surroundings) -> Predicate:
    match filter_:
        case Compare(field, op, value):
            return _compare(field, op, value)
        case Present(field):
            return lambda item: any(True for _ in values_of(item, field))
        case TextSearch(text):
            parts = tuple(_compare(field, "co", text) for field in around.searched)
            return lambda item: any(part(item) for part in parts)
        case StatusIs(status):
            return lambda item: getattr(item, "status", None) == status
        case Below(ou_id):
            units = around.below(ou_id)
            return lambda item: getattr(item, "ou_id", None) in units
        case MemberOf(group_id, direct):
            return _is_one_of(around.direct(group_id) if direct else around.members(group_id))
        case HasMember(member_id):
            return _is_one_of(around.holders(member_id))
        case IdIn(ids):
            return _is_one_of(ids)
        case LinkedTo(provider_id, external_id):
            return lambda item: _is_linked(item, provider_id, external_id)
        case _:
            raise TypeError(f"no filter: {filter_!r}")


_TEXT: Mapping[Operator, Callable[[str, str], bool]] = {
    "eq": operator.eq,
    "co": operator.contains,
    "sw": str.startswith,
    "ew": str.endswith,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}

_SIZE: Mapping[Operator, Callable[[float, float], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def satisfies(value: object, op: Operator, wanted: Value) -> bool:
    """Whether one value compares so with the wanted one; one of another type never does."""
    return _comparison(op, wanted)(value)


def _comparison(op: Operator, wanted: Value) -> Callable[[object], bool]:
    """`satisfies`, as a function of the value alone."""
    if isinstance(wanted, str):
        text, of_texts = comparable(wanted), _TEXT[op]
        return lambda value: isinstance(value, str) and of_texts(comparable(value), text)
    kind, size, of_sizes = type(wanted), _size(wanted), _SIZE.get(op)
    if of_sizes is None:
        return lambda _: False
    return lambda value: isinstance(value, kind) and of_sizes(_size(value), size)


def _compare(field: str, op: Operator, wanted: Value) -> Predicate:
    """Any value of the field against the wanted one."""
    fits = _comparison(op, wanted)
    return lambda item: any(fits(value) for value in values_of(item, field))


def _size(value: bool | int | datetime) -> float:
    return value.timestamp() if isinstance(value, datetime) else value


def values_of(item: Resource, field: str) -> Iterator[object]:
    """The values of a field, none where it is absent; a link counts as its provider's id."""
    name, dot, custom = field.partition(".")
    value = getattr(item, name)
    if dot:
        value = value.get(custom)
    elif isinstance(value, Mapping):
        value = value or None
    if value is None:
        return
    for one in value if isinstance(value, tuple) else (value,):
        yield one.identity_provider_id if isinstance(one, FederatedIdentity) else one


def _is_linked(item: Resource, provider_id: str, external_id: str) -> bool:
    links: tuple[FederatedIdentity, ...] = getattr(item, "federated_identities", ())
    return any(
        link.identity_provider_id == provider_id and link.external_id == external_id
        for link in links
    )
