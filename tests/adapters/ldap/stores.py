"""A directory over the stack, for tests of the stores beside the LDAP tools."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory, LdapTenant
from adapters.ldap.dn import Dn
from adapters.ldap.places import Backend
from adapters.ldap.settings import Layout, LdapSettings
from adapters.ldap.values import Entry, Modification
from gateway.domain.query import Everything, Filter, Query, Sort
from mappings.loader import load
from tests.stack.entries import HandmadeTenant


def directory_of(client: LdapClient, settings: LdapSettings) -> LdapDirectory:
    """The directory that a gateway with these settings sees."""
    mappings = load(settings.mapping)
    return LdapDirectory(client, mappings, Layout(settings, mappings), lambda: datetime.now(UTC))


def backend_of(client: LdapClient, settings: LdapSettings) -> Backend:
    """What its stores work with."""
    mappings, clock = load(settings.mapping), lambda: datetime.now(UTC)
    return Backend(client=client, mappings=mappings, layout=Layout(settings, mappings), clock=clock)


@dataclass(frozen=True, slots=True)
class Both:
    """One tenant from both sides: as the gateway sees it, and as an administrator does."""

    gateway: LdapTenant
    admin: HandmadeTenant

    async def usernames(self, filter_: Filter | None = None) -> list[str]:
        """Usernames that a listing shows, whole and page by page alike."""
        sort = Sort("username", descending=False)
        whole = await self.gateway.users.find(
            Query(filter=filter_ or Everything(), sort=sort, limit=None)
        )
        paged = await self.gateway.users.find(
            Query(filter=filter_ or Everything(), sort=sort, limit=10**6)
        )
        assert paged == whole
        assert whole.total == len(whole.items)
        return [user.username for user in whole.items]


async def eventually(what: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what slapd does by itself after it has answered."""
    async with asyncio.timeout(10):
        while not await what():
            pass


class MeddledClient(LdapClient):
    """A client that lets somebody else act once, right before a change or deletion.

    `meddler` acts before the next one, or after so many more as `patience` says.
    """

    def __init__(self, settings: LdapSettings) -> None:
        super().__init__(settings)
        self.meddler: Callable[[], object] | None = None
        self.patience = 0

    async def modify(self, *args: Any, **kwargs: Any) -> Entry:
        """As the client's."""
        self._meddle()
        return await super().modify(*args, **kwargs)

    async def modify_between(self, *args: Any, **kwargs: Any) -> tuple[Entry | None, Entry | None]:
        """As the client's."""
        self._meddle()
        return await super().modify_between(*args, **kwargs)

    async def modify_dn(self, *args: Any, **kwargs: Any) -> Entry:
        """As the client's."""
        self._meddle()
        return await super().modify_dn(*args, **kwargs)

    async def delete(self, *args: Any, **kwargs: Any) -> None:
        """As the client's."""
        self._meddle()
        await super().delete(*args, **kwargs)

    def _meddle(self) -> None:
        if self.meddler is None:
            return
        if self.patience:
            self.patience -= 1
            return
        meddler, self.meddler = self.meddler, None
        meddler()


class RecordingClient(LdapClient):
    """A client that remembers what it was asked for, and how many values it was told.

    `meddler` acts once, right before an entry is added.
    """

    def __init__(self, settings: LdapSettings) -> None:
        super().__init__(settings)
        self.asked: list[tuple[str, Any]] = []
        self.values = 0
        self.meddler: Callable[[], object] | None = None

    async def search(self, *args: Any, **kwargs: Any) -> list[Entry]:
        """As the client's."""
        found = await super().search(*args, **kwargs)
        self.asked.append(("search", tuple(args[3])))
        self.values += sum(len(entry.get("member")) for entry in found)
        return found

    async def modify(self, dn: Dn, modifications: Sequence[Modification], **kwargs: Any) -> Entry:
        """As the client's."""
        self.asked.append(("modify", [(m.operation, len(m.values)) for m in modifications]))
        return await super().modify(dn, modifications, **kwargs)

    async def modify_between(
        self, dn: Dn, modifications: Sequence[Modification], **kwargs: Any
    ) -> tuple[Entry | None, Entry | None]:
        """As the client's."""
        self.asked.append(("modify", [(m.operation, len(m.values)) for m in modifications]))
        return await super().modify_between(dn, modifications, **kwargs)

    async def add(self, dn: Dn, attributes: Any, **kwargs: Any) -> Entry:
        """As the client's."""
        self.asked.append(("add", len(attributes.get("member", ()))))
        meddler, self.meddler = self.meddler, None
        if meddler is not None:
            meddler()
        return await super().add(dn, attributes, **kwargs)

    def writes(self) -> list[tuple[str, Any]]:
        """The writes since the last look."""
        asked, self.asked = self.asked, []
        return [one for one in asked if one[0] != "search"]


async def seen(both: Both, client: LdapClient, settings: LdapSettings) -> LdapTenant:
    """The tenant through another client."""
    return await directory_of(client, settings).tenant(both.admin.slug)
