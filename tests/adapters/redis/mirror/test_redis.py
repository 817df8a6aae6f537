"""What is special about Redis: what it loses, refuses, tells, and lets expire."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from redis import Redis
from redis.crc import key_slot

from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.mirror.beats import decode
from adapters.redis.mirror.store import RedisMirror
from adapters.redis.mirror.views import RedisViews, ViewLimits
from gateway.domain.ids import Kind
from gateway.ports.mirror import NotMirrored, Place
from gateway.ports.mirror_views import View, Window
from gateway.ports.news import Pulse
from gateway.ports.truth import STALENESS, Beat
from tests.adapters.redis.mirror.conftest import redis_mirror
from tests.adapters.redis.mirror.mirrors import (
    ALL,
    LIFETIME,
    NOW,
    SHELF,
    TENANT,
    Mirror,
    by_content,
    change,
    filled,
    group,
    heard,
    user,
    version,
)
from tests.adapters.redis.waiting import comes_about

TEXT = View(shelf=SHELF, name="text", fields=frozenset({"text"}))


@pytest.fixture
def here(binary: RedisClient, keys: Keys) -> Mirror:
    """A mirror in the stack's Redis."""
    return redis_mirror(binary, keys)


@pytest.mark.parametrize("part", ["documents", "lookups", "due"])
async def test_what_lost_a_part_is_not_mirrored(
    here: Mirror, keys: Keys, redis: Redis, part: str
) -> None:
    """An eviction, or a hand, takes one key: nobody takes the rest for the whole."""
    await filled(here)
    redis.delete(f"{keys.mirror(TENANT)}:usr:{part}")
    for call in (
        here.store.get(SHELF, [user(1)]),
        here.store.find(SHELF, "k1"),
        here.store.scan(SHELF),
        here.put(change(1, 2, "b")),
        here.views.page(ALL, offset=0, limit=5, now=NOW),
        here.views.build(TEXT, now=NOW),
        here.store.complete(TENANT, epoch="e1", fence=1),
    ):
        with pytest.raises(NotMirrored):
            await call
    assert await here.store.standing(TENANT) is None
    await here.ready(epoch="e2")
    assert await here.everything(replace(SHELF, epoch="e2")) == {}


async def test_what_lost_its_briefs_is_to_be_begun_anew(
    here: Mirror, keys: Keys, redis: Redis
) -> None:
    """Nobody takes the rest of them for all; documents can still be read."""
    await filled(here)
    redis.delete(f"{keys.mirror(TENANT)}:usr:briefs")
    for call in (
        here.store.scan(SHELF, briefs=True),
        here.put(change(1, 2, "b")),
        here.store.complete(TENANT, epoch="e1", fence=1),
    ):
        with pytest.raises(NotMirrored):
            await call
    assert await here.store.standing(TENANT) is None
    assert await here.store.get(SHELF, [user(1)])


@pytest.mark.parametrize("part", ["pairs", "of", "settled", "unsettled"])
async def test_memberships_that_lost_a_part_are_not_mirrored(
    here: Mirror, keys: Keys, redis: Redis, part: str
) -> None:
    """Nobody takes the rest for all; the feed sees that the tenant is to be begun anew."""
    await here.ready()
    await here.members.settle(TENANT, group(1), heard(1), [user(1)], fence=1)
    await here.members.unsettle(TENANT, {group(2): heard(1)}, fence=1)
    assert await here.store.standing(TENANT) is not None
    redis.delete(f"{keys.mirror(TENANT)}:members:{part}")
    for call in (
        here.members.groups_of("e1", TENANT, [user(1)]),
        here.members.members("e1", TENANT, group(1), offset=0, limit=9),
        here.members.settle(TENANT, group(1), heard(2), [], fence=1),
        here.members.unsettle(TENANT, {group(1): heard(2)}, fence=1),
        here.members.forget(TENANT, [user(1), group(1)], fence=1),
        here.members.unsettled(TENANT),
    ):
        with pytest.raises(NotMirrored):
            await call
    assert await here.store.standing(TENANT) is None


