"""The services over a real directory while Redis is killed: requests go on, and say so."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.ldap.settings import LdapSettings
from adapters.mail.settings import MailSettings
from adapters.redis.settings import RedisSettings
from adapters.tokens.settings import BuiltinIssuerSettings, TokenSettings
from gateway.config import Settings
from gateway.container import Gateway, open_gateway
from gateway.devstack.redis import RedisServer
from gateway.domain.access import Principal, Role
from gateway.domain.errors import AccountLocked, TooManyAttempts, Unauthenticated
from gateway.domain.model import User
from gateway.ports import TenantDirectory
from gateway.services.access import Call
from tests.stack.stack import Stack

pytestmark = pytest.mark.native_only

PASSWORD = "Correct-horse-7"


@pytest.fixture
async def gateway(
    stack: Stack, redis_server: RedisServer, tmp_path: Path
) -> AsyncIterator[Gateway]:
    """Services over the stack's directory and a Redis of the test's own."""
    settings = Settings(
        environment="dev",
        ldap=LdapSettings.model_validate(
            {
                "url": stack.ldap_url,
                "suffix": stack.suffix,
                "bind_dn": stack.service_dn,
                "bind_password": stack.service_password,
            }
        ),
        redis=RedisSettings(url=redis_server.url, backoff_seconds=0.2),
        tokens=TokenSettings(
            builtin=BuiltinIssuerSettings(
                private_key_file=tmp_path / "issuer.pem", algorithm="ES256"
            )
        ),
        mail=MailSettings(transport="log"),
    )
    async with open_gateway(settings) as gateway:
        yield gateway


@pytest.fixture
async def tenant(gateway: Gateway) -> TenantDirectory:
    """A new tenant."""
    directory = gateway.services.directory
    added = await directory.tenants.add({"slug": f"t{uuid4().hex[:12]}"})
    return await directory.tenant(added.id)


@pytest.fixture
async def user(tenant: TenantDirectory) -> User:
    """A user with a password."""
    return await tenant.users.add(
        {"username": "ann", "email": "ann@example.org", "password": PASSWORD}
    )


def call(tenant: TenantDirectory, address: str = "192.0.2.1") -> Call:
    """A credential check by an administrator."""
    principal = Principal(subject="ops", role=Role.SUPER_ADMIN)
    return Call(
        principal=principal,
        action="tenant.users.authenticate",
        tenant_ref=tenant.tenant.id,
        address=address,
    )


async def attempts_until_locked(gateway: Gateway, tenant: TenantDirectory) -> int:
    """Wrong passwords until the directory says that the account is locked."""
    for number in range(1, 30):
        try:
            await gateway.services.credentials.authenticate(call(tenant), "ann", "Wrong-pass-1")
        except Unauthenticated:
            continue
        except AccountLocked:
            return number - 1
    pytest.fail("it was never locked")


def figures(gateway: Gateway) -> str:
    """What Prometheus is shown."""
    return gateway.metrics.render().decode()


async def test_sign_in_and_lockout_go_on(
    gateway: Gateway,
    tenant: TenantDirectory,
    user: User,
    redis_server: RedisServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The directory counts and locks by itself; a warning and a figure tell of it."""
    limit = (await tenant.users.lockout_policy(user.id)).max_failures
    redis_server.kill()
    with caplog.at_level(logging.WARNING):
        signed_in = await gateway.services.credentials.authenticate(call(tenant), "ann", PASSWORD)
        assert signed_in.details.user.id == user.id
        assert await attempts_until_locked(gateway, tenant) == limit
    assert "the directory counts alone" in caplog.text
    assert 'gateway_redis_unavailable_total{use="lockout"}' in figures(gateway)
    assert "gateway_redis_up 0.0" in figures(gateway)


async def test_the_limit_of_an_account_is_the_same_with_redis(
    gateway: Gateway, tenant: TenantDirectory, user: User
) -> None:
    """Redis never locks before the directory would."""
    limit = (await tenant.users.lockout_policy(user.id)).max_failures
    assert await attempts_until_locked(gateway, tenant) == limit


async def test_an_ended_session_stays_ended(
    gateway: Gateway, tenant: TenantDirectory, user: User, redis_server: RedisServer
) -> None:
    """The truth is in the directory: neither losing nor flushing Redis revives a token."""
    sessions = gateway.services.sessions
    issued_at = datetime.now(UTC) - timedelta(seconds=5)
    await sessions.check(user.id, issued_at)
    ended_at = datetime.now(UTC).replace(microsecond=0)
    await tenant.users.update(user.id, {"tokens_valid_from": ended_at})
    await sessions.keep(user.id, ended_at)
    with pytest.raises(Unauthenticated):
        await sessions.check(user.id, issued_at)
    redis_server.kill()
    with pytest.raises(Unauthenticated):
        await sessions.check(user.id, issued_at)
    await sessions.check(user.id, ended_at + timedelta(seconds=2))
    redis_server.start()
    with pytest.raises(Unauthenticated):
        await sessions.check(user.id, issued_at)
    assert 'gateway_redis_unavailable_total{use="sessions"}' in figures(gateway)


async def test_an_address_is_held_back_while_redis_is_there(
    gateway: Gateway, tenant: TenantDirectory, user: User, redis_server: RedisServer
) -> None:
    """Unknown logins count for their address alone; nobody's account is locked by them."""
    limit = (await tenant.users.lockout_policy(user.id)).max_failures * 20
    credentials = gateway.services.credentials
    noisy = call(tenant, "192.0.2.66")

    async def attempt(number: int) -> None:
        with pytest.raises(Unauthenticated):
            await credentials.authenticate(noisy, f"nobody-{number}", "Wrong-pass-1")

    for start in range(0, limit, 10):
        await asyncio.gather(*(attempt(number) for number in range(start, start + 10)))
    with pytest.raises(TooManyAttempts) as held_back:
        await credentials.authenticate(noisy, "nobody", "Wrong-pass-1")
    assert held_back.value.retry_after >= 1
    quiet = replace(noisy, address="192.0.2.67")
    assert (await credentials.authenticate(quiet, "ann", PASSWORD)).details.user.id == user.id
    redis_server.kill()
    with pytest.raises(Unauthenticated):
        await credentials.authenticate(noisy, "nobody", "Wrong-pass-1")
