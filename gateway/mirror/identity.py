"""What makes two listings the same one, and all that its answer depends on."""

import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from gateway.domain.query import (
    Below,
    Compare,
    Filter,
    HasMember,
    Judged,
    LinkedTo,
    MemberOf,
    Not,
    Present,
    Sort,
    StatusIs,
)
from gateway.mirror.canonical import Canonical, canonical
from gateway.mirror.fields import MEMBERS, MEMBERSHIPS, NESTING, UNITS, stored, surroundings, timed
from gateway.mirror.texts import Search, search_in

_FORMAT = 1
"""Counts the ways in which members were encoded, so that versions do not share views."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A filter and an order: what a view of one kind of resource of a tenant answers.

    `name` tells it from all others, and is the same for all spellings of it. `search` is the
    text search that it is, where it is one. `reads` are the
    fields of a resource that must be read to ask it; `fields` the stored fields whose changes
    matter, with `MEMBERSHIPS` or `MEMBERS` where these do; `surroundings` what else matters,
    and `timed` whether time does.
    """

    name: str
    form: Canonical = field(compare=False)
    search: Search | None = field(compare=False)
    sort: Sort = field(compare=False)
    reads: frozenset[str] = field(compare=False)
    fields: frozenset[str] = field(compare=False)
    surroundings: frozenset[str] = field(compare=False)
    timed: bool = field(compare=False)


def question(filter_: Filter, sort: Sort, searched: Collection[str]) -> Question:
    """What is asked; `searched` are the fields that a text search looks into."""
    form = canonical(filter_, searched)
    leaves = list(_leaves(form))
    reads = sort.fields.union(*map(_reads, leaves))
    order = (sort.field, sort.descending, sort.absent_first, sort.measure is not None)
    # Versions of Unicode fold some characters otherwise, and so compare texts otherwise.
    text = ascii((_FORMAT, unicodedata.unidata_version, form.text, order))
    return Question(
        name=blake2b(text.encode(), digest_size=16).hexdigest(),
        form=form,
        search=search_in(form, searched),
        sort=sort,
        reads=reads,
        fields=stored(reads).union(*map(_changes, leaves)),
        surroundings=surroundings(reads).union(*map(_around, leaves)),
        timed=timed(reads),
    )


def _leaves(form: Canonical) -> Iterator[Filter]:
    if form.terms:
        for term in form.terms:
            yield from _leaves(term)
    else:
        yield form.filter.term if isinstance(form.filter, Not) else form.filter


def _reads(leaf: Filter) -> frozenset[str]:
    match leaf:
        case Compare(field=name) | Present(field=name):
            return frozenset((name,))
        case StatusIs():
            return frozenset(("status",))
        case Below():
            return frozenset(("ou_id",))
        case LinkedTo():
            return frozenset(("federated_identities",))
        case Judged(fields=fields):
            return fields
        case _:
            return frozenset()


def _changes(leaf: Filter) -> tuple[str, ...]:
    """What no field tells: who is in a group."""
    match leaf:
        case MemberOf():
            return (MEMBERSHIPS,)
        case HasMember():
            return (MEMBERS,)
        case _:
            return ()


def _around(leaf: Filter) -> tuple[str, ...]:
    """What the kind of leaf tells; what fields tell is said of fields."""
    match leaf:
        case Below():
            return (UNITS,)
        case MemberOf(direct=False):
            return (NESTING,)
        case _:
            return ()
