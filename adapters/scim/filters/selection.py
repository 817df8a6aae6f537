"""Selections of values, `emails[type eq "work"]`: what one element is to be (RFC 7644, 3.5.2)."""

from typing import Any

from scim2_models import InvalidFilterException, ScimFilter
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
    coerce_value,
)

from adapters.scim.filters.attributes import Attribute, part_of, sub_attribute_of
from adapters.scim.filters.comparisons import Test, compares, is_present
from adapters.scim.filters.lexer import refused
from adapters.scim.filters.subjects import EVERYTHING, NOTHING, Subject
from gateway.domain.query import And, Filter, Or


class Selection(FilterVisitor[tuple[Test, Filter]]):
    """What stands in square brackets: a test of one element, and a bound for its resource."""

    def __init__(
        self, subject: Subject, filter_: ScimFilter[Any], whole: Attribute, strict: bool
    ) -> None:
        self._subject = subject
        self._filter = filter_
        self._whole = whole
        self._strict = strict
        self._any = subject.any(whole)

    def visit_logical_expr(self, node: LogicalExpr) -> tuple[Test, Filter]:
        """All of them, or any."""
        tests, bounds = zip(*map(self.visit, node.terms), strict=True)
        if node.op is LogicalOperator.and_:
            tight = tuple(limit for limit in bounds if limit != self._any) or bounds[:1]
            return (lambda element: all(test(element) for test in tests)), And(tight)
        return (lambda element: any(test(element) for test in tests)), Or(bounds)

    def visit_not(self, node: Not) -> tuple[Test, Filter]:
        """The contrary of the test; of a bound there is none, but that there are elements."""
        test, _ = self.visit(node.expr)
        return (lambda element: not test(element)), self._any

    def visit_comparison(self, node: Comparison) -> tuple[Test, Filter]:
        """A comparison of one sub-attribute."""
        attribute = self._attribute(node.attr_path)
        if attribute is None:
            return (lambda _: False), NOTHING
        test = compares(attribute.binding, node.op, node.value)
        value = coerce_value(attribute.binding, node.value, node.op)
        limit = self._any if value is None else bound(self._subject, attribute, node.op, value)
        return self._of_part(attribute, test), limit

    def visit_present(self, node: Present) -> tuple[Test, Filter]:
        """That a sub-attribute has a value."""
        attribute = self._attribute(node.attr_path)
        if attribute is None:
            return (lambda _: False), NOTHING
        return self._of_part(attribute, is_present), self._any

    def visit_value_path(self, node: ValuePath) -> tuple[Test, Filter]:
        """Refused: nothing has sub-attributes of sub-attributes."""
        raise refused(f"'{node}' selects from selected values")

    def _attribute(self, path: AttrPath) -> Attribute | None:
        found = sub_attribute_of(self._filter, self._whole, path)
        return known(found, path, self._strict)

    def _of_part(self, attribute: Attribute, test: Test) -> Test:
        part = attribute.part
        return test if part is None else lambda element: test(part_of(element, part))


def bound(subject: Subject, attribute: Attribute, op: CompareOperator, value: object) -> Filter:
    """What matches at least where a comparison with that value does."""
    if value is None:
        return EVERYTHING
    if op is CompareOperator.eq and isinstance(value, str | bool):
        return subject.equal(attribute, value)
    return subject.any(attribute)


def known(attribute: Attribute | None, path: AttrPath, strict: bool) -> Attribute | None:
    """The attribute; None for one that is not declared, unless that is refused."""
    if attribute is None and strict:
        raise InvalidFilterException(detail=f"there is no attribute '{path}'")
    return attribute
