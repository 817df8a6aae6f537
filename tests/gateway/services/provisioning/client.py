"""A provisioning client of a tenant, as the services see it."""

from dataclasses import dataclass, replace

from gateway.domain.access import Role
from gateway.domain.model import FederatedIdentity, Group, IdentityProvider, ProviderType, User
from gateway.services.access import Call
from gateway.services.provisioning import ProvisioningService, WantedGroup, WantedUser
from gateway.services.tags import UserDetails
from tests.gateway.services.world import World

TOKEN = f"tok_{'1' * 32}"


@dataclass(frozen=True, kw_only=True)
class Client:
    """Calls with a SCIM token, for one provider of the tenant or for none in particular."""

    world: World
    slug: str = "alpha"
    provider: IdentityProvider | None = None
    token_id: str | None = None

    @property
    def service(self) -> ProvisioningService:
        """What is tested."""
        return self.world.services.provisioning

    def call(self, action: str) -> Call:
        """A call without a tenant in its path: the token names it."""
        call = self.world.call(f"scim.{action}", role=Role.SCIM, slug=self.slug)
        provider_id = None if self.provider is None else self.provider.id
        principal = replace(
            call.principal, identity_provider_id=provider_id, token_id=self.token_id
        )
        return replace(call, principal=principal)

    async def create(self, name: str = "ann", **wanted: object) -> User:
        """Create a user of that name."""
        values = {"username": name, **wanted.pop("values", {})}  # type: ignore[dict-item] # by test
        new = WantedUser(values=values, **wanted)  # type: ignore[arg-type] # values vary by test
        return (await self.service.create_user(self.call("users.create"), new)).user

    async def update(
        self, user: User, wanted: WantedUser | None, version: str | None = None
    ) -> User:
        """Change a user."""
        changed = await self.service.update_user(
            self.call("users.update"), user.id, lambda _: wanted, version=version
        )
        return changed.user

    async def delete(self, user: User, version: str | None = None) -> None:
        """Delete a user."""
        await self.service.delete_user(self.call("users.delete"), user.id, version=version)

    async def get(self, user: User) -> User:
        """The user as the directory has it."""
        return await (await self.world.tenant(self.slug)).users.get(user.id)

    async def details(self, user: User) -> UserDetails:
        """The user as the service reads it."""
        return await self.service.user(self.call("users.read"), user.id)

    async def group(self, name: str = "staff", **wanted: object) -> Group:
        """Create a group."""
        new = WantedGroup(values={"name": name}, **wanted)  # type: ignore[arg-type] # by test
        return await self.service.create_group(self.call("groups.create"), new)

    async def regroup(self, group: Group, wanted: WantedGroup, version: str | None = None) -> Group:
        """Change a group."""
        return await self.service.update_group(
            self.call("groups.update"), group.id, lambda _: wanted, version=version
        )

    async def members(self, group: Group) -> set[str]:
        """Who is in a group."""
        found = await self.service.members(self.call("groups.read"), [group.id])
        return {member.id for member in found[group.id]}


async def connect(world: World, name: str = "okta", slug: str = "alpha") -> Client:
    """A client with a token for a provider of its own."""
    tenant = await world.tenant(slug)
    provider = await tenant.identity_providers.add({"name": name, "type": ProviderType.SCIM})
    return Client(world=world, slug=slug, provider=provider, token_id=TOKEN)


def external_ids(resource: User | Group) -> dict[str, str]:
    """External ids by provider."""
    links: tuple[FederatedIdentity, ...] = resource.federated_identities
    return {link.identity_provider_id: link.external_id for link in links}
