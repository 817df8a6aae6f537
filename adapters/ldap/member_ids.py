"""Who the members of groups are, by their ids alone, for groups of any size.

A large group names most of its tenant, so all names in the tenant are read rather than asked
for. They are compared as they are written: a server writes the name of an entry and a value
that names it alike, but for the case of letters, which never tells names apart. What is left
over, such as names of nobody, is read and looked up.
"""

from collections.abc import Collection
from dataclasses import dataclass

from adapters.ldap import filters
from adapters.ldap.dn import Dn
from adapters.ldap.errors import LdapError, NoSuchObject, translate
from adapters.ldap.identity import UUID_ATTRIBUTE, VERSION_ATTRIBUTE, id_in, id_of, version_of
from adapters.ldap.members import FEW, Members, parsed_dns
from adapters.ldap.places import Backend, recognising
from adapters.ldap.settings import TenantLayout
from adapters.ldap.values import Scope
from gateway.domain.ids import Kind
from mappings.table import ResourceMapping

_LOOKED_UP = 2000
"""Of names that are nobody's so many are looked up: one that no entry has is enough."""

Key = bytes
"""A name as it is written, in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Whom a group names: members by their ids, and names in the tenant that no entry has."""

    group_id: str
    version: str
    members: frozenset[str]
    nobody: frozenset[Key]


class MemberIds:
    """The members of groups of one tenant."""

    def __init__(self, backend: Backend, tenant: TenantLayout) -> None:
        self._backend = backend
        self._members = Members(backend, tenant)
        self._groups = tenant.groups

    async def of(self, uuids: Collection[str]) -> list[Named]:
        """Whom the groups with these UUIDs name."""
        attribute, mapping = self._members.attribute, self._members.kinds[Kind.GROUP][1]
        groups = await self._backend.search_any(
            self._groups,
            recognising(mapping),
            [filters.eq(UUID_ATTRIBUTE, uuid) for uuid in uuids],
            (UUID_ATTRIBUTE, VERSION_ATTRIBUTE, attribute),
        )
        found = [
            (group, [value.lower() for value in group.get(attribute)])
            for group in groups
            if group.dn.is_below(self._groups)
        ]
        known, nobody = await self._ids({key for _, keys in found for key in keys})
        return [
            Named(
                group_id=id_of(Kind.GROUP, group),
                version=version_of(group),
                members=frozenset([known[key] for key in keys if key in known]),
                nobody=nobody.intersection(keys) if nobody else nobody,
            )
            for group, keys in found
        ]

    async def _ids(self, wanted: set[Key]) -> tuple[dict[Key, str], frozenset[Key]]:
        """The ids of users and groups; and names in the tenant that no entry has."""
        known: dict[Key, str] = {}
        kinds = self._members.kinds
        for kind, (container, mapping) in kinds.items():
            top = f",{container}".lower().encode("utf-8", "surrogateescape")
            if sum(key.endswith(top) for key in wanted) > FEW:
                known |= await self._of_all(wanted, kind, container, mapping)
        rest: dict[Dn, list[Key]] = {}
        for key in wanted - known.keys():
            for dn in parsed_dns([key]):
                rest.setdefault(dn, []).append(key)
        for kind, (container, mapping) in kinds.items():
            for entry in await self._members.entries(container, mapping, rest, [UUID_ATTRIBUTE]):
                known |= dict.fromkeys(rest.pop(entry.dn), id_of(kind, entry))
        return known, frozenset([key for dn in await self._nobody(rest) for key in rest[dn]])

    async def _nobody(self, dns: Collection[Dn]) -> set[Dn]:
        """Those in the tenant's containers that no entry has, a retired user neither."""
        missing: set[Dn] = set()
        for container, _ in self._members.kinds.values():
            own = sorted((dn for dn in dns if dn.is_below(container)), key=str)[:_LOOKED_UP]
            terms = [filters.eq("entryDN", dn) for dn in own]
            there = await self._backend.search_any(container, filters.EVERYTHING, terms, ())
            missing |= set(own) - {entry.dn for entry in there}
        return missing

    async def _of_all(
        self, wanted: set[Key], kind: Kind, container: Dn, mapping: ResourceMapping
    ) -> dict[Key, str]:
        try:
            found = await self._backend.client.named(
                wanted, container, Scope.SUBTREE, recognising(mapping), UUID_ATTRIBUTE
            )
        except NoSuchObject:
            return {}
        except LdapError as error:
            raise translate(error, kind=kind) from error
        return {name: id_in(kind, uuid.decode()) for name, uuid in found.items()}