async def test_changed_memberships_are_told(here: Mirror, keys: Keys, redis: Redis) -> None:
    """When they are not known any more, and then who came and went."""
    with redis.pubsub() as listener:  # type: ignore[no-untyped-call]  # it has no annotations
        listener.subscribe(keys.news("changes"))
        assert listener.get_message(timeout=10) is not None
        await here.store.open(TENANT, epoch="e1", fence=1)
        await here.members.settle(TENANT, group(1), heard(1), [user(1)], fence=1)
        await here.store.complete(TENANT, epoch="e1", fence=1)
        await here.members.unsettle(TENANT, {group(1): heard(2)}, fence=1)
        await here.members.unsettle(TENANT, {group(1): heard(2)}, fence=1)
        await here.members.settle(TENANT, group(1), heard(2), [user(2)], fence=1)
        told = [listener.get_message(timeout=10) for _ in range(3)]
        unsettled, *rest = [each["data"].split("\n") for each in told if each is not None]
        assert unsettled == [f"{TENANT} grp e1 1", "* members,memberships", f"{group(1)} members"]
        (users, *who), (groups, *which) = sorted(rest, reverse=True)
        assert users == f"{TENANT} usr e1 3"
        assert set(who) == {f"{user(number)} memberships" for number in (1, 2)}
        assert (groups, which) == (f"{TENANT} grp e1 2", [f"{group(1)} members"])
        assert listener.get_message(timeout=0.05) is None


async def test_a_tenant_whose_state_was_lost_is_not_mirrored(
    here: Mirror, keys: Keys, redis: Redis
) -> None:
    """And nothing that is left of it comes back when it is opened again."""
    await filled(here)
    redis.delete(keys.mirror(TENANT))
    with pytest.raises(NotMirrored):
        await here.store.get(SHELF, [user(1)])
    with pytest.raises(NotMirrored):
        await here.put(change(1, 2, "b"))
    await here.ready()
    assert await here.everything() == {}
    assert await here.put(change(1, 1, "new")) == (user(1),)


@pytest.mark.parametrize("part", ["places", "ids", "about"])
async def test_a_view_that_lost_a_part_is_built_anew(
    here: Mirror, keys: Keys, redis: Redis, part: str
) -> None:
    """As if there were none."""
    await filled(here)
    redis.delete(f"{keys.mirror(TENANT)}:view:usr:all:{part}")
    assert await here.views.page(ALL, offset=0, limit=5, now=NOW) is None
    await here.built(ALL, by_content)
    window = await here.read(ALL, by_content)
    assert window is not None
    assert window.total == 9


@pytest.mark.parametrize("part", ["places", "ids"])
async def test_a_view_that_loses_a_part_while_it_is_built_is_not_published(
    here: Mirror, keys: Keys, redis: Redis, part: str
) -> None:
    """Half of a listing is none."""
    await here.ready()
    await here.put(*(change(number, 1, "a") for number in range(9)))
    for before_publishing in (True, False):
        building = await here.views.build(ALL, now=NOW)
        assert building is not None
        await here.fill(building, by_content)
        (key,) = redis.scan_iter(f"{keys.mirror(TENANT)}:building:*:{part}")
        redis.delete(key)
        if before_publishing:
            assert not await building.publish()
        else:
            with pytest.raises(NotMirrored):
                await building.fill(())
        await building.abandon()
    assert await here.views.page(ALL, offset=0, limit=5, now=NOW) is None


async def test_a_log_that_does_not_reach_back_ends_the_view(
    binary: RedisClient, keys: Keys, redis: Redis
) -> None:
    """Too much has changed since it was read, or the log was lost."""
    store = RedisMirror(binary, keys, log_length=100)
    here = replace(redis_mirror(binary, keys), store=store)
    await filled(here)
    await here.built(TEXT, by_content)
    for at in range(2, 40):
        await here.put(*(change(number, at, f"{at}") for number in range(9)))
    log = f"{keys.mirror(TENANT)}:usr:log"
    length = redis.xlen(log)
    assert isinstance(length, int)
    assert 100 <= length < 38 * 9
    assert await here.read(TEXT, by_content) is None
    await here.built(TEXT, by_content)
    await here.put(change(1, 90, "z"))
    assert isinstance(await here.read(TEXT, by_content), Window)
    await here.put(change(1, 91, "y"))
    redis.delete(log)
    assert await here.read(TEXT, by_content) is None


async def test_other_fields_do_not_use_up_the_log(binary: RedisClient, keys: Keys) -> None:
    """A view that is read knows how far it is, however much passes it by."""
    store = RedisMirror(binary, keys, log_length=100)
    here = replace(redis_mirror(binary, keys), store=store)
    await filled(here)
    await here.built(TEXT, by_content)
    for at in range(2, 30):
        seen = {"fields": frozenset({"seen_at"}), "since": version(at - 1), "turns_at": NOW}
        await here.put(*(change(number, at, "abc"[number % 3], **seen) for number in range(9)))
        assert isinstance(await here.views.page(TEXT, offset=0, limit=1, now=NOW), Window)
    await here.put(change(1, 90, "0"))
    window = await here.read(TEXT, by_content)
    assert window is not None
    assert window.documents[0].content == b"0"


