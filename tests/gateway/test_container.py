"""The composition root over real servers, with and without them."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis

from adapters.ldap.settings import LdapSettings
from adapters.mail.settings import MailSettings
from adapters.redis.settings import RedisSettings
from adapters.tokens.settings import BuiltinIssuerSettings, TokenSettings
from gateway.config import Settings, SettingsError
from gateway.container import open_gateway, open_services
from gateway.devstack.processes import free_port
from gateway.domain.access import Role
from gateway.domain.errors import Unavailable
from tests.stack.stack import Stack

Make = Callable[..., Settings]


@pytest.fixture
def make(stack: Stack, tmp_path: Path) -> Make:
    """Makes settings for the stack, with some parts changed."""

    def make(**parts: object) -> Settings:
        ldap = {
            "url": stack.ldap_url,
            "suffix": stack.suffix,
            "bind_dn": stack.service_dn,
            "bind_password": stack.service_password,
        }
        key = {"private_key_file": tmp_path / "issuer.pem", "algorithm": "ES256"}
        everything: dict[str, object] = {
            "environment": "dev",
            "ldap": LdapSettings.model_validate(ldap),
            "redis": RedisSettings(url=stack.redis_url, connect_timeout_seconds=0.2),
            "tokens": TokenSettings(builtin=BuiltinIssuerSettings.model_validate(key)),
            "mail": MailSettings(transport="log"),
        }
        return Settings.model_validate({**everything, **parts})

    return make


def nowhere() -> RedisSettings:
    """A Redis that is not there."""
    return RedisSettings(url=f"redis://127.0.0.1:{free_port()}", connect_timeout_seconds=0.2)


async def test_everything_works_together(make: Make) -> None:
    """Directory and Redis answer, and our own tokens are accepted."""
    async with open_gateway(make()) as gateway:
        readiness = await gateway.readiness()
        assert readiness.ready
        assert readiness.directory.ok
        assert readiness.redis.ok
        issuer = gateway.services.issuer
        assert issuer is not None
        token = await issuer.issue({"sub": "ops", "role": "super_admin"}, timedelta(minutes=5))
        principal = await gateway.services.verifier.verify(token)
        assert principal.role is Role.SUPER_ADMIN
        await gateway.services.directory.ping()
        figures = gateway.metrics.render().decode()
        assert "gateway_ldap_operation_seconds_count" in figures
        assert 'gateway_redis_calls_total{outcome="ok"}' in figures


async def test_without_redis_it_starts_and_is_ready(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Redis makes it better, not possible: a warning, a metric, and requests go on."""
    async with open_gateway(make(redis=nowhere())) as gateway:
        readiness = await gateway.readiness()
        assert readiness.ready
        assert not readiness.redis.ok
        assert readiness.redis.detail == "Redis is not reachable"
        with pytest.raises(Unavailable):
            await gateway.services.revocations.get("usr_1")
        figures = gateway.metrics.render().decode()
        assert "gateway_redis_up 0.0" in figures
    assert "Redis is not reachable" in caplog.text


async def test_without_the_directory_it_starts_and_is_not_ready(make: Make) -> None:
    """It may come later; until then whoever needs it is told quickly."""
    away = LdapSettings(url=f"ldap://127.0.0.1:{free_port()}", connect_timeout=0.5)
    async with open_gateway(make(ldap=away)) as gateway:
        started = time.monotonic()
        readiness = await gateway.readiness()
        assert time.monotonic() - started < 5
        assert not readiness.ready
        assert readiness.redis.ok
        assert readiness.directory.detail
        with pytest.raises(Unavailable):
            await gateway.services.directory.tenants.by_slug("acme")


async def test_closing_leaves_no_connection_behind(make: Make, stack: Stack) -> None:
    """Also where the block ends with an error."""

    def connections() -> int:
        with Redis.from_url(stack.redis_url) as admin:
            return len(admin.client_list())

    before, tasks = connections(), asyncio.all_tasks()

    async def command() -> None:
        async with open_gateway(make()) as gateway:
            await gateway.readiness()
            assert connections() > before
            raise EOFError

    with pytest.raises(EOFError):
        await command()
    assert connections() == before
    assert asyncio.all_tasks() == tasks


async def test_an_issuer_that_is_off_is_none(make: Make, tmp_path: Path) -> None:
    """No key is made, and other issuers' keys are asked for only when a token comes."""
    tokens = TokenSettings.model_validate(
        {
            "issuers": [
                {
                    "issuer": "https://issuer.example",
                    "audience": "us",
                    "jwks_url": "https://issuer.example/jwks",
                }
            ],
            "builtin": {"enabled": False, "private_key_file": tmp_path / "issuer.pem"},
        }
    )
    async with open_services(make(tokens=tokens)) as services:
        assert services.issuer is None
    assert not (tmp_path / "issuer.pem").exists()


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("ldap", {"mapping": "no-such-mapping"}, "ldap.mapping: "),
        (
            "tokens",
            {"builtin": {"private_key_file": "/dev/null/key.pem"}},
            "tokens.builtin.private_key_file: ",
        ),
        ("mail", {"ca_file": "/not/there.pem"}, "mail.ca_file: "),
        ("redis", {"ca_file": "/dev/null"}, "redis.ca_file: "),
        ("tokens", {"ca_file": "/not/there.pem"}, "tokens.ca_file: "),
    ],
)
async def test_files_that_cannot_be_used_are_named_by_their_setting(
    make: Make, part: str, value: dict[str, object], said: str
) -> None:
    """A sentence that begins with the setting, and nothing stays open."""
    with pytest.raises(SettingsError) as caught:
        async with open_services(make(**{part: value})):
            pytest.fail("it opened")
    assert str(caught.value).startswith(said)


async def test_a_developers_key_is_refused_in_production(make: Make) -> None:
    """The same file, another environment."""
    async with open_services(make()):
        pass
    production = make(environment="production", mail=MailSettings())
    with pytest.raises(SettingsError, match="made in dev"):
        async with open_services(production):
            pytest.fail("it opened")
