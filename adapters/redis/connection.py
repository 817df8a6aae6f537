"""Connections as the settings say: to one server, the one that Sentinel names, or a Cluster."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis, RedisCluster, Sentinel
from redis.asyncio.connection import BlockingConnectionPool, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected

from adapters.redis.settings import RedisSettings


def connect(settings: RedisSettings, *, decode: bool = True) -> Sequence[Redis | RedisCluster]:
    """The client, and after it the ones of the Sentinels; all have to be closed.

    It answers with texts; with bytes where they are not to be decoded.

    A command is tried a second time where its connection was found broken, never after a
    time-out. Nothing is sent yet.
    """
    options = _limits(settings) | {
        "decode_responses": decode,
        "username": settings.username,
        "password": settings.password.get_secret_value() if settings.password else None,
    }
    if settings.cluster:
        return [
            RedisCluster.from_url(
                settings.url,
                max_connections=settings.max_connections,
                **options,
                **_tls(settings),
            )
        ]
    if not settings.sentinels:
        pool = BlockingConnectionPool.from_url(
            settings.url,
            max_connections=settings.max_connections,
            timeout=settings.timeout_seconds,
            **options,
            **_tls(settings),
        )
        return [Redis.from_pool(pool)]
    tls: dict[str, Any] = {"ssl": True, **_tls(settings)} if _tls(settings) else {}
    secret = settings.sentinel_password
    sentinel = Sentinel(  # type: ignore[no-untyped-call]  # its constructor has no annotations
        [(host, int(port)) for host, _, port in (at.rpartition(":") for at in settings.sentinels)],
        sentinel_kwargs={
            **_limits(settings),
            **tls,
            "decode_responses": True,
            "password": secret.get_secret_value() if secret else None,
        },
    )
    client = sentinel.master_for(
        settings.sentinel_name,
        max_connections=settings.max_connections,
        db=parse_url(settings.url).get("db", 0),
        **options,
        **tls,
    )
    return [client, *sentinel.sentinels]


def _limits(settings: RedisSettings) -> dict[str, Any]:
    return {
        "socket_connect_timeout": settings.connect_timeout_seconds,
        "socket_timeout": settings.timeout_seconds,
        "retry": Retry(NoBackoff(), 1, supported_errors=(Disconnected,)),
    }


def _tls(settings: RedisSettings) -> dict[str, Any]:
    if not settings.url.startswith("rediss:"):
        return {}
    return {"ssl_ca_certs": str(settings.ca_file) if settings.ca_file else None}
