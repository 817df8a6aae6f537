"""The composition root: from settings to services, used by the app, the commands and the tests.

Owns the life of every driver: opened in order, closed in reverse, however it ends. Asks the
directory nothing: whoever needs it notices when it is away, and it may come later. Sets up no
logs: that is for whoever owns the process (`gateway.observability.logs.configure`).
"""

import asyncio
import hashlib
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.feed.directory_feed import ldap_position
from adapters.ldap.settings import Layout, LdapSettings
from adapters.mail.mailers import MailerError, mailer
from adapters.redis.client import RedisClient
from adapters.redis.failures import RedisFailures
from adapters.redis.keys import Keys
from adapters.redis.mirror.listener import Listener
from adapters.redis.mirror.members import RedisMembers
from adapters.redis.mirror.store import RedisMirror
from adapters.redis.mirror.views import RedisViews
from adapters.redis.revocations import RedisRevocations
from adapters.redis.tally import RedisTally
from adapters.redis.throttle import RedisThrottle
from adapters.scim.settings import ScimSettings
from adapters.tokens.assembly import make_issuer, open_verifier
from adapters.tokens.issuer import JwtIssuer
from adapters.tokens.keyfile import KeyFileError
from gateway.config import Settings, SettingsError
from gateway.domain.errors import GatewayError, Unavailable
from gateway.mirror.form import form_of
from gateway.mirror.memo import Memo
from gateway.mirror.reading import Mirror, MirroredDirectory
from gateway.mirror.revocations import MirroredRevocations
from gateway.observability.audit import LoggedAudit
from gateway.observability.metrics import PrometheusMetrics
from gateway.ports import Directory, Mailer, Revocations
from gateway.ports.feed import DirectoryPosition
from gateway.ports.news import News
from gateway.services.all import Services, assemble
from gateway.services.brake import BrakeRules
from gateway.services.clients import ClientRules
from gateway.services.links import LinkRules
from mappings.loader import MappingError, load
from mappings.table import Mappings

