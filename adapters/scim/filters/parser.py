"""Reads filters with scim2-filter-parser into the tree that scim2-models evaluates.

The parser's tables are that library's, but for the precedence of `and` over `or`, which it
takes for equal; its words come from the lexer of this package, and its tree becomes nodes of
`scim2_models.path`. A parser is made for each filter: it keeps its place in itself.
"""

from typing import Any

from scim2_filter_parser import ast  # type: ignore[import-untyped]  # has no type information
from scim2_filter_parser.parser import (  # type: ignore[import-untyped]  # as above
    SCIMParser,
    SCIMParserError,
)
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from adapters.scim.filters.lexer import FilterLimits, refused, tokens
from adapters.scim.models import ENTERPRISE


class _Parser(SCIMParser):  # type: ignore[misc]  # has no type information
    """The library's grammar; its tables are made once, when this class is."""

    precedence = (("left", "OR"), ("left", "AND"), ("right", "NOT"))

    # SLY reads the rules of a class from its own namespace alone; the first is the start.
    filter = SCIMParser.filter
    value_path = SCIMParser.value_path
    attr_exp = SCIMParser.attr_exp
    log_exp = SCIMParser.log_exp
    comp_value = SCIMParser.comp_value
    attr_path = SCIMParser.attr_path
    sub_attr = SCIMParser.sub_attr


def parse(text: str, limits: FilterLimits) -> FilterNode:
    """A filter as a tree.

    Raises:
        InvalidFilterException: it is no filter of RFC 7644, or beyond the limits.
    """
    try:
        tree = _Parser().parse(tokens(text, limits))
    except SCIMParserError:
        raise refused("the filter is not complete, or its brackets do not match") from None
    if tree is None:
        raise refused("the filter is empty")
    return _node(tree, selecting=False)


def _node(tree: Any, *, selecting: bool) -> FilterNode:
    """The node of a `Filter` of the library's tree; `selecting`: between square brackets."""
    inner = tree.expr
    if tree.negated:
        return Not(expr=_node(inner, selecting=selecting))
    if tree.namespace is not None:
        return ValuePath(
            attr_path=_selected(tree.namespace, selecting=selecting),
            val_filter=_node(inner, selecting=True),
        )
    match inner:
        case ast.LogExpr():
            return _logical(inner, selecting=selecting)
        case ast.AttrExpr():
            return _comparison(inner, selecting=selecting)
        case _:
            return _node(inner, selecting=selecting)


def _logical(tree: Any, *, selecting: bool) -> FilterNode:
    """A chain of one operator is one node, what stands in brackets is its own."""
    op, terms = tree.op, []
    while True:
        terms.append(_node(tree.expr2, selecting=selecting))
        before = tree.expr1
        tree = before.expr
        if not (isinstance(tree, ast.LogExpr) and tree.op == op and not before.negated):
            break
    terms.append(_node(before, selecting=selecting))
    return LogicalExpr(op=LogicalOperator(op), terms=tuple(reversed(terms)))


def _comparison(tree: Any, *, selecting: bool) -> FilterNode:
    path = tree.attr_path
    if not isinstance(path.attr_name, ast.Filter):
        return _compared(_path(path), tree)
    # `emails[type eq "work"].value eq "x"`, which Microsoft Entra sends, means that one
    # element satisfies both. The library has put the last name into the attribute's path.
    selection = path.attr_name
    part = selection.namespace.sub_attr
    if part is None:
        raise refused("a selection of values is compared with nothing")
    selection.namespace.sub_attr = None
    chosen = _node(selection.expr, selecting=True)
    both = isinstance(chosen, LogicalExpr) and chosen.op is LogicalOperator.and_
    terms = chosen.terms if both and isinstance(chosen, LogicalExpr) else (chosen,)
    return ValuePath(
        attr_path=_selected(selection.namespace, selecting=selecting),
        val_filter=LogicalExpr(
            op=LogicalOperator.and_, terms=(*terms, _compared(AttrPath(attr=part.value), tree))
        ),
    )


def _compared(path: AttrPath, tree: Any) -> FilterNode:
    if tree.comp_value is None:
        return Present(attr_path=path)
    return Comparison(attr_path=path, op=CompareOperator(tree.value), value=tree.comp_value.value)


def _selected(path: Any, *, selecting: bool) -> AttrPath:
    """The attribute that values are selected from."""
    if selecting:
        raise refused("values cannot be selected from selected values")
    if path.sub_attr is not None or isinstance(path.attr_name, ast.Filter):
        raise refused("values cannot be selected from a sub-attribute")
    return _path(path)


def _path(path: Any) -> AttrPath:
    part, uri = path.sub_attr, path.uri
    if uri is None and path.attr_name.lower() == "manager":
        uri = ENTERPRISE  # Microsoft Entra's documentation names it without its schema
    return AttrPath(attr=path.attr_name, sub_attr=part and part.value, uri=uri)
