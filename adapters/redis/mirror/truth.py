"""Whether the mirror may be believed (`gateway.ports.MirrorTruth`)."""

import math
import time
from datetime import timedelta
from secrets import token_hex

from adapters.redis.client import Argument, RedisClient
from adapters.redis.keys import Keys
from adapters.redis.mirror import beats, truth_scripts
from adapters.redis.mirror.clock import ServerClock
from gateway.domain.errors import Unavailable
from gateway.ports.truth import STALENESS, Beat, Lease, Progress

_MILLISECOND = timedelta(milliseconds=1)
_SECOND = timedelta(seconds=1)


class RedisTruth:
    """Lease, progress and pulse by the clock of Redis; needs a binary client.

    Beats are also published (`beats`). Until when one counts is said in Redis's clock, which is
    learnt from answers: one that was long on its way, or waited in a server that stood still,
    is not taken.
    """

    def __init__(self, client: RedisClient, keys: Keys, form: str) -> None:
        """Of mirrors in a form (`gateway.mirror.form`); those of others are none to it."""
        self._client = client
        self._form = f"{form}-"
        self._lease = keys.feed("lease")
        self._fence = keys.feed("fence")
        self._pulse = keys.feed("pulse")
        self._progress = keys.feed("progress")
        self._channel = keys.news("beats")
        self._clock = ServerClock()

    async def acquire(self, owner: str, *, lifetime: timedelta) -> Lease | None:
        """The lease if nobody has it.

        Raises:
            Unavailable: Redis is away, or may take away what is kept, unnoticed in part.
        """
        if await self._client.evicts():
            msg = "Redis may evict any key: maxmemory-policy has to be noeviction or volatile-*"
            raise Unavailable(msg, code="redis_unavailable")
        keys = [self._lease, self._fence]
        arguments: list[Argument] = [owner, lifetime // _MILLISECOND]
        fence = await self._client.run(truth_scripts.ACQUIRE, keys, arguments)
        return None if fence is None else Lease(owner, int(fence))

    async def renew(self, lease: Lease, *, lifetime: timedelta) -> bool:
        """Keep the lease. Raises Unavailable."""
        arguments: list[Argument] = [_text(lease), lifetime // _MILLISECOND]
        return bool(await self._client.run(truth_scripts.RENEW, [self._lease], arguments))

    async def release(self, lease: Lease) -> None:
        """Let others feed. Raises Unavailable."""
        keys = [self._lease, self._pulse]
        await self._client.run(truth_scripts.RELEASE, keys, [_text(lease), self._channel])

    async def holder(self) -> Lease | None:
        """Who has the lease. Raises Unavailable."""
        held = await self._client.get(self._lease)
        if held is None:
            return None
        fence, _, owner = held.partition(" ")
        return Lease(owner, int(fence))

    async def incarnation(self) -> str:
        """The servers' processes. Raises Unavailable."""
        return " ".join(sorted(await self._client.run_ids()))

    async def progress(self) -> Progress | None:
        """How far the mirror is. Raises Unavailable.

        In a Cluster a server that takes over may not have all that another one's cookie covers:
        an epoch lasts there for as long as all the servers do.
        """
        names = ("epoch", "cookie", "servers")
        epoch, cookie, servers = await self._client.fields(self._progress, names)
        if epoch is None or not epoch.decode().startswith(self._form):
            return None
        if servers and servers.decode() != await self._servers():
            return None
        return Progress(epoch.decode(), cookie)

    async def begin(self, lease: Lease) -> str | None:
        """Begin an epoch that never was. Raises Unavailable."""
        epoch = self._form + token_hex(8)
        keys = [self._lease, self._pulse, self._progress]
        arguments = [_text(lease), self._channel, epoch, await self._servers()]
        begun = await self._client.run(truth_scripts.BEGIN, keys, arguments)
        return epoch if begun else None

    async def advance(
        self, lease: Lease, progress: Progress, *, incarnation: str | None = None
    ) -> bool:
        """Keep a cookie. Raises Unavailable."""
        arguments: list[Argument] = [
            _text(lease),
            progress.epoch,
            int(progress.cookie is not None),
            progress.cookie or b"",
            incarnation or "",
        ]
        keys = [self._lease, self._progress]
        return bool(await self._client.run(truth_scripts.ADVANCE, keys, arguments))

    async def beat(self, lease: Lease, beat: Beat) -> bool:
        """Say that the mirror is true. Raises Unavailable."""
        asked = time.monotonic()
        known = asked - beat.current / _SECOND
        if self._clock.learnt is None:
            server = await self._client.time(self._pulse)
            self._clock.learn(server, asked=asked, answered=time.monotonic())
            asked = time.monotonic()
        not_after = self._clock.at_server(known, now=asked) + STALENESS / _SECOND
        arguments: list[Argument] = [
            _text(lease),
            beat.epoch,
            math.floor(not_after * 1000),
            math.ceil((STALENESS - beat.current) / _MILLISECOND),
            self._channel,
            beats.encode(beat),
            beat.incarnation or "",
        ]
        keys = [self._lease, self._pulse, self._progress]
        said, seconds, micros = await self._client.run(truth_scripts.BEAT, keys, arguments)
        server = int(seconds) + int(micros) / 1_000_000
        self._clock.learn(server, asked=asked, answered=time.monotonic())
        return bool(said)

    async def believed(self) -> str | None:
        """The epoch of the mirror if it is true now. Raises Unavailable."""
        epoch = await self._client.get(self._pulse)
        return epoch if epoch is not None and epoch.startswith(self._form) else None

    async def forget(self) -> None:
        """Let nobody believe the mirror, and the feed begin anew. Raises Unavailable."""
        keys = [self._pulse, self._progress]
        await self._client.run(truth_scripts.FORGET, keys, [self._channel])

    async def _servers(self) -> str:
        return await self.incarnation() if self._client.clustered else ""


def _text(lease: Lease) -> str:
    return f"{lease.fence} {lease.owner}"
