"""Whether one filter asks for no more than another: then its answer is found within that one's.

Sound, and never complete: what is said to imply does, for any resource and any surroundings;
what is not said to may still. So a search that is typed letter by letter looks into the
answer before it, and not at all resources again.
"""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.domain.predicate import satisfies
from gateway.domain.query import (
    And,
    Compare,
    Everything,
    Filter,
    IdIn,
    LinkedTo,
    Not,
    Operator,
    Or,
    Present,
    StatusIs,
)
from gateway.mirror.canonical import Canonical

_LINKS = "federated_identities"
_IMPLIED: Mapping[tuple[Operator, Operator], Operator] = MappingProxyType(
    {
        ("co", "co"): "co",
        ("sw", "sw"): "sw",
        ("sw", "co"): "co",
        ("sw", "gt"): "gt",
        ("sw", "ge"): "ge",
        ("ew", "ew"): "ew",
        ("ew", "co"): "co",
        ("gt", "gt"): "ge",
        ("gt", "ge"): "ge",
        ("ge", "gt"): "gt",
        ("ge", "ge"): "ge",
        ("lt", "lt"): "le",
        ("lt", "le"): "le",
        ("le", "lt"): "lt",
        ("le", "le"): "le",
    }
)
"""Of two comparisons of a field, the first implies the second if its value compares so to that
one's. A value that equals the first compares to the second's as the first's does."""


def implies(narrow: Canonical, wide: Canonical) -> bool:
    """Whether all that matches `narrow` matches `wide`, as far as their forms tell."""
    return _Implication().holds(narrow, wide)


class _Implication:
    """Remembers pairs, so that each two parts are held against each other once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], bool] = {}

    def holds(self, narrow: Canonical, wide: Canonical) -> bool:
        pair = narrow.text, wide.text
        if pair not in self._known:
            self._known[pair] = narrow.text == wide.text or self._decide(narrow, wide)
        return self._known[pair]

    def _decide(self, narrow: Canonical, wide: Canonical) -> bool:
        match narrow.filter, wide.filter:
            case _, Everything():
                return True
            case Or(), _:
                return all(self.holds(term, wide) for term in narrow.terms)
            case _, And():
                return all(self.holds(narrow, term) for term in wide.terms)
            case (And(), _) | (_, Or()):
                return self._some(narrow, wide)
            case Not(one), Not(other):
                return _leaf_implies(other, one)
            case StatusIs(one), Not(StatusIs(other)):
                return one is not other
            case one, other:
                return _leaf_implies(one, other)

    def _some(self, narrow: Canonical, wide: Canonical) -> bool:
        """Whether a term of the conjunction, or for a choice of the disjunction, it holds."""
        terms = narrow.terms if isinstance(narrow.filter, And) else ()
        choices = wide.terms if isinstance(wide.filter, Or) else ()
        return any(self.holds(term, wide) for term in terms) or any(
            self.holds(narrow, choice) for choice in choices
        )


def _leaf_implies(narrow: Filter, wide: Filter) -> bool:
    match narrow, wide:
        case Compare(field, op, value), Compare(other, wider, wanted) if field == other:
            # A number can be compared to True, but not the other way round.
            implied = wider if op == "eq" else _IMPLIED.get((op, wider))
            same = type(value) is type(wanted)
            return same and implied is not None and satisfies(value, implied, wanted)
        case ((Compare(field) | Present(field)), Present(other)):
            return other in (field, field.partition(".")[0])
        case LinkedTo(), Present(field):
            return field == _LINKS
        case LinkedTo(provider_id), Compare(field, op, wanted) if field == _LINKS:
            return satisfies(provider_id, op, wanted)
        case IdIn(ids), IdIn(others):
            return ids <= others
        case _:
            return False
