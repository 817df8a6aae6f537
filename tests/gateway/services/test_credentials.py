"""Setting passwords, directly and by one-time links."""

from datetime import UTC, datetime

import pytest

from adapters.memory import PasswordPolicy
from gateway.domain.errors import Invalid, NotFound, StaleVersion, Unavailable
from gateway.domain.model import User
from gateway.domain.status import OWN_STATUSES, UserStatus
from gateway.ports import BindOutcome
from gateway.services.creation import NewUser
from tests.gateway.services.world import PASSWORD, MailAway, World, make_world

NEW = "Another-horse-8"
OWN = sorted(OWN_STATUSES)


async def _bind(world: World, user: User, password: str) -> BindOutcome:
    return await (await world.tenant()).users.bind(user, password)


def _token(world: World) -> str:
    return world.mailer.sent[-1].values["link"].rsplit("/", 1)[1]


async def _reset_link(world: World, user: User, redirect_uri: str | None = None) -> str:
    call = world.call("tenant.users.password_reset", "alpha")
    await world.services.credentials.send_reset_link(call, user.id, redirect_uri)
    return _token(world)


async def test_set_password(world: World) -> None:
    """The new password works, the old one does not, and a change can be asked for."""
    user = await world.user(password=PASSWORD)
    call = world.call("admin.users.reset_password")
    set_password = world.services.credentials.set_password
    await set_password(call, user.id, NEW)
    assert await _bind(world, user, NEW) is BindOutcome.OK
    assert await _bind(world, user, PASSWORD) is BindOutcome.WRONG
    changed = await set_password(call, user.id, "Third-horse-9", require_change=True)
    assert changed.user.password_change_required
    assert await _bind(world, user, "Third-horse-9") is BindOutcome.MUST_CHANGE


@pytest.mark.parametrize("password", ["short", PASSWORD, "{SSHA}c2VjcmV0", ""])
async def test_refused_passwords(world: World, password: str) -> None:
    """A refused password is named as the request calls it, and the old one stays."""
    user = await world.user(password=PASSWORD)
    call = world.call("admin.users.reset_password")
    with pytest.raises(Invalid) as refused:
        await world.services.credentials.set_password(call, user.id, password)
    assert [p.loc for p in refused.value.problems] == [("body", "new_password")]
    assert await _bind(world, user, PASSWORD) is BindOutcome.OK
    assert world.audit.changes == []


async def test_stale_versions(world: World) -> None:
    """No way of resetting a password goes on from an older version."""
    user = await world.user(password=PASSWORD)
    call = world.call("tenant.users.password_reset", "alpha")
    credentials = world.services.credentials
    with pytest.raises(StaleVersion):
        await credentials.set_password(call, user.id, NEW, version="stale")
    with pytest.raises(StaleVersion):
        await credentials.set_temporary(call, user.id, version="stale")
    with pytest.raises(StaleVersion):
        await credentials.send_reset_link(call, user.id, version="stale")
    assert world.mailer.sent == []
    assert await _bind(world, user, PASSWORD) is BindOutcome.OK


@pytest.mark.parametrize("status", OWN)
async def test_reset_never_enables(world: World, status: UserStatus) -> None:
    """Whoever is disabled or pending stays so after an admin set a password."""
    user = await world.user(password=PASSWORD, own_status=status)
    call = world.call("admin.users.reset_password")
    changed = await world.services.credentials.set_password(call, user.id, NEW)
    assert changed.user.status is status
    assert await _bind(world, user, NEW) is BindOutcome.WRONG


@pytest.mark.parametrize("least", [8, 20, 60])
async def test_temporary_password(least: int) -> None:
    """A generated password satisfies the policy, works, and has to be changed."""
    world = await make_world(PasswordPolicy(min_length=least))
    user = await world.user()
    call = world.call("tenant.users.password_reset", "alpha")
    password = await world.services.credentials.set_temporary(call, user.id)
    assert await _bind(world, user, password) is BindOutcome.MUST_CHANGE
    assert all(password not in repr(change) for change in world.audit.changes)


async def test_temporary_password_that_no_policy_takes() -> None:
    """A policy that takes no generated password says so."""
    world = await make_world(PasswordPolicy(min_length=100))
    user = await world.user()
    call = world.call("tenant.users.password_reset", "alpha")
    with pytest.raises(Invalid):
        await world.services.credentials.set_temporary(call, user.id)


async def test_reset_link(world: World) -> None:
    """A link sets a password once, proves the address, and leads on where it was allowed."""
    user = await world.user(password=PASSWORD, display_name="Ann L.")
    token = await _reset_link(world, user, "https://app.example/done")
    mail = world.mailer.sent[-1]
    assert (mail.to, mail.template, mail.values["name"]) == (user.email, "reset", "Ann L.")
    assert mail.values["expires"] == "2026-03-02 12:00 UTC"
    assert await _bind(world, user, PASSWORD) is BindOutcome.OK
    credentials = world.services.credentials
    described = await credentials.describe_link("alpha", token)
    assert (described.purpose, described.email) == ("reset", user.email)
    assert described.expires_at == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert await credentials.redeem_link("alpha", token, NEW) == "https://app.example/done"
    assert await _bind(world, user, NEW) is BindOutcome.OK
    assert (await (await world.tenant()).users.get(user.id)).email_verified
    for again in (credentials.redeem_link("alpha", token, NEW + "x"),):
        with pytest.raises(NotFound) as spent:
            await again
        assert spent.value.code == "link_not_found"
    with pytest.raises(NotFound):
        await credentials.describe_link("alpha", token)


