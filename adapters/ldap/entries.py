"""Writing one kind of resource: the same for users, groups, units, tenants and all others.

No write looks first and acts then: versions are assertions, names and unique values are the
directory's to refuse, and each change of attributes is one Modify. Where a change also renames
or moves an entry it is two operations, the ModifyDN first: a crash between them leaves an entry
under its new name with its old values, and the same request again completes it.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from adapters.ldap.codec import encode
from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.errors import (
    AttributeOrValueExists,
    LdapError,
    NoSuchAttribute,
    NoSuchObject,
    translate,
)
from adapters.ldap.identity import unchanged, version_of
from adapters.ldap.modlist import modifications, new_entry
from adapters.ldap.places import NOBODY, Backend, Owner, Placed, label, only
from adapters.ldap.reader import EntryReader
from adapters.ldap.shapes import R, Shape
from adapters.ldap.values import Entry, Modification, Scope
from gateway.domain.errors import NotFound, StaleVersion, Unavailable
from gateway.domain.ids import Kind
from gateway.ports import Values

T = TypeVar("T")

_ATTEMPTS = 16
"""An entry that somebody moves or changes between the look and the write is looked up again."""

_PAUSE = 0.005
"""Seconds that the wait before another look grows by: many at once get out of each other's way."""


class Prepare(Protocol):
    """Sees that what a write needs is there; `again` also where that was seen before."""

    async def __call__(self, *, again: bool = False) -> None:
        """Raises NotFound where the tenant itself is gone."""
        ...


async def nothing(*, again: bool = False) -> None:
    """What to prepare where there is nothing to prepare."""
    del again


