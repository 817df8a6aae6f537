"""From entries to the domain's values, a shape for each kind of resource.

What a row of the mapping says is read by the codec; here is what follows from the place of an
entry and from other entries: ids of parents and partners, paths, the derived status. Whatever
an administrator has written into an entry, a shape makes a value of it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from adapters.ldap.codec import decode, reader
from adapters.ldap.custom import FIELD, decode_custom, only
from adapters.ldap.dn import Dn
from adapters.ldap.identity import UUID_ATTRIBUTE, VERSION_ATTRIBUTE, id_of, version_of
from adapters.ldap.places import (
    Backend,
    Placed,
    Unit,
    label,
    label_attributes,
    path_of,
    recognising,
)
from adapters.ldap.policies import POLICY_OF_ENTRY, InForce, of_entry, policy_dn
from adapters.ldap.references import Names, References
from adapters.ldap.rows import entry_reader
from adapters.ldap.surroundings import ReadSurroundings, Surroundings
from adapters.ldap.values import Entry
from gateway.domain.ids import Kind
from gateway.domain.model import (
    OrganizationalUnit,
    Resource,
    Tenant,
    User,
)
from gateway.domain.status import UserStatus, derive, locked_until
from mappings.table import ResourceMapping

R = TypeVar("R", bound=Resource)

Extras = Callable[[Placed], Mapping[str, Any]]
"""What is known about an entry from elsewhere, as fields of the resource."""

Reading = Callable[[Placed], dict[str, Any]]
"""What an entry says itself, as fields of the resource."""

_PLACE = frozenset({"ou_id", "ou_path"})
_STATE = frozenset({"status", "locked_until"})


class Shape(Generic[R]):
    """A kind of resource: its class, its rows, and how one is made of an entry."""

    def __init__(
        self, backend: Backend, kind: Kind, cls: type[R], mapping: ResourceMapping
    ) -> None:
        self.kind = kind
        self.mapping = mapping
        self._backend = backend
        self._cls = cls
        self._fields = frozenset(field.name for field in fields(cls))
        rows = mapping.fields.values()
        self._texts = [
            r.name for r in rows if r.required and not r.words and r.name in self._fields
        ]

    @property
    def filter(self) -> str:
        """What entries of this kind match."""
        return recognising(self.mapping)

    @property
    def attributes(self) -> tuple[str, ...]:
        """What `build` looks at."""
        return tuple(dict.fromkeys((*self.mapping.attributes, UUID_ATTRIBUTE, VERSION_ATTRIBUTE)))

    async def build(
        self, found: Sequence[Placed], fields: Collection[str] | None = None
    ) -> list[R]:
        """The resources that entries are, in the same order.

        With `fields`, entries hold only what these need (`needs`), and only these are right.
        """
        if not found:
            return []
        read = self._whole if fields is None else self._reading(self._only(fields))
        extras, cls = await self._extras(found, fields), self._cls
        return [cls(**{**read(item), **extras(item)}) for item in found]

    @cached_property
    def _whole(self) -> Reading:
        return self._reading(self.mapping)

    def needs(self, fields: Collection[str]) -> tuple[str, ...]:
        """The attributes that these fields follow from."""
        rows = self._only(fields)
        named = [self._attributes_of(name) for name in (*fields, *rows.fields)]
        if rows.custom is not None:
            named.append((rows.custom.attribute, *rows.custom.standard))
        return (UUID_ATTRIBUTE, *dict.fromkeys(attribute for some in named for attribute in some))

    def id_of(self, item: Placed) -> str:
        """The id of the resource that an entry is."""
        return id_of(self.kind, item.entry)

    def _attributes_of(self, field: str) -> tuple[str, ...]:
        if field == self.mapping.rdn:
            return label_attributes(self.mapping)
        row = self.mapping.fields.get(field)
        return (row.attribute,) if row is not None else ()

    def _only(self, fields: Collection[str]) -> ResourceMapping:
        """The rows of these fields, and of those without which there is no value."""
        rows = self.mapping.fields.values()
        return replace(
            self.mapping,
            fields={
                row.name: row for row in rows if row.name in fields or (row.required and row.words)
            },
            custom=only(self.mapping.custom, fields),
        )

    async def _extras(self, found: Sequence[Placed], fields: Collection[str] | None) -> Extras:
        del found, fields
        return lambda _: {}

    def _reading(self, rows: ResourceMapping) -> Reading:
        """How these rows are read, for many entries."""
        kind, rdn, owned = self.kind, self.mapping.rdn, "tenant_id" in self._fields
        own = self._fields - {"id", "version", rdn}
        read, labelled = entry_reader(rows, own, self._texts), rdn in rows.fields

        def reading(item: Placed) -> dict[str, Any]:
            entry = item.entry
            values = read(entry)
            values["id"] = id_of(kind, entry)
            values["version"] = version_of(entry)
            values[rdn] = label(self.mapping, entry) if labelled else ""
            if owned:
                values["tenant_id"] = item.owner.id
            return values

        return reading


class UnitShape(Shape[OrganizationalUnit]):
    """Organizational units, with parent and path."""

    def __init__(self, backend: Backend, around: Surroundings | None = None) -> None:
        mapping = backend.mappings.organizational_unit
        super().__init__(backend, Kind.ORGANIZATIONAL_UNIT, OrganizationalUnit, mapping)
        self._around = around or ReadSurroundings(backend)

    async def _extras(self, found: Sequence[Placed], fields: Collection[str] | None) -> Extras:
        del fields
        above = await self._around.units(found)

        def extras(item: Placed) -> Mapping[str, object]:
            parent = above.get(item.entry.dn.parent)
            return {
                "parent_id": parent.id if parent else None,
                "path": path_of(item.entry.dn, item.container),
            }

        return extras


class TenantShape(Shape[Tenant]):
    """Tenants; the partner, a DN in the directory, is shown by its id."""

    def __init__(self, backend: Backend, around: Surroundings | None = None) -> None:
        super().__init__(backend, Kind.TENANT, Tenant, backend.mappings.tenant)
        self._around = around or ReadSurroundings(backend)

    async def _extras(self, found: Sequence[Placed], fields: Collection[str] | None) -> Extras:
        del fields
        row = self.mapping.field("partner_id")
        partners = {item.entry.dn: decode(row, item.entry.get(row.attribute)) for item in found}
        wanted = {dn for dn in partners.values() if isinstance(dn, Dn)}
        ids = await self._around.partners(wanted)

        def extras(item: Placed) -> Mapping[str, object]:
            dn = partners[item.entry.dn]
            return {"partner_id": ids.get(dn) if isinstance(dn, Dn) else None}

        return extras


class UserShape(Shape[User]):
    """Users, with their unit and the status that follows from the policy in force."""

    def __init__(self, backend: Backend, around: Surroundings | None = None) -> None:
        super().__init__(backend, Kind.USER, User, backend.mappings.user)
        self._around = around or ReadSurroundings(backend)
        self._own_status = self.mapping.field("own_status")
        self._lock = self.mapping.field("locked_at")
        self._read_own, self._read_lock = reader(self._own_status), reader(self._lock)
        self._former = self.mapping.field("former_email")
        self._references = References(backend)

    def _attributes_of(self, field: str) -> tuple[str, ...]:
        if field in _STATE:
            return (self._own_status.attribute, self._lock.attribute, POLICY_OF_ENTRY)
        return super()._attributes_of(field)

    async def _extras(self, found: Sequence[Placed], fields: Collection[str] | None) -> Extras:
        placed = fields is None or not _PLACE.isdisjoint(fields)
        barred = fields is None or not _STATE.isdisjoint(fields)
        referring = {FIELD, *(f"{FIELD}.{name}" for name in self._references.attributes)}
        named = fields is None or not referring.isdisjoint(fields)
        names = await self._around.names(found) if named else {}
        units = await self._around.units(found) if placed else {}
        policies, now = await self._policies(found) if barred else {}, self._backend.clock()

        places = _places(found, units)

        def extras(item: Placed) -> Mapping[str, object]:
            values = dict(places.get(item.entry.dn.parent, _NOWHERE))
            if barred:
                values |= self._state(item.entry, policies, now)
            if named:
                values |= self._referring(item, names)
            return values

        return extras

    def _referring(self, item: Placed, names: Names) -> dict[str, object]:
        """The custom attributes, where some of them stand for other users."""
        referred = self._references.shown(item, names)
        if not referred or self.mapping.custom is None:
            return {}
        shown = {**decode_custom(self.mapping.custom, item.entry), **referred}
        return {FIELD: {n: value for n, value in shown.items() if value is not None}}

    async def _policies(self, found: Sequence[Placed]) -> InForce:
        """The policies of those that have a lock; nobody else's matter."""
        locked = [item.entry for item in found if item.entry.get(self._lock.attribute)]
        return await self._around.policies(policy_dn(entry) for entry in locked)

    def _state(self, entry: Entry, policies: InForce, now: datetime) -> dict[str, object]:
        locked_at = self._read_lock(entry.get(self._lock.attribute))
        until = (
            locked_until(locked_at, of_entry(entry, policies))
            if isinstance(locked_at, datetime)
            else None
        )
        word = self._read_own(entry.get(self._own_status.attribute))
        own = UserStatus(str(word)) if word is not None else None
        return {"locked_until": until, "status": derive(own, until, now)}

    def _reading(self, rows: ResourceMapping) -> Reading:
        """A retired user still shows the e-mail that it had."""
        reading, former = super()._reading(rows), self._former.attribute.lower()

        def with_former(item: Placed) -> dict[str, Any]:
            values = reading(item)
            if held := item.entry.attributes.get(former):
                shown = decode(self._former, held)
                if isinstance(shown, tuple) and shown and not values.get("email"):
                    values["email"], *further = shown
                    values["other_emails"] = tuple(further)
            return values

        return with_former


def _places(found: Sequence[Placed], units: Mapping[Dn, Unit]) -> Mapping[Dn, Mapping[str, object]]:
    """Where users stand, by what they stand right below; most share it with others."""
    containers = {item.entry.dn.parent: item.container for item in found} if units else {}
    return {
        parent: {"ou_id": unit.id, "ou_path": path_of(unit.dn, container)}
        for parent, container in containers.items()
        if (unit := units.get(parent)) is not None
    }


_NOWHERE: Mapping[str, object] = MappingProxyType({})
