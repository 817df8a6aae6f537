"""Soft deletion of users, the way back, and deletion for good.

Retiring is three steps: the entry is marked, and its e-mails are put aside (from here on it is
hidden and cannot bind); it leaves its groups; it moves to the tenant's container of deleted
users under its id, so that its username is free. Whoever is cut off between them has left a
marked entry among the people: retiring it again completes it, restoring it takes the mark away.
Restoring moves first, then takes the mark away; the same holds for what is cut off there.

A new user that joins groups begins marked, too, with its e-mail in place. So whatever is marked
among the people for longer than any request lasts was cut off, and nobody waits for it.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta

from adapters.ldap import filters
from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.entries import Prepare, check_version
from adapters.ldap.errors import (
    AssertionFailed,
    ConstraintViolation,
    EntryAlreadyExists,
    NoSuchObject,
)
from adapters.ldap.identity import UUID_ATTRIBUTE, unchanged, uuid_text, version_of
from adapters.ldap.members import Members
from adapters.ldap.modlist import modifications
from adapters.ldap.places import Backend, Owner, Placed, Units
from adapters.ldap.references import References
from adapters.ldap.settings import TenantLayout
from adapters.ldap.shapes import UserShape
from adapters.ldap.values import Entry, Modification, Scope
from gateway.domain.errors import NotFound, Taken
from gateway.domain.ids import Kind
from gateway.domain.model import User

_NAME = "cn"
"""What names an entry among the deleted ones; every class of persons demands it."""
_ATTEMPTS = 4
_ABANDONED = timedelta(minutes=1)
"""A mark that old among the people is of a request that does not go on."""


class Retirement:
    """Retires, restores and purges the users of one tenant."""

    def __init__(
        self,
        backend: Backend,
        shape: UserShape,
        tenant: TenantLayout,
        owner: Owner,
        prepare: Prepare,
    ) -> None:
        self._backend = backend
        self._shape = shape
        self._tenant = tenant
        self._owner = owner
        self._prepare = prepare
        self._members = Members(backend, tenant)
        self._references = References(backend)
        self._mail = shape.mapping.field("email").attribute
        self._former_mail = shape.mapping.field("former_email").attribute
        self._class = filters.eq("objectClass", shape.mapping.recognise)
        self._marked = filters.present(shape.mapping.field("deleted_at").attribute)

    async def retire(self, id_: str, *, version: str | None = None) -> None:
        """Take a user away. Raises NotFound, StaleVersion, LdapError."""
        await self._prepare()
        for last in (*[False] * (_ATTEMPTS - 1), True):
            item = await self._among_people(id_)
            if not self._is_marked(item):
                check_version(item.entry, version)
                try:
                    await self._mark(item)
                except (AssertionFailed, NoSuchObject):
                    if last:
                        raise
                    continue
            try:
                await self._put_away(item)
            except NoSuchObject:
                if last:
                    raise
                await self._prepare(again=True)
                version = None
                continue
            return

    async def marked(self, id_: str) -> Placed:
        """The entry of a retired user, wherever it was cut off. Raises NotFound."""
        wanted = filters.eq(UUID_ATTRIBUTE, uuid_text(Kind.USER, id_))
        for container, mark in ((self._tenant.deleted, ""), (self._tenant.people, self._marked)):
            for item in await self._search(container, wanted, *filter(None, [mark])):
                return item
        raise NotFound(Kind.USER)

    async def put_back(self, item: Placed) -> Placed:
        """Move an entry back among the people, then take its mark away.

        Raises:
            Taken: of the username; of the e-mail, and then it is put away again.
        """
        dn = item.entry.dn
        if not dn.is_below(self._tenant.people):
            await self._prepare()
            try:
                dn = await self._move_back(item)
            except NoSuchObject:
                # The container of people, or the unit, went between the look and the move.
                await self._prepare(again=True)
                dn = await self._move_back(item)
        try:
            entry = await self._backend.client.modify(
                dn, self._unmarking(item.entry), post_read=self._shape.attributes
            )
        except ConstraintViolation:
            await self._to_deleted(dn, self._shape.id_of(item))
            raise Taken("email") from None
        return Placed(entry, self._tenant.people, self._owner)

    async def purge(self, id_: str) -> None:
        """Delete a retired user for good. Raises NotFound, LdapError."""
        item = await self.marked(id_)
        await self._backend.client.delete(item.entry.dn)
        await self._members.leave_all(item.entry.dn)
        await self._references.follow(self._tenant.base, item.entry.dn, None)

    async def put_away_abandoned(self, wanted: str) -> bool:
        """Put away what was cut off among the people and matches; whether there was any.

        A user that was never shown to anybody is deleted, a known one goes to the deleted ones.
        """
        before = self._backend.clock() - _ABANDONED
        found = False
        for item in await self._search(self._tenant.people, self._marked, wanted):
            (user,) = await self._shape.build([item])
            if user.deleted_at is None or user.deleted_at > before:
                continue
            found = True
            with suppress(NoSuchObject):  # somebody else was faster
                async with self._members.refint_done(item.entry.dn):
                    if item.entry.get(self._mail):
                        await self._backend.client.delete(item.entry.dn)
                    else:
                        await self._to_deleted(item.entry.dn, user.id)
                await self._members.leave_all(self._deleted_dn(user.id))
        return found

    async def retired(self, before: datetime) -> AsyncIterator[User]:
        """Users that were retired before that time."""
        for container in (self._tenant.deleted, self._tenant.people):
            found = await self._search(container, self._marked)
            for user in await self._shape.build(found):
                if user.deleted_at is not None and user.deleted_at < before:
                    yield user

    async def _among_people(self, id_: str) -> Placed:
        wanted = filters.eq(UUID_ATTRIBUTE, uuid_text(Kind.USER, id_))
        either = filters.or_(self._shape.filter, self._marked)
        for item in await self._search(self._tenant.people, wanted, either):
            return item
        raise NotFound(Kind.USER)

    async def _search(self, container: Dn, *narrow: str) -> list[Placed]:
        found = await self._backend.search(
            container,
            Scope.SUBTREE,
            filters.and_(self._class, *narrow),
            self._shape.attributes,
        )
        return [Placed(entry, container, self._owner) for entry in found]

    def _is_marked(self, item: Placed) -> bool:
        return bool(item.entry.get(self._shape.mapping.field("deleted_at").attribute))

    async def _mark(self, item: Placed) -> None:
        """From here on the user is hidden; the e-mails that are put aside are all it has."""
        entry = item.entry
        units = await Units(self._backend).above([item])
        unit = units.get(entry.dn.parent)
        mails = entry.get(self._mail)
        marks = modifications(
            self._shape.mapping,
            entry,
            {
                "deleted_at": self._backend.clock(),
                "former_parent": unit.id if unit else None,
                "former_email": tuple(mail.decode("utf-8", "replace") for mail in mails),
            },
        )
        await self._backend.client.modify(
            entry.dn,
            [*marks, Modification("delete", self._mail)],
            assertion=unchanged(self._shape.mapping, version_of(entry)),
        )

    async def _put_away(self, item: Placed) -> None:
        await self._members.leave_all(item.entry.dn)
        await self._to_deleted(item.entry.dn, self._shape.id_of(item))

    async def _to_deleted(self, dn: Dn, id_: str) -> None:
        await self._backend.client.modify_dn(
            dn,
            self._deleted_dn(id_).rdn,
            new_superior=self._tenant.deleted,
            delete_old_rdn=False,  # the username stays in the entry, for the way back
        )
        await self._references.follow(self._tenant.base, dn, self._deleted_dn(id_))

    def _deleted_dn(self, id_: str) -> Dn:
        return self._tenant.deleted.below(Rdn.of(_NAME, id_))

    async def _move_back(self, item: Placed) -> Dn:
        mapping, entry = self._shape.mapping, item.entry
        attribute = mapping.field(mapping.rdn).attribute
        rdn = Rdn.of(attribute, entry.text(attribute) or self._shape.id_of(item))
        parent = self._tenant.people
        former = entry.text(mapping.field("former_parent").attribute)
        if former:
            with suppress(NotFound):
                parent = (await Units(self._backend).by_id(parent, former)).dn
        try:
            moved = await self._backend.client.modify_dn(entry.dn, rdn, new_superior=parent)
        except (ConstraintViolation, EntryAlreadyExists):
            raise Taken(mapping.rdn) from None
        await self._references.follow(self._tenant.base, entry.dn, moved.dn)
        return moved.dn

    def _unmarking(self, entry: Entry) -> list[Modification]:
        gone = dict.fromkeys(("deleted_at", "former_parent", "former_email"))
        mails = entry.get(self._former_mail)
        back = [Modification("add", self._mail, mails)] if mails else []
        return [*modifications(self._shape.mapping, entry, gone), *back]
