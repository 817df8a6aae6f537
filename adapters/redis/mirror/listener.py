"""The mirror's news as Redis tells them (`gateway.ports.News`)."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import Final

from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.mirror import beats
from adapters.redis.mirror.clock import ServerClock
from adapters.redis.settings import RedisSettings
from adapters.redis.subscription import Left, Lost, Subscription, subscribe
from gateway.domain.errors import Unavailable
from gateway.domain.ids import Kind
from gateway.ports.feed import Versions, reaches
from gateway.ports.news import Pulse, Told, Watcher
from gateway.ports.truth import STALENESS

_log = logging.getLogger(__name__)

_STALENESS: Final = STALENESS.total_seconds()
_PACE: Final = 2.0
"""Seconds between looks at Redis's clock, and between signs of life on the connection."""
_SILENCE: Final = 3 * _PACE
"""Seconds without any word from Redis after which the connection is given up."""
_UNSURE: Final = 5 * _PACE
"""Seconds after which what was learnt of Redis's clock counts no more."""
_ANY: Final = "return redis.call('EXISTS', KEYS[1], KEYS[2])"
_BACKOFF: Final = (0.05, 2.0)
"""Seconds to wait before it is tried again: at first, and at most."""


class Listener:
    """Hears what the feed publishes, on one connection.

    What has come is taken from the socket whenever somebody asks, and as it comes. While the
    connection is away nobody believes anything.
    """

    def __init__(
        self,
        settings: RedisSettings,
        client: RedisClient,
        keys: Keys,
        form: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """A listener that hears nothing yet; `listening` is its life.

        It believes mirrors in a form (`gateway.mirror.form`), and no others.
        """
        self._settings = settings
        self._form = f"{form}-"
        self._client = client
        self._clock_key = keys.feed("pulse")
        self._lease_key = keys.feed("lease")
        self._listens_since = self._beat_at = 0.0
        self._beats, self._changes = keys.news("beats"), keys.news("changes")
        self._beats_channel = self._beats.encode()
        self._monotonic = monotonic
        self._clock = ServerClock()
        self._line: Subscription | None = None
        self._heard: beats.Heard | None = None
        self._pulse: Pulse | None = None
        self._epoch: str | None = None
        self._until = 0.0
        self._heard_at = 0.0
        self._over = asyncio.Event()
        self._next_beat: asyncio.Future[None] | None = None
        self._watchers: list[Watcher] = []

    def believed(self) -> str | None:
        """The epoch of the mirror if it can be believed at this moment."""
        epoch = self._living()
        return epoch if epoch is not None and epoch.startswith(self._form) else None

    def _living(self) -> str | None:
        """The epoch that is true at this moment, in whatever form."""
        if self._line is None:
            return None
        self._drain()
        line = self._line
        if line is None or line.left is not Left.NOTHING or self._monotonic() >= self._until:
            return None
        return self._epoch

    def pulse(self) -> Pulse | None:
        """The last sign of life that was heard."""
        return self._pulse

    @property
    def connected(self) -> bool:
        """Whether it would hear what is published."""
        return self._line is not None and self._line.subscribed

    def watch(self, watcher: Watcher) -> None:
        """Tell of every change from here on."""
        self._watchers.append(watcher)

    async def covered(self, versions: Versions) -> None:
        """Wait until nobody believes a mirror that lacks any change up to `versions`."""
        # Who is believed without them was complete before they were made.
        deadline = self._monotonic() + _STALENESS
        if self._living() is None and await self._nobody_feeds():
            return
        while not await self._all_heard_of(versions):
            left = deadline - self._monotonic()
            if left <= 0:
                return
            if self._next_beat is None:
                self._next_beat = asyncio.get_running_loop().create_future()
            await asyncio.wait((self._next_beat,), timeout=left)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hear, as well as it goes, until the block ends."""
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._look_at_clock())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def _nobody_feeds(self) -> bool:
        """Whether nobody believes anything, and nobody can change that unless by feeding anew.

        Nobody has the lease, or beat shortly before: what was said before Redis answered has
        been heard by then.
        """
        try:
            if await self._client.run(_ANY, [self._lease_key, self._clock_key], []):
                return False
        except Unavailable:
            return False
        self._drain()
        now, line = self._monotonic(), self._line
        return (
            line is not None
            and line.subscribed
            and line.left is Left.NOTHING
            and now - max(self._listens_since, self._beat_at) > _STALENESS
        )

    async def _all_heard_of(self, versions: Versions) -> bool:
        """Whether everybody who listens has heard that all up to `versions` is in the mirror.

        Redis hands out what was published one listener after the other, and this process may be
        the first: when Redis answers what was asked after that, all have it.
        """
        if self._living() is None or self._pulse is None:
            return False
        if not reaches(self._pulse.covers, versions):
            return False
        try:
            await self._client.time(self._clock_key)
        except Unavailable:
            return False
        return True

    async def _listen(self) -> None:
        """Connect, again and again, and keep the connection as long as it is any good."""
        failures = 0
        while True:
            try:
                line = await self._connect()
            except Lost as error:
                if not failures:
                    _log.warning("The mirror's news cannot be heard: %s", error)
                failures += 1
            else:
                started = self._monotonic()
                try:
                    await self._keep(line)
                finally:
                    self._forget(line)
                failures = 0 if self._monotonic() - started > _PACE else failures + 1
            least, most = _BACKOFF
            part = random.uniform(0.5, 1)  # noqa: S311 - only different for each process
            wait = min(most, least * 2 ** min(failures, 10)) * part
            await asyncio.sleep(wait)

    async def _connect(self) -> Subscription:
        channels = (self._beats, self._changes)
        making = asyncio.ensure_future(
            asyncio.to_thread(subscribe, self._settings, channels, near=self._clock_key)
        )
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            with suppress(Lost):
                (await making).close()
            raise

    async def _keep(self, line: Subscription) -> None:
        loop = asyncio.get_running_loop()
        self._over.clear()
        self._line, self._heard_at = line, self._monotonic()
        self._tell(None)  # of what was told before the subscription nobody knows
        descriptor = line.fileno()
        loop.add_reader(descriptor, self._drain)
        try:
            while self._line is line:
                if self._monotonic() - self._heard_at > _SILENCE:
                    self._lose("it says nothing")
                    return
                try:
                    line.ping()
                except Lost as lost:
                    self._lose(str(lost))
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(_PACE):
                        await self._over.wait()
                        return
        finally:
            loop.remove_reader(descriptor)

    def _forget(self, line: Subscription) -> None:
        if self._line is line:
            self._hear_no_more()
        line.close()

    def _lose(self, reason: str) -> None:
        _log.warning("The mirror's news are not heard any more: %s", reason)
        self._hear_no_more()

    def _hear_no_more(self) -> None:
        """Who keeps anything has to drop it."""
        self._line = self._heard = self._epoch = None
        self._over.set()
        self._tell(None)

    def _drain(self) -> None:
        """Take in what has come, a bounded part of it at a time."""
        line = self._line
        if line is None:
            return
        received, subscribed = line.received, line.subscribed
        try:
            messages = line.take()
        except Lost as lost:
            self._lose(str(lost))
            return
        if line.received == received:
            return
        self._heard_at = self._monotonic()
        if not subscribed and line.subscribed:
            _log.info("The mirror's news are heard")
            self._listens_since = self._heard_at
        for channel, message in messages:
            try:
                if channel == self._beats_channel:
                    self._take_beat(beats.decode(message))
                else:
                    self._tell(_told(message))
            except ValueError:
                self._lose(f"what was told is not understood: {message!r:.200}")
                return
        if line.left is Left.MAYBE_MORE:  # what TLS has decoded already wakes no reader
            asyncio.get_running_loop().call_soon(self._drain)

    def _take_beat(self, heard: beats.Heard | None) -> None:
        self._heard = heard
        if heard is not None:
            self._beat_at = self._heard_at
            if self._pulse is None or self._pulse.epoch != heard.pulse.epoch:
                self._tell(None)  # while an epoch begins, changes are not told
            self._pulse = heard.pulse
        self._judge()
        if self._next_beat is not None:
            self._next_beat.set_result(None)
            self._next_beat = None

    def _judge(self) -> None:
        """Say until when the last sign of life counts, by the clock of this process."""
        self._epoch = None
        heard, learnt = self._heard, self._clock.learnt
        if heard is None or learnt is None:
            return
        now = self._monotonic()
        until = self._clock.here(heard.not_after, now=now)
        if until - now <= _STALENESS and now - learnt <= _UNSURE:  # else a clock was set
            self._epoch, self._until = heard.pulse.epoch, until

    def _tell(self, told: Told | None) -> None:
        for watcher in self._watchers:
            watcher(told)

    async def _look_at_clock(self) -> None:
        """Learn what time it is at Redis."""
        while True:
            asked = self._monotonic()
            with suppress(Unavailable):  # the client has said so in the log
                server = await self._client.time(self._clock_key)
                self._clock.learn(server, asked=asked, answered=self._monotonic())
                self._judge()
            await asyncio.sleep(_PACE if self._clock.learnt is not None else _BACKOFF[0])


@lru_cache(maxsize=4096)
def _fields(text: str) -> frozenset[str]:
    return frozenset(text.split(",")) if text else frozenset()


def _told(message: bytes) -> Told | None:
    """Changes as `APPLY` and others publish them: a head, then a line for each resource.

    None: from here on not all changes of a tenant are told.

    Raises:
        ValueError: they are none of ours.
    """
    head, *lines = message.decode().split("\n")
    tenant_id, kind, _, _ = head.split(" ")
    if kind == "*":
        return None
    changed: dict[str, frozenset[str]] = {}
    for line in lines:
        id_, _, fields = line.partition(" ")
        changed[id_] = changed[id_] | _fields(fields) if id_ in changed else _fields(fields)
    return Told(tenant_id, Kind(kind), changed)
