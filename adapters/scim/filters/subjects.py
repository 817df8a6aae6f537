"""What filters are about: users or groups as SCIM shows them, and what the domain can ask."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Protocol

from scim2_models.path import CompareOperator, FilterNode

from adapters.scim.documents.homes import Home
from adapters.scim.filters.attributes import Attribute
from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import Group, JsonValue, Member, Membership, User
from gateway.domain.query import Compare, Everything, Filter, Operator, Or

NOTHING = Or(())
EVERYTHING = Everything()


class Documents(Protocol):
    """What is asked of `adapters.scim.documents.Documents`."""

    def attribute(
        self,
        user: User,
        name: str,
        provider_id: str | None,
        memberships: Sequence[Membership] = (),
    ) -> JsonValue:
        """The value of one top-level attribute of a user's document; None where absent."""
        ...

    def fields(self, name: str) -> frozenset[str]:
        """The fields of a user that `attribute` looks at."""
        ...

    def homes(self, name: str) -> Sequence[Home]:
        """Where the texts of a user's attribute stand."""
        ...

    def group_attribute(
        self, group: Group, name: str, provider_id: str | None, members: Sequence[Member] = ()
    ) -> JsonValue:
        """As `attribute`, of a group."""
        ...

    def group_fields(self, name: str) -> frozenset[str]:
        """As `fields`, of a group."""
        ...


class Subject(Protocol):
    """A kind of resource that a filter is about."""

    @property
    def label(self) -> str:
        """What tells its tests and measures from those of others."""
        ...

    def value(self, item: Any, name: str) -> JsonValue:
        """The value of a top-level attribute of the document; None where absent."""
        ...

    def fields(self, name: str) -> frozenset[str]:
        """The fields of the resource that `value` looks at."""
        ...

    def exact(self, attribute: Attribute, op: CompareOperator, value: object) -> Filter | None:
        """The comparison as the domain decides it; None where it takes the document.

        `op` is any but `ne`, `value` of the attribute's type or None.

        Raises:
            InvalidFilterException: nothing can decide it.
        """
        ...

    def present(self, attribute: Attribute) -> Filter | None:
        """As `exact`, that there is any value."""
        ...

    def selects(self, attribute: Attribute, chosen: FilterNode) -> Filter | None:
        """As `exact`, that one of several values is as `chosen` says."""
        ...

    def equal(self, attribute: Attribute, value: str | bool) -> Filter:
        """What matches at least wherever the attribute equals that value."""
        ...

    def any(self, attribute: Attribute) -> Filter:
        """What matches at least wherever the attribute has any value."""
        ...


_OPERATORS: Mapping[CompareOperator, Operator] = MappingProxyType(
    {
        CompareOperator.eq: "eq",
        CompareOperator.gt: "gt",
        CompareOperator.ge: "ge",
        CompareOperator.lt: "lt",
        CompareOperator.le: "le",
    }
)

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)

TIMES: Mapping[str, str] = MappingProxyType(
    {"meta.created": "created_at", "meta.lastModified": "updated_at"}
)
"""Fields that are always there, by the times of SCIM."""


def is_id(value: object, kind: Kind) -> bool:
    """Whether it is an id as it is given out; ids compare exactly (RFC 7643, 3.1)."""
    try:
        return isinstance(value, str) and canonical_id(kind, value) == value
    except NotFound:
        return False


def compared_time(field: str, op: CompareOperator, value: object) -> Filter:
    """A comparison of a time that is always there."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        return NOTHING  # as no time with an offset equals, or is before, one without
    try:
        moment = value.astimezone(UTC)
    except OverflowError:  # at the edge of the calendar, where nothing is
        moment = _FIRST if value.year == _FIRST.year else _LAST
    return Compare(field, _OPERATORS[op], moment) if op in _OPERATORS else NOTHING