class EntryStore(EntryReader[R], Generic[R]):
    """Reads and writes one kind of resource in one container."""

    def __init__(
        self,
        backend: Backend,
        shape: Shape[R],
        container: Dn,
        *,
        owner: Owner = NOBODY,
        prepare: Prepare = nothing,
        scope: Scope = Scope.SUBTREE,
    ) -> None:
        super().__init__(backend, shape, only(container, owner), container, scope=scope)
        self._container = container
        self._owner = owner
        self._prepare = prepare

    async def add(self, values: Values) -> R:
        """Add a resource, in one operation."""
        with self.refusals(values):
            return await self.built(await self._added(await self._incoming(values, None)))

    async def update(self, id_: str, values: Values, *, version: str | None = None) -> R:
        """Change the named fields."""
        with self.refusals(values):
            return await self.built(await self._updated(id_, values, version))

    async def delete(self, id_: str, *, version: str | None = None) -> None:
        """Delete for good."""

        async def write(item: Placed) -> None:
            await self._backend.client.delete(
                item.entry.dn, assertion=unchanged(self._shape.mapping, version)
            )

        with self.refusals({}):
            await self._written(id_, write)

    async def written(
        self,
        id_: str,
        changes: Callable[[Placed], Sequence[Modification]],
        *,
        version: str | None = None,
    ) -> Placed:
        """Modify an entry in one operation; no modification at all is no operation."""

        async def write(item: Placed) -> Placed:
            check_version(item.entry, version)
            wanted = changes(item)
            if not wanted:
                return item
            return await self._modified(item, wanted, unchanged(self._shape.mapping, version))

        with self.refusals({}):
            return await self._written(id_, write)

    @contextmanager
    def refusals(self, values: Values) -> Iterator[None]:
        """Raise what the directory refuses as errors of the domain."""
        del values
        mapping = self._shape.mapping
        try:
            yield
        except LdapError as error:
            raise translate(
                error,
                kind=self._shape.kind,
                fields=mapping.fields_by_attribute,
                name_field=mapping.rdn,
            ) from error

    async def _incoming(self, values: Values, item: Placed | None) -> Values:
        """Values as the mapping's fields take them; `item` is what is there, in an update."""
        del item
        return values

    async def _place(self, values: Values, item: Placed | None) -> Dn:
        """Below which entry the resource is to stand. Raises Invalid, naming the field."""
        del values
        return self._container if item is None else item.entry.dn.parent

    async def _added(
        self, values: Values, given: Mapping[str, Sequence[bytes]] | None = None
    ) -> Placed:
        """Add the entry; `given` are attributes that it has besides."""
        mapping = self._shape.mapping
        attributes: dict[str, Sequence[bytes]] = {**new_entry(mapping, values)}
        parent = await self._place(values, None)
        dn = parent.child(mapping.field(mapping.rdn).attribute, str(values[mapping.rdn]))
        await self._prepare()
        attributes |= {**await self._further_attributes(), **(given or {})}
        try:
            entry = await self._create(dn, attributes)
        except NoSuchObject:
            # An administrator took a container away, or the tenant went with all it had.
            await self._prepare(again=True)
            try:
                entry = await self._create(dn, attributes)
            except NoSuchObject:
                raise self._no_place(values) from None
        return self._placed(entry)

    async def _create(self, dn: Dn, attributes: Mapping[str, Sequence[bytes]]) -> Entry:
        return await self._backend.client.add(dn, attributes, post_read=self._shape.attributes)

    async def _further_attributes(self) -> Mapping[str, Sequence[bytes]]:
        """What new entries have that no field tells of."""
        return {}

    def _no_place(self, values: Values) -> Exception:
        """The error when the entry above is not there."""
        del values
        if self._owner is not NOBODY:
            return NotFound(Kind.TENANT)
        return Unavailable(
            f"The directory has no entry {self._container}", code="directory_misconfigured"
        )

    async def _updated(self, id_: str, values: Values, version: str | None) -> Placed:
        mapping = self._shape.mapping

        async def write(item: Placed) -> Placed:
            check_version(item.entry, version)
            wanted = await self._incoming(values, item)
            rdn = self._new_rdn(item.entry, wanted)
            parent = await self._place(wanted, item)
            changes = self._changes(item.entry, wanted)
            if rdn is None:
                changes += self._renaming(item.entry, wanted)
            asserted = unchanged(mapping, version)
            if rdn is None and parent == item.entry.dn.parent:
                return await self._modified(item, changes, asserted) if changes else item
            return await self._moved(item, rdn or item.entry.dn.rdn, parent, changes, asserted)

        return await self._written(id_, write)

    def _changes(self, entry: Entry, values: Values) -> list[Modification]:
        """What turns the entry into one with these values. Raises Invalid."""
        return modifications(self._shape.mapping, entry, values)

    def _new_rdn(self, entry: Entry, values: Values) -> Rdn | None:
        """The RDN that a changed name needs; None where it does not show in it.

        Raises:
            Invalid: the name cannot be held, or is cleared.
        """
        row = self._shape.mapping.field(self._shape.mapping.rdn)
        if row.name not in values:
            return None
        encode(row, values[row.name])
        name, old = str(values[row.name]), entry.dn.rdn.value(row.attribute)
        if old is None or name == label(self._shape.mapping, entry):
            return None
        return Rdn(tuple((n, name if v == old else v) for n, v in entry.dn.rdn.pairs))

    def _renaming(self, entry: Entry, values: Values) -> list[Modification]:
        """The change of a name in an entry that an administrator has named by something else."""
        row = self._shape.mapping.field(self._shape.mapping.rdn)
        name = values.get(row.name)
        if name is None or name == label(self._shape.mapping, entry):
            return []
        return [Modification("replace", row.attribute, encode(row, name))]

    async def _modified(
        self, item: Placed, changes: Sequence[Modification], assertion: str | None
    ) -> Placed:
        entry = await self._backend.client.modify(
            item.entry.dn, changes, assertion=assertion, post_read=self._shape.attributes
        )
        return self._placed(entry)

    async def _moved(
        self,
        item: Placed,
        rdn: Rdn,
        parent: Dn,
        changes: Sequence[Modification],
        assertion: str | None,
    ) -> Placed:
        """Rename or move first, then change; what is refused then goes back to its place."""
        client, old = self._backend.client, item.entry.dn
        superior = parent if parent != old.parent else None
        entry = await client.modify_dn(
            old,
            rdn,
            new_superior=superior,
            assertion=assertion,
            post_read=self._shape.attributes,
        )
        await self._renamed(old, entry.dn)
        moved = self._placed(entry)
        if not changes:
            return moved
        try:
            return await self._modified(moved, changes, None)
        except LdapError:
            back = old.parent if superior is not None else None
            await client.modify_dn(entry.dn, old.rdn, new_superior=back)
            await self._renamed(entry.dn, old)
            raise

    async def _renamed(self, old: Dn, new: Dn) -> None:
        """What else a new name brings with it."""

    async def _written(self, id_: str, write: Callable[[Placed], Awaitable[T]]) -> T:
        """Look up and write; again where somebody moved or changed the entry between."""
        for lost in range(_ATTEMPTS - 1):
            item = await self.entry(id_)
            try:
                return await write(item)
            except (NoSuchObject, NoSuchAttribute, AttributeOrValueExists):
                await asyncio.sleep(random.uniform(0, _PAUSE * lost))  # noqa: S311 - no secret
        return await write(await self.entry(id_))

    def _placed(self, entry: Entry) -> Placed:
        return Placed(entry, self._container, self._owner)


def check_version(entry: Entry, version: str | None) -> None:
    """Raise StaleVersion early; that none slips through is the assertion's work."""
    if version is not None and version_of(entry) != version:
        raise StaleVersion
