"""What resources show of other entries, as of the point of history that the feed has come to."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set

from adapters.ldap import filters
from adapters.ldap.codec import decode
from adapters.ldap.custom import references
from adapters.ldap.dn import Dn
from adapters.ldap.feed.names import Bearers
from adapters.ldap.feed.tree import StrayError, Tree
from adapters.ldap.identity import UUID_ATTRIBUTE
from adapters.ldap.places import Backend, Placed, Unit, recognising
from adapters.ldap.policies import InForce
from adapters.ldap.references import Names, References
from adapters.ldap.values import Entry
from gateway.domain.ids import Kind
from gateway.domain.status import LockoutPolicy


class ToldSurroundings:
    """Looks up in the tree; who bears a name is asked of the directory once, then followed."""

    def __init__(self, backend: Backend, tree: Tree) -> None:
        self._backend = backend
        self._tree = tree
        self._row = backend.mappings.user
        self._partner = backend.mappings.tenant.field("partner_id")
        self._no_partners: Set[Dn] = frozenset()
        self.attributes = References(backend).attributes
        self.bearers = Bearers()
        self.lenient: frozenset[Dn] = frozenset()
        """Entries that stand below what cannot be found: the nearest unit has to do."""

    def is_stray(self, item: Placed) -> bool:
        """Whether the tree does not have what the entry stands below."""
        try:
            self._unit(item)
        except StrayError:
            return True
        return False

    async def units(self, found: Sequence[Placed]) -> Mapping[Dn, Unit]:
        """See `Surroundings`."""
        units: dict[Dn, Unit | None] = {}
        for item in found:
            if (parent := item.entry.dn.parent) not in units:
                units[parent] = self._unit(item)
        return {dn: unit for dn, unit in units.items() if unit is not None}

    async def partners(self, dns: Collection[Dn]) -> Mapping[Dn, str]:
        """See `Surroundings`."""
        base = self._backend.layout.partners
        found = {dn: self._tree.partner(dn) for dn in dns if dn.parent == base}
        nobody = {dn for dn, uuid in found.items() if uuid is None}
        self.bearers.nobody(nobody - self._no_partners)
        self._no_partners = (self._no_partners - found.keys()) | nobody
        return {dn: f"{Kind.PARTNER}_{u.hex()}" for dn, u in found.items() if u is not None}

    async def policies(self, dns: Iterable[Dn | None]) -> InForce:
        """See `Surroundings`."""
        found: dict[Dn | None, LockoutPolicy] = {}
        for dn in set(dns):
            name = dn if dn is not None else self._backend.layout.default_policy
            policy = self._tree.policy(name)
            if policy is not None:
                found[dn] = policy
        return found

    async def names(self, found: Sequence[Placed]) -> Names:
        """See `Surroundings`."""
        if not self.attributes:
            return {}
        wanted: dict[Dn, Dn] = {}
        for item in found:
            for dn in references(self.attributes, item.entry).values():
                if dn.is_below(item.container):
                    wanted[dn] = item.container
        await self.look_up(wanted)
        bearers = ((dn, self.bearers.bearer(dn)) for dn in wanted)
        return {dn: f"{Kind.USER}_{uuid.hex()}" for dn, uuid in bearers if uuid is not None}

    async def look_up(self, names: Mapping[Dn, Dn]) -> None:
        """See who bears these names, in the containers that they are in."""
        by_container: dict[Dn, list[Dn]] = {}
        for dn, container in names.items():
            if dn not in self.bearers:
                by_container.setdefault(container, []).append(dn)
        for container, dns in by_container.items():
            terms = [filters.eq("entryDN", dn) for dn in dns]
            entries = await self._backend.search_any(
                container, recognising(self._row), terms, [UUID_ATTRIBUTE]
            )
            found = {entry.dn: uuid_of(entry) for entry in entries}
            for dn in dns:
                self.bearers.learn(dn, found.get(dn))

    def referred(self, kind: Kind | None, entry: Entry) -> Iterable[Dn]:
        """The names that an entry of that kind refers to."""
        if kind is Kind.USER:
            return references(self.attributes, entry).values()
        dn = (
            decode(self._partner, entry.get(self._partner.attribute))
            if kind is Kind.TENANT
            else None
        )
        return (dn,) if isinstance(dn, Dn) else ()

    def _unit(self, item: Placed) -> Unit | None:
        parent = item.entry.dn.parent
        if parent == item.container:
            return None
        nearest = item.entry.dn in self.lenient
        return self._tree.unit_above(parent, item.container, nearest=nearest)


def uuid_of(entry: Entry) -> bytes:
    """The 16 octets of its entryUUID."""
    return bytes.fromhex((entry.text(UUID_ATTRIBUTE) or "").replace("-", ""))
