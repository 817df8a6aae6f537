"""Where entries stand: containers and whose they are, organizational units and their paths.

A place in the tree is an id and a path in the domain, and a DN here. Nothing is remembered
from one call to the next: who moves or renames a unit with an LDAP tool is seen at once.
"""

from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

from adapters.ldap import filters
from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.errors import LdapError, NoSuchObject, translate
from adapters.ldap.identity import UUID_ATTRIBUTE, id_of, uuid_text
from adapters.ldap.settings import Layout
from adapters.ldap.values import Entry, Scope
from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind
from gateway.ports import Clock
from mappings.table import Field, Mappings, ResourceMapping

_AT_ONCE = 200
"""Terms in one filter: slapd refuses requests beyond its own limits, and indexes serve each."""

_FEW = 8
"""Below more bases than these one search above all of them is cheaper than one in each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What every store works with."""

    client: LdapClient
    mappings: Mappings
    layout: Layout
    clock: Clock

    async def search(
        self,
        base: Dn,
        scope: Scope,
        filter_: str,
        attributes: Iterable[str],
        *,
        matched: Sequence[str] = (),
    ) -> list[Entry]:
        """As the client's; a base that is not there has no entries.

        Raises:
            Unavailable: the directory does not answer.
        """
        try:
            return await self.client.search(
                base, scope, filter_, tuple(attributes), matched=matched
            )
        except NoSuchObject:
            return []
        except LdapError as error:
            raise translate(error, kind=Kind.TENANT) from error

    async def search_any(
        self,
        base: Dn,
        filter_: str,
        alternatives: Sequence[str],
        attributes: Iterable[str],
        scope: Scope = Scope.SUBTREE,
        *,
        matched: Sequence[str] | None = None,
    ) -> list[Entry]:
        """Entries that match the filter and any of the alternatives, however many these are.

        With `matched` they have only the values that match an alternative, or one of these. An
        entry can then be there more than once, each time with other values.
        """
        wanted = tuple(attributes)
        found: list[Entry] = []
        for start in range(0, len(alternatives), _AT_ONCE):
            some = alternatives[start : start + _AT_ONCE]
            narrow = filters.and_(filter_, filters.or_(*some))
            only = () if matched is None else (*some, *matched)
            found += await self.search(base, scope, narrow, wanted, matched=only)
        return found


@dataclass(frozen=True, slots=True)
class Owner:
    """A tenant as the owner of containers: its id and its entry."""

    id: str
    base: Dn


NOBODY = Owner("", Dn())
"""The owner of what belongs to no tenant: tenants themselves, and partners."""

Owners = Mapping[Dn, Owner]
"""Containers, and the tenants that they belong to."""

Sources = Callable[[], Awaitable[Owners]]
"""Tells, once a call, in which containers to look."""


def only(container: Dn, owner: Owner = NOBODY) -> Sources:
    """One container, always the same."""

    async def sources() -> Owners:
        return {container: owner}

    return sources


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry, the container that it stands in, and the tenant whose that is."""

    entry: Entry
    container: Dn
    owner: Owner


def placed(entries: Iterable[Entry], owners: Owners) -> list[Placed]:
    """The entries that stand below one of the containers; a container itself does not."""
    if len(owners) == 1:
        ((container, owner),) = owners.items()
        depth = len(container.rdns)
        return [Placed(e, container, owner) for e in entries if len(e.dn.rdns) > depth]
    found = []
    for entry in entries:
        above = entry.dn.parent
        while above.rdns and above not in owners:
            above = above.parent
        if above.rdns:
            found.append(Placed(entry, above, owners[above]))
    return found


def searched(bases: Iterable[Dn], top: Dn) -> Sequence[Dn]:
    """Where to search for what stands below any of the bases, all of which are below `top`."""
    some = list(bases)
    return some if len(some) <= _FEW else [top]


def path_of(unit: Dn, people: Dn) -> str:
    """`/Engineering/Platform`; a `/` inside a name is written `%2F`."""
    between = unit.relative_to(people) or ()
    return "".join(f"/{name_of(rdn).replace('/', '%2F')}" for rdn in reversed(between))


def name_of(rdn: Rdn) -> str:
    """The name that an RDN gives, whatever its attribute."""
    value = rdn.pairs[0][1]
    return value if isinstance(value, str) else value.hex()


@dataclass(frozen=True, slots=True)
class Unit:
    """An organizational unit as a place."""

    dn: Dn
    id: str


class Units:
    """Looks up the organizational units below a tenant's people."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._mapping = backend.mappings.organizational_unit

    async def by_id(self, people: Dn, ou_id: str) -> Unit:
        """The unit with that id. Raises NotFound."""
        wanted = filters.eq(UUID_ATTRIBUTE, uuid_text(Kind.ORGANIZATIONAL_UNIT, ou_id))
        for unit in await self._search(people, Scope.SUBTREE, wanted):
            if unit.dn.is_below(people):
                return unit
        raise NotFound(Kind.ORGANIZATIONAL_UNIT)

    async def below(self, top: Dn) -> list[Unit]:
        """All units in that subtree, `top` itself too where it is one."""
        return await self._search(top, Scope.SUBTREE)

    async def above(self, found: Iterable[Placed]) -> dict[Dn, Unit]:
        """The nearest unit of each parent of the entries; those at the root have none."""
        parents = {item.entry.dn.parent: item.container for item in found}
        wanted = {parent: top for parent, top in parents.items() if parent != top}
        units: dict[Dn, Unit] = {}
        if len(wanted) == 1:
            (parent,) = wanted
            units = {unit.dn: unit for unit in await self._search(parent, Scope.BASE)}
            if units:
                return units
        for container in set(wanted.values()):
            units |= {unit.dn: unit for unit in await self.below(container)}
        nearest = {parent: _nearest(parent, top, units) for parent, top in wanted.items()}
        return {parent: unit for parent, unit in nearest.items() if unit is not None}

    async def _search(self, base: Dn, scope: Scope, narrow: str | None = None) -> list[Unit]:
        filter_ = recognising(self._mapping)
        entries = await self._backend.search(
            base, scope, filters.and_(filter_, narrow) if narrow else filter_, [UUID_ATTRIBUTE]
        )
        return [Unit(e.dn, id_of(Kind.ORGANIZATIONAL_UNIT, e)) for e in entries]


