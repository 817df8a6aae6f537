"""Which resource an entry is, by its classes and its place; the same rules as in the stores."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.ldap.dn import Dn, Rdn, parse_rdns
from adapters.ldap.feed.tree import Ground, Role, Tree
from adapters.ldap.places import NOBODY, Backend, Owner, Placed, recognised
from adapters.ldap.policies import decoded
from adapters.ldap.shapes import Shape, TenantShape, UnitShape, UserShape
from adapters.ldap.subschema import Subschema
from adapters.ldap.surroundings import Surroundings
from adapters.ldap.values import Entry
from gateway.domain.ids import Kind
from gateway.domain.model import Application, Group, IdentityProvider, Partner, ScimToken
from gateway.ports.feed import PLATFORM
from mappings.table import Mappings, ResourceMapping

_POLICY = "pwdpolicy"

AnyShape = (
    Shape[Group]
    | Shape[IdentityProvider]
    | Shape[Application]
    | Shape[ScimToken]
    | Shape[Partner]
    | UserShape
    | UnitShape
    | TenantShape
)


@dataclass(frozen=True, slots=True)
class Known:
    """An entry that is a resource: its kind, whose it is, and where it stands."""

    kind: Kind
    tenant_id: str
    item: Placed


class Kinds:
    """Tells what entries are."""

    def __init__(self, backend: Backend, schema: Subschema, tree: Tree) -> None:
        self._mappings = backend.mappings
        self._layout = backend.layout
        self._schema = schema
        self._tree = tree
        self._tenants = backend.layout.tenants
        self._depth = len(self._tenants.rdns) + 1
        self._lines: dict[tuple[bytes, ...], frozenset[str]] = {}
        rows = _by_kind(backend.mappings)
        self._below = [
            (kind, row, parse_rdns((rows[Kind.USER] if kind in _AMONG else row).container))
            for kind, row in rows.items()
        ]
        outer = {row.recognise.lower() for kind, row in rows.items() if kind in _LEAVES}
        self._leaves = frozenset(outer)

    def classes(self, entry: Entry) -> frozenset[str]:
        """All classes that an entry is of."""
        values = entry.get("objectClass")
        try:
            return self._lines[values]
        except KeyError:
            names = [value.decode("utf-8", "replace") for value in values]
            line = self._lines[values] = self._schema.line(names)
            return line

    def is_inner(self, entry: Entry) -> bool:
        """Whether it is kept in the tree: nothing that has no others below it as a rule."""
        return self._leaves.isdisjoint(self.classes(entry))

    def role(self, entry: Entry) -> Role:
        """What it is to others."""
        rows, classes = self._mappings, self.classes(entry)
        return Role(
            unit=recognised(rows.organizational_unit, entry, classes),
            tenant=recognised(rows.tenant, entry, classes),
            partner=recognised(rows.partner, entry, classes),
            policy=decoded(entry) if _POLICY in classes else None,
        )

    def known(self, entry: Entry) -> Known | None:
        """The resource that an entry is, as the tree stands; None: it is none."""
        rdns, classes = entry.dn.rdns, self.classes(entry)
        if len(rdns) > self._depth:
            return self._of_tenant(entry, classes)
        above, rows = entry.dn.parent, self._mappings
        if above == self._tenants and recognised(rows.tenant, entry, classes):
            return Known(Kind.TENANT, PLATFORM, Placed(entry, above, NOBODY))
        return self._partner(entry, classes)

    def _partner(self, entry: Entry, classes: frozenset[str]) -> Known | None:
        above = entry.dn.parent
        if above == self._layout.partners and recognised(self._mappings.partner, entry, classes):
            return Known(Kind.PARTNER, PLATFORM, Placed(entry, above, NOBODY))
        return None

    def _of_tenant(self, entry: Entry, classes: frozenset[str]) -> Known | None:
        rdns = entry.dn.rdns
        base = Dn(rdns[len(rdns) - self._depth :])
        if base.rdns[1:] != self._tenants.rdns:
            return self._partner(entry, classes)
        tenant = self._tree.tenant(base)
        if tenant is None:
            return None
        for kind, row, container in self._below:
            depth = self._depth + len(container)
            place = rdns[len(rdns) - depth : len(rdns) - self._depth] if len(rdns) > depth else None
            if place == container and recognised(row, entry, classes):
                owner = Owner(f"{Kind.TENANT}_{tenant.hex()}", base)
                return Known(kind, owner.id, Placed(entry, base.below(*container), owner))
        return None


def ground(backend: Backend) -> Ground:
    """Where things stand, as layout and mapping say."""
    layout, rows = backend.layout, _by_kind(backend.mappings)

    def from_top(row: ResourceMapping) -> tuple[Rdn, ...]:
        return tuple(reversed(parse_rdns(row.container)))

    return Ground(
        root=layout.suffix,
        tenants=layout.tenants,
        partners=layout.partners,
        people=from_top(rows[Kind.USER]),
        containers=tuple(dict.fromkeys(map(from_top, rows.values()))),
    )


def shapes(backend: Backend, around: Surroundings) -> Mapping[Kind, AnyShape]:
    """How resources of each kind are made of entries."""
    rows = backend.mappings
    return {
        Kind.USER: UserShape(backend, around),
        Kind.GROUP: Shape(backend, Kind.GROUP, Group, rows.group),
        Kind.ORGANIZATIONAL_UNIT: UnitShape(backend, around),
        Kind.TENANT: TenantShape(backend, around),
        Kind.PARTNER: Shape(backend, Kind.PARTNER, Partner, rows.partner),
        Kind.IDENTITY_PROVIDER: Shape(
            backend, Kind.IDENTITY_PROVIDER, IdentityProvider, rows.identity_provider
        ),
        Kind.APPLICATION: Shape(backend, Kind.APPLICATION, Application, rows.application),
        Kind.SCIM_TOKEN: Shape(backend, Kind.SCIM_TOKEN, ScimToken, rows.scim_token),
    }


_LEAVES = frozenset(
    {Kind.USER, Kind.GROUP, Kind.IDENTITY_PROVIDER, Kind.APPLICATION, Kind.SCIM_TOKEN}
)

_AMONG = frozenset({Kind.ORGANIZATIONAL_UNIT})
"""What stands among the users, in their container."""


def _by_kind(rows: Mappings) -> Mapping[Kind, ResourceMapping]:
    """The kinds in tenants, by how many there are."""
    return {
        Kind.USER: rows.user,
        Kind.GROUP: rows.group,
        Kind.ORGANIZATIONAL_UNIT: rows.organizational_unit,
        Kind.IDENTITY_PROVIDER: rows.identity_provider,
        Kind.APPLICATION: rows.application,
        Kind.SCIM_TOKEN: rows.scim_token,
    }
