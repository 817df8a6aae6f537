"""What a view is: one standing question, and all that its answer depends on."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import blake2b

from gateway.domain.ids import Kind
from gateway.domain.query import (
    And,
    Below,
    Compare,
    Filter,
    HasMember,
    Judged,
    LinkedTo,
    MemberOf,
    Not,
    Or,
    Present,
    Sort,
    StatusIs,
)
from gateway.mirror.canonical import Canonical, canonical
from gateway.mirror.fields import MEMBERS, MEMBERSHIPS, Surrounding, stored, surroundings

_FORMAT = 1
"""Counts the ways in which members were encoded, so that versions do not share views."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A question about one kind of resource of a tenant (None: of the whole directory).

    `name` tells it from all others of that tenant, and is the same for all spellings of it.
    `reads` are the fields of a resource that must be read to ask it (`Documents.part`);
    `fields` the stored fields whose changes matter, with `MEMBERSHIPS` or `MEMBERS` where these
    do; `depends` what else matters.
    """

    tenant_id: str | None
    kind: Kind
    name: str
    form: Canonical = field(compare=False)
    sort: Sort = field(compare=False)
    reads: frozenset[str] = field(compare=False)
    fields: frozenset[str] = field(compare=False)
    depends: frozenset[Surrounding] = field(compare=False)

    def concerned(self, changed: Collection[str]) -> bool:
        """Whether a change of these fields of a resource can change the answer.

        One that is new, or gone for good, always can.
        """
        return not self.fields.isdisjoint(changed)


def view(
    tenant_id: str | None, kind: Kind, filter_: Filter, sort: Sort, searched: Collection[str]
) -> View:
    """The view that answers a question; `searched` are the fields a text search looks into."""
    form = canonical(filter_, searched)
    reads = _reads(form.filter) | sort.fields
    # Versions of Unicode fold some characters otherwise, and so compare texts otherwise.
    order = (sort.field, sort.descending, sort.absent_first, sort.measure is not None)
    text = ascii((_FORMAT, unicodedata.unidata_version, str(kind), form.text, order))
    return View(
        tenant_id=tenant_id,
        kind=kind,
        name=blake2b(text.encode(), digest_size=16).hexdigest(),
        form=form,
        sort=sort,
        reads=reads,
        fields=stored(reads) | _changes(form.filter),
        depends=surroundings(reads) | _depends(form.filter),
    )


def _reads(filter_: Filter) -> frozenset[str]:
    match filter_:
        case And(terms) | Or(terms):
            return frozenset[str]().union(*map(_reads, terms))
        case Not(term):
            return _reads(term)
        case Compare(field=name) | Present(field=name):
            return frozenset({name})
        case StatusIs():
            return frozenset({"status"})
        case Below():
            return frozenset({"ou_id"})
        case LinkedTo():
            return frozenset({"federated_identities"})
        case Judged(fields=fields):
            return fields
        case _:
            return frozenset()


def _changes(filter_: Filter) -> frozenset[str]:
    """What no field tells: who is in a group."""
    match filter_:
        case And(terms) | Or(terms):
            return frozenset[str]().union(*map(_changes, terms))
        case Not(term):
            return _changes(term)
        case MemberOf():
            return frozenset({MEMBERSHIPS})
        case HasMember():
            return frozenset({MEMBERS})
        case _:
            return frozenset()


def _depends(filter_: Filter) -> frozenset[Surrounding]:
    """What only the kinds of leaves tell; what fields tell is said of fields."""
    match filter_:
        case And(terms) | Or(terms):
            return frozenset[Surrounding]().union(*map(_depends, terms))
        case Not(term):
            return _depends(term)
        case Below():
            return frozenset({Surrounding.UNITS})
        case MemberOf(direct=False):
            return frozenset({Surrounding.NESTING})
        case _:
            return frozenset()