async def test_welcome_link_activates(world: World) -> None:
    """The invited user is ACTIVE once the link was used."""
    call = world.call("tenant.users.create", "alpha")
    made = await world.services.users.create(call, NewUser(values={"email": "ann@alpha.example"}))
    assert await world.services.credentials.redeem_link("alpha", _token(world), NEW) is None
    user = await (await world.tenant()).users.get(made.user.id)
    assert (user.status, user.email_verified) == (UserStatus.ACTIVE, True)
    assert await _bind(world, user, NEW) is BindOutcome.OK


@pytest.mark.parametrize("status", [UserStatus.DISABLED, UserStatus.PENDING_APPROVAL])
async def test_links_enable_nobody_else(world: World, status: UserStatus) -> None:
    """A link does not overrule whoever disabled the user or has yet to approve it."""
    user = await world.user(own_status=status)
    token = await _reset_link(world, user)
    await world.services.credentials.redeem_link("alpha", token, NEW)
    assert (await (await world.tenant()).users.get(user.id)).status is status


async def test_refused_password_leaves_the_link_good(world: World) -> None:
    """A link is spent by a password that was taken, not by one that was refused."""
    user = await world.user(password=PASSWORD)
    token = await _reset_link(world, user)
    credentials = world.services.credentials
    for refused in (None, "", "short", PASSWORD, "{SSHA}x"):
        with pytest.raises(Invalid) as problem:
            await credentials.redeem_link("alpha", token, refused)
        assert [p.loc for p in problem.value.problems] == [("body", "new_password")]
    await credentials.redeem_link("alpha", token, NEW)


async def test_links_expire(world: World) -> None:
    """After its lifetime a link is worth nothing, and reads as one that never was."""
    user = await world.user(password=PASSWORD)
    token = await _reset_link(world, user)
    world.clock.advance(hours=24)
    with pytest.raises(NotFound):
        await world.services.credentials.redeem_link("alpha", token, NEW)
    assert await _bind(world, user, PASSWORD) is BindOutcome.OK


async def test_bad_links(world: World) -> None:
    """Broken, foreign and deleted users' links all read the same."""
    user = await world.user()
    token = await _reset_link(world, user)
    credentials = world.services.credentials
    flipped = ("A" if token[-1] != "A" else "B") + token[1:]
    bad = ["", "x", "ü", token[:-4], token + "AAAA", token[:-2] + "AA", flipped, "%", "=" * 64]
    answers = set()
    for slug, text in [*(("alpha", text) for text in bad), ("beta", token), ("nowhere", token)]:
        with pytest.raises(NotFound) as absent:
            await credentials.redeem_link(slug, text, NEW)
        answers.add((absent.value.detail, absent.value.code))
    await world.services.users.delete(world.call("admin.users.delete"), user.id)
    with pytest.raises(NotFound) as absent:
        await credentials.redeem_link("alpha", token, NEW)
    assert answers == {(absent.value.detail, absent.value.code)}


async def test_the_secret_is_kept_nowhere(world: World) -> None:
    """The directory gets a hash; neither it nor the audit log holds the link."""
    user = await world.user()
    token = await _reset_link(world, user)
    users = (await world.tenant()).users
    with pytest.raises(NotFound):
        await users.granted(user.id, token)
    assert all(token not in repr(change) for change in world.audit.changes)


async def test_redirects_off_the_list(world: World) -> None:
    """A redirect that is not allowed is named, and no mail goes out."""
    user = await world.user()
    with pytest.raises(Invalid) as refused:
        await _reset_link(world, user, "https://evil.example/")
    assert [p.loc for p in refused.value.problems] == [("body", "redirect_uri")]
    assert world.mailer.sent == []


async def test_mail_server_away(world: World) -> None:
    """A reset mail that nobody takes is an error, since nothing else would happen."""
    user = await world.user()
    away = world.without(mailer=MailAway())
    with pytest.raises(Unavailable):
        await _reset_link(away, user)


async def test_a_redeemed_link_is_in_the_audit_log(world: World) -> None:
    """What the holder of a link did is told as the user's own doing."""
    user = await world.user()
    token = await _reset_link(world, user)
    await world.services.credentials.redeem_link("alpha", token, NEW)
    change = world.audit.changes[-1]
    assert (change.actor, change.action, change.target) == (user.id, "links.redeem", user.id)
    assert change.after is not None
    assert change.after["email_verified"] is True
