"""Calls to Redis, and what happens while it is away."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from redis.asyncio import RedisCluster
from redis.commands.core import AsyncScript
from redis.exceptions import ClusterError, NoScriptError, RedisError, ResponseError

from adapters.redis.batches import Batches, Command
from adapters.redis.connection import connect
from adapters.redis.settings import RedisSettings
from gateway.domain.errors import Unavailable

T = TypeVar("T")
Argument = str | int | bytes
_log = logging.getLogger(__name__)

_QUIET = 10.0
"""Seconds between complaints about a Redis that is there, and refuses."""

_TIME = "return redis.call('TIME')"

Observe = Callable[[str], None]
"""Is told the outcome of every call: `ok`, `failed`, or `refused` while backing off."""


class RedisClient:
    """Calls that answer, or fail quickly with `Unavailable`.

    After a failure all calls fail at once for a while; then one tries, and the others go on
    failing until it succeeded. So a Redis that hangs costs one request in a while its time
    limit, and never all of them. One that answers, but refuses (out of memory, read-only),
    fails that call alone: it costs no time, and may well do what others ask.
    """

    def __init__(
        self,
        settings: RedisSettings,
        observe: Observe = lambda _: None,
        *,
        binary: bool = False,
    ) -> None:
        """A client that sends nothing yet; a `binary` one answers with bytes, not with texts."""
        self._redis, *self._sentinels = connect(settings, decode=not binary)
        self._batches = Batches(partial(self._pipelined, raises=False))
        self._scripts: dict[str, AsyncScript] = {}
        self._observe = observe
        self._room = asyncio.Semaphore(settings.max_connections)
        self._patience = settings.timeout_seconds
        self._backoff = settings.backoff_seconds
        self._trial = settings.connect_timeout_seconds + settings.timeout_seconds
        self._closed_until = 0.0
        self._failing = False
        self._quiet_until = 0.0

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:
        """Run a script; the server keeps it by its hash after the first time.

        Raises:
            Unavailable: Redis is away or refuses.
        """
        registered = self._scripts.get(script)
        if registered is None:
            registered = self._scripts[script] = self._redis.register_script(script)

        async def call() -> Any:
            if self.clustered:  # each server has its own connections
                return await registered(keys=keys, args=arguments)
            command = ("EVALSHA", registered.sha, len(keys), *keys, *arguments)
            answer = await self._batches.ask(command)
            if isinstance(answer, NoScriptError):
                return await registered(keys=keys, args=arguments)
            if isinstance(answer, RedisError):
                raise answer
            return answer

        return await self._guarded(call)

    async def together(self, *commands: Sequence[Argument]) -> Sequence[Any]:
        """Run commands on keys of one slot in one transaction; the answers of all.

        Raises:
            Unavailable: Redis is away or refuses; a refused one does not undo the others.
        """
        return await self._guarded(lambda: self._pipelined(commands, transaction=True))

    async def each(self, *commands: Sequence[Argument]) -> Sequence[Any]:
        """Run commands on keys of any slots, sent at once; the answers of all.

        Raises:
            Unavailable: Redis is away or refuses; a refused one does not undo the others.
        """
        if len(commands) == 1:
            return [await self._guarded(lambda: self._redis.execute_command(*commands[0]))]
        return await self._guarded(lambda: self._pipelined(commands))

    async def get(self, key: str) -> str | None:
        """The value of a key. Raises Unavailable."""
        value = await self._guarded(lambda: self._redis.get(key))
        return value.decode() if isinstance(value, bytes) else value

    async def put(self, key: str, value: str, *, seconds: int) -> None:
        """Set a key for so long. Raises Unavailable."""
        await self._guarded(lambda: self._redis.set(key, value, ex=seconds))

    async def delete(self, key: str) -> bool:
        """Delete a key; whether it was there. Raises Unavailable."""
        return bool(await self._guarded(lambda: self._redis.delete(key)))

    async def unlink(self, keys: Sequence[str]) -> None:
        """Delete keys of one slot, whatever is in them, without waiting. Raises Unavailable."""
        await self._guarded(lambda: self._redis.unlink(*keys))

    async def add(self, key: str, member: str) -> None:
        """Put a member into a set. Raises Unavailable."""
        await self._guarded(lambda: self._redis.sadd(key, member))

    async def discard(self, key: str, member: str) -> None:
        """Take a member out of a set. Raises Unavailable."""
        await self._guarded(lambda: self._redis.srem(key, member))

    async def members(self, key: str) -> frozenset[Any]:
        """The members of a small set, as texts or bytes. Raises Unavailable."""
        return frozenset(await self._guarded(lambda: self._redis.smembers(key)))

    async def fields(self, key: str, names: Sequence[str]) -> Sequence[Any]:
        """Some fields of a hash, None for absent ones; texts or bytes. Raises Unavailable."""
        return await self._guarded(lambda: self._redis.hmget(key, list(names)))

    @property
    def clustered(self) -> bool:
        """Whether several servers share what is kept."""
        return isinstance(self._redis, RedisCluster)

    async def run_ids(self) -> frozenset[str]:
        """Which processes serve: others after a restart, or where a replica took over.

        Raises:
            Unavailable: Redis is away.
        """
        redis = self._redis
        if isinstance(redis, RedisCluster):
            facts = await self._guarded(lambda: _primaries(redis))
            return frozenset(each["run_id"] for each in facts)
        alone = await self._guarded(lambda: redis.info("server"))
        return frozenset((alone["run_id"],))

    async def evicts(self) -> bool:
        """Whether a server may take any key away when memory is short. Raises Unavailable."""
        redis = self._redis
        if isinstance(redis, RedisCluster):
            primaries = RedisCluster.PRIMARIES
            facts = await self._guarded(lambda: redis.info("memory", target_nodes=primaries))
            servers = list(facts.values())
        else:
            servers = [await self._guarded(lambda: redis.info("memory"))]
        return any(
            server["maxmemory"] and server["maxmemory_policy"].startswith("allkeys-")
            for server in servers
        )

    async def ping(self) -> None:
        """Ask whether it is there, as any other call does. Raises Unavailable."""
        await self._guarded(self._redis.ping)

    async def time(self, key: str) -> float:
        """The clock of the server that has a key, in seconds: a round trip to that server.

        Raises:
            Unavailable: Redis is away.
        """
        seconds, micros = await self.run(_TIME, [key], [])
        return int(seconds) + int(micros) / 1_000_000

    async def close(self) -> None:
        """Close all connections."""
        await self._batches.close()
        for redis in (self._redis, *self._sentinels):
            await redis.aclose()

    async def _pipelined(
        self, commands: Sequence[Command], *, transaction: bool = False, raises: bool = True
    ) -> Sequence[Any]:
        """The answers to commands that are sent at once; with `raises`, a refusal is no answer."""
        async with self._redis.pipeline(transaction=transaction) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            return await pipeline.execute(raise_on_error=raises)

    async def _guarded(self, call: Callable[[], Awaitable[T]]) -> T:
        """What a call answers, made once a connection is free: each takes one of each server."""
        if self._room.locked():
            try:
                async with asyncio.timeout(self._patience):
                    await self._room.acquire()
            except TimeoutError:
                self._observe("refused")
                raise _unavailable() from None
        else:
            await self._room.acquire()  # at once
        try:
            return await self._unless_failing(call)
        finally:
            self._room.release()

    async def _unless_failing(self, call: Callable[[], Awaitable[T]]) -> T:
        now = time.monotonic()
        if now < self._closed_until:
            self._observe("refused")
            raise _unavailable()
        if self._failing:
            self._closed_until = now + self._trial
        try:
            answer = await call()
        except (RedisError, OSError) as error:
            self._observe("failed")
            if _is_answer(error):
                self._end()
                self._complain(error)
            else:
                self._fail(error)
            raise _unavailable() from error
        self._observe("ok")
        self._end()
        return answer

    def _fail(self, error: Exception) -> None:
        if not self._failing:
            _log.warning("Redis is not reachable: %s", error)
        self._failing = True
        self._closed_until = time.monotonic() + self._backoff

    def _complain(self, error: Exception) -> None:
        now = time.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + _QUIET
            _log.warning("Redis refuses: %s", error)

    def _end(self) -> None:
        """It has answered."""
        if self._failing:
            _log.warning("Redis is reachable again")
        self._failing = False
        self._closed_until = 0.0


async def _primaries(redis: RedisCluster) -> Sequence[Mapping[str, Any]]:
    """What the servers that are written to say of themselves, which are such still.

    One that was replaced answers as before, and says so only to who asks for its keys.
    """
    for _ in range(2):
        facts = await redis.info(target_nodes=RedisCluster.PRIMARIES)
        if all(each["role"] == "master" for each in facts.values()):
            return tuple(facts.values())
        await redis.nodes_manager.initialize()
    raise ClusterError("a server of the Cluster was replaced, and it is not known by which")


def _is_answer(error: Exception) -> bool:
    """Whether the server refused, and is there: out of memory, read-only, not permitted."""
    return isinstance(error, ResponseError) and not isinstance(error, ClusterError)


def _unavailable() -> Unavailable:
    return Unavailable("Redis is not reachable", code="redis_unavailable")
