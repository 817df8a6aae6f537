"""Where entries are kept: a tenant and a kind for each entry's UUID.

There may be millions, so what is kept of each is short: they are in 65,536 small hashes, which
Redis keeps as plain rows of octets. What belongs to a hash is spread evenly, also where UUIDs
were made in a row.

A share that was ever used is never empty, and has its bit; so one that is lost is missed.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from itertools import islice
from zlib import crc32

from adapters.redis.client import Argument, RedisClient
from adapters.redis.keys import Keys
from gateway.domain.ids import Kind
from gateway.ports.mirror import NotMirrored, Place

_TENANT = f"{Kind.TENANT}_"
_HEX_DIGITS = 32
_BATCH = 500
_USED = b""
"""The field that each share has."""


class RedisPlaces:
    """Remembers places; needs a binary client."""

    def __init__(self, client: RedisClient, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def place(self, places: Mapping[bytes, Place | None]) -> None:
        """Remember where entries are kept. Raises Unavailable."""
        new: dict[int, list[bytes]] = defaultdict(list)
        left: dict[int, list[bytes]] = defaultdict(list)
        for uuid, place in places.items():
            share, field = _split(uuid)
            if place is None:
                left[share].append(field)
            else:
                new[share] += (field, _encode(place))
        for row in new.values():
            row.extend((_USED, b""))
        commands: list[tuple[Argument, ...]] = []
        for name, parts in (("HDEL", left), ("HSET", new)):
            commands += ((name, self._keys.places(share), *rest) for share, rest in parts.items())
        used = iter(new)
        while some := list(islice(used, _BATCH)):
            bits: list[Argument] = [part for s in some for part in ("SET", "u1", f"#{s}", 1)]
            commands.append(("BITFIELD", self._keys.places_used(), *bits))
        await self._each(commands)

    async def where(self, uuids: Collection[bytes], *, whole: bool = True) -> Mapping[bytes, Place]:
        """Where entries are kept. Raises Unavailable, and NotMirrored if `whole`."""
        asked = list(dict.fromkeys(uuids))
        split = (_split(uuid) for uuid in asked)
        found = await self._each(
            [("HGET", self._keys.places(share), field) for share, field in split]
        )
        known = {
            uuid: _decode(value)
            for uuid, value in zip(asked, found, strict=True)
            if isinstance(value, bytes)
        }
        if whole and len(known) < len(asked):
            await self._look({_split(uuid)[0] for uuid in asked if uuid not in known})
        return known

    async def _look(self, shares: Collection[int]) -> None:
        """Raise NotMirrored where one of them is lost."""
        commands: list[tuple[Argument, ...]] = []
        for share in shares:
            commands.append(("GETBIT", self._keys.places_used(), share))
            commands.append(("HEXISTS", self._keys.places(share), _USED))
        answers = await self._each(commands)
        if any(used and not there for used, there in zip(answers[::2], answers[1::2], strict=True)):
            raise NotMirrored("where entries are kept was lost")

    async def _each(self, commands: Collection[tuple[Argument, ...]]) -> list[object]:
        answers: list[object] = []
        left = iter(commands)
        while batch := list(islice(left, _BATCH)):
            answers += await self._client.each(*batch)
        return answers


def _split(uuid: bytes) -> tuple[int, bytes]:
    """The hash that an entry belongs to, and its field there; together they say the UUID."""
    field = uuid[2:]
    return int.from_bytes(uuid[:2], "big") ^ (crc32(field) & 0xFFFF), field


def _encode(place: Place) -> bytes:
    """The kind, and the tenant in 16 octets where it is an ordinary one."""
    digits = place.tenant_id.removeprefix(_TENANT)
    if digits != place.tenant_id and len(digits) == _HEX_DIGITS:
        try:
            octets = bytes.fromhex(digits)
        except ValueError:
            pass
        else:
            if octets.hex() == digits:
                return f"{place.kind}:".encode() + octets
    return f"{place.kind}={place.tenant_id}".encode()


def _decode(value: bytes) -> Place:
    kind, colon, octets = value.partition(b":")
    if colon and b"=" not in kind:
        return Place(_TENANT + octets.hex(), Kind(kind.decode()))
    kind, _, tenant_id = value.partition(b"=")
    return Place(tenant_id.decode(), Kind(kind.decode()))
