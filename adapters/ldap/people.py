"""Users of one tenant: finding, adding, changing and deleting them.

E-mail and username are kept unique by the directory's unique overlay. That a username is not
another user's e-mail is a rule over two attributes, which it does not know: it is looked for
before a write, and again after it, when the write is undone if somebody was faster.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from adapters.ldap import filters
from adapters.ldap.codec import encode
from adapters.ldap.custom import FIELD
from adapters.ldap.dn import Dn
from adapters.ldap.entries import EntryStore, Prepare, check_version
from adapters.ldap.errors import ConstraintViolation, NoSuchObject
from adapters.ldap.identity import UUID_ATTRIBUTE, unchanged
from adapters.ldap.members import Members
from adapters.ldap.modlist import modifications, new_entry
from adapters.ldap.places import Backend, Owner, Placed, Units, label
from adapters.ldap.policies import existing_policy
from adapters.ldap.references import References
from adapters.ldap.retirement import Retirement
from adapters.ldap.settings import TenantLayout
from adapters.ldap.shapes import UserShape
from adapters.ldap.values import Entry, Modification, Scope
from gateway.domain.errors import NotFound, Taken, invalid
from gateway.domain.ids import Kind
from gateway.domain.model import User
from gateway.domain.query import LinkedTo, Query
from gateway.domain.text import comparable
from gateway.ports import Values

NAMES = ("email", "other_emails", "username")
"""What is unique, in the order in which it is told: a username that was not given is the e-mail."""
_ATTEMPTS = 6


class People(EntryStore[User]):
    """Users as entries; what opens and closes their accounts is in `users.py`."""

    def __init__(
        self, backend: Backend, tenant: TenantLayout, owner: Owner, prepare: Prepare
    ) -> None:
        shape = UserShape(backend)
        super().__init__(backend, shape, tenant.people, owner=owner, prepare=prepare)
        self._tenant = tenant
        self._members = Members(backend, tenant)
        self._retirement = Retirement(backend, shape, tenant, owner, prepare)
        self._references = References(backend)
        self._mark = shape.mapping.field("deleted_at")
        self._attributes = {name: shape.mapping.field(name).attribute for name in NAMES}

    async def add(self, values: Values) -> User:
        """Add a user with one operation, or, if it joins groups, hidden until it has.

        A crash between leaves a hidden entry, which whoever needs its names next puts away.
        """
        with self.refusals(values):
            groups = await self._groups(values)
            new_entry(self._shape.mapping, values)  # what cannot be is told before what is taken
            await self._place(values, None)
            await self._claim_names(values, None)
            hidden = {self._mark.name: self._backend.clock()} if groups else {}
            wanted = await self._incoming(values, None)
            item = await self._added_uniquely({**wanted, **hidden})
            try:
                await self._check_names(values, item)
                await self._join(groups, item.entry.dn)
                if hidden:
                    item = await self._shown(item)
            except (Taken, NoSuchObject) as error:
                await self._backend.client.delete(item.entry.dn)
                await self._members.leave_all(item.entry.dn)
                if isinstance(error, Taken):
                    raise
                raise invalid("group_ids", "a group is gone") from None
            return await self._settled(values, item)

    async def update(self, id_: str, values: Values, *, version: str | None = None) -> User:
        """Change the named fields, also name and place."""
        with self.refusals(values):
            names = {name: values[name] for name in NAMES if name in values}
            before = await self.entry(id_) if names else None
            if before is not None:
                self._changes(before.entry, values)
                await self._place(values, before)
                try:
                    await self._claim_names(names, before)
                except Taken:
                    check_version(before.entry, version)  # which is to be told first
                    raise
            try:
                item = await self._updated(id_, values, version)
            except ConstraintViolation as error:
                raise await self._taken(error, names, before) or error from None
            if before is not None:
                try:
                    await self._check_names(names, item)
                except Taken:
                    await self._updated(id_, await self._earlier(values, before), None)
                    raise
            return await self._settled(values, item)

    async def delete(self, id_: str, *, version: str | None = None) -> None:
        """Delete for good, then end its memberships; after a crash refint has done that."""

        async def write(item: Placed) -> None:
            asserted = unchanged(self._shape.mapping, version)
            await self._backend.client.delete(item.entry.dn, assertion=asserted)
            await self._members.leave_all(item.entry.dn)
            await self._references.follow(self._tenant.base, item.entry.dn, None)

        with self.refusals({}):
            await self._written(id_, write)

    async def by_login(self, login: str) -> User:
        """The user with that username or e-mail; the username comes first."""
        if not login.strip() or "\0" in login:
            raise NotFound(Kind.USER)
        mapping = self._shape.mapping
        attributes = dict.fromkeys(self._attributes.values())
        found = await self.all(filters.or_(*(filters.eq(each, login) for each in attributes)))
        if not found:
            raise NotFound(Kind.USER)
        wanted = comparable(login).strip()
        found.sort(key=lambda item: comparable(label(mapping, item.entry)).strip() != wanted)
        return await self.built(found[0])

    async def linked_to(self, identity_provider_id: str, external_id: str) -> tuple[User, ...]:
        """Users that are linked to that account; both ids compare exactly."""
        account = LinkedTo(identity_provider_id, external_id)
        return (await self.find(Query(account, limit=None))).items

    def _changes(self, entry: Entry, values: Values) -> list[Modification]:
        """Slapd drops the demand for a change with each new password, unless told anew."""
        changes = super()._changes(entry, values)
        row = self._shape.mapping.field("password_change_required")
        told = any(change.attribute == row.attribute for change in changes)
        if values.get("password") is not None and values.get(row.name) and not told:
            changes.append(Modification("replace", row.attribute, encode(row, values[row.name])))
        return changes

    async def _renamed(self, old: Dn, new: Dn) -> None:
        await self._members.follow(old, new)
        await self._references.follow(self._tenant.base, old, new)

    async def _incoming(self, values: Values, item: Placed | None) -> Values:
        return await self._references.resolved(values, self._container, item)

    async def _settled(self, values: Values, item: Placed) -> User:
        """The user that was written, referring to whom it was to refer to.

        Somebody who is renamed or deleted between the look-up of its DN and the write is looked
        up again: slapd repairs only what it finds when it does so.
        """
        user = await self.built(item)
        for _ in range(_ATTEMPTS):
            lost = self._references.lost(values, user)
            if not lost:
                break
            again = {FIELD: {**user.custom_attributes, **lost}}
            user = await self.built(await self._updated(user.id, again, None))
        return user

    async def _place(self, values: Values, item: Placed | None) -> Dn:
        if "ou_id" not in values:
            return self._container if item is None else item.entry.dn.parent
        ou_id = values["ou_id"]
        if ou_id is None:
            return self._container
        try:
            return (await Units(self._backend).by_id(self._container, str(ou_id))).dn
        except NotFound:
            raise invalid("ou_id", "names nothing in this tenant", "unknown") from None

    def _no_place(self, values: Values) -> Exception:
        if values.get("ou_id") is None:
            return super()._no_place(values)
        return invalid("ou_id", "names nothing in this tenant", "unknown")

    async def _further_attributes(self) -> Mapping[str, Sequence[bytes]]:
        """The tenant's policy, since slapd 2.5 knows none per subtree."""
        policy = await existing_policy(self._backend, self._tenant.default_policy)
        if policy is None:
            return {}
        return {self._shape.mapping.field("policy_dn").attribute: [str(policy).encode()]}

    async def _groups(self, values: Values) -> Collection[Dn]:
        ids = values.get("group_ids") or ()
        if not isinstance(ids, Collection) or isinstance(ids, str):
            raise TypeError("group_ids is no collection")
        wanted = [str(id_) for id_ in ids]
        return (await self._members.existing("group_ids", wanted, [Kind.GROUP])).values()

    async def _join(self, groups: Collection[Dn], user: Dn) -> None:
        for group in groups:
            await self._members.add(group, [user])

    async def _added_uniquely(self, values: Values) -> Placed:
        """Add the entry; again where a generated number was in use, with another one."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._added(values)
            except ConstraintViolation as error:
                if not _is_non_unique(error):
                    raise
                if taken := await self._taken(error, values, None):
                    raise taken from None
        return await self._added(values)

    async def _earlier(self, values: Values, before: Placed) -> Values:
        """What these fields were before; a password that was replaced is gone."""
        user = await self.built(before)
        return {name: getattr(user, name) for name in values if hasattr(user, name)}

    async def _shown(self, item: Placed) -> Placed:
        """The user of a hidden entry, from here on there for everybody."""
        changes = modifications(self._shape.mapping, item.entry, {self._mark.name: None})
        return await self._modified(item, changes, None)

    async def _claim_names(self, values: Values, item: Placed | None) -> None:
        """As `_check_names`, after putting away what was cut off half-way under these names."""
        try:
            await self._check_names(values, item)
        except Taken:
            if not await self._retirement.put_away_abandoned(self._either(values)):
                raise
            await self._check_names(values, item)

    def _either(self, values: Values) -> str:
        """Entries that have one of these names, as username or as e-mail."""
        attributes = dict.fromkeys(self._attributes.values())
        return filters.or_(
            *(filters.eq(each, value) for _, value in _given(values) for each in attributes)
        )

    async def _check_names(self, values: Values, item: Placed | None) -> None:
        """Raise Taken where a username or e-mail is another user's; Invalid where none can be."""
        for name in NAMES:
            if values.get(name) is not None:  # what cannot be is not looked for
                encode(self._shape.mapping.field(name), values[name])
        if not await self._others(self._either(values), item):
            return
        for name, value in _given(values):
            if await self._others(self._either({name: value}), item):
                raise Taken(name)

    async def _others(self, wanted: str, item: Placed | None) -> bool:
        """Whether another entry matches, also one that is no whole user."""
        narrow = filters.and_(filters.eq("objectClass", self._shape.mapping.recognise), wanted)
        own = item.entry.get(UUID_ATTRIBUTE) if item else ()
        found = await self._backend.search(self._container, Scope.SUBTREE, narrow, [UUID_ATTRIBUTE])
        return any(entry.get(UUID_ATTRIBUTE) != own for entry in found)

    async def _taken(
        self, error: ConstraintViolation, values: Values, item: Placed | None
    ) -> Taken | None:
        """Which of these names the unique overlay has refused; None if it was none of them."""
        if _is_non_unique(error):
            for name, value in _given(values):
                if await self._others(filters.eq(self._attributes[name], value), item):
                    return Taken(name)
        return None


def _given(values: Values) -> Iterator[tuple[str, str]]:
    """Each of the unique texts among the values, and the field that it is of."""
    for name in NAMES:
        value = values.get(name)
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str):
                yield name, text


def _is_non_unique(error: ConstraintViolation) -> bool:
    return error.diagnostic.startswith("non-unique")
