"""OAuth clients of one tenant: groups of those assigned, with a secret that slapd hashes."""

from collections.abc import Collection, Mapping, Sequence

from adapters.ldap import filters
from adapters.ldap.dn import Dn
from adapters.ldap.entries import Prepare
from adapters.ldap.groups import MemberStore
from adapters.ldap.identity import UUID_ATTRIBUTE
from adapters.ldap.logins import tried
from adapters.ldap.places import Backend, Owner, Placed
from adapters.ldap.policies import POLICY_OF_ENTRY, existing_policy
from adapters.ldap.settings import TenantLayout
from adapters.ldap.shapes import Shape, UserShape
from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import Application, User
from gateway.domain.query import Page


class LdapApplications(MemberStore[Application]):
    """Applications of a tenant; a secret is checked by a bind, as passwords are."""

    def __init__(
        self, backend: Backend, tenant: TenantLayout, owner: Owner, prepare: Prepare
    ) -> None:
        shape = Shape(backend, Kind.APPLICATION, Application, backend.mappings.application)
        super().__init__(backend, shape, tenant.applications, tenant, owner, prepare)
        self._users = UserShape(backend)

    async def by_client_id(self, client_id: str) -> Application:
        """The application with that client id."""
        return await self.built(await self._client(client_id))

    async def check_secret(self, client_id: str, secret: str) -> bool:
        """Whether the secret is right; an unknown client is tried on the decoy."""
        with self.refusals({}):
            try:
                dn = (await self._client(client_id)).entry.dn
            except NotFound:
                await self._backend.client.bind(self._backend.layout.decoy, tried(secret))
                return False
            return (await self._backend.client.bind(dn, tried(secret))).ok

    async def effective_users(self, id_: str, *, offset: int, limit: int) -> Page[User]:
        """Users that are assigned directly or through groups, by id."""
        reached = await self._members.users((await self.entry(id_)).entry.dn)
        found = await self._reached(reached, [UUID_ATTRIBUTE])
        in_order = sorted(found, key=self._users.id_of)
        window = {item.entry.dn for item in in_order[offset : offset + limit]}
        users = await self._users.build(await self._reached(window, self._users.attributes))
        return Page(tuple(sorted(users, key=lambda user: user.id)), len(found))

    async def is_assigned(self, id_: str, user_id: str) -> bool:
        """Whether that user is assigned, directly or through groups."""
        reached = await self._members.users((await self.entry(id_)).entry.dn)
        try:
            user = canonical_id(Kind.USER, user_id)
        except NotFound:
            return False
        dn = (await self._members.resolve([user]))[user]
        return dn in reached

    async def _client(self, client_id: str) -> Placed:
        if not client_id.strip() or "\0" in client_id:
            raise NotFound(Kind.APPLICATION)
        attribute = self._shape.mapping.field(self._shape.mapping.rdn).attribute
        return await self.one(filters.eq(attribute, client_id))

    async def _reached(self, dns: Collection[Dn], attributes: Sequence[str]) -> list[Placed]:
        people, mapping = self._tenant.people, self._users.mapping
        entries = await self._members.entries(people, mapping, dns, attributes)
        return [Placed(entry, people, self._owner) for entry in entries]

    async def _further_attributes(self) -> Mapping[str, Sequence[bytes]]:
        """A policy without lockout: whoever guesses at a secret must not lock the client out."""
        policy = await existing_policy(self._backend, self._backend.layout.no_lockout_policy)
        further = dict(await super()._further_attributes())
        if policy is not None:
            further[POLICY_OF_ENTRY] = [str(policy).encode()]
        return further
