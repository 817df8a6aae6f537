"""A filter's tree as a filter of the domain.

What the domain can ask becomes that question; everything else is judged by the document, after
a question that bounds where to look. Nothing is left out: what neither can tell is refused.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from scim2_models import ScimFilter
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
    coerce_value,
)

from adapters.scim.filters.attributes import Attribute, attribute_of, compared_attribute_of
from adapters.scim.filters.comparisons import Test, any_of, compares, is_present
from adapters.scim.filters.groups import Groups
from adapters.scim.filters.selection import Selection, bound, known
from adapters.scim.filters.subjects import NOTHING, Documents, Subject
from adapters.scim.filters.users import Users
from adapters.scim.models import GroupResource, UserResource
from gateway.domain import query
from gateway.domain.query import And, Filter, Judged, Or


def transpile_user(
    node: FilterNode, documents: Documents, provider_id: str | None, *, strict: bool = True
) -> Filter:
    """The users that a filter matches, where that provider's external ids are shown.

    Not `strict`, an attribute that users do not have is one without a value, as in a search
    over several kinds of resources (RFC 7644, 3.4.2.1).

    Raises:
        InvalidFilterException: no such attribute, or nothing can compare it so.
    """
    return _transpiled(node, ScimFilter[UserResource], Users(documents, provider_id), strict)


def transpile_group(
    node: FilterNode, documents: Documents, provider_id: str | None, *, strict: bool = True
) -> Filter:
    """The groups that a filter matches; as `transpile_user`."""
    return _transpiled(node, ScimFilter[GroupResource], Groups(documents, provider_id), strict)


def _transpiled(
    node: FilterNode, bind: Callable[[FilterNode], ScimFilter[Any]], subject: Subject, strict: bool
) -> Filter:
    # Binding it to its model refuses operators and values that an attribute cannot take.
    return _Transpiler(bind(node), subject, strict).visit(node)


class _Transpiler(FilterVisitor[Filter]):
    def __init__(self, filter_: ScimFilter[Any], subject: Subject, strict: bool) -> None:
        self._filter = filter_
        self._subject = subject
        self._strict = strict

    def visit_logical_expr(self, node: LogicalExpr) -> Filter:
        terms = tuple(map(self.visit, node.terms))
        return And(terms) if node.op is LogicalOperator.and_ else Or(terms)

    def visit_not(self, node: Not) -> Filter:
        return query.Not(self.visit(node.expr))

    def visit_comparison(self, node: Comparison) -> Filter:
        if node.op is CompareOperator.ne:  # of several values: none of them equals
            return query.Not(self.visit(replace(node, op=CompareOperator.eq)))
        found = compared_attribute_of(self._filter, node.attr_path, node.value)
        attribute = known(found, node.attr_path, self._strict)
        if attribute is None:
            return NOTHING
        value = coerce_value(attribute.binding, node.value, node.op)
        exact = self._subject.exact(attribute, node.op, value)
        if exact is not None:
            return exact
        test = any_of(compares(attribute.binding, node.op, node.value))
        limit = bound(self._subject, attribute, node.op, value)
        return self._judged(node, attribute, limit, lambda held: test(attribute.of(held)))

    def visit_present(self, node: Present) -> Filter:
        attribute = self._attribute(node.attr_path)
        if attribute is None:
            return NOTHING
        exact = self._subject.present(attribute)
        if exact is not None:
            return exact
        limit = self._subject.any(attribute)
        return self._judged(node, attribute, limit, lambda held: is_present(attribute.of(held)))

    def visit_value_path(self, node: ValuePath) -> Filter:
        attribute = self._attribute(node.attr_path)
        if attribute is None:
            return NOTHING
        exact = self._subject.selects(attribute, node.val_filter)
        if exact is not None:
            return exact
        selection = Selection(self._subject, self._filter, attribute, self._strict)
        test, limit = selection.visit(node.val_filter)
        return self._judged(
            node,
            attribute,
            limit,
            lambda held: isinstance(held, list) and any(map(test, held)),
        )

    def _attribute(self, path: AttrPath) -> Attribute | None:
        return known(attribute_of(self._filter, path), path, self._strict)

    def _judged(self, node: FilterNode, attribute: Attribute, limit: Filter, test: Test) -> Filter:
        subject, name = self._subject, attribute.name
        return Judged(
            name=f"{subject.label}: {node}",
            bound=limit,
            fields=subject.fields(name),
            test=lambda item: test(subject.value(item, name)),
        )