def _nearest(parent: Dn, top: Dn, units: Mapping[Dn, Unit]) -> Unit | None:
    while parent.is_below(top):
        if parent in units:
            return units[parent]
        parent = parent.parent
    return None


def recognising(mapping: ResourceMapping) -> str:
    """The filter that entries of that kind match; retired ones are not of it."""
    retired = mapping.fields.get("deleted_at")
    terms = [filters.eq("objectClass", mapping.recognise)]
    terms += [filters.present(attribute) for attribute in mapping.demands]
    terms += [
        filters.or_(*(filters.eq(row.attribute, word) for word in row.words))
        for row in mapping.fields.values()
        if row.required and row.words
    ]
    if retired is not None:
        terms.append(filters.not_(filters.present(retired.attribute)))
    return filters.and_(*terms)


def recognised(mapping: ResourceMapping, entry: Entry, classes: Collection[str]) -> bool:
    """Whether an entry matches `recognising`.

    `classes` are all that it is of, superior ones too (`Subschema.line`).
    """
    return recogniser(mapping)(entry, classes)


Recogniser = Callable[[Entry, Collection[str]], bool]
"""Whether an entry, of these classes, is of a kind."""


def recogniser(mapping: ResourceMapping) -> Recogniser:
    """As `recognised`, for many entries."""
    retired = mapping.fields.get("deleted_at")
    mark = retired.attribute.lower() if retired is not None else None
    wanted = mapping.recognise.lower()
    demands = [attribute.lower() for attribute in mapping.demands]
    worded = [row for row in mapping.fields.values() if row.required and row.words]

    def recognises(entry: Entry, classes: Collection[str]) -> bool:
        return (
            wanted in classes
            and all(_has(entry, attribute) for attribute in demands)
            and all(word_in(row, entry) is not None for row in worded)
            and not (mark is not None and _has(entry, mark))
        )

    return recognises


def word_in(row: Field, entry: Entry) -> str | None:
    """The row's word that an entry has, as the directory compares; None where it has none."""
    return next(filter(None, (_word(row, o) for o in _values(entry, row.attribute.lower()))), None)


def _values(entry: Entry, attribute: str) -> Sequence[bytes]:
    """All values, also those with options such as a language (RFC 4512, 2.5)."""
    attributes = entry.attributes
    own, tagged = attributes.get(attribute, ()), _tagged(tuple(attributes))
    if not tagged:
        return own
    start = f"{attribute};"
    further = [attributes[name] for name in tagged if name.startswith(start)]
    return [octets for values in (own, *further) for octets in values]


def _has(entry: Entry, attribute: str) -> bool:
    return bool(entry.attributes.get(attribute) or _values(entry, attribute))


@lru_cache(maxsize=1024)
def _tagged(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names with options; entries have few sets of names."""
    return tuple(name for name in names if ";" in name)


def _word(row: Field, octets: bytes) -> str | None:
    text = octets.decode("utf-8", "replace")
    if not row.case_exact:
        # As `caseIgnoreMatch` prepares them (RFC 4518, 2.2 and 2.3); words are ASCII.
        text = (text if text.isascii() else normalize("NFKC", text.lower())).upper()
    return text if (text := text.strip(" ")) in row.words else None


def label_attributes(mapping: ResourceMapping) -> tuple[str, ...]:
    """What `label` looks at."""
    return (mapping.field(mapping.rdn).attribute, *mapping.demands)


def label(mapping: ResourceMapping, entry: Entry) -> str:
    """The name of an entry: the value in its RDN, else the first one, else its next best.

    An administrator may have named it by another attribute, or given it several names.
    """
    attribute, *others = label_attributes(mapping)
    if own := entry.dn.rdn.value(attribute):
        return own
    found = map(entry.text, (attribute, *others))
    return next(filter(None, found), None) or name_of(entry.dn.rdn)
