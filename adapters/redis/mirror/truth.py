"""Whether the mirror may be believed (`gateway.ports.MirrorTruth`)."""

from datetime import timedelta
from secrets import token_hex

from adapters.redis.client import Argument, RedisClient
from adapters.redis.keys import Keys
from adapters.redis.mirror import truth_scripts
from gateway.ports.truth import Lease, Progress, Versions

_MILLISECOND = timedelta(milliseconds=1)


class RedisTruth:
    """Lease, progress and pulse by the clock of Redis; needs a binary client.

    Beats are also published, with the epoch; an empty one says that there is no pulse now.
    """

    def __init__(self, client: RedisClient, keys: Keys) -> None:
        self._client = client
        self._lease = keys.feed("lease")
        self._fence = keys.feed("fence")
        self._pulse = keys.feed("pulse")
        self._progress = keys.feed("progress")
        self._doubts = keys.feed("doubts")
        self._channel = keys.news("beats")

    async def acquire(self, owner: str, *, lifetime: timedelta) -> Lease | None:
        """The lease if nobody has it. Raises Unavailable."""
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
        """How far the mirror is. Raises Unavailable."""
        epoch, cookie = await self._client.fields(self._progress, ("epoch", "cookie"))
        return None if epoch is None else Progress(epoch.decode(), cookie)

    async def begin(self, lease: Lease) -> str | None:
        """Begin an epoch that never was. Raises Unavailable."""
        epoch = token_hex(8)
        keys = [self._lease, self._pulse, self._progress]
        begun = await self._client.run(
            truth_scripts.BEGIN, keys, [_text(lease), self._channel, epoch]
        )
        return epoch if begun else None

    async def advance(self, lease: Lease, progress: Progress) -> bool:
        """Keep a cookie. Raises Unavailable."""
        arguments: list[Argument] = [
            _text(lease),
            progress.epoch,
            int(progress.cookie is not None),
            progress.cookie or b"",
        ]
        keys = [self._lease, self._progress]
        return bool(await self._client.run(truth_scripts.ADVANCE, keys, arguments))

    async def beat(
        self, lease: Lease, epoch: str, *, covers: Versions, lifetime: timedelta
    ) -> bool:
        """Say that the mirror is true for so long. Raises Unavailable."""
        arguments: list[Argument] = [
            _text(lease),
            epoch,
            lifetime // _MILLISECOND,
            self._channel,
            *(part for pair in covers.items() for part in pair),
        ]
        keys = [self._lease, self._pulse, self._progress, self._doubts]
        return bool(await self._client.run(truth_scripts.BEAT, keys, arguments))

    async def believed(self) -> str | None:
        """The epoch of the mirror if it is true now. Raises Unavailable."""
        return await self._client.get(self._pulse)

    async def doubt(self, server: str, version: str) -> None:
        """Let nobody believe the mirror before it covers that. Raises Unavailable."""
        keys = [self._pulse, self._doubts]
        await self._client.run(truth_scripts.DOUBT, keys, [server, version, self._channel])

    async def doubts(self) -> Versions:
        """What the mirror does not cover yet. Raises Unavailable."""
        pairs = await self._client.hash(self._doubts)
        return {server.decode(): version.decode() for server, version in pairs.items()}


def _text(lease: Lease) -> str:
    return f"{lease.fence} {lease.owner}"
