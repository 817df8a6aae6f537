"""The domain's filters as LDAP filters, exact where LDAP can be, else as an upper bound.

LDAP compares texts in its own way, and knows neither places nor nested groups; so each filter
becomes one that finds at least what is wanted, with the word whether that is all. Where it is
not, the caller evaluates `gateway.domain.predicate` on what was found. Knows no connection:
what only a look into the directory can tell comes in the `Context`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from adapters.ldap import filters
from adapters.ldap.custom import name_in
from adapters.ldap.dn import Dn
from adapters.ldap.filters import EVERYTHING, NOTHING
from adapters.ldap.statuses import status_filter
from adapters.ldap.texts import custom_bound, text_bound
from adapters.ldap.times import format_exact
from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, parse_id
from gateway.domain.predicate import satisfies
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
    Operator,
    Or,
    Present,
    StatusIs,
    TextSearch,
    Value,
)
from gateway.domain.status import LockoutPolicy, UserStatus
from gateway.domain.text import comparable
from mappings.table import TEXTS, Codec, Field, ResourceMapping, Values

_MOST_MEMBERS = 500
_LAST_INDEXED = datetime(8000, 1, 1, tzinfo=UTC)
"""slapd's index of times knows none after about the year 8700: a later one is before all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the directory holds beside the entries that are searched.

    `policies` are the lockout rules by the policy's DN, under None those of entries that name
    none. `members` are the DNs of the users that a filter means, `references` the DNs of
    entries that others refer to (partners, members), by id.
    """

    kind: Kind
    now: datetime
    policies: Mapping[Dn | None, LockoutPolicy] = field(default_factory=dict)
    members: Mapping[MemberOf, frozenset[Dn]] = field(default_factory=dict)
    references: Mapping[str, Dn] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Translated:
    """An LDAP filter that finds all that is wanted, and, if `exact`, nothing else."""

    text: str
    exact: bool


_ALL = Translated(EVERYTHING, exact=True)
_NONE = Translated(NOTHING, exact=True)
_UNKNOWN = Translated(EVERYTHING, exact=False)


def translate(filter_: Filter, mapping: ResourceMapping, context: Context) -> Translated:
    """The filter over a mapping's fields, as LDAP can ask it.

    Raises:
        KeyError: it names a field that the mapping does not have.
    """
    match filter_:
        case Everything():
            return _ALL
        case And(terms):
            parts = [translate(term, mapping, context) for term in terms]
            return Translated(filters.and_(*(p.text for p in parts)), all(p.exact for p in parts))
        case Or(terms):
            parts = [translate(term, mapping, context) for term in terms]
            return Translated(filters.or_(*(p.text for p in parts)), all(p.exact for p in parts))
        case Not(term):
            return _contrary(term, mapping, context)
        case Judged(bound=bound):
            return Translated(translate(bound, mapping, context).text, exact=False)
        case _:
            return _leaf(filter_, mapping, context)


def undecided(filter_: Filter, mapping: ResourceMapping, context: Context) -> Filter:
    """What is left to decide on what LDAP has found for that filter.

    Each term of a conjunction that LDAP can decide alone is decided.
    """
    match filter_:
        case _ if translate(filter_, mapping, context).exact:
            return Everything()
        case And(terms):
            parts = (undecided(term, mapping, context) for term in terms)
            return And(tuple(part for part in parts if part != Everything()))
        case Judged(bound=bound):
            return replace(filter_, bound=undecided(bound, mapping, context))
        case _:
            return filter_


def _contrary(term: Filter, mapping: ResourceMapping, context: Context) -> Translated:
    """The contrary of an upper bound is none: only what is exact can be turned round.

    So of a conjunction or disjunction each term is, and those that are exact bound the rest.
    """
    inner = translate(term, mapping, context)
    if inner.exact:
        return Translated(filters.not_(inner.text), exact=True)
    match term:
        case And(terms):
            return translate(Or(tuple(map(Not, terms))), mapping, context)
        case Or(terms):
            return translate(And(tuple(map(Not, terms))), mapping, context)
        case Not(same):
            return translate(same, mapping, context)
        case _:
            return _UNKNOWN


def _leaf(filter_: Filter, mapping: ResourceMapping, context: Context) -> Translated:
    match filter_:
        case Compare(field=name) | Present(field=name) if (key := name_in(name)) is not None:
            asked = filter_ if isinstance(filter_, Compare) else None
            bound = custom_bound(mapping.custom, key, asked) if mapping.custom else NOTHING
            return Translated(bound, exact=False)
        case Compare(name, operator, value):
            return _compare(mapping, name, operator, value, context)
        case Present(name):
            return _UNKNOWN if name in mapping.derived else _present(mapping.fields[name])
        case TextSearch(text):
            return _search(mapping, text)
        case StatusIs(status):
            return _statuses([status], mapping, context)
        case Below():  # LDAP has places as search bases only
            return _UNKNOWN
        case _:
            return _related(filter_, mapping, context)


def _related(filter_: Filter, mapping: ResourceMapping, context: Context) -> Translated:
    """What asks for ids."""
    match filter_:
        case MemberOf():
            return _members(context.members.get(filter_, frozenset()))
        case HasMember(member_id):
            member = context.references.get(member_id)
            if mapping.members is None or member is None:
                return _NONE
            return Translated(filters.eq(mapping.members, member), exact=True)
        case IdIn(ids):
            return _ids(mapping, context.kind, ids)
        case LinkedTo(provider_id, external_id):
            row = mapping.fields.get("federated_identities")
            return _link(row, provider_id, external_id) if row else _NONE
        case _:
            raise TypeError(f"no filter: {filter_!r}")


def _statuses(
    statuses: Iterable[UserStatus], mapping: ResourceMapping, context: Context
) -> Translated:
    texts = (status_filter(s, mapping, context.policies, context.now) for s in statuses)
    return Translated(filters.or_(*texts), exact=True)


def _members(members: frozenset[Dn]) -> Translated:
    if len(members) > _MOST_MEMBERS:
        return _UNKNOWN
    texts = sorted(filters.eq("entryDN", member) for member in members)
    return Translated(filters.or_(*texts), exact=True)


def _ids(mapping: ResourceMapping, kind: Kind, ids: Iterable[str]) -> Translated:
    uuids = []
    for id_ in ids:
        try:
            uuids.append(parse_id(kind, id_))
        except NotFound:
            continue
    texts = sorted(filters.eq(mapping.fields["id"].attribute, str(uuid)) for uuid in uuids)
    return Translated(filters.or_(*texts), exact=True)


def _link(row: Field, provider_id: str, external_id: str) -> Translated:
    """The provider stands first in the value, the account last, the time between them."""
    if not external_id or "\x00" in provider_id + external_id:
        return _NONE
    found = filters.substring(row.attribute, initial=f"{provider_id} ", final=f" {external_id}")
    return Translated(found, exact=False)


def _search(mapping: ResourceMapping, text: str) -> Translated:
    if "\x00" in text:
        return _NONE
    if not text.strip():
        return _UNKNOWN
    rows = [mapping.fields[name] for name in mapping.searchable]
    bounds = (text_bound(row, "co", comparable(text)) for row in rows)
    return Translated(filters.or_(*bounds), exact=False)


def _present(row: Field) -> Translated:
    if row.default is not None:
        return _ALL
    found = filters.present(row.attribute)
    if row.placeholder is not None:
        found = filters.and_(found, filters.not_(filters.eq(row.attribute, row.placeholder)))
    if row.codec is Codec.ENUM:
        found = filters.or_(*(filters.eq(row.attribute, word) for word in row.words))
    odd = row.codec in (Codec.REFERENCE, Codec.LINK, Codec.INTEGER, Codec.OPAQUE)
    return Translated(found, exact=not odd and row.values is not Values.FURTHER)


def _compare(
    mapping: ResourceMapping, name: str, operator: Operator, value: Value, context: Context
) -> Translated:
    if name in mapping.derived:
        if name != "status" or not isinstance(value, str):
            return _UNKNOWN
        wanted = [s for s in UserStatus if satisfies(s.value, operator, value)]
        return _statuses(wanted, mapping, context)
    row = mapping.fields[name]
    match row.codec:
        case Codec.ENUM | Codec.BOOLEAN:
            return _one_of(row, operator, value)
        case Codec.TIME | Codec.LOCK:
            return _time(row, operator, value)
        case Codec.UUID if isinstance(value, str) and operator == "eq":
            return Translated(_ids(mapping, context.kind, [value]).text, exact=False)
        case Codec.REFERENCE if isinstance(value, str) and operator == "eq":
            known = context.references.get(value)
            return _NONE if known is None else Translated(filters.eq(row.attribute, known), True)
        case Codec.LINK if isinstance(value, str) and operator == "eq":
            start = f"{comparable(value)} "
            return Translated(filters.substring(row.attribute, initial=start), exact=False)
        case codec if codec in TEXTS and isinstance(value, str):
            return _text(row, operator, value)
        case _:
            return _bound(row)


def _bound(row: Field) -> Translated:
    return _UNKNOWN if row.default is not None else Translated(_present(row).text, exact=False)


def _one_of(row: Field, operator: Operator, value: Value) -> Translated:
    """A comparison of a field that has few possible values: those that satisfy it."""
    domain: tuple[str | bool, ...] = (True, False) if row.codec is Codec.BOOLEAN else row.words
    wanted = [one for one in domain if satisfies(one, operator, value)]
    if row.default in wanted:  # everything but the others, so that absent ones are found
        return Translated(
            filters.not_(filters.or_(*(_word(row, o) for o in domain if o not in wanted))), True
        )
    return Translated(filters.or_(*(_word(row, one) for one in wanted)), exact=True)


def _word(row: Field, one: str | bool) -> str:
    return filters.eq(row.attribute, str(one).upper())


def _time(row: Field, operator: Operator, value: Value) -> Translated:
    if not isinstance(value, datetime):
        return _NONE
    text, attribute = format_exact(value), row.attribute
    equal = filters.eq(attribute, text)
    made: Mapping[Operator, Callable[[], str]] = {
        "eq": lambda: equal,
        "ge": lambda: filters.ge(attribute, text),
        "le": lambda: filters.le(attribute, text),
        "gt": lambda: filters.and_(filters.ge(attribute, text), filters.not_(equal)),
        "lt": lambda: filters.and_(filters.le(attribute, text), filters.not_(equal)),
    }
    if operator not in made:
        return _NONE
    if row.values is Values.MANY or row.codec is Codec.LOCK:
        return _bound(row)
    if value > _LAST_INDEXED:
        if operator in ("le", "lt"):
            return _bound(row)
        return Translated(filters.ge(attribute, format_exact(_LAST_INDEXED)), exact=False)
    return Translated(made[operator](), exact=True)


def _text(row: Field, operator: Operator, value: str) -> Translated:
    if row.unique and operator == "eq":
        # The directory's own equality, by which it keeps the field unique. slapd would find
        # `x` for `x` and NUL.
        if not value.strip() or "\x00" in value:
            return _NONE
        # Where a field shows one value of several, LDAP would also find the others.
        return Translated(filters.eq(row.attribute, value), exact=row.values is Values.ONE)
    return Translated(text_bound(row, operator, comparable(value)), exact=False)
