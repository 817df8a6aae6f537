"""Who is in which group (`gateway.ports.mirror_members`)."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

from adapters.redis.client import Argument, RedisClient
from adapters.redis.keys import Keys
from adapters.redis.mirror import member_scripts, values
from adapters.redis.mirror.member_scripts import GROUP, MEMBER
from gateway.domain.ids import Kind, format_id
from gateway.ports import MemberShift
from gateway.ports.mirror import NotMirrored
from gateway.ports.mirror_members import Heard, Names

_ATTEMPTS = 20


class RedisMembers:
    """Memberships that all workers share; needs a binary client.

    What one process says of a group is done in the order in which it was said.

    Args:
        client: calls Redis.
        keys: makes the keys.
        log_length: how many changes of a kind are remembered, for views to follow them.
        step: how many members come and go in one step.
    """

    def __init__(
        self, client: RedisClient, keys: Keys, *, log_length: int = 20_000, step: int = 200
    ) -> None:
        self._client = client
        self._keys = keys
        self._log_length = log_length
        self._step = step
        self._locks: WeakValueDictionary[tuple[str, ...], asyncio.Lock] = WeakValueDictionary()
        self._settling: dict[str, list[set[str]]] = {}

    async def unsettle(self, tenant_id: str, heard: Mapping[str, Heard], *, fence: int) -> None:
        """Say that members are not known. Raises NotMirrored, Superseded, Unavailable."""
        for some in _parts(list(heard.items()), self._step):
            groups = [
                part for id_, new in some for part in (_group(id_), id_, new.version, new.mark)
            ]
            await self._write(member_scripts.UNSETTLE, tenant_id, fence, groups)

    async def unsettled(self, tenant_id: str) -> Mapping[str, Heard]:
        """The groups whose members are not known. Raises NotMirrored, Unavailable."""
        keys, cursor = self._of_tenant(tenant_id), b"0"
        found: dict[str, Heard] = {}
        while True:
            raw = await self._client.run(member_scripts.UNSETTLED, keys, [cursor])
            _, (cursor, flat) = values.answer(raw)
            found.update(
                (_group_id(group), Heard(*heard.decode().split("!")))
                for group, heard in zip(flat[::2], flat[1::2], strict=True)
            )
            if cursor == b"0":
                return found

    async def settle(
        self, tenant_id: str, group_id: str, known: Heard, members: Collection[str], *, fence: int
    ) -> None:
        """Keep the members of a group. Raises NotMirrored, Superseded, Unavailable."""
        await self._bring(_Aim(tenant_id, group_id, known, fence), set(members))

    async def shift(self, epoch: str, tenant_id: str, group_id: str, shift: MemberShift) -> bool:
        """Keep what a write did to a group. Raises NotMirrored, Unavailable."""
        who = [*shift.joined, *shift.left]
        if len(who) > self._step:
            return False
        arguments: list[Argument] = [
            "",
            self._keys.news("changes"),
            tenant_id,
            self._log_length,
            epoch,
            _group(group_id),
            group_id,
            shift.since,
            shift.version,
            len(shift.joined),
            *(part for id_ in who for part in (_member(id_), id_)),
        ]
        documents = (self._keys.shelf(tenant_id, kind)[0] for kind in (Kind.USER, Kind.GROUP))
        keys = [*self._of_tenant(tenant_id), *documents]
        (taken,) = values.answer(await self._client.run(member_scripts.SHIFT, keys, arguments))[1]
        return bool(taken)

    async def forget(self, tenant_id: str, ids: Collection[str], *, fence: int) -> None:
        """Forget users and groups. Raises NotMirrored, Superseded, Unavailable."""
        for running in self._settling.get(tenant_id, ()):
            running.update(ids)
        left = list(dict.fromkeys(ids))
        while left:
            some = [part for id_ in left[: self._step] for part in (_member(id_), id_)]
            async with self._lock(tenant_id):
                (done,) = await self._write(member_scripts.FORGET, tenant_id, fence, some)
            left = left[done:]
        for id_ in ids:
            if id_.startswith(f"{Kind.GROUP}_"):
                await self._bring(_Aim(tenant_id, id_, Heard(""), fence), set())

    async def groups_of(
        self, epoch: str, tenant_id: str, ids: Collection[str]
    ) -> Mapping[str, frozenset[str]]:
        """Groups of each, and of those. Raises NotMirrored, Unsettled, Unavailable."""
        arguments: list[Argument] = [epoch, *map(_member, ids)]
        keys = self._of_tenant(tenant_id)
        raw = await self._client.run(member_scripts.GROUPS_OF, keys, arguments)
        _, flat = values.answer(raw)
        return {
            _member_id(member): frozenset(
                _group_id(groups[at : at + GROUP]) for at in range(0, len(groups), GROUP)
            )
            for member, groups in zip(flat[::2], flat[1::2], strict=True)
        }

    async def members(
        self, epoch: str, tenant_id: str, group_id: str, *, offset: int, limit: int
    ) -> Names:
        """Direct members of a group. Raises NotMirrored, Unsettled, Unavailable."""
        arguments: list[Argument] = [epoch, _group(group_id), offset, limit]
        keys = self._of_tenant(tenant_id)
        _, rest = values.answer(await self._client.run(member_scripts.LIST, keys, arguments))
        total, *pairs = rest
        return Names(tuple(_member_id(pair[GROUP:]) for pair in pairs), total)

    async def _bring(self, aim: "_Aim", wanted: set[str]) -> None:
        """Bring a group to its members, from what it has now; anew if that changes meanwhile."""
        forgotten: set[str] = set()
        running = self._settling.setdefault(aim.tenant_id, [])
        running.append(forgotten)
        try:
            async with self._lock(aim.tenant_id, aim.group_id):
                for _ in range(_ATTEMPTS):
                    here = await self._here(aim)
                    if await self._move(aim, here, wanted, forgotten):
                        return
            raise NotMirrored
        finally:
            running[:] = [each for each in running if each is not forgotten]  # equal ones stay
            if not running:
                self._settling.pop(aim.tenant_id, None)

    async def _here(self, aim: "_Aim") -> set[str]:
        """The members that are kept of a group."""
        pairs, group = self._keys.members(aim.tenant_id)[0], _group(aim.group_id)
        found: set[str] = set()
        after, end = b"[" + group, b"(" + group + b"\xff"
        while True:
            (some,) = await self._client.each(
                ("ZRANGEBYLEX", pairs, after, end, "LIMIT", 0, 5 * self._step)
            )
            found.update(_member_id(pair[GROUP:]) for pair in some)
            if len(some) < 5 * self._step:
                return found
            after = b"(" + some[-1]

    async def _move(
        self, aim: "_Aim", here: set[str], wanted: set[str], forgotten: set[str]
    ) -> bool:
        """Let members come and go step by step; False where others did so meanwhile.

        Where those of a later version are known, there is nothing to be done.
        """
        size = len(here)
        changes = [(id_, True) for id_ in wanted - here] + [(id_, False) for id_ in here - wanted]
        steps = list(_parts(changes, self._step)) or [[]]
        for number, some in enumerate(steps, 1):
            async with self._lock(aim.tenant_id):
                coming = [id_ for id_, comes in some if comes and id_ not in forgotten]
                going = [id_ for id_, comes in some if not comes]
                arguments: list[Argument] = [
                    _group(aim.group_id),
                    aim.group_id,
                    size,
                    int(number == len(steps)),
                    aim.known.version,
                    aim.known.mark,
                    int(bool(changes)),
                    len(coming),
                    *(part for id_ in (*coming, *going) for part in (_member(id_), id_)),
                ]
                said, *rest = await self._said(
                    member_scripts.MOVE, aim.tenant_id, aim.fence, arguments
                )
            if said != "ok":
                return bool(said == "late")
            (size,) = rest
        return True

    async def _write(
        self, script: str, tenant_id: str, fence: int, rest: Sequence[Argument]
    ) -> Sequence[Any]:
        return (await self._said(script, tenant_id, fence, rest))[1:]

    async def _said(
        self, script: str, tenant_id: str, fence: int, rest: Sequence[Argument]
    ) -> Sequence[Any]:
        channel, length = self._keys.news("changes"), self._log_length
        arguments: list[Argument] = [values.fence(fence), channel, tenant_id, length, *rest]
        raw = await self._client.run(script, self._of_tenant(tenant_id), arguments)
        said, more = values.answer(raw)
        return said, *more

    def _of_tenant(self, tenant_id: str) -> list[str]:
        logs = (self._keys.shelf(tenant_id, kind)[1] for kind in (Kind.USER, Kind.GROUP))
        return [self._keys.mirror(tenant_id), *self._keys.members(tenant_id), *logs]

    def _lock(self, *what: str) -> asyncio.Lock:
        lock = self._locks.get(what)
        if lock is None:
            lock = self._locks[what] = asyncio.Lock()
        return lock


@dataclass(frozen=True, slots=True)
class _Aim:
    """The group, and what is known of it then: no version where it is not there any more."""

    tenant_id: str
    group_id: str
    known: Heard
    fence: int


def _parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[at : at + size] for at in range(0, len(items), size))


def _member(id_: str) -> bytes:
    """A user or group in octets that sort as ids do."""
    kind, _, digits = id_.partition("_")
    octets = kind.encode() + bytes.fromhex(digits)
    if len(octets) != MEMBER:
        msg = f"{id_!r} is no id of a user or group"
        raise ValueError(msg)
    return octets


def _group(id_: str) -> bytes:
    return _member(id_)[-GROUP:]


def _member_id(octets: bytes) -> str:
    return f"{octets[:-GROUP].decode()}_{octets[-GROUP:].hex()}"


def _group_id(octets: bytes) -> str:
    return format_id(Kind.GROUP, UUID(bytes=octets))
