"""One form, and one text, for all spellings of a filter.

Conjunctions and disjunctions are flat, ordered and free of doubles; negations stand at leaves;
texts are as `comparable` has them and ids as they are given out. A text search is spelled out
over the fields that it looks into, and what is judged by a function is its bound and, after it,
the function's verdict. The form is evaluated as any filter is, and means what the filter means.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id
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
    Or,
    Present,
    StatusIs,
    TextSearch,
)
from gateway.domain.text import comparable

_NOTHING = Or(())
_OF_TEXTS = ("co", "sw", "ew")


@dataclass(frozen=True, slots=True)
class Canonical:
    """A filter in the one form, with its text: equal texts, equal questions.

    Compare texts, never filters: to Python `Compare("x", "eq", True)` equals
    `Compare("x", "eq", 1)`. `terms` are those of a conjunction or disjunction; `judged` is
    whether a function has a say in it.
    """

    filter: Filter
    text: str
    terms: tuple["Canonical", ...] = ()
    judged: bool = False


def canonical(filter_: Filter, searched: Collection[str]) -> Canonical:
    """The filter in its one form; `searched` are the fields that a text search looks into."""
    return _form(filter_, searched, contrary=False)


def conjunction(forms: Iterable[Canonical]) -> Canonical:
    """What all of these forms match, in its one form."""
    return _joined(And, forms)


def _form(filter_: Filter, searched: Collection[str], *, contrary: bool) -> Canonical:
    """The form of a filter, or of its contrary (De Morgan)."""
    match filter_:
        case Everything():
            return _joined(Or if contrary else And, ())
        case And(terms):
            forms = (_form(term, searched, contrary=contrary) for term in terms)
            return _joined(Or if contrary else And, forms)
        case Or(terms):
            forms = (_form(term, searched, contrary=contrary) for term in terms)
            return _joined(And if contrary else Or, forms)
        case Not(term):
            return _form(term, searched, contrary=not contrary)
        case TextSearch(text):
            spelled = Or(tuple(Compare(field, "co", text) for field in searched))
            return _form(spelled, searched, contrary=contrary)
        case Judged(bound=bound) if not isinstance(bound, Everything):
            both = And((bound, replace(filter_, bound=Everything())))
            return _form(both, searched, contrary=contrary)
        case Compare(_, op, value) if op in _OF_TEXTS and not isinstance(value, str):
            return _form(_NOTHING, searched, contrary=contrary)
        case _:
            leaf = _plain(filter_)
            text, judged = ascii(_words(leaf)), isinstance(leaf, Judged)
            if contrary:
                return Canonical(Not(leaf), f"not {text}", judged=judged)
            return Canonical(leaf, text, judged=judged)


def _joined(kind: type[And] | type[Or], parts: Iterable[Canonical]) -> Canonical:
    """Several forms as one; functions are asked last, where the rest leaves it open."""
    flat: dict[str, Canonical] = {}
    for part in parts:
        if isinstance(part.filter, Everything) or part.filter == _NOTHING:
            if isinstance(part.filter, Everything) == (kind is And):
                continue  # it adds nothing
            return part  # it decides all
        for one in part.terms if isinstance(part.filter, kind) else (part,):
            flat[one.text] = one
    terms = tuple(sorted(flat.values(), key=lambda one: (one.judged, one.text)))
    if len(terms) == 1:
        return terms[0]
    filter_: Filter = kind(tuple(one.filter for one in terms))
    if kind is And and not terms:
        filter_ = Everything()
    text = f"{kind.__name__.lower()}({', '.join(one.text for one in terms)})"
    return Canonical(filter_, text, terms, judged=any(one.judged for one in terms))


def _plain(leaf: Filter) -> Filter:
    """A leaf with its text as compared and its ids as given out, where spelling is no matter."""
    match leaf:
        case Compare(field, op, str(value)):
            return Compare(field, op, comparable(value))
        case Below(ou_id):
            return Below(_given_out(ou_id, Kind.ORGANIZATIONAL_UNIT))
        case MemberOf(group_id, direct):
            return MemberOf(_given_out(group_id, Kind.GROUP), direct)
        case HasMember(member_id):
            return HasMember(_given_out(member_id, Kind.USER, Kind.GROUP))
        case _:
            return leaf


def _given_out(text: str, *kinds: Kind) -> str:
    for kind in kinds:
        with suppress(NotFound):
            return canonical_id(kind, text)
    return text  # it names nothing, in its own way


def _words(leaf: Filter) -> tuple[object, ...]:
    match leaf:
        case Compare(field, op, value):
            size = value.timestamp() if isinstance(value, datetime) else value
            return ("compare", field, op, type(value).__name__, size)
        case Present(field):
            return ("present", field)
        case StatusIs(status):
            return ("status", str(status))
        case Below(ou_id):
            return ("below", ou_id)
        case MemberOf(group_id, direct):
            return ("member of", group_id, direct)
        case HasMember(member_id):
            return ("has member", member_id)
        case IdIn(ids):
            return ("id in", *sorted(ids))
        case LinkedTo(provider_id, external_id):
            return ("linked to", provider_id, external_id)
        case Judged(name=name):
            return ("judged", name)
        case _:
            raise TypeError(f"no leaf: {leaf!r}")