async def test_very_many_groups_above_are_a_question_for_the_directory(here: Mirror) -> None:
    """Nobody else would be served meanwhile."""
    await here.ready()
    for number in range(999):
        await here.members.settle(TENANT, group(number), heard(1), [group(number + 1)], fence=1)
    assert len(await here.members.groups_of("e1", TENANT, [group(999)])) == 1000
    await here.members.settle(TENANT, group(2000), heard(1), [group(0)], fence=1)
    await here.members.settle(TENANT, group(2001), heard(1), [group(0)], fence=1)
    with pytest.raises(NotMirrored):
        await here.members.groups_of("e1", TENANT, [group(999)])


async def test_who_is_in_very_many_groups_is_forgotten_in_steps(here: Mirror) -> None:
    """All the same from all."""
    await here.ready()
    for number in range(1100):
        await here.members.settle(TENANT, group(number), heard(1), [user(1), user(2)], fence=1)
    await here.members.forget(TENANT, [user(1), user(3), user(2)], fence=1)
    found = await here.members.groups_of("e1", TENANT, [user(1), user(2)])
    assert found == {user(1): frozenset(), user(2): frozenset()}
    names = await here.members.members("e1", TENANT, group(7), offset=0, limit=9)
    assert names.total == 0


async def test_what_is_gone_is_remembered_for_a_while(
    binary: RedisClient, keys: Keys, redis: Redis
) -> None:
    """As long as changes are under way; then it takes no room any more."""
    brief = timedelta(milliseconds=1)
    here = replace(redis_mirror(binary, keys), store=RedisMirror(binary, keys, gone_for=brief))
    await filled(here)
    await here.put(*(replace(change(number, 1, ""), version=None) for number in range(9)))

    async def pruned() -> bool:
        await here.put()
        return not redis.exists(
            f"{keys.mirror(TENANT)}:usr:gone", f"{keys.mirror(TENANT)}:usr:gone-times"
        )

    await comes_about(pruned)
    assert not redis.exists(f"{keys.mirror(TENANT)}:usr:lookups", f"{keys.mirror(TENANT)}:usr:due")


async def test_views_expire_and_documents_do_not(here: Mirror, keys: Keys, redis: Redis) -> None:
    """All that views take expires; all of a tenant is in one slot of a Cluster."""
    await filled(here)
    await here.put(change(20, 1, "d"), replace(change(1, 1, ""), version=None))
    await here.read(ALL, by_content)
    building = await here.views.build(TEXT, now=NOW)
    assert building is not None
    await building.fill((b"\x00" + user(2).encode(),))
    made = [key for key in redis.scan_iter(f"{keys.prefix}:*") if TENANT in key]
    assert len({key_slot(key.encode()) for key in made}) == 1
    passing = {key for key in made if redis.pttl(key) != -1}
    assert passing == {key for key in made if ":view" in key or ":building" in key}
    assert len(passing) == 7
    for key in passing:
        left = redis.pttl(key)
        assert isinstance(left, int)
        assert 0 < left <= LIFETIME // timedelta(milliseconds=1)


async def test_a_view_that_is_read_stays(binary: RedisClient, keys: Keys, redis: Redis) -> None:
    """And expires when nobody does, with the claim of a builder that fell silent."""
    limits = ViewLimits(
        lifetime=timedelta(milliseconds=400), claim=timedelta(milliseconds=300), step=9
    )
    here = replace(redis_mirror(binary, keys), views=RedisViews(binary, keys, limits))
    await here.ready()
    await here.built(ALL, by_content)
    loop = asyncio.get_running_loop()
    until = loop.time() + 0.8
    while loop.time() < until:
        assert isinstance(await here.views.page(ALL, offset=0, limit=5, now=NOW), Window)
    silent = await here.views.build(TEXT, now=NOW)
    assert silent is not None

    async def expired() -> bool:
        return await here.views.build(TEXT, now=NOW) is not None

    await comes_about(expired)
    assert not await silent.publish()

    async def gone() -> bool:
        return not redis.exists(*keys.view(TENANT, "usr:all"))

    await comes_about(gone)
    assert await here.views.page(ALL, offset=0, limit=5, now=NOW) is None