_REMEMBERED: Final = 10_000
"""So many answers, trees and tenants are remembered by a process, in 64 MiB at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """How a server behind the gateway answered."""

    ok: bool
    milliseconds: float
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether requests can be served: with the directory; without Redis or the mirror less well.

    `mirror` is None where there is none.
    """

    directory: Check
    redis: Check
    mirror: Check | None = None

    @property
    def ready(self) -> bool:
        """Whether to send requests here."""
        return self.directory.ok


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The services, and what faces and operators need beside them.

    `shared_secret` is known to all processes of the deployment, on all hosts, and to nobody else.
    """

    services: Services
    mappings: Mappings
    shared_secret: str
    metrics: PrometheusMetrics
    readiness: Callable[[], Awaitable[Readiness]]
    memo: Memo | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """Where is read: the directory itself, or with the mirror before it."""

    directory: Directory
    revocations: Revocations
    news: News | None = None
    memo: Memo | None = None


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """The services alone; see `open_gateway`."""
    async with open_gateway(settings) as gateway:
        yield gateway.services


@asynccontextmanager
async def open_gateway(settings: Settings) -> AsyncIterator[Gateway]:
    """Everything that the settings describe, until the block ends.

    Raises:
        SettingsError: a file that they name (key, mapping) cannot be used.
    """
    async with AsyncExitStack() as ends:
        _check_authorities(settings)
        metrics = PrometheusMetrics()
        mappings = _mappings(settings)
        client = LdapClient(settings.ldap, observe=metrics.ldap)
        ends.push_async_callback(client.close)
        layout = Layout(settings.ldap, mappings)
        directory = LdapDirectory(client, mappings, layout, utc_now)
        redis = RedisClient(settings.redis, metrics.redis)
        ends.push_async_callback(redis.close)
        keys = Keys(settings.redis.prefix)
        reading = _Reading(
            directory=directory,
            revocations=RedisRevocations(redis, keys, seconds=settings.redis.revocation_seconds),
        )
        if settings.mirror.enabled:
            position = ldap_position(client, layout.suffix)
            reading = await ends.enter_async_context(
                _mirrored(settings, mappings, reading, position, metrics)
            )
        issuer = await asyncio.to_thread(_issuer, settings)
        verifier = await ends.enter_async_context(
            open_verifier(settings.tokens, issuer, utc_now, RedisThrottle(redis, keys))
        )
        services = assemble(
            directory=reading.directory,
            failures=RedisFailures(redis, keys),
            revocations=reading.revocations,
            tally=RedisTally(redis, keys),
            mailer=_mailer(settings),
            audit_log=LoggedAudit(),
            metrics=metrics,
            clock=utc_now,
            verifier=verifier,
            issuer=issuer,
            link_rules=LinkRules(
                public_url=settings.http.public_url,
                lifetime=timedelta(hours=settings.links.lifetime_hours),
                allowed_redirects=settings.http.allowed_redirects,
            ),
            client_rules=ClientRules(
                lifetime=timedelta(seconds=settings.tokens.builtin.token_lifetime_seconds),
                platform_tenant=settings.tokens.builtin.platform_tenant,
            ),
            brake_rules=_brake_rules(settings.scim),
            memo=reading.memo,
        )
        with suppress(Unavailable):  # it is away: the client has said so in the log
            await redis.ping()

        async def readiness() -> Readiness:
            of_directory, of_redis = await asyncio.gather(
                _check(directory.ping), _check(redis.ping)
            )
            of_mirror = None if reading.news is None else _check_mirror(reading.news)
            return Readiness(directory=of_directory, redis=of_redis, mirror=of_mirror)

        yield Gateway(
            services=services,
            mappings=mappings,
            shared_secret=_shared_secret(settings.ldap),
            metrics=metrics,
            readiness=readiness,
            memo=reading.memo,
        )


@asynccontextmanager
async def _mirrored(
    settings: Settings,
    mappings: Mappings,
    direct: _Reading,
    position: DirectoryPosition,
    metrics: PrometheusMetrics,
) -> AsyncIterator[_Reading]:
    """The same, with the mirror before it, and hearing of it until the block ends."""
    keys = Keys(settings.redis.prefix)
    redis = RedisClient(settings.redis, metrics.redis, binary=True)
    async with AsyncExitStack() as ends:
        ends.push_async_callback(redis.close)
        news = Listener(settings.redis, redis, keys, form_of(mappings))
        # In a Cluster changes and beats come by different ways: one can overtake another.
        entries = 0 if settings.redis.cluster else _REMEMBERED
        memo = Memo(news, utc_now, entries=entries, observe=metrics.memo)
        directory = MirroredDirectory(
            direct.directory,
            Mirror(
                store=RedisMirror(redis, keys),
                views=RedisViews(redis, keys),
                members=RedisMembers(redis, keys),
                news=news,
                memo=memo,
                position=position,
                clock=utc_now,
                metrics=metrics,
                mappings=mappings,
            ),
        )
        ends.push_async_callback(directory.close)
        revocations = MirroredRevocations(
            direct.revocations,
            directory,
            news,
            memo,
            utc_now,
            lifetime=timedelta(seconds=settings.redis.revocation_seconds),
        )
        metrics.mirror(news)
        await ends.enter_async_context(news.listening())
        yield _Reading(directory=directory, revocations=revocations, news=news, memo=memo)


def utc_now() -> datetime:
    """The time, in UTC (`gateway.ports.Clock`)."""
    return datetime.now(UTC)


def _check_authorities(settings: Settings) -> None:
    files = {
        "ldap": settings.ldap.ca_file,
        "redis": settings.redis.ca_file,
        "tokens": settings.tokens.ca_file,
        "mail": settings.mail.ca_file,
    }
    for part, file in files.items():
        try:
            ssl.create_default_context(cafile=file)
        except OSError as error:
            msg = f"{part}.ca_file: {file} cannot be used: {error}"
            raise SettingsError(msg) from error


def _mappings(settings: Settings) -> Mappings:
    try:
        return load(settings.ldap.mapping)
    except MappingError as error:
        msg = f"ldap.mapping: {error}"
        raise SettingsError(msg) from error


def _mailer(settings: Settings) -> Mailer:
    try:
        return mailer(settings.mail, utc_now)
    except MailerError as error:
        msg = f"mail.{error}"
        raise SettingsError(msg) from error


def _issuer(settings: Settings) -> JwtIssuer | None:
    try:
        return make_issuer(
            settings.tokens.builtin,
            utc_now,
            public_url=settings.http.public_url,
            dev=settings.dev,
        )
    except KeyFileError as error:
        msg = f"tokens.builtin.private_key_file: {error}"
        raise SettingsError(msg) from error


def _brake_rules(scim: ScimSettings) -> BrakeRules:
    share = None if scim.brake_share >= 1 else scim.brake_share
    return BrakeRules(share=share, minimum=scim.brake_minimum)


def _shared_secret(ldap: LdapSettings) -> str:
    """Follows from the gateway's own account in the directory."""
    known = (ldap.suffix, ldap.bind_dn or "", ldap.bind_password.get_secret_value())
    return hashlib.sha256("\0".join(("gateway", *known)).encode()).hexdigest()


def _check_mirror(news: News) -> Check:
    """Whether the mirror is believed; if not, everything is read from the directory."""
    detail = None
    if news.believed() is None:
        detail = "its news cannot be heard"
        if news.connected:
            detail = "the feed is silent" if news.pulse() else "the feed was never heard"
    return Check(ok=detail is None, milliseconds=0.0, detail=detail)


async def _check(ping: Callable[[], Awaitable[None]]) -> Check:
    started = time.perf_counter()
    detail = None
    try:
        await ping()
    except GatewayError as error:
        detail = error.detail
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    return Check(ok=detail is None, milliseconds=milliseconds, detail=detail)
