"""A tenant on real servers, with everything that a test does to it."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

import pytest

from adapters.memory import MemoryMailer
from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from gateway.domain.access import Principal, Role
from gateway.domain.errors import (
    GatewayError,
    Unauthenticated,
)
from gateway.domain.model import User
from gateway.domain.status import UserStatus
from gateway.ports import TenantDirectory
from gateway.services.access import Call
from gateway.services.all import Services
from gateway.services.creation import NewUser
from tests.gateway.services.world import PASSWORD
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

NEW = "Another-horse-8"
CALLER = Principal(subject="root", role=Role.SUPER_ADMIN)


@dataclass(frozen=True, kw_only=True)
class Site:
    """Services over the servers, and a tenant of one test's own."""

    services: Services
    mailer: MemoryMailer
    tenant: TenantDirectory
    redis: RedisClient
    keys: Keys
    stack: Stack
    tools: LdapTools

    def call(self, action: str, *, address: str = "192.0.2.7") -> Call:
        """A call below the tenant's path."""
        ref = self.tenant.tenant.slug
        return Call(principal=CALLER, action=action, tenant_ref=ref, address=address)

    async def user(self, name: str = "ann", **values: object) -> User:
        """Create a user with a password through the service."""
        new = NewUser(
            values={"email": f"{name}@x.example", "username": name, **values}, password=PASSWORD
        )
        made = await self.services.users.create(self.call("tenant.users.create"), new)
        return made.user

    def dn(self, name: str = "ann") -> str:
        """Where the user stands."""
        people = f"ou=people,o={self.tenant.tenant.slug},ou=tenants,{self.stack.suffix}"
        return f"uid={name},{people}"

    def binds(self, password: str = PASSWORD, name: str = "ann") -> bool:
        """Whether an LDAP client gets in with that password."""
        return self.tools.as_user(self.dn(name), password).whoami().code == 0

    def modify(self, change: str, name: str = "ann") -> None:
        """Change the user as a directory administrator does."""
        done = self.tools.modify(f"dn: {self.dn(name)}\nchangetype: modify\n{change}\n")
        assert done.code == 0, done.err

    async def check(self, password: str = PASSWORD, login: str = "ann") -> User:
        """Check a login."""
        call = self.call("tenant.users.authenticate")
        found = await self.services.credentials.authenticate(call, login, password)
        return found.details.user

    async def fails(self, times: int) -> None:
        """Try wrong passwords."""
        for _ in range(times):
            with pytest.raises(Unauthenticated):
                await self.check("wrong")

    async def status(self, user: User) -> UserStatus:
        """The user's status now."""
        return (await self.tenant.users.get(user.id)).status

    async def token(self, user: User) -> str:
        """Have a reset link mailed, and take its token from the mail."""
        call = self.call("tenant.users.password_reset")
        await self.services.credentials.send_reset_link(call, user.id)
        return self.mailer.sent[-1].values["link"].rsplit("/", 1)[1]

    async def failures_allowed(self, user: User) -> int:
        """How many failures the policy allows before it locks."""
        return (await self.tenant.users.lockout_policy(user.id)).max_failures


async def outcomes(*tries: Awaitable[object]) -> list[type[object]]:
    """How several things at the same time ended: the types of results and errors."""
    done = await asyncio.gather(*tries, return_exceptions=True)
    unexpected = [e for e in done if isinstance(e, Exception) and not isinstance(e, GatewayError)]
    assert not unexpected
    return [type(d) for d in done]
