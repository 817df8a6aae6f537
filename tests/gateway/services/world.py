"""A small world on the directory in memory: two partners, three tenants, all services."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from adapters.memory import (
    MemoryAuditLog,
    MemoryDirectory,
    MemoryFailureCounter,
    MemoryMailer,
    MemoryMetrics,
    MemoryRevocations,
    MemoryTally,
    PasswordPolicy,
)
from gateway.domain.access import Principal, Role
from gateway.domain.errors import Unauthenticated, Unavailable
from gateway.domain.lockout import Failures, Limits
from gateway.domain.model import Partner, Tenant, User
from gateway.ports import (
    Clock,
    Directory,
    FailureCounter,
    Mail,
    Mailer,
    Revocations,
    Tally,
    TenantDirectory,
)
from gateway.services.access import Call
from gateway.services.all import Services, assemble
from gateway.services.brake import BrakeRules
from gateway.services.links import LinkRules

PASSWORD = "Correct-horse-7"
ADDRESS = "192.0.2.7"
RULES = LinkRules(
    public_url="https://gateway.example/",
    lifetime=timedelta(hours=24),
    allowed_redirects=("https://app.example/done", "https://portal.example/in/"),
)


class SetClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Now."""
        return self.now

    def advance(self, **parts: float) -> None:
        """Let time pass."""
        self.now += timedelta(**parts)


class NoTokens:
    """A verifier that trusts nobody; tests make principals themselves."""

    async def verify(self, token: str) -> Principal:
        """Refuse."""
        raise Unauthenticated(presented=bool(token))


class CountsAway:
    """Failure counts that cannot be reached."""

    async def blocked(self, tenant_id: str, address: str, limits: Limits) -> timedelta | None:
        """Fail."""
        raise Unavailable

    async def record(
        self,
        tenant_id: str,
        user_id: str | None,
        address: str,
        limits: Limits,
        *,
        since: datetime | None = None,
    ) -> Failures:
        """Fail."""
        raise Unavailable

    async def clear(self, tenant_id: str, user_id: str) -> None:
        """Fail."""
        raise Unavailable


class CopiesAway:
    """Session copies that cannot be reached."""

    async def get(self, subject: str) -> tuple[bool, datetime | None]:
        """Fail."""
        raise Unavailable

    async def put(self, subject: str, valid_from: datetime | None) -> None:
        """Fail."""
        raise Unavailable


class MailAway:
    """A mail server that takes nothing."""

    async def send(self, mail: Mail) -> None:
        """Fail."""
        raise Unavailable("The mail server is not reachable")


class TallyAway:
    """Counts of distinct things that cannot be reached."""

    async def count(self, name: str, thing: str, *, window: timedelta, limit: int) -> bool:
        """Fail."""
        raise Unavailable(code="redis_unavailable")

    async def clear(self, name: str) -> bool:
        """Fail."""
        raise Unavailable(code="redis_unavailable")


@dataclass(kw_only=True)
class World:
    """All services, what stands around them, and who lives there."""

    clock: SetClock
    directory: Directory
    services: Services
    mailer: MemoryMailer
    audit: MemoryAuditLog
    metrics: MemoryMetrics
    failures: MemoryFailureCounter
    revocations: MemoryRevocations
    tally: MemoryTally
    partners: dict[str, Partner] = field(default_factory=dict)
    tenants: dict[str, Tenant] = field(default_factory=dict)

    async def tenant(self, slug: str = "alpha") -> TenantDirectory:
        """A tenant's subtree."""
        return await self.directory.tenant(slug)

    async def user(self, name: str = "ann", slug: str = "alpha", **values: object) -> User:
        """Add a user, past the services."""
        directory = await self.tenant(slug)
        defaults: dict[str, object] = {"username": name, "email": f"{name}@{slug}.example"}
        return await directory.users.add(defaults | values)

    def principal(self, role: Role = Role.SUPER_ADMIN, slug: str = "alpha") -> Principal:
        """A caller of that role, whose tenant (and partner) is `slug` (and its partner)."""
        tenant = self.tenants[slug]
        has_tenant = role in {Role.TENANT_ADMIN, Role.APPLICATION, Role.SCIM, Role.USER}
        return Principal(
            subject=f"{role}-of-{slug}",
            role=role,
            tenant_id=tenant.id if has_tenant else None,
            partner_id=tenant.partner_id if role is Role.PARTNER_ADMIN else None,
            client_id="shop" if role is Role.APPLICATION else None,
        )

    def call(
        self,
        action: str,
        tenant_ref: str | None = None,
        *,
        role: Role = Role.SUPER_ADMIN,
        slug: str = "alpha",
    ) -> Call:
        """A call of that action; paths of a tenant name it in `tenant_ref`."""
        return Call(
            principal=self.principal(role, slug),
            action=action,
            tenant_ref=tenant_ref,
            request_id="request-1",
            address=ADDRESS,
        )

    def without(
        self,
        *,
        failures: FailureCounter | None = None,
        revocations: Revocations | None = None,
        mailer: Mailer | None = None,
        tally: Tally | None = None,
        brake_rules: BrakeRules = BrakeRules(),  # noqa: B008 - a frozen value
    ) -> "World":
        """The same world with something around it that is not there."""
        return replace(
            self,
            services=_services(
                self.directory,
                self.clock,
                failures or self.failures,
                revocations or self.revocations,
                tally or self.tally,
                mailer or self.mailer,
                self.audit,
                self.metrics,
                brake_rules,
            ),
        )


def _services(
    directory: Directory,
    clock: Clock,
    failures: FailureCounter,
    revocations: Revocations,
    tally: Tally,
    mailer: Mailer,
    audit: MemoryAuditLog,
    metrics: MemoryMetrics,
    brake_rules: BrakeRules = BrakeRules(),  # noqa: B008 - a frozen value
) -> Services:
    return assemble(
        directory=directory,
        failures=failures,
        revocations=revocations,
        tally=tally,
        mailer=mailer,
        audit_log=audit,
        metrics=metrics,
        clock=clock,
        verifier=NoTokens(),
        issuer=None,
        link_rules=RULES,
        brake_rules=brake_rules,
        failure_pace=timedelta(0),
    )


Reading = tuple[Directory, Callable[[Revocations], Revocations]]
"""A directory, and what stands before copies of its 'tokens valid from' times."""


async def make_world(
    policy: PasswordPolicy | None = None,
    reading: Callable[[Clock], Awaitable[Reading]] | None = None,
) -> World:
    """Partners `north` (tenants alpha, beta) and `south` (tenant gamma)."""
    clock = SetClock()
    directory: Directory = MemoryDirectory(clock, policy)
    mailer, audit, metrics = MemoryMailer(), MemoryAuditLog(), MemoryMetrics()
    failures, revocations = MemoryFailureCounter(clock), MemoryRevocations(clock)
    tally = MemoryTally(clock)
    asked: Revocations = revocations
    if reading is not None:
        directory, before = await reading(clock)
        asked = before(revocations)
    world = World(
        clock=clock,
        directory=directory,
        services=_services(directory, clock, failures, asked, tally, mailer, audit, metrics),
        mailer=mailer,
        audit=audit,
        metrics=metrics,
        failures=failures,
        revocations=revocations,
        tally=tally,
    )
    for slug, partner in (("alpha", "north"), ("beta", "north"), ("gamma", "south")):
        if partner not in world.partners:
            world.partners[partner] = await directory.partners.add({"slug": partner})
        world.tenants[slug] = await directory.tenants.add(
            {"slug": slug, "name": slug.title(), "partner_id": world.partners[partner].id}
        )
    return world
