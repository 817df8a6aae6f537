"""Ended sessions: which tokens are refused, and that losing the copies revives none."""

from datetime import datetime, timedelta

import pytest

from adapters.memory import MemoryRevocations
from gateway.domain.errors import Unauthenticated
from gateway.domain.model import User
from gateway.domain.status import UserStatus
from tests.gateway.services.world import CopiesAway, World


async def _end(world: World, user: User) -> None:
    call = world.call("tenant.users.status", "alpha")
    await world.services.users.set_status(call, user.id, UserStatus.ACTIVE, terminate_sessions=True)


async def _refused(world: World, user: User, seconds: float) -> bool:
    """Whether a token of that subject, issued so many seconds from now, is refused."""
    issued_at = world.clock().replace(microsecond=0) + timedelta(seconds=seconds)
    try:
        await world.services.sessions.check(user.id, issued_at)
    except Unauthenticated as refused:
        return refused.presented
    return False


async def test_tokens_of_and_before_this_second_are_refused(world: World) -> None:
    """A token is good if it was issued in a later second than the one of the termination."""
    user, other = await world.user(), await world.user("bob")
    assert not await _refused(world, user, -3600)
    await _end(world, user)
    assert await _refused(world, user, -3600)
    assert await _refused(world, user, 0)
    assert await _refused(world, user, 0.9)
    assert not await _refused(world, user, 1)
    assert not await _refused(world, other, -3600)


@pytest.mark.parametrize("loss", ["flushed", "away", "expired"])
async def test_losing_the_copies_revives_nothing(world: World, loss: str) -> None:
    """The directory knows what the copies knew."""
    user = await world.user()
    await _end(world, user)
    if loss == "flushed":
        world = world.without(revocations=MemoryRevocations(world.clock))
    elif loss == "away":
        world = world.without(revocations=CopiesAway())
    else:
        world.clock.advance(hours=1)
    assert await _refused(world, user, -3600 * 2)
    assert await _refused(world, user, -3600 * 2)


async def test_a_copy_is_kept(world: World) -> None:
    """After one look at the directory the copy answers."""
    user = await world.user()
    assert await world.revocations.get(user.id) == (False, None)
    assert not await _refused(world, user, 0)
    assert await world.revocations.get(user.id) == (True, None)


async def test_termination_never_goes_back(world: World) -> None:
    """A clock that was set back does not revive tokens of the time between."""
    user = await world.user()
    await _end(world, user)
    world.clock.advance(seconds=-60)
    await _end(world, user)
    assert await _refused(world, user, 60)


async def test_deleted_users_have_no_sessions(world: World) -> None:
    """The token of a deleted user is refused at once, and good again when it is restored."""
    user = await world.user()
    assert not await _refused(world, user, -1)
    await world.services.users.delete(world.call("admin.users.delete"), user.id)
    assert await _refused(world, user, -1)
    world.clock.advance(hours=1)
    assert await _refused(world, user, -3600)
    await world.services.users.restore(world.call("admin.users.restore"), user.id)
    assert not await _refused(world, user, -3600)


async def test_sessions_ended_while_a_copy_is_made(world: World) -> None:
    """A copy that is made just when sessions end does not outlive the look at the directory."""
    user = await world.user()

    class Late(MemoryRevocations):
        """Copies; before the first is kept, somebody ends the sessions."""

        ended = False

        async def put(self, subject: str, valid_from: datetime | None) -> None:
            """End the sessions, then keep the copy that is old by now."""
            if not self.ended:
                self.ended = True
                await _end(late, user)
            await super().put(subject, valid_from)

    late = world.without(revocations=Late(world.clock))
    assert await _refused(late, user, 0)
    assert await _refused(late, user, 0)


@pytest.mark.parametrize("subject", ["admin@example", f"usr_{'0' * 32}", "", "usr_x"])
async def test_subjects_that_are_no_users(world: World, subject: str) -> None:
    """Callers that are nobody in the directory have no sessions to end."""
    await world.services.sessions.check(subject, None)


async def test_a_token_without_a_time_is_old(world: World) -> None:
    """A token that does not tell when it was issued is refused once sessions were ended."""
    user = await world.user()
    await world.services.sessions.check(user.id, None)
    await _end(world, user)
    with pytest.raises(Unauthenticated):
        await world.services.sessions.check(user.id, None)
