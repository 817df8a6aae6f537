"""What resources show of other entries, looked up for many of them at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from adapters.ldap.dn import Dn
from adapters.ldap.identity import UUID_ATTRIBUTE, id_of
from adapters.ldap.places import Backend, Placed, Unit, Units, recognising
from adapters.ldap.policies import InForce, Policies
from adapters.ldap.references import Names, References
from adapters.ldap.values import Scope
from gateway.domain.ids import Kind


class Surroundings(Protocol):
    """Where shapes look up what other entries say. Raises Unavailable."""

    async def units(self, found: Sequence[Placed]) -> Mapping[Dn, Unit]:
        """As `Units.above`: the nearest unit of each parent; those at the root have none."""
        ...

    async def partners(self, dns: Collection[Dn]) -> Mapping[Dn, str]:
        """The ids of those that are partners."""
        ...

    async def policies(self, dns: Iterable[Dn | None]) -> InForce:
        """As `Policies.named`: the policies with these DNs, under None the default one."""
        ...

    async def names(self, found: Sequence[Placed]) -> Names:
        """As `References.names`: the ids of users that these entries refer to."""
        ...


class ReadSurroundings:
    """As the directory has them at the moment; nothing is remembered."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._units = Units(backend)
        self._policies = Policies(backend)
        self._references = References(backend)

    async def units(self, found: Sequence[Placed]) -> Mapping[Dn, Unit]:
        """See `Surroundings`."""
        return await self._units.above(found)

    async def partners(self, dns: Collection[Dn]) -> Mapping[Dn, str]:
        """See `Surroundings`."""
        partner = recognising(self._backend.mappings.partner)
        base = self._backend.layout.partners
        if len(dns) > 1:
            entries = await self._backend.search(base, Scope.ONE, partner, [UUID_ATTRIBUTE])
        else:
            entries = [
                entry
                for dn in dns
                if dn.is_below(base)
                for entry in await self._backend.search(dn, Scope.BASE, partner, [UUID_ATTRIBUTE])
            ]
        return {entry.dn: id_of(Kind.PARTNER, entry) for entry in entries}

    async def policies(self, dns: Iterable[Dn | None]) -> InForce:
        """See `Surroundings`."""
        return await self._policies.named(dns)

    async def names(self, found: Sequence[Placed]) -> Names:
        """See `Surroundings`."""
        return await self._references.names(found)
