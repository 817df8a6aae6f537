"""Where an issuer's keys come from: a URL, a file, or ourselves; kept, aged, refetched."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import httpx

from adapters.tokens.keys import KeySet, parse_jwks
from adapters.tokens.settings import TokenSettings
from gateway.domain.errors import Unavailable
from gateway.ports import Throttle

_log = logging.getLogger(__name__)
_MOST_BYTES = 256 * 1024
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}
_RETRY = 5.0
"""Seconds after a failed fetch in which none is tried."""

Fetch = Callable[[], Awaitable[KeySet]]
"""Reads the keys anew. Raises one of `_NOT_FETCHED`."""

_NOT_FETCHED = (OSError, ValueError, RecursionError, httpx.HTTPError, httpx.InvalidURL)


class KeySource(Protocol):
    """The keys of one issuer, as new as they need be."""

    async def keys(self) -> KeySet:
        """The keys; the same object as long as they are the same. Raises Unavailable."""
        ...

    async def newer(self) -> KeySet:
        """The keys after another look, if one is due; for a token whose key is unknown."""
        ...


class FixedKeys:
    """Keys that never change while the process runs: our own."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    async def keys(self) -> KeySet:
        """The keys."""
        return self._keys

    async def newer(self) -> KeySet:
        """The same."""
        return self._keys


class FetchedKeys:
    """Keys that somebody publishes.

    One fetch at a time. While there are keys that may still be used, nobody waits for a fetch
    but the one who began it. Where the issuer is away, old keys go on for a bounded time.
    """

    def __init__(
        self,
        name: str,
        fetch: Fetch,
        settings: TokenSettings,
        throttle: Throttle | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._fetch = fetch
        self._settings = settings
        self._throttle = throttle
        self._monotonic = monotonic
        self._keys: KeySet | None = None
        self._fetches = 0
        self._fetched_at = self._no_fetch_before = self._no_newer_before = float("-inf")
        self._lock = asyncio.Lock()

    async def keys(self) -> KeySet:
        """The keys, fetched anew where they are due. Raises Unavailable."""
        age = self._monotonic() - self._fetched_at
        if self._keys is None or age > self._settings.keys_max_age_seconds:
            await self._refresh()
        return self._usable()

    async def newer(self) -> KeySet:
        """The keys after another look, where neither this worker nor all had one lately."""
        now = self._monotonic()
        if now >= self._no_newer_before:
            self._no_newer_before = now + self._settings.refetch_interval_seconds
            if await self._within_budget():
                await self._refresh()
        elif self._lock.locked():
            async with self._lock:  # somebody is looking: wait for what they find
                pass
        return self._usable()

    async def _within_budget(self) -> bool:
        if self._throttle is None:
            return True
        window = timedelta(seconds=self._settings.refetch_interval_seconds)
        try:
            return await self._throttle.allow(
                f"jwks:{self._name}", times=self._settings.refetch_budget, window=window
            )
        except Unavailable:
            return True

    def _usable(self) -> KeySet:
        age = self._monotonic() - self._fetched_at
        if self._keys is None or age > self._settings.keys_max_stale_seconds:
            raise Unavailable("The keys of the token's issuer cannot be fetched", code="no_keys")
        return self._keys

    async def _refresh(self) -> None:
        if self._keys is not None and self._lock.locked():
            return
        fetches = self._fetches
        async with self._lock:
            if self._fetches != fetches or self._monotonic() < self._no_fetch_before:
                return
            try:
                async with asyncio.timeout(self._settings.fetch_timeout_seconds):
                    keys = await self._fetch()
            except _NOT_FETCHED as error:
                self._no_fetch_before = self._monotonic() + _RETRY
                _log.warning("Keys of %s cannot be fetched: %s", self._name, error or repr(error))
                return
            self._fetches += 1
            self._fetched_at = self._monotonic()
            if keys != self._keys:
                self._keys = keys
                _log.info("Keys of %s: %d usable", self._name, len(keys.keys))


def from_file(path: Path) -> Fetch:
    """Reads the keys from a file."""

    async def fetch() -> KeySet:
        return parse_jwks(json.loads(await asyncio.to_thread(path.read_bytes)))

    return fetch


def from_url(client: httpx.AsyncClient, url: str) -> Fetch:
    """Fetches the keys; redirects are not followed, long answers not read to the end."""

    async def fetch() -> KeySet:
        body = bytearray()
        async with client.stream("GET", url, headers=_HEADERS) as answer:
            if answer.status_code != httpx.codes.OK:
                msg = f"{url} answered {answer.status_code}"
                raise ValueError(msg)
            async for part in answer.aiter_raw():
                body += part
                if len(body) > _MOST_BYTES:
                    msg = f"{url} answered more than {_MOST_BYTES} bytes"
                    raise ValueError(msg)
        return parse_jwks(json.loads(bytes(body)))

    return fetch
