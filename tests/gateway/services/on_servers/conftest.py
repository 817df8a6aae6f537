"""Services over slapd and Redis."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest_asyncio

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.settings import Layout, LdapSettings
from adapters.memory import MemoryAuditLog, MemoryMailer, MemoryMetrics
from adapters.redis.client import RedisClient
from adapters.redis.failures import RedisFailures
from adapters.redis.keys import Keys
from adapters.redis.revocations import RedisRevocations
from adapters.redis.settings import RedisSettings
from adapters.redis.tally import RedisTally
from gateway.services.all import assemble
from mappings.loader import load
from tests.gateway.services.on_servers.site import Site
from tests.gateway.services.world import RULES, NoTokens
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools


@pytest_asyncio.fixture(scope="session")
async def directory(stack: Stack) -> AsyncIterator[LdapDirectory]:
    """The directory on slapd."""
    settings = LdapSettings.model_validate(
        {
            "url": stack.ldap_url,
            "suffix": stack.suffix,
            "bind_dn": stack.service_dn,
            "bind_password": stack.service_password,
        }
    )
    mappings = load(settings.mapping)
    client = LdapClient(settings)
    yield LdapDirectory(client, mappings, Layout(settings, mappings), now)
    await client.close()


@pytest_asyncio.fixture
async def site(
    stack: Stack, directory: LdapDirectory, ldap_tools: LdapTools
) -> AsyncIterator[Site]:
    """Services over the servers, with a new tenant and Redis keys that no other test uses."""
    redis = RedisClient(RedisSettings(url=stack.redis_url, backoff_seconds=0))
    keys = Keys(f"t{uuid4().hex[:12]}")
    mailer = MemoryMailer()
    tenant = await directory.tenants.add({"slug": f"s{uuid4().hex[:12]}"})
    yield Site(
        services=assemble(
            directory=directory,
            failures=RedisFailures(redis, keys),
            revocations=RedisRevocations(redis, keys, seconds=60),
            tally=RedisTally(redis, keys),
            mailer=mailer,
            audit_log=MemoryAuditLog(),
            metrics=MemoryMetrics(),
            clock=now,
            verifier=NoTokens(),
            issuer=None,
            link_rules=RULES,
            failure_pace=timedelta(0),
        ),
        mailer=mailer,
        tenant=await directory.tenant(tenant.id),
        redis=redis,
        keys=keys,
        stack=stack,
        tools=ldap_tools,
    )
    await redis.close()


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)
