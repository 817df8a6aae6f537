"""What has members: groups, and applications with the users and groups assigned to them."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from gateway.domain.errors import Invalid, NotFound, Problem
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import Application, Group, Member, User
from gateway.domain.query import Page
from gateway.ports import TenantDirectory
from gateway.services.access import Call
from gateway.services.resources import ResourceService

R = TypeVar("R", Group, Application)


class Members(Protocol):
    """The part of a store that keeps members."""

    async def members(self, id_: str, *, offset: int, limit: int) -> Page[Member]:
        """Direct members, ascending by id."""
        ...

    async def add_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Add single members; Invalid names those that do not exist."""
        ...

    async def remove_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Remove single members."""
        ...


class MemberService(ResourceService[R], ABC):
    """Resources with members; who is there already, or is not there, is success."""

    @abstractmethod
    def _store(self, directory: TenantDirectory) -> Members:
        """Where a tenant keeps the members."""

    async def members(
        self, call: Call, id_: str, *, page: int = 1, per_page: int = 50
    ) -> Page[Member]:
        """A page of the direct members, users and groups, ascending by id."""
        directory, resource = await self._find(call, id_)
        offset = (page - 1) * per_page
        return await self._store(directory).members(resource.id, offset=offset, limit=per_page)

    async def add_members(self, call: Call, id_: str, member_ids: Iterable[str]) -> None:
        """Add users and groups of the same tenant.

        Raises:
            Invalid: naming those that do not exist; nothing was added.
        """
        directory, resource = await self._find(call, id_)
        wanted = _members(member_ids)
        await self._store(directory).add_members(resource.id, wanted)
        self._audit.told(
            call, resource.id, tenant_id=directory.tenant.id, after={"members": wanted}
        )

    async def remove_members(self, call: Call, id_: str, member_ids: Iterable[str]) -> None:
        """Remove members. Raises NotFound for what is no id of a user or group."""
        directory, resource = await self._find(call, id_)
        unwanted = tuple(_member(member_id) for member_id in member_ids)
        await self._store(directory).remove_members(resource.id, unwanted)
        self._audit.told(
            call, resource.id, tenant_id=directory.tenant.id, before={"members": unwanted}
        )


class GroupService(MemberService[Group]):
    """Groups of users and groups."""

    def _store(self, directory: TenantDirectory) -> Members:
        return directory.groups


class ApplicationService(MemberService[Application]):
    """OAuth clients, and who is assigned to them."""

    def _store(self, directory: TenantDirectory) -> Members:
        return directory.applications

    async def register(
        self, call: Call, values: Mapping[str, object], *, tenant_id: str | None = None
    ) -> tuple[Application, str]:
        """Create a client with a generated secret, which is told only here."""
        secret = secrets.token_urlsafe(32)
        application = await self.create(call, {**values, "secret": secret}, tenant_id=tenant_id)
        return application, secret

    async def effective_users(
        self, call: Call, id_: str, *, page: int = 1, per_page: int = 50
    ) -> Page[User]:
        """Users that are assigned directly or through groups, however nested; by id.

        An application token sees its own application's alone.
        """
        directory, application = await self._find(call, id_)
        offset = (page - 1) * per_page
        return await directory.applications.effective_users(
            application.id, offset=offset, limit=per_page
        )


def _member(text: str) -> str:
    kind = Kind.GROUP if text.lower().startswith(f"{Kind.GROUP}_") else Kind.USER
    return canonical_id(kind, text)


def _members(texts: Iterable[str]) -> tuple[str, ...]:
    """Ids in their one spelling, each once. Raises Invalid, naming what is none."""
    found: dict[str, None] = {}
    wrong: list[Problem] = []
    for index, text in enumerate(texts):
        try:
            found[_member(text)] = None
        except NotFound:
            message = "Not the id of a user or group"
            wrong.append(Problem(("body", "member_ids", index), message))
    if wrong:
        raise Invalid(*wrong)
    return tuple(found)
