"""Users that entries of other users refer to by DN, such as their managers.

A reference is an id in the domain. One that names no user any more is not shown: a manager that
was soft-deleted is one again when brought back. DNs outside of all tenants, which an
administrator has put there, are shown as they are.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, Literal

from adapters.ldap import filters
from adapters.ldap.custom import FIELD, references, referring
from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.errors import AttributeOrValueExists, NoSuchAttribute, NoSuchObject
from adapters.ldap.identity import UUID_ATTRIBUTE, id_of, uuid_text
from adapters.ldap.places import Backend, Placed, recognising
from adapters.ldap.values import Entry, Modification, Scope
from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind
from gateway.domain.model import JsonValue, User
from gateway.ports import Values

_AGAIN: Final[Sequence[Literal["delete", "add"]]] = ("delete", "add")
_FEW = 200
"""So many users are looked up by name; for more, all of the container are read."""

Names = Mapping[Dn, str]
"""The ids of users by their DNs."""


class References:
    """References among the users of tenants, as the mapping has them."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._mapping = backend.mappings.user
        self.attributes = referring(self._mapping.custom)

    async def names(self, found: Sequence[Placed]) -> Names:
        """The ids of users of the same tenant that these entries refer to."""
        if not self.attributes:
            return {}
        known = {item.entry.dn: id_of(Kind.USER, item.entry) for item in found}
        names: dict[Dn, str] = {}
        wanted: dict[Dn, set[Dn]] = {}
        for item in found:
            for dn in references(self.attributes, item.entry).values():
                if not dn.is_below(item.container):
                    continue
                if dn in known:
                    names[dn] = known[dn]
                else:
                    wanted.setdefault(item.container, set()).add(dn)
        for container, dns in wanted.items():
            for entry in await self._users(container, dns):
                names[entry.dn] = id_of(Kind.USER, entry)
        return names

    def shown(self, item: Placed, names: Names) -> Mapping[str, JsonValue]:
        """What the attributes that refer to somebody read as; None: as nothing."""
        if not self.attributes:
            return {}
        return {
            name: (names.get(dn) if dn.is_below(item.container) else None)
            or (None if self._is_ours(dn) else str(dn))
            for name, dn in references(self.attributes, item.entry).items()
        }

    async def resolved(self, values: Values, people: Dn, item: Placed | None) -> Values:
        """The values with DNs for ids of users; what names nobody, and is not there, stays text."""
        given = values.get(FIELD)
        if not self.attributes or not isinstance(given, Mapping):
            return values
        held = references(self.attributes, item.entry) if item else {}
        found: dict[str, Dn] = {}
        for name in self.attributes:
            value = given.get(name)
            if not isinstance(value, str):
                continue
            if name in held and str(held[name]) == value:
                found[name] = held[name]
            elif (dn := await self._dn(people, value)) is not None:
                found[name] = dn
        return {**values, FIELD: {**given, **found}} if found else values

    def lost(self, values: Values, user: User) -> dict[str, JsonValue]:
        """What was to be referred to and is not shown, by the names of the attributes."""
        given = values.get(FIELD)
        if not isinstance(given, Mapping):
            return {}
        names = (name for name in self.attributes if given.get(name) is not None)
        return {name: given[name] for name in names if name not in user.custom_attributes}

    async def follow(self, tenant: Dn, old: Dn, new: Dn | None, *, below: bool = False) -> None:
        """Refer to a user by its new DN, None: not any more; with `below` also to those under it.

        As for members of groups, slapd's refint overlay does the same a moment later. Until then
        a new user of the old name would be referred to in place of the other.
        """
        for attribute in self.attributes:
            changed = set[Dn]()
            named = _naming(attribute, old, below=below)
            for entry in await self._backend.search(tenant, Scope.SUBTREE, named, [attribute]):
                for octets, under in _meant(entry, attribute, old, below=below):
                    changes = [Modification("delete", attribute, (octets,))]
                    if new is not None:
                        renamed = str(new.below(*under)).encode()
                        changes.append(Modification("add", attribute, (renamed,)))
                    # Refint was faster, or somebody else has changed it.
                    with suppress(NoSuchAttribute, AttributeOrValueExists, NoSuchObject):
                        await self._backend.client.modify(entry.dn, changes)
                        changed.add(entry.dn)
            if new is not None:
                await self._tell(tenant, attribute, new, changed, below=below)

    async def _tell(
        self, tenant: Dn, attribute: str, new: Dn, changed: Container[Dn], *, below: bool
    ) -> None:
        """Write what refint has written, too: it does so silently, and followers hear nothing."""
        named = _naming(attribute, new, below=below)
        for entry in await self._backend.search(tenant, Scope.SUBTREE, named, [attribute]):
            if entry.dn in changed:
                continue
            for octets, _ in _meant(entry, attribute, new, below=below):
                again = [Modification(how, attribute, (octets,)) for how in _AGAIN]
                with suppress(NoSuchAttribute, AttributeOrValueExists, NoSuchObject):
                    await self._backend.client.modify(entry.dn, again)

    async def _users(self, container: Dn, dns: set[Dn]) -> list[Entry]:
        """The users that have one of these DNs."""
        recognised = recognising(self._mapping)
        if len(dns) > _FEW:
            every = await self._backend.search(
                container, Scope.SUBTREE, recognised, [UUID_ATTRIBUTE]
            )
            return [entry for entry in every if entry.dn in dns]
        terms = [filters.eq("entryDN", dn) for dn in dns]
        return await self._backend.search_any(container, recognised, terms, [UUID_ATTRIBUTE])

    async def _dn(self, people: Dn, id_: str) -> Dn | None:
        try:
            wanted = filters.eq(UUID_ATTRIBUTE, uuid_text(Kind.USER, id_))
        except NotFound:
            return None
        narrow = filters.and_(recognising(self._mapping), wanted)
        for entry in await self._backend.search(people, Scope.SUBTREE, narrow, ()):
            return entry.dn
        return None

    def _is_ours(self, dn: Dn) -> bool:
        """Whether such an entry is, or was, the gateway's: a user, or refint's placeholder."""
        layout = self._backend.layout
        return dn.is_below(layout.tenants) or dn == layout.placeholder


def _naming(attribute: str, dn: Dn, *, below: bool) -> str:
    """Whoever refers to a name, or to one below it, too."""
    return filters.ext(attribute, "dnSubtreeMatch", dn) if below else filters.eq(attribute, dn)


def _meant(
    entry: Entry, attribute: str, top: Dn, *, below: bool
) -> Iterator[tuple[bytes, tuple[Rdn, ...]]]:
    """The values that are such a name, with the RDNs between it and `top`."""
    for octets in entry.get(attribute):
        with suppress(ValueError):
            under = Dn.parse(octets.decode("utf-8", "surrogateescape")).relative_to(top)
            if under is not None and (below or not under):
                yield octets, under