async def test_changes_are_told_to_those_who_listen(here: Mirror, keys: Keys, redis: Redis) -> None:
    """Tenant, kind, epoch and sequence; then each id with the fields, `*` for all of them."""
    channel = keys.news("changes")
    with redis.pubsub() as listener:  # type: ignore[no-untyped-call]  # it has no annotations
        listener.subscribe(channel)
        assert listener.get_message(timeout=10) is not None
        await here.store.open(TENANT, epoch="e1", fence=1)
        await here.put(change(1, 1, "not yet"))
        await here.store.complete(TENANT, epoch="e1", fence=1)
        await here.put(change(1, 1, "not yet"))
        await here.put(
            change(1, 2, "b", fields=frozenset({"b", "a"}), since=version(1)), change(2, 1, "c")
        )
        told = listener.get_message(timeout=10)
        assert told is not None
        assert told["data"] == f"{TENANT} usr e1 3\n{user(1)} a,b\n{user(2)} *"
        assert listener.get_message(timeout=0.05) is None


async def test_beats_are_told_and_so_is_their_end(here: Mirror, keys: Keys, redis: Redis) -> None:
    """A beat says what it covers and how long it counts; an empty one that there is no pulse."""
    minute = timedelta(minutes=1)
    covers = {"001": version(1), "002": version(2)}
    with redis.pubsub() as listener:  # type: ignore[no-untyped-call]  # it has no annotations
        listener.subscribe(keys.news("beats"))
        assert listener.get_message(timeout=10) is not None
        lease = await here.truth.acquire("a", lifetime=minute)
        assert lease is not None
        epoch = await here.truth.begin(lease)
        assert epoch is not None
        lag = timedelta(milliseconds=20)
        await here.truth.beat(lease, Beat(epoch=epoch, covers=covers, current=lag, applied=9))
        await here.truth.beat(lease, Beat(epoch=epoch, covers={}, current=STALENESS))
        await here.truth.forget()
        await here.truth.release(lease)
        told = [listener.get_message(timeout=10) for _ in range(4)]
        begun, said, *ends = [each["data"] for each in told if each is not None]
        assert (begun, ends) == ("", ["", ""])
        heard = decode(said.encode())
        assert heard is not None
        assert heard.pulse == Pulse(epoch=epoch, covers=covers, applied=9, lag=lag)
        seconds, micros = redis.time()
        assert 0 < heard.not_after - heard.said <= (STALENESS - lag).total_seconds() + 0.001
        assert seconds + micros / 1e6 - 10 < heard.said <= seconds + micros / 1e6


async def test_places_take_little_memory(here: Mirror, keys: Keys, redis: Redis) -> None:
    """Entries that were made one after the other are spread, and kept as plain rows."""
    uuids = [number.to_bytes(4, "big") + b"\x12\x34\x10\x3c" * 3 for number in range(4000)]
    await here.store.place(dict.fromkeys(uuids, Place(TENANT, Kind.USER)))
    shares = list(redis.scan_iter(f"{keys.prefix}:places:*", count=1000))
    assert len(shares) > 2000
    assert {redis.object("encoding", share) for share in shares} <= {"listpack", "ziplist"}
    taken = [redis.memory_usage(share, samples=0) for share in shares]
    assert sum(each for each in taken if isinstance(each, int)) < 150 * len(uuids)
    await here.store.place(dict.fromkeys(uuids))
    assert {redis.hlen(share) for share in shares} == {1}


async def test_places_that_are_lost_are_missed(here: Mirror, keys: Keys, redis: Redis) -> None:
    """An evicted share is not taken for one that never was, until it is written again."""
    uuids = [bytes([number]) * 16 for number in range(3)]
    place = Place(TENANT, Kind.USER)
    await here.store.place(dict.fromkeys(uuids[:2], place))
    assert await here.store.where(uuids) == dict.fromkeys(uuids[:2], place)
    for share in list(redis.scan_iter(f"{keys.prefix}:places:*", count=1000)):
        redis.delete(share)
    assert await here.store.where(uuids[2:]) == {}
    with pytest.raises(NotMirrored):
        await here.store.where(uuids[:1])
    assert await here.store.where(uuids, whole=False) == {}
    await here.store.place({uuids[0]: place})
    assert await here.store.where(uuids[:1]) == {uuids[0]: place}
    await here.store.place({uuids[0]: None})
    assert await here.store.where(uuids[:1]) == {}
