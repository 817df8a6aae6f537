"""Groups as outside clients provision them."""

from collections.abc import Callable, Iterable, Mapping

from gateway.domain.errors import StaleVersion
from gateway.domain.ids import Kind
from gateway.domain.model import Group, Member
from gateway.domain.query import Page, Query
from gateway.ports import TenantDirectory
from gateway.services.access import Access, Call
from gateway.services.audit import Audit
from gateway.services.changes import retried
from gateway.services.provisioning.checks import check_group
from gateway.services.provisioning.links import ExternalIds
from gateway.services.provisioning.members import (
    MemberChange,
    check_known,
    member_change,
    naming_members,
    new_members,
)
from gateway.services.provisioning.tenant import read, tenant_of
from gateway.services.provisioning.wanted import WantedGroup

GroupChange = Callable[[Group], WantedGroup | None]


class GroupProvisioning:
    """Groups of the caller's tenant. All methods raise Forbidden and NotFound as `Access`."""

    def __init__(self, *, access: Access, audit: Audit, external_ids: ExternalIds) -> None:
        self._access = access
        self._audit = audit
        self._external_ids = external_ids

    async def find_groups(self, call: Call, query: Query) -> Page[Group]:
        """A window of a listing, and how many match; members are not read."""
        return await (await tenant_of(self._access, call)).groups.find(query)

    async def group(
        self, call: Call, group_id: str, *, fields: frozenset[str] | None = None
    ) -> Group:
        """A group; its members are not read. `fields` as those of a query."""
        directory = await tenant_of(self._access, call)
        return await read(directory.groups, Kind.GROUP, group_id, fields)

    async def members(
        self, call: Call, group_ids: Iterable[str]
    ) -> Mapping[str, tuple[Member, ...]]:
        """All direct members of several groups, by the groups' canonical ids."""
        return await (await tenant_of(self._access, call)).groups.members_of(group_ids)

    async def create_group(self, call: Call, wanted: WantedGroup) -> Group:
        """Create a group with its members, in one operation.

        Raises:
            Invalid: naming each wrong member; nothing was created.
            Taken: the name is in use.
        """
        directory = await tenant_of(self._access, call)
        check_group(wanted, None)
        member_ids = new_members(wanted)
        linked = await self._external_ids.relinked(call, directory, (), wanted.external_id)
        values = {name: value for name, value in wanted.values.items() if value}
        if linked.links:
            values["federated_identities"] = linked.links
        if member_ids:
            values["member_ids"] = member_ids
        with naming_members(member_ids):
            group = await directory.groups.add(values)
        self._audit.changed(call, group.id, tenant_id=directory.tenant.id, after=group)
        if member_ids:
            self._told(call, directory, group, MemberChange(add=member_ids))
        return group

    async def update_group(
        self, call: Call, group_id: str, change: GroupChange, *, version: str | None = None
    ) -> Group:
        """Change a group as `change` wants it; None, or what is there already, writes nothing.

        Members are read only where the whole list is wanted. Single members are one operation,
        which loses no race; where name and members both change, these are two, the name first.

        Raises:
            Invalid: naming each wrong member (`members`: unknown ones); nothing was changed.
            Taken: the name is in use.
            Conflict: the group is to be a member of itself.
        """
        directory = await tenant_of(self._access, call)

        async def attempt() -> Group:
            before = await directory.groups.get(group_id)
            if version is not None and version != before.version:
                raise StaleVersion
            wanted = change(before)
            if wanted is None:
                return before
            return await self._write_group(call, directory, before, wanted, version)

        return await (attempt() if version is not None else retried(attempt))

    async def delete_group(self, call: Call, group_id: str, *, version: str | None = None) -> None:
        """Delete a group for good."""
        directory = await tenant_of(self._access, call)
        group = await directory.groups.get(group_id)
        await directory.groups.delete(group.id, version=version)
        self._audit.changed(call, group.id, tenant_id=directory.tenant.id, before=group)

    async def _write_group(
        self,
        call: Call,
        directory: TenantDirectory,
        before: Group,
        wanted: WantedGroup,
        version: str | None,
    ) -> Group:
        check_group(wanted, before)
        members = await member_change(directory, before, wanted)
        linked = await self._external_ids.relinked(
            call, directory, before.federated_identities, wanted.external_id
        )
        after = {name: value or None for name, value in wanted.values.items()}
        values = {name: value for name, value in after.items() if value != getattr(before, name)}
        if set(linked.links) != set(before.federated_identities):
            values["federated_identities"] = linked.links
        group, asserted = before, version
        if values:
            if members is not None:
                await check_known(directory, before, members.add)
            seen = before.version if "federated_identities" in values else None
            group = await directory.groups.update(before.id, values, version=version or seen)
            asserted = None
            self._audit.changed(
                call, group.id, tenant_id=directory.tenant.id, before=before, after=group
            )
        if members is None:
            return group
        if members.whole and version is None:
            asserted = group.version
        await self._change_members(directory, group, members, asserted)
        self._told(call, directory, group, members)
        return await directory.groups.get(group.id)

    async def _change_members(
        self,
        directory: TenantDirectory,
        group: Group,
        members: MemberChange,
        version: str | None,
    ) -> None:
        if members.clear:
            await directory.groups.clear_members(group.id, version=version)
            return
        with naming_members(members.add):
            await directory.groups.change_members(
                group.id, add=members.add, remove=members.remove, version=version
            )

    def _told(
        self, call: Call, directory: TenantDirectory, group: Group, members: MemberChange
    ) -> None:
        gone: object = "all" if members.clear else members.remove
        self._audit.told(
            call,
            group.id,
            tenant_id=directory.tenant.id,
            before={"members": gone} if gone else None,
            after={"members": members.add} if members.add else None,
        )
