"""What `sortBy` orders by (RFC 7644, 3.4.2.3)."""

from typing import Any

from pydantic import ValidationError
from scim2_models import InvalidPathException, SearchRequest

from adapters.scim.filters.attributes import Attribute, named, part_of
from adapters.scim.filters.comparisons import reader
from adapters.scim.filters.groups import Groups
from adapters.scim.filters.subjects import TIMES, Documents, Subject
from adapters.scim.filters.users import Users
from adapters.scim.models import GroupResource, UserResource
from gateway.domain.ids import Kind
from gateway.domain.model import JsonValue
from gateway.domain.query import Measure, Sort

_UNREAD = frozenset({"groups", "members", "meta"})
"""What a listing does not read of other entries, or is the same for all, or follows from both."""


def sort_of(
    path: str,
    descending: bool,
    kind: Kind,
    documents: Documents,
    provider_id: str | None,
    *,
    strict: bool = True,
) -> Sort:
    """The order by an attribute of users or groups: ascending, absent values come last.

    Of several values the primary one counts, else the first. Not `strict`, an attribute that
    the kind does not have is absent.

    Raises:
        InvalidPathException: it is no attribute, or none that has an order.
    """
    users = kind is Kind.USER
    subject: Subject = (Users if users else Groups)(documents, provider_id)
    try:
        asked: SearchRequest[Any] = SearchRequest(sort_by=path)
    except ValidationError:
        raise InvalidPathException(path=path) from None
    binding = asked.sort_binding(UserResource if users else GroupResource)
    attribute = named(binding) if binding is not None else None
    if attribute is not None and attribute.path in TIMES:
        return Sort(TIMES[attribute.path], descending, absent_first=descending)
    if attribute is None or attribute.name in _UNREAD:
        if strict:
            raise InvalidPathException(path=path, detail=f"Cannot sort by '{path}'")
        name, measure = path, Measure(frozenset(), lambda _: None)
    else:
        name, measure = attribute.path, _measure(attribute, subject)
    return Sort(f"{subject.label}: {name}", descending, absent_first=descending, measure=measure)


def _measure(attribute: Attribute, subject: Subject) -> Measure:
    name, part, read = attribute.name, attribute.part, reader(attribute.binding)

    def of(item: Any) -> object:
        value = _leading(subject.value(item, name))
        if part is not None:
            value = part_of(value, part)
        return None if value is None else read(value)

    return Measure(subject.fields(name), of)


def _leading(value: JsonValue) -> JsonValue:
    if not isinstance(value, list):
        return value
    primary = (element for element in value if part_of(element, "primary") is True)
    return next(primary, value[0] if value else None)
