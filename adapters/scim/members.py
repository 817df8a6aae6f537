"""PATCH of a group's members as intent, without reading them.

A group may have a hundred thousand members, and two clients may change it at once: what a
request says of members is folded, operation by operation, into who goes and who comes, which
the directory takes as single values.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from scim2_models import Path
from scim2_models.path.expressions import (
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
)

from adapters.scim.models import GroupResource
from adapters.scim.operations import target_of
from adapters.scim.patch import Operation, applied, read_patch


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChange:
    """Who shall be a member, in the words of `WantedGroup`.

    `members` is the whole list where the request says it; `clear` says that none stays. Else
    `remove` go and `add` come, and no id is in both.
    """

    members: frozenset[str] | None = None
    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    clear: bool = False

    @property
    def whole(self) -> bool:
        """Whether the list is known from the request alone."""
        return self.clear or self.members is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """A group after a PATCH: its own attributes, and what becomes of its members."""

    resource: GroupResource
    members: MemberChange


def group_change(payload: object, resource: GroupResource) -> GroupChange | None:
    """What a PATCH makes of a group that was read without its members.

    None where the request can only be understood with the members at hand, as a filter by a
    member's type: then `adapters.scim.patch.apply_to_group` takes the group with them. Raises
    the SCIM exception of the first operation that cannot be done.
    """
    folding = _Folding()
    own: list[Operation] = []
    for operation in read_patch(payload, type(resource)):
        about, rest = _split(operation)
        if rest is not None:
            own.append(rest)
        if not all(folding.take(each) for each in about):
            return None
    return GroupChange(resource=applied(own, resource), members=folding.change())


def difference(before: GroupResource, after: GroupResource) -> MemberChange:
    """What became of the members between two states that have them."""
    had = {member.value for member in before.members or () if member.value}
    has = {member.value for member in after.members or () if member.value}
    return MemberChange(add=frozenset(has - had), remove=frozenset(had - has))


class _Folding:
    """The state of the fold: over members that are known, or over ones that are not."""

    def __init__(self) -> None:
        self._known = False
        self._in: set[str] = set()
        self._out: set[str] = set()

    def take(self, operation: Operation) -> bool:
        """One more operation on members; False if it needs to know them."""
        path = Path[GroupResource](operation["path"])
        if len(path.parts) > 1:
            return False
        op = operation["op"]
        if path.value_filter is not None:
            chosen = _ids(path.value_filter)
            if op != "remove" or chosen is None:
                return False
            self._remove(chosen)
        elif op == "add":
            self._add(_values(operation["value"]))
        elif op == "remove" and "value" in operation:
            self._remove(_values(operation["value"]))
        else:
            self._replace(_values(operation.get("value")))
        return True

    def change(self) -> MemberChange:
        """What the operations amount to."""
        if not self._known:
            return MemberChange(add=frozenset(self._in), remove=frozenset(self._out))
        if not self._in:
            return MemberChange(clear=True)
        return MemberChange(members=frozenset(self._in))

    def _add(self, ids: set[str]) -> None:
        self._in |= ids
        self._out -= ids

    def _remove(self, ids: set[str]) -> None:
        self._in -= ids
        if not self._known:
            self._out |= ids

    def _replace(self, ids: set[str]) -> None:
        self._known, self._in, self._out = True, set(ids), set()


def _split(operation: Operation) -> tuple[list[Operation], Operation | None]:
    """The parts of an operation that are about members, and the part that is not."""
    if "path" in operation:
        return ([operation], None) if _about_members(operation["path"]) else ([], operation)
    value = operation["value"]
    about = [key for key in value if _about_members(key)]
    rest = {key: item for key, item in value.items() if key not in about}
    return (
        [{"op": operation["op"], "path": key, "value": value[key]} for key in about],
        {**operation, "value": rest} if rest else None,
    )


def _about_members(path: str) -> bool:
    target = target_of(GroupResource, path)
    binding = None if target is None else target.resolve()
    return binding is not None and binding.field_name == "members"


def _values(elements: Iterable[dict[str, Any]] | None) -> set[str]:
    return {element["value"] for element in elements or ()}


def _ids(condition: FilterNode) -> set[str] | None:
    """The ids that `value eq` terms joined by `or` name; None for any other condition."""
    if isinstance(condition, LogicalExpr) and condition.op == LogicalOperator.or_:
        terms = [_ids(term) for term in condition.terms]
        return None if None in terms else {one for term in terms if term for one in term}
    if not isinstance(condition, Comparison) or condition.op != CompareOperator.eq:
        return None
    named = condition.attr_path.attr.lower() == "value" and not condition.attr_path.sub_attr
    return {condition.value} if named and isinstance(condition.value, str) else None
