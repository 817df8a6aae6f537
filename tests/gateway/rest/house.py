"""An application over a small world in memory, with real tokens, and callers of every role."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, generate_latest

from adapters.scim.assembly import make_face
from adapters.scim.settings import ScimSettings
from adapters.tokens.issuer import JwtIssuer
from adapters.tokens.sources import FixedKeys
from adapters.tokens.verifier import Issuer, JwtVerifier
from gateway.app import create_app
from gateway.domain.access import Role
from gateway.domain.errors import Unavailable
from gateway.http.settings import HttpSettings
from gateway.mirror.memo import Memo
from gateway.ports import Clock
from gateway.services.bearer import BearerVerifier
from gateway.services.clients import ClientRules, ClientService
from mappings.loader import load
from tests.gateway.services.world import ADDRESS, Reading, World, make_world

AUDIENCE = "directory-gateway"
ISSUER = "https://gateway.example"
USERS = "/api/v1/admin/users/"
FIXED_ID = {"X-Request-ID": "fixed"}


class Registered:
    """Figures of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

    def render(self) -> bytes:
        """All figures."""
        return generate_latest(self.registry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How a server answered."""

    ok: bool = True
    milliseconds: float = 0.1
    detail: str | None = None


@dataclass(slots=True, kw_only=True)
class Ready:
    """What a readiness check finds; tests change it."""

    directory: Answered = Answered()
    redis: Answered = Answered()
    mirror: Answered | None = None

    @property
    def ready(self) -> bool:
        """Whether the directory answers."""
        return self.directory.ok


@dataclass(kw_only=True)
class House:
    """The application, a client for it, and the world behind it."""

    app: FastAPI
    client: httpx.AsyncClient
    world: World
    issuer: JwtIssuer
    ready: Ready

    async def token(self, role: Role = Role.SUPER_ADMIN, slug: str = "alpha", **more: Any) -> str:
        """A token of that role; `slug` is its tenant, or a tenant of its partner."""
        return await self.issuer.issue(self.claims(role, slug) | more, timedelta(hours=1))

    async def headers(
        self, role: Role = Role.SUPER_ADMIN, slug: str = "alpha", **more: Any
    ) -> dict[str, str]:
        """Headers of a caller of that role, with a request id that answers can be compared by."""
        return {"Authorization": f"Bearer {await self.token(role, slug, **more)}", **FIXED_ID}

    def claims(self, role: Role, slug: str) -> dict[str, Any]:
        """The claims that make a token one of that role."""
        tenant = self.world.tenants[slug]
        subject = {"sub": f"{role}-of-{slug}"}
        of_tenant = {**subject, "tenant_id": tenant.id}
        by_role: Mapping[Role, dict[str, Any]] = {
            Role.SUPER_ADMIN: {**subject, "role": "super_admin"},
            Role.PARTNER_ADMIN: {
                **subject,
                "role": "partner_admin",
                "partner_id": tenant.partner_id,
            },
            Role.TENANT_ADMIN: {**of_tenant, "role": "tenant_admin"},
            Role.PLATFORM_WRITE: {**subject, "platform_token": True, "scope": "admin:write"},
            Role.PLATFORM_READ: {**subject, "platform_token": True, "scope": "admin:read"},
            Role.PLATFORM_NONE: {**subject, "platform_token": True, "scope": "other"},
            Role.APPLICATION: {
                **of_tenant,
                "token_type": "client_credentials",
                "client_id": "shop",
            },
            Role.SCIM: {**of_tenant, "token_type": "scim"},
            Role.USER: of_tenant,
        }
        return by_role[role]

    async def ask(
        self,
        method: str,
        path: str,
        *,
        role: Role = Role.SUPER_ADMIN,
        slug: str = "alpha",
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> httpx.Response:
        """Ask as a caller of that role."""
        everything = {**await self.headers(role, slug), **(headers or {})}
        return await self.client.request(method, path, headers=everything, **request)


@asynccontextmanager
async def open_house(
    settings: HttpSettings = HttpSettings(),  # noqa: B008 - a frozen value
    reading: Callable[[Clock], Awaitable[Reading]] | None = None,
    memo: Callable[[], Memo] | None = None,
    **services: Any,
) -> AsyncIterator[House]:
    """A fresh application; `services` replace some of its own; answers are kept in a `memo`."""
    world = await make_world(reading=reading)
    issuer = JwtIssuer(
        ec.generate_private_key(ec.SECP256R1()), world.clock, issuer=ISSUER, audience=AUDIENCE
    )
    jwts = JwtVerifier(
        (Issuer(ISSUER, AUDIENCE, FixedKeys(issuer.keys())),),
        world.clock,
        leeway_seconds=60,
        cache_size=100,
    )
    kept = None if memo is None else memo()
    verifier = BearerVerifier(directory=world.directory, jwts=jwts, clock=world.clock, memo=kept)
    clients = ClientService(
        directory=world.directory, issuer=issuer, rules=ClientRules(platform_tenant="gamma")
    )
    world.services = replace(
        world.services, verifier=verifier, issuer=issuer, clients=clients, **services
    )
    ready = Ready()

    async def readiness() -> Ready:
        return ready

    scim = make_face(
        world.services,
        load("default"),
        http=settings,
        scim=ScimSettings(),
        cursor_secret="the same everywhere",
    )
    app = create_app(
        world.services,
        settings,
        scim=scim,
        figures=Registered(),
        readiness=readiness,
        memo=kept,
    )
    transport = httpx.ASGITransport(app=app, client=(ADDRESS, 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield House(app=app, client=client, world=world, issuer=issuer, ready=ready)


class DirectoryAway:
    """A service whose directory cannot be reached, whatever is asked."""

    def __getattr__(self, name: str) -> Any:
        async def fail(*_: object, **__: object) -> None:
            raise Unavailable

        return fail
