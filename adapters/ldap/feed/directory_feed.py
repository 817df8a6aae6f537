"""The port's feed over LDAP: what changes, and who is a member of what."""

import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing

from adapters.ldap import filters
from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn
from adapters.ldap.errors import LdapError, translate
from adapters.ldap.feed.attributes import feed_attributes
from adapters.ldap.feed.follower import Follower, context_csns
from adapters.ldap.feed.line import Followed, Pace
from adapters.ldap.feed.mending import Mending
from adapters.ldap.feed.telling import Telling
from adapters.ldap.identity import UUID_ATTRIBUTE, id_of, uuid_text
from adapters.ldap.member_ids import MemberIds
from adapters.ldap.members import Members
from adapters.ldap.places import Backend, recognising
from adapters.ldap.settings import LdapSettings
from adapters.ldap.values import Scope
from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind
from gateway.ports.feed import DirectoryPosition, FeedEvent, Membership, Versions


class LdapFeed:
    """Tells every change of a directory. Implements `gateway.ports.feed.DirectoryFeed`."""

    def __init__(
        self,
        settings: LdapSettings,
        backend: Backend,
        pace: Pace | None = None,
        mending: Mending | None = None,
    ) -> None:
        self._backend = backend
        self._mending = mending or Mending()
        self._attributes = feed_attributes(backend.mappings)
        followed = Followed(base=backend.layout.suffix, attributes=self._attributes)
        self._follower = Follower(settings, followed, pace)

    async def events(self, cookie: bytes | None) -> AsyncGenerator[Sequence[FeedEvent], None]:
        """What happens, some events at a time, without an end; to be closed (`aclosing`)."""
        telling = Telling(self._backend, self._attributes)
        async with aclosing(telling.begin(whole=cookie is None)) as begun:
            async for told in begun:
                yield told
        async with aclosing(self._follower.events(cookie)) as batches:
            async for batch in batches:
                async with aclosing(telling.take(batch)) as some:
                    async for told in some:
                        yield told

    async def members(self, tenant_id: str, group_ids: Collection[str]) -> Mapping[str, Membership]:
        """The members of groups as they are now; groups that are not there have no line."""
        base = await self._tenant(tenant_id)
        uuids = _uuids(Kind.GROUP, group_ids)
        if base is None or not uuids:
            return {}
        tenant = self._backend.layout.tenant(base)
        asked = time.monotonic()
        return {
            one.group_id: Membership(
                one.version, one.members, self._mending.is_done(one.group_id, one.nobody, asked)
            )
            for one in await MemberIds(self._backend, tenant).of(uuids)
        }

    async def holders(self, tenant_id: str, ids: Collection[str]) -> frozenset[str]:
        """The groups that name any of these users and groups directly."""
        base = await self._tenant(tenant_id)
        if base is None or not ids:
            return frozenset()
        tenant = self._backend.layout.tenant(base)
        members = Members(self._backend, tenant)
        dns = [dn for dn in (await members.resolve(ids)).values() if dn is not None]
        terms = [filters.eq(members.attribute, dn) for dn in dns]
        found = await self._backend.search_any(
            tenant.groups, recognising(self._backend.mappings.group), terms, [UUID_ATTRIBUTE]
        )
        below = (entry for entry in found if entry.dn.is_below(tenant.groups))
        return frozenset(id_of(Kind.GROUP, entry) for entry in below)

    async def _tenant(self, tenant_id: str) -> Dn | None:
        for uuid in _uuids(Kind.TENANT, [tenant_id]):
            wanted = filters.eq(UUID_ATTRIBUTE, uuid)
            narrow = filters.and_(recognising(self._backend.mappings.tenant), wanted)
            tenants = self._backend.layout.tenants
            for entry in await self._backend.search(tenants, Scope.ONE, narrow, ()):
                return entry.dn
        return None


def ldap_position(client: LdapClient, suffix: Dn) -> DirectoryPosition:
    """Asks a directory how far it is."""

    async def position() -> Versions:
        try:
            return (await context_csns(client, suffix)).by_sid
        except LdapError as error:
            raise translate(error, kind=Kind.TENANT) from error

    return position


def _uuids(kind: Kind, ids: Collection[str]) -> list[str]:
    found = []
    for id_ in ids:
        try:
            found.append(uuid_text(kind, id_))
        except NotFound:
            continue
    return found
