"""Whether what an earlier feed kept can be gone on with, and whether it still stands."""

import asyncio
from collections.abc import Set

from gateway.domain.ids import Kind
from gateway.mirror.apply.endings import BeginAnewError, all_of
from gateway.mirror.apply.replica import Replica
from gateway.ports.feed import PLATFORM
from gateway.ports.mirror import MirrorStore, NotMirrored, Shelf

_AT_ONCE = 16


async def resumed(store: MirrorStore, epoch: str, fence: int) -> frozenset[str] | None:
    """The tenants that are kept whole in an epoch, now behind our fence; None: some are not.

    Tenants that were being opened are forgotten: whoever goes on is told of them again. So are
    those that are left of other epochs.

    Raises:
        Superseded: somebody else feeds.
        Unavailable: the store is away.
    """
    listed = await store.tenants()
    if not await _stands(store, PLATFORM, epoch):
        return None
    try:
        named = await _named(store, epoch)
    except NotMirrored:
        return None
    limit = asyncio.Semaphore(_AT_ONCE)
    whole, begun = set[str](), set[str]()

    async def look(tenant_id: str) -> None:
        async with limit:
            standing = await store.standing(tenant_id)
            if standing is not None and standing.epoch == epoch and standing.complete:
                await store.open(tenant_id, epoch=epoch, fence=fence)
                whole.add(tenant_id)
            elif standing is not None or tenant_id not in named:
                if standing is not None and standing.epoch == epoch:
                    begun.add(tenant_id)
                await store.drop(tenant_id, fence=fence)

    await all_of(map(look, listed | {PLATFORM}))
    return frozenset(whole) if named <= whole | begun else None


async def inspect(store: MirrorStore, replica: Replica, every: float) -> None:
    """Look again and again whether all tenants stand, each within so many seconds.

    Raises:
        BeginAnewError: one lost something.
    """
    while True:
        tenants = tuple(replica.opened)
        for tenant_id in tenants:
            await asyncio.sleep(every / len(tenants))
            standing = await store.standing(tenant_id)
            lost = standing is None or standing.epoch != replica.epoch
            if lost and tenant_id in replica.opened:
                raise BeginAnewError(f"{tenant_id} lost documents")
        if not tenants:
            await asyncio.sleep(every)


async def _stands(store: MirrorStore, tenant_id: str, epoch: str) -> bool:
    standing = await store.standing(tenant_id)
    return standing is not None and standing.epoch == epoch and standing.complete


async def _named(store: MirrorStore, epoch: str) -> Set[str]:
    """The tenants that there should be."""
    shelf = Shelf(epoch, PLATFORM, Kind.TENANT)
    step = await store.scan(shelf)
    found = {one.id for one in step.documents}
    while step.cursor is not None:
        step = await store.scan(shelf, step.cursor)
        found |= {one.id for one in step.documents}
    return found
