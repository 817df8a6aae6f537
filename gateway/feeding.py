"""The composition of the feeding side: from settings to what keeps the mirror and looks at it.

Owns the life of its drivers, as `gateway.container` does for the reading side; a process that
feeds has no services, and answers no requests.
"""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.feed.cookie import Position
from adapters.ldap.feed.directory_feed import LdapFeed, ldap_position
from adapters.ldap.feed.line import Pace
from adapters.ldap.places import Backend
from adapters.ldap.settings import Layout
from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.mirror.members import RedisMembers
from adapters.redis.mirror.store import RedisMirror
from adapters.redis.mirror.truth import RedisTruth
from gateway.config import Settings, SettingsError
from gateway.container import utc_now
from gateway.mirror.apply.leader import Leader
from gateway.mirror.apply.session import Room
from gateway.mirror.changes import Changes
from gateway.mirror.form import form_of
from gateway.ports import Directory
from gateway.ports.feed import DirectoryPosition, Versions, reaches
from gateway.ports.truth import STALENESS
from mappings.loader import MappingError, load

_COMPARE = 0.2
"""Seconds after which the feed asks again whether it has missed anything."""

_LOOK = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeding:
    """What keeps the mirror, and the directory that it is a mirror of."""

    room: Room
    directory: Directory
    position: DirectoryPosition

    def leader(self) -> Leader:
        """Feeds the mirror in this process."""
        return Leader(self.room, f"{socket.gethostname()}:{os.getpid()}")

    async def behind(self) -> timedelta | None:
        """How far what is kept is behind what the directory has done by now.

        As long as it takes until that is kept, if that is soon; else by the times of the
        newest changes. None: nothing is kept.

        Raises:
            Unavailable: Redis or the directory are away.
        """
        wanted = await self.position()
        asked = time.monotonic()
        while True:
            progress = await self.room.truth.progress()
            if progress is None or progress.cookie is None:
                return None
            kept = Position.parse(progress.cookie).csns.by_sid
            waited = timedelta(seconds=time.monotonic() - asked)
            if reaches(kept, wanted):
                return waited
            if waited > STALENESS:
                return _lag(kept, wanted)
            await asyncio.sleep(_LOOK)


@asynccontextmanager
async def open_feeding(settings: Settings) -> AsyncIterator[Feeding]:
    """Everything that feeding takes, until the block ends; nothing is asked yet.

    Raises:
        SettingsError: a file that they name (mapping, certificates) cannot be used.
    """
    for part, file in (("ldap", settings.ldap.ca_file), ("redis", settings.redis.ca_file)):
        try:
            ssl.create_default_context(cafile=file)
        except OSError as error:
            raise SettingsError(f"{part}.ca_file: {file} cannot be used: {error}") from error
    try:
        mappings = load(settings.ldap.mapping)
    except MappingError as error:
        raise SettingsError(f"ldap.mapping: {error}") from error
    client = LdapClient(settings.ldap)
    redis = RedisClient(settings.redis, binary=True)
    keys = Keys(settings.redis.prefix)
    layout = Layout(settings.ldap, mappings)
    backend = Backend(client=client, mappings=mappings, layout=layout, clock=utc_now)
    try:
        yield Feeding(
            room=Room(
                feed=LdapFeed(settings.ldap, backend, Pace(compare=_COMPARE)),
                changes=Changes(mappings),
                store=RedisMirror(redis, keys),
                members=RedisMembers(redis, keys),
                truth=RedisTruth(redis, keys, form_of(mappings)),
            ),
            directory=LdapDirectory(client, mappings, layout, utc_now),
            position=ldap_position(client, layout.suffix),
        )
    finally:
        await client.close()
        await redis.close()


def _lag(kept: Versions, wanted: Versions) -> timedelta:
    """By the times of the newest changes, of the server that is missed most."""
    times = [
        _time(version) - _time(kept.get(server, version))
        for server, version in wanted.items()
        if kept.get(server, "") < version
    ]
    return max(STALENESS, *times)


def _time(version: str) -> datetime:
    text = version.partition("#")[0]
    return datetime.strptime(text, "%Y%m%d%H%M%S.%fZ").replace(tzinfo=UTC)
