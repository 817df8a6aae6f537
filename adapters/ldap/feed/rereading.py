"""Searches of what the feed does not tell by itself, with the attributes that it follows."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeVar
from uuid import UUID

from adapters.ldap import filters
from adapters.ldap.dn import Dn
from adapters.ldap.identity import UUID_ATTRIBUTE
from adapters.ldap.places import Backend, recognising
from adapters.ldap.values import Entry, Scope

T = TypeVar("T")

_POLICY = "pwdPolicy"


class Rereading:
    """Reads entries as they are now, which may be later than the feed has told of."""

    def __init__(self, backend: Backend, attributes: Sequence[str]) -> None:
        self._backend = backend
        self._attributes = tuple(attributes)
        rows = backend.mappings
        self._user = recognising(rows.user)
        self._lock = filters.present(rows.user.field("locked_at").attribute)
        self._partner = filters.present(rows.tenant.field("partner_id").attribute)

    async def inner(self) -> list[Entry]:
        """What others stand below as a rule, the upper ones first; and policies."""
        rows = self._backend.mappings
        classes = (
            rows.tenant.recognise,
            rows.organizational_unit.recognise,
            rows.partner.recognise,
            _POLICY,
        )
        terms = (filters.eq("objectClass", name) for name in dict.fromkeys(classes))
        return from_top(await self._search(self._backend.layout.suffix, filters.or_(*terms)))

    async def subtree(self, uuid: bytes) -> list[Entry]:
        """An entry and all below it, the upper ones first; none where it is not there."""
        for entry in await self.entries([uuid]):
            return from_top(await self._search(entry.dn, filters.EVERYTHING))
        return []

    async def entries(self, uuids: Collection[bytes]) -> list[Entry]:
        """The entries with these UUIDs."""
        terms = [filters.eq(UUID_ATTRIBUTE, str(UUID(bytes=uuid))) for uuid in uuids]
        return await self._any(self._backend.layout.suffix, filters.EVERYTHING, terms)

    async def named(self, dn: Dn) -> Entry | None:
        """The entry of that name."""
        found = await self._search(dn, filters.EVERYTHING, Scope.BASE)
        return found[0] if found else None

    async def locked(self) -> list[Entry]:
        """Users that have a lock, run out or not."""
        return await self._search(
            self._backend.layout.tenants, filters.and_(self._user, self._lock)
        )

    async def tenants(self) -> list[Entry]:
        """Tenants that name a partner."""
        filter_ = filters.and_(recognising(self._backend.mappings.tenant), self._partner)
        return await self._search(self._backend.layout.tenants, filter_, Scope.ONE)

    async def referring(self, attributes: Iterable[str], dns: Collection[Dn]) -> list[Entry]:
        """Users that refer to any of these names."""
        terms = [filters.eq(attribute, dn) for attribute in attributes for dn in dns]
        return await self._any(self._backend.layout.tenants, self._user, terms)

    async def references(self, attributes: Sequence[str]) -> list[Entry]:
        """All users that refer to anybody, with their UUIDs and these attributes alone."""
        any_ = filters.or_(*map(filters.present, attributes))
        return await self._backend.search(
            self._backend.layout.tenants,
            Scope.SUBTREE,
            filters.and_(self._user, any_),
            (UUID_ATTRIBUTE, *attributes),
        )

    async def _search(self, base: Dn, filter_: str, scope: Scope = Scope.SUBTREE) -> list[Entry]:
        return await self._backend.search(base, scope, filter_, self._attributes)

    async def _any(self, base: Dn, filter_: str, terms: Sequence[str]) -> list[Entry]:
        return await self._backend.search_any(base, filter_, terms, self._attributes)


def from_top(entries: Iterable[Entry]) -> list[Entry]:
    """The upper entries first."""
    return sorted(entries, key=lambda entry: len(entry.dn.rdns))


def portions(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Some at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))
