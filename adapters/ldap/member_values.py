"""The attribute that names the members of a group or application, changed value by value.

Knows DNs and operations, neither ids nor who is a member of what; that is `members.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Literal

from adapters.ldap import filters
from adapters.ldap.dn import Dn
from adapters.ldap.errors import (
    AssertionFailed,
    AttributeOrValueExists,
    NoSuchAttribute,
    NoSuchObject,
    ObjectClassViolation,
)
from adapters.ldap.identity import VERSION_ATTRIBUTE, version_of
from adapters.ldap.places import Backend
from adapters.ldap.values import Modification, Scope

AT_ONCE = 5000
"""Values in one operation; slapd takes no requests beyond some megabytes."""


class MemberValues:
    """Changes the values of that attribute in any entry that has it, a holder."""

    def __init__(self, backend: Backend, attribute: str) -> None:
        self._backend = backend
        self._attribute = attribute

    async def change(
        self,
        holder: Dn,
        *,
        add: Iterable[Dn] = (),
        remove: Iterable[Dn] = (),
        assertion: str | None = None,
    ) -> tuple[str, str] | None:
        """Add some values and delete others; what is so already is success, and not written.

        One operation, or one for each five thousand; the first is what the assertion is for.
        Answers the holder's versions before and after, where exactly this has changed between
        them, and the server tells.

        Raises:
            NoSuchObject: the holder is not there.
            AssertionFailed: it is not as the assertion says.
        """
        kept = dict.fromkeys(add)
        added, removed = list(kept), [dn for dn in dict.fromkeys(remove) if dn not in kept]
        between, size = None, max(len(added), len(removed))
        for start in range(0, size, AT_ONCE):
            some = slice(start, start + AT_ONCE)
            between = await self._change(holder, added[some], removed[some], assertion)
            assertion = None
        return between if size <= AT_ONCE else None

    def new(self, members: Iterable[Dn] = ()) -> Mapping[str, Sequence[bytes]]:
        """The attribute of a new holder; the standard class demands a value, never shown."""
        values = self._modification("add", [self._backend.layout.placeholder, *members]).values
        return {self._attribute: values}

    async def clear(self, holder: Dn, *, assertion: str | None = None) -> None:
        """Delete all values, whatever they name. Raises as `change`."""
        nobody = self._modification("replace", [self._backend.layout.placeholder])
        await self._backend.client.modify(holder, [nobody], assertion=assertion)

    async def rename(self, holder: Dn, old: Dn, new: Dn) -> None:
        """Name a member by its new DN; one that is not named, or so already, stays so."""
        delete, add = self._modification("delete", [old]), self._modification("add", [new])
        with suppress(NoSuchAttribute, NoSuchObject):
            try:
                # In this order, since the two may be equal to the server: ann is renamed Ann.
                await self._backend.client.modify(holder, [delete, add])
            except AttributeOrValueExists:
                await self._backend.client.modify(holder, [delete])

    async def _change(
        self, holder: Dn, added: Sequence[Dn], removed: Sequence[Dn], assertion: str | None
    ) -> tuple[str, str] | None:
        """Change in one operation; where a value is so already slapd refuses the whole."""
        changes = [self._modification("delete", removed), self._modification("add", added)]
        try:
            before, after = await self._backend.client.modify_between(
                holder,
                [change for change in changes if change.values],
                attributes=[VERSION_ATTRIBUTE],
                assertion=assertion,
            )
            return (version_of(before), version_of(after)) if before and after else None
        except (AttributeOrValueExists, NoSuchAttribute):
            if len(added) + len(removed) > 1:
                await self._change_rest(holder, added, removed, assertion)
        except ObjectClassViolation:
            await self._change_rest(holder, added, removed, assertion)
        return None

    async def _change_rest(
        self, holder: Dn, added: Sequence[Dn], removed: Sequence[Dn], assertion: str | None
    ) -> None:
        """Change what is not so already, in one operation; if that is nothing, there is none.

        slapd can take a value to add that is there, but not one to delete that is not; so these
        are added before. With them comes the placeholder, for a group that was made without it
        and is to lose its last members.
        """
        first = [*removed, self._backend.layout.placeholder] if removed else []
        changes = [
            self._modification("add", first),
            self._modification("delete", removed),
            self._modification("add", added),
        ]
        terms = [filters.eq(self._attribute, dn) for dn in removed]
        terms += [filters.not_(filters.eq(self._attribute, dn)) for dn in added]
        asserted = filters.and_(assertion or filters.EVERYTHING, filters.or_(*terms))
        try:
            await self._backend.client.modify(
                holder,
                [change for change in changes if change.values],
                assertion=asserted,
                permissive=True,
            )
        except AssertionFailed:
            if assertion and not await self._backend.search(holder, Scope.BASE, assertion, ()):
                raise

    def _modification(
        self, how: Literal["add", "delete", "replace"], members: Iterable[Dn]
    ) -> Modification:
        return Modification(how, self._attribute, tuple(str(dn).encode() for dn in members))
