"""Who the members of groups are, by their ids alone, for groups of any size.

A large group names most of its tenant, so all names in the tenant are read rather than asked
for. They are compared as they are written: a server writes the name of an entry and a value
that names it alike, but for the case of letters, which never tells names apart. What is left
over, such as names of nobody, is read and looked up.
"""

from collections.abc import Collection

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

Key = bytes
"""A name as it is written, in lower case."""


class MemberIds:
    """The members of groups of one tenant."""

    def __init__(self, backend: Backend, tenant: TenantLayout) -> None:
        self._backend = backend
        self._members = Members(backend, tenant)
        self._groups = tenant.groups

    async def of(self, uuids: Collection[str]) -> list[tuple[str, str, frozenset[str]]]:
        """Ids and versions of the groups with these UUIDs, and the ids of their members."""
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
        known = await self._ids({key for _, keys in found for key in keys})
        return [
            (
                id_of(Kind.GROUP, group),
                version_of(group),
                frozenset([known[key] for key in keys if key in known]),
            )
            for group, keys in found
        ]

    async def _ids(self, wanted: set[Key]) -> dict[Key, str]:
        known: dict[Key, str] = {}
        for kind, (container, mapping) in self._members.kinds.items():
            top = f",{container}".lower().encode("utf-8", "surrogateescape")
            if sum(key.endswith(top) for key in wanted) > FEW:
                every = await self._all(kind, container, mapping)
                known |= {key: id_ for key, id_ in every.items() if key in wanted}
        rest: dict[Dn, list[Key]] = {}
        for key in wanted - known.keys():
            for dn in parsed_dns([key]):
                rest.setdefault(dn, []).append(key)
        for kind, (container, mapping) in self._members.kinds.items():
            for entry in await self._members.entries(container, mapping, rest, [UUID_ATTRIBUTE]):
                known |= dict.fromkeys(rest[entry.dn], id_of(kind, entry))
        return known

    async def _all(self, kind: Kind, container: Dn, mapping: ResourceMapping) -> dict[Key, str]:
        try:
            found = await self._backend.client.named(
                container, Scope.SUBTREE, recognising(mapping), UUID_ATTRIBUTE
            )
        except NoSuchObject:
            return {}
        except LdapError as error:
            raise translate(error, kind=kind) from error
        return {name.lower(): id_in(kind, uuid.decode()) for name, uuid in found}
