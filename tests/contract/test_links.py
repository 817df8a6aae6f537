"""One-time links."""

import asyncio
from datetime import timedelta

import pytest

from gateway.domain.errors import NotFound, StaleVersion
from gateway.domain.status import UserStatus
from gateway.ports import BindOutcome, OneTimeSecret, TenantDirectory
from tests.contract.people import OTHER_PASSWORD, PASSWORD, Clock, invalid, person, second

DIGEST, OTHER = "0a" * 32, "0b" * 32
HOUR = timedelta(hours=1)


def link(clock: Clock, digest: str = DIGEST, **values: object) -> OneTimeSecret:
    """A link that is good for an hour."""
    given = {"purpose": "welcome", "expires_at": second(clock()) + HOUR, **values}
    return OneTimeSecret(digest=digest, **given)  # type: ignore[arg-type] # values vary by test


async def test_a_link_reads_as_it_was_granted(tenant: TenantDirectory, clock: Clock) -> None:
    """Purpose, expiry and target come back; another digest is NotFound."""
    ann = await tenant.users.add(person("ann"))
    with_target = link(clock, OTHER, purpose="reset", redirect_uri="https://x.org/?a=1&b=%20#c")
    plain = link(clock)
    await tenant.users.grant(ann.id, plain)
    await tenant.users.grant(ann.id, with_target)
    assert await tenant.users.granted(ann.id, DIGEST) == plain
    assert await tenant.users.granted(ann.id, OTHER) == with_target
    for digest in ("0c" * 32, DIGEST[:-1], "", "*", "\0", f"{DIGEST} "):
        with pytest.raises(NotFound):
            await tenant.users.granted(ann.id, digest)
        with pytest.raises(NotFound):
            await tenant.users.redeem(ann.id, digest, {})


async def test_a_link_belongs_to_one_user(tenant: TenantDirectory, clock: Clock) -> None:
    """Nobody else can spend it."""
    ann, bob = await tenant.users.add(person("ann")), await tenant.users.add(person("bob"))
    await tenant.users.grant(ann.id, link(clock))
    with pytest.raises(NotFound):
        await tenant.users.granted(bob.id, DIGEST)
    with pytest.raises(NotFound):
        await tenant.users.redeem(bob.id, DIGEST, {"first_name": "x"})


async def test_a_link_is_spent_once_with_its_changes(tenant: TenantDirectory, clock: Clock) -> None:
    """Password, status and proof change in one; the link is gone, others stay."""
    ann = await tenant.users.add(person("ann", own_status=UserStatus.PENDING_EMAIL_VERIFICATION))
    await tenant.users.grant(ann.id, link(clock))
    await tenant.users.grant(ann.id, link(clock, OTHER))
    values = {"password": PASSWORD, "own_status": None, "email_verified": True}
    changed = await tenant.users.redeem(ann.id, DIGEST, values)
    assert (changed.status, changed.email_verified) == (UserStatus.ACTIVE, True)
    assert await tenant.users.bind(changed, PASSWORD) is BindOutcome.OK
    with pytest.raises(NotFound):
        await tenant.users.redeem(ann.id, DIGEST, {"first_name": "x"})
    assert (await tenant.users.get(ann.id)).first_name is None
    assert await tenant.users.granted(ann.id, OTHER)
    bare = await tenant.users.redeem(ann.id, OTHER, {})
    assert bare.email_verified


async def test_an_expired_link_is_nothing(tenant: TenantDirectory, clock: Clock) -> None:
    """After its time it is neither told nor spent."""
    ann = await tenant.users.add(person("ann"))
    await tenant.users.grant(ann.id, link(clock))
    with clock.ahead(HOUR + timedelta(seconds=1)):
        with pytest.raises(NotFound):
            await tenant.users.granted(ann.id, DIGEST)
        with pytest.raises(NotFound):
            await tenant.users.redeem(ann.id, DIGEST, {"first_name": "x"})
        await tenant.users.grant(ann.id, link(clock, OTHER))
    with pytest.raises(NotFound):
        await tenant.users.granted(ann.id, DIGEST)
    assert (await tenant.users.get(ann.id)).first_name is None


async def test_a_refused_change_does_not_spend_the_link(
    tenant: TenantDirectory, clock: Clock
) -> None:
    """A password that the policy refuses, or a stale version, leaves all as it was."""
    ann = await tenant.users.add(person("ann", password=OTHER_PASSWORD))
    await tenant.users.grant(ann.id, link(clock))
    current = await tenant.users.get(ann.id)
    with invalid("password"):
        await tenant.users.redeem(ann.id, DIGEST, {"password": "short", "email_verified": True})
    with pytest.raises(StaleVersion):
        await tenant.users.redeem(ann.id, DIGEST, {"email_verified": True}, version=ann.version)
    assert await tenant.users.get(ann.id) == current
    changed = await tenant.users.redeem(
        ann.id, DIGEST, {"password": PASSWORD}, version=current.version
    )
    assert await tenant.users.bind(changed, PASSWORD) is BindOutcome.OK


async def test_of_concurrent_redemptions_one_wins(tenant: TenantDirectory, clock: Clock) -> None:
    """One change is made, all others are NotFound."""
    ann = await tenant.users.add(person("ann"))
    await tenant.users.grant(ann.id, link(clock))
    results = await asyncio.gather(
        *(tenant.users.redeem(ann.id, DIGEST, {"first_name": f"n{n}"}) for n in range(5)),
        return_exceptions=True,
    )
    won = [result for result in results if not isinstance(result, BaseException)]
    assert len(won) == 1
    assert [type(result) for result in results].count(NotFound) == 4
    assert (await tenant.users.get(ann.id)).first_name == won[0].first_name


async def test_all_links_and_factors_can_be_dropped(tenant: TenantDirectory, clock: Clock) -> None:
    """None for what is stored of them takes them away, also where there are none."""
    ann = await tenant.users.add(person("ann", mfa_enabled=True))
    await tenant.users.grant(ann.id, link(clock))
    for _ in range(2):
        changed = await tenant.users.update(
            ann.id, {"one_time_secrets": None, "mfa_factors": None, "mfa_enabled": False}
        )
        assert not changed.mfa_enabled
    with pytest.raises(NotFound):
        await tenant.users.granted(ann.id, DIGEST)


async def test_links_of_retired_users_are_nothing(tenant: TenantDirectory, clock: Clock) -> None:
    """A retired user's link cannot be spent."""
    ann = await tenant.users.add(person("ann"))
    await tenant.users.grant(ann.id, link(clock))
    await tenant.users.retire(ann.id)
    with pytest.raises(NotFound):
        await tenant.users.redeem(ann.id, DIGEST, {"password": PASSWORD})
