"""Any history, with any interruptions, ends in a mirror that is the directory."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.ids import Kind
from gateway.ports.feed import PLATFORM, Lost, StartOver
from tests.gateway.mirror.apply.scripted import House, World

Step = tuple[str, int]

_CHANGES = (
    *("tenant", "user", "group", "unit", "update", "rename", "same_move", "move"),
    *("retire", "restore", "delete", "name", "name", "delete_tenant"),
)
_FAULTS = (
    *("lost", "crash", "second", "start_over", "forget", "release", "storm"),
    *("members_away", "present", "pause"),
)

steps = st.lists(
    st.tuples(st.sampled_from((*_CHANGES, *_CHANGES, *_FAULTS)), st.integers(0, 2**16)),
    max_size=40,
)


class _Course:
    """What happens to one house."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._drops = 0
        self._retired: dict[bytes, tuple[Kind, str]] = {}
        self.house = House(self._bad)

    @property
    def _world(self) -> World:
        return self.house.world

    async def step(self, what: str, number: int) -> None:
        """Let one thing happen; nothing where nobody is there whom it could happen to."""
        fault: Callable[[], Any] | None = getattr(self, f"_{what}", None)
        if fault is not None:
            await fault()
        else:
            self._change(what, number)
        if number % 3 == 0:
            await asyncio.sleep(0.001 * (number % 5))

    def calm(self) -> None:
        """Nothing more goes wrong."""
        self._drops = 0
        self._world.members_away = 0

    def _bad(self) -> bool:
        if self._drops <= 0:
            return False
        self._drops -= 1
        return self._random.random() < 0.4

    def _change(self, what: str, number: int) -> None:
        random = Random(number)  # noqa: S311 - so that a history can be told again
        world = self._world
        tenants = self._ids(Kind.TENANT)
        inner = [uuid for uuid, held in world.held.items() if held.tenant_id != PLATFORM]
        groups = [uuid for uuid in inner if world.held[uuid].kind is Kind.GROUP]
        if what == "tenant":
            world.add(Kind.TENANT, PLATFORM)
        elif not tenants:
            return
        elif what in ("user", "group", "unit"):
            kind = {"user": Kind.USER, "group": Kind.GROUP}.get(what, Kind.ORGANIZATIONAL_UNIT)
            world.add(kind, random.choice(tenants))
        elif what == "restore" and self._retired:
            uuid = random.choice(sorted(self._retired))
            kind, tenant_id = self._retired.pop(uuid)
            if tenant_id in tenants:
                world.put(uuid, kind, tenant_id)
        elif what == "name" and groups:
            anybody = [*inner, *self._retired, (10_000).to_bytes(16, "big")]
            world.name(random.choice(groups), frozenset(random.choices(anybody, k=3)))
        elif what == "delete_tenant":
            world.delete(bytes.fromhex(random.choice(tenants).rpartition("_")[2]))
        elif inner:
            self._change_one(what, random.choice(inner), random.choice(tenants))

    def _change_one(self, what: str, uuid: bytes, tenant_id: str) -> None:
        world = self._world
        held = world.held[uuid]
        match what:
            case "update":
                world.update(uuid)
            case "rename":
                field = "first_name" if held.kind is Kind.USER else "name"
                world.update(uuid, **{field: f"other{len(world.log)}"})
            case "move" | "same_move":
                if held.tenant_id != tenant_id:
                    world.move(uuid, tenant_id, same_version=what == "same_move")
            case "retire":
                world.retire(uuid)
                self._retired[uuid] = held.kind, held.tenant_id
            case "delete":
                self._retired.pop(uuid, None)
                world.delete(uuid)

    def _ids(self, kind: Kind) -> Sequence[str]:
        return [held.resource.id for held in self._world.held.values() if held.kind is kind]

    async def _lost(self) -> None:
        self._world.interrupt(Lost("cut"))

    async def _crash(self) -> None:
        await self.house.crash()
        self.house.start()

    async def _second(self) -> None:
        self.house.start()

    async def _start_over(self) -> None:
        self._world.interrupt(StartOver("restored"))

    async def _forget(self) -> None:
        await self.house.truth.forget()

    async def _release(self) -> None:
        if (holder := await self.house.truth.holder()) is not None:
            await self.house.truth.release(holder)

    async def _storm(self) -> None:
        self._drops = 12

    async def _members_away(self) -> None:
        self._world.members_away = 3

    async def _present(self) -> None:
        self._world.present = not self._world.present

    async def _pause(self) -> None:
        await asyncio.sleep(0.01)


@settings(max_examples=100, deadline=None)
@given(steps=steps, seed=st.integers(0, 2**16))
async def test_any_history_ends_in_a_mirror_of_it(steps: list[Step], seed: int) -> None:
    """Whatever changes, and whoever is away, restarted, replaced or cut off meanwhile."""
    course = _Course(Random(seed))  # noqa: S311 - likewise
    course.house.world.add(Kind.TENANT, PLATFORM)
    course.house.start()
    try:
        for what, number in steps:
            await course.step(what, number)
        course.calm()
        await course.house.right()
    finally:
        await course.house.crash()
