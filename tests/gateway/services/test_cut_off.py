"""Changes of several operations that are cut off between two of them: a retry mends all."""

from collections.abc import Awaitable, Callable
from itertools import product

import pytest

from gateway.domain.errors import Conflict, NotFound, Unavailable
from gateway.domain.model import FederatedIdentity, ProviderType, User
from gateway.domain.status import UserStatus
from gateway.ports import BindOutcome
from gateway.services.creation import NewUser
from tests.gateway.services.world import PASSWORD, World

Operation = Callable[..., Awaitable[object]]


async def _cut_after(
    world: World, monkeypatch: pytest.MonkeyPatch, operation: str, times: int = 1
) -> None:
    """Let that operation on users succeed, and everything after it in the request not happen."""
    users = (await world.tenant()).users
    original: Operation = getattr(users, operation)
    left = [None] * times

    async def cut(*arguments: object, **named: object) -> object:
        done = await original(*arguments, **named)
        if left:
            left.pop()
            raise Unavailable
        return done

    monkeypatch.setattr(users, operation, cut)


async def _binds(world: World, user: User) -> bool:
    return await (await world.tenant()).users.bind(user, PASSWORD) is BindOutcome.OK


@pytest.mark.parametrize("operation", ["lock", "update", "unlock"])
@pytest.mark.parametrize(("first", "second"), list(product(UserStatus, UserStatus)))
async def test_status(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    first: UserStatus,
    second: UserStatus,
    operation: str,
) -> None:
    """Between the two operations nobody gets in who could not before or after; a retry ends it."""
    user = await world.user(password=PASSWORD)
    call, set_status = world.call("tenant.users.status", "alpha"), world.services.users.set_status
    await set_status(call, user.id, first)
    await _cut_after(world, monkeypatch, operation)
    try:
        await set_status(call, user.id, second)
    except Unavailable:
        if await _binds(world, user):
            assert UserStatus.ACTIVE in {first, second}
        await set_status(call, user.id, second)
    assert (await (await world.tenant()).users.get(user.id)).status is second
    assert await _binds(world, user) == (second is UserStatus.ACTIVE)


async def test_creation(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whose invitation was cut off is there, says so to a retry, and can be invited."""
    await _cut_after(world, monkeypatch, "add")
    call = world.call("tenant.users.create", "alpha")
    new = NewUser(values={"email": "ann@alpha.example"})
    with pytest.raises(Unavailable):
        await world.services.users.create(call, new)
    with pytest.raises(Conflict):
        await world.services.users.create(call, new)
    user = await (await world.tenant()).users.by_login("ann@alpha.example")
    assert user.status is UserStatus.PENDING_EMAIL_VERIFICATION
    reset = world.call("tenant.users.password_reset", "alpha")
    await world.services.credentials.send_reset_link(reset, user.id)
    token = world.mailer.sent[-1].values["link"].rsplit("/", 1)[1]
    await world.services.credentials.redeem_link("alpha", token, PASSWORD)
    assert await _binds(world, user)


async def test_deletion(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deletion that was done without an answer is told as such when it is repeated."""
    user = await world.user()
    await _cut_after(world, monkeypatch, "retire")
    call = world.call("tenant.users.delete", "alpha")
    with pytest.raises(Unavailable):
        await world.services.users.delete(call, user.id, confirm_email=user.email)
    with pytest.raises(NotFound):
        await world.services.users.delete(call, user.id, confirm_email=user.email)


async def test_linking(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that was written without an answer is found and kept by a retry."""
    user = await world.user()
    tenant = await world.tenant()
    provider = await tenant.identity_providers.add({"name": "o", "type": ProviderType.OIDC})
    await _cut_after(world, monkeypatch, "update")
    call = world.call("admin.users.federated_identities.link")

    async def link() -> FederatedIdentity:
        linked = await world.services.identities.link(
            call, user.id, identity_provider_id=provider.id, external_id="x"
        )
        return linked.identity

    with pytest.raises(Unavailable):
        await link()
    kept = await link()
    assert (await tenant.users.get(user.id)).federated_identities == (kept,)
