"""OAuth clients: groups of a kind, with a secret."""

from collections.abc import Callable

from adapters.memory.graph import MemberGraph
from adapters.memory.groups import MemberStore, Namer
from adapters.memory.policy import HashedSecret
from adapters.memory.store import Traits
from adapters.memory.ticks import Ticks
from adapters.memory.values import secret_text
from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import Application, User
from gateway.domain.query import Page
from gateway.ports import Values
from mappings.table import ResourceMapping


class MemoryApplications(MemberStore[Application]):
    """OAuth clients of a tenant; `user` answers a user by canonical id."""

    def __init__(
        self,
        tenant_id: str,
        ticks: Ticks,
        mapping: ResourceMapping,
        graph: MemberGraph,
        name: Namer,
        user: Callable[[str], User],
    ) -> None:
        super().__init__(
            Traits(
                kind=Kind.APPLICATION,
                cls=Application,
                mapping=mapping,
                given={"tenant_id": tenant_id},
                also=("secret",),
            ),
            ticks,
            graph,
            name,
        )
        self._user = user
        self._secrets: dict[str, HashedSecret] = {}
        self._decoy = HashedSecret.of("nobody knows")

    async def add(self, values: Values) -> Application:
        """Add a client, with its secret if one is given."""
        secret = secret_text("secret", values)
        added = await super().add(values)
        if secret is not None:
            self._secrets[added.id] = HashedSecret.of(secret)
        return added

    async def update(self, id_: str, values: Values, *, version: str | None = None) -> Application:
        """Change fields; a new secret takes the place of the old one."""
        secret = secret_text("secret", values)
        changed = await super().update(id_, values, version=version)
        if "secret" in values:
            self._secrets.pop(changed.id, None)
            if secret is not None:
                self._secrets[changed.id] = HashedSecret.of(secret)
            self.touch(changed.id)
        return await self.get(changed.id)

    async def by_client_id(self, client_id: str) -> Application:
        """The application with that client id."""
        return self._named("client_id", client_id)

    async def check_secret(self, client_id: str, secret: str) -> bool:
        """Whether the secret is right."""
        try:
            known = self._secrets.get(self._named("client_id", client_id).id)
        except NotFound:
            known = None
        return (known or self._decoy).is_of(secret) and known is not None

    async def effective_users(self, id_: str, *, offset: int, limit: int) -> Page[User]:
        """Users that are assigned directly or through groups, by id."""
        found = sorted(self._graph.users(self._row(id_).id))
        window = found[offset : offset + limit]
        return Page(items=tuple(self._user(user_id) for user_id in window), total=len(found))

    async def is_assigned(self, id_: str, user_id: str) -> bool:
        """Whether that user is assigned."""
        try:
            user = canonical_id(Kind.USER, user_id)
        except NotFound:
            return False
        return user in self._graph.users(self._row(id_).id)

    def _remove(self, row: Application) -> None:
        super()._remove(row)
        self._secrets.pop(row.id, None)
