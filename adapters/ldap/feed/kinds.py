"""Which resource an entry is, by its classes and its place; the same rules as in the stores."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.ldap.dn import Dn, Rdn, parse_rdns
from adapters.ldap.feed.tree import Ground, Role, Tree
from adapters.ldap.places import NOBODY, Backend, Owner, Placed, Recogniser, recogniser
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
_ROOMS = 4096
"""Places of which it is remembered what can stand there."""

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


@dataclass(frozen=True, slots=True)
class Room:
    """What can stand right below an entry of a tenant: kinds, and their containers."""

    base: Dn
    kinds: tuple[tuple[Kind, Recogniser, Dn], ...]


class Kinds:
    """Tells what entries are."""

    def __init__(self, backend: Backend, schema: Subschema, tree: Tree) -> None:
        self._layout = backend.layout
        self._schema = schema
        self._tree = tree
        self._tenants = backend.layout.tenants
        self._depth = len(self._tenants.rdns) + 1
        self._lines: dict[tuple[bytes, ...], frozenset[str]] = {}
        self._rooms: dict[Dn, Room | None] = {}
        rows = _by_kind(backend.mappings)
        self._below = [
            (
                kind,
                recogniser(row),
                parse_rdns((rows[Kind.USER] if kind in _AMONG else row).container),
            )
            for kind, row in rows.items()
        ]
        self._is_unit = recogniser(backend.mappings.organizational_unit)
        self._is_tenant = recogniser(backend.mappings.tenant)
        self._is_partner = recogniser(backend.mappings.partner)
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
        classes = self.classes(entry)
        return Role(
            unit=self._is_unit(entry, classes),
            tenant=self._is_tenant(entry, classes),
            partner=self._is_partner(entry, classes),
            policy=decoded(entry) if _POLICY in classes else None,
        )

    def known(self, entry: Entry) -> Known | None:
        """The resource that an entry is, as the tree stands; None: it is none."""
        above, classes = entry.dn.parent, self.classes(entry)
        room = self._room(above)
        if room is not None:
            return self._of_tenant(entry, classes, room)
        if above == self._tenants and self._is_tenant(entry, classes):
            return Known(Kind.TENANT, PLATFORM, Placed(entry, above, NOBODY))
        if above == self._layout.partners and self._is_partner(entry, classes):
            return Known(Kind.PARTNER, PLATFORM, Placed(entry, above, NOBODY))
        return None

    def _of_tenant(self, entry: Entry, classes: frozenset[str], room: Room) -> Known | None:
        tenant = self._tree.tenant(room.base)
        if tenant is None:
            return None
        for kind, is_of, container in room.kinds:
            if is_of(entry, classes):
                owner = Owner(f"{Kind.TENANT}_{tenant.hex()}", room.base)
                return Known(kind, owner.id, Placed(entry, container, owner))
        return None

    def _room(self, above: Dn) -> Room | None:
        """What can stand right below an entry; None where that is in no tenant."""
        try:
            return self._rooms[above]
        except KeyError:
            if len(self._rooms) >= _ROOMS:
                self._rooms.clear()
            return self._rooms.setdefault(above, self._found_room(above))

    def _found_room(self, above: Dn) -> Room | None:
        depth = len(above.rdns) - self._depth
        base = Dn(above.rdns[depth:]) if depth >= 0 else None
        if base is None or base.parent != self._tenants:
            return None
        inner = above.rdns[:depth]
        kinds = [
            (kind, is_of, base.below(*container))
            for kind, is_of, container in self._below
            if inner[len(inner) - len(container) :] == container and len(inner) >= len(container)
        ]
        return Room(base, tuple(kinds))


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
