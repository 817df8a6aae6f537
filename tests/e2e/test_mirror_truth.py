"""After anything that was done, by whomever: mirror, views and answers are the directory's."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.e2e.by_gateway import (
    BY_GATEWAY,
    rest_add,
    rest_application,
    rest_group,
    rest_join,
    rest_logins,
    rest_ou,
    rest_provider,
    scim_add,
)
from tests.e2e.by_tools import BY_TOOLS, ldap_add, ldap_policy, ldap_team, ldap_tenant
from tests.e2e.conftest import new_tenant
from tests.e2e.figures import from_directory, sources
from tests.e2e.live import EFFORT, live_gateway, settings_file
from tests.e2e.tenant import PASSWORD, Doing, Tenant
from tests.e2e.truth import Judge, asked, differing, judge
from tests.stack.entries import handmade_tenant
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

Step = tuple[Doing, int, int]
BEGINNING: tuple[Doing, ...] = (
    *(ldap_policy, rest_ou, rest_group, rest_add, ldap_add, scim_add, ldap_team, rest_join),
    *(rest_provider, rest_application, rest_application),
)
"""Something of everything."""


def _step(chance: random.Random) -> Step:
    return chance.choice(BY_GATEWAY + BY_TOOLS), chance.randrange(60), chance.randrange(60)


@pytest.fixture(scope="module")
def truth(stack: Stack, feed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """What the directory says, asked without a mirror."""
    folder = tmp_path_factory.mktemp("direct")
    with live_gateway(stack, folder, mirror=False) as direct:
        file = settings_file(stack, tmp_path_factory.mktemp("judge"), str(direct.base_url))
        with judge(direct, file) as made:
            yield made


def _tenant(
    workers: tuple[httpx.Client, ...], tools: LdapTools, stack: Stack, tenant: dict[str, Any]
) -> Tenant:
    asked = {"tenant_id": tenant["id"], "name": "idp"}
    token = workers[0].post("/api/v1/admin/scim-tokens/", json=asked).json()["data"]["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    return Tenant(workers, tools, stack.suffix, tenant["id"], bearer)


def at_once(at: Tenant, truth: Judge) -> Iterator[str]:
    """What is otherwise in the next answers of both workers than in the directory."""
    paths = [f"{at.users}?per_page=200", f"{at.users}?status=ACTIVE&sort_by=username"]
    paths += [f"/scim/v2/Users/{id_}" for id_ in (at.user(0), at.user(5)) if id_]
    for path in paths:
        expected = asked(truth.direct, path, at)
        shown = [asked(each, path, at) for each in at.workers]
        if asked(truth.direct, path, at) != expected:
            continue  # a lock has run out, say
        for n, each in enumerate(shown):
            if "/scim/" in path and each[2] and expected[2]:
                each[2].pop("groups", None)  # slapd takes members away when it has answered
                expected[2].pop("groups", None)
            for different in differing(each, expected):
                yield f"{n} {path}: {different}"


@pytest.mark.parametrize("_number", range(2 * EFFORT))
def test_any_doings_end_in_the_truth(
    _number: int,
    workers: tuple[httpx.Client, ...],
    truth: Judge,
    stack: Stack,
    ldap_tools: LdapTools,
) -> None:
    """What the gateway did shows at once, what others did when the mirror has it; all of it."""
    chance = random.Random(random.getrandbits(32))  # noqa: S311  the seed of this test run
    steps = [_step(chance) for _ in range(25)]
    at = _tenant(workers, ldap_tools, stack, new_tenant(workers[0]))
    for n, begin in enumerate(BEGINNING):
        begin(at, n, n + 1)
    behind = True
    for n, (doing, a, b) in enumerate(steps):
        by_gateway = doing in BY_GATEWAY
        if by_gateway and behind and chance.random() < 0.7:
            truth.caught_up()
            behind = False
        doing(at, a, b)
        behind = behind or not by_gateway
        if not behind:
            differences = list(at_once(at, truth))
            assert not differences, (_told(steps[: n + 1]), differences)
    with sources(at.workers) as counted:
        assert not (differences := truth.differences(at)), (_told(steps), differences)
    assert from_directory(counted) < 0.4, counted
    assert truth.verified(at) is None, _told(steps)


def _told(steps: list[Step]) -> list[str]:
    return [f"{doing.__name__}({a}, {b})" for doing, a, b in steps]


def test_a_lock_ends_by_the_clock_in_every_answer(
    workers: tuple[httpx.Client, ...], truth: Judge, stack: Stack, ldap_tools: LdapTools
) -> None:
    """Get, lists by status and their totals, kept by both workers, turn when the lock runs out."""
    at = _tenant(workers, ldap_tools, stack, new_tenant(workers[0]))
    ldap_policy(at, 0, 2)
    body = {"email": "kim@x.example", "password": PASSWORD, "send_welcome_email": False}
    for email in ("ann@x.example", "kim@x.example"):
        at.ask("POST", at.users, {**body, "email": email})
    id_ = at.user(1)
    for locking in (rest_logins, _two_wrong_binds):
        locking(at, 1, 1)
        if locking is _two_wrong_binds:
            truth.caught_up()
        until = _runs_out(at, "kim@x.example")
        turned = [False for _ in workers]
        while not all(turned):
            assert datetime.now(UTC) < until + timedelta(seconds=5)
            for n, worker in enumerate(workers):
                before = datetime.now(UTC)
                shown = _statuses(at, worker, id_)
                after = datetime.now(UTC)
                if after < until:
                    assert shown == LOCKED, (locking.__name__, until - after)
                elif before >= until:
                    assert shown == ACTIVE, (locking.__name__, before - until)
                    turned[n] = True
        assert truth.differences(at) == []


LOCKED = ("LOCKED", {"ACTIVE": 1, "LOCKED": 1}, ["ACTIVE", "LOCKED"])
ACTIVE = ("ACTIVE", {"ACTIVE": 2, "LOCKED": 0}, ["ACTIVE", "ACTIVE"])


def _statuses(at: Tenant, worker: httpx.Client, id_: str | None) -> tuple[str, Any, list[str]]:
    """A user's status, the totals by status, and the statuses in the whole list."""
    totals = {}
    for status in ("ACTIVE", "LOCKED"):
        page = worker.get(at.users, params={"status": status}).json()
        totals[status] = page["pagination"]["total_items"]
        assert {each["status"] for each in page["data"]} <= {status}
    everybody = worker.get(at.users, params={"sort_by": "email", "sort_order": "asc"}).json()
    status = worker.get(f"{at.users}/{id_}").json()["data"]["status"]
    return status, totals, [each["status"] for each in everybody["data"]]


def _two_wrong_binds(at: Tenant, a: int, b: int) -> None:
    del a, b
    dn = at.dn("ou=people", "(mail=kim@x.example)", 0)
    for _ in range(2):
        assert at.tools.as_user(dn, "wrong").whoami().code != 0


def _runs_out(at: Tenant, email: str) -> datetime:
    """When the lock of a user ends by the policy of `ldap_policy(at, 0, 2)`."""
    entry = at.tools.search(at.base, f"(mail={email})", "pwdAccountLockedTime").entry
    text = entry.text("pwdAccountLockedTime")
    assert text is not None
    pattern = "%Y%m%d%H%M%S.%fZ" if "." in text else "%Y%m%d%H%M%SZ"
    return datetime.strptime(text, pattern).replace(tzinfo=UTC) + timedelta(seconds=2)


def test_a_tenant_made_by_hand_is_mirrored_like_others(
    workers: tuple[httpx.Client, ...], truth: Judge, stack: Stack, ldap_tools: LdapTools
) -> None:
    """With what stood in it before anybody asked, under another name, and until it is gone."""
    hand = handmade_tenant(stack, ldap_tools)
    hand.create()
    hand.add_user("ann", parent=hand.add_unit("Crew"))
    hand.add_group("crew", hand.add_user("bob"))
    truth.caught_up()
    made = workers[1].get(f"/api/v1/admin/tenants/{hand.slug}").json()["data"]
    at = _tenant(workers, ldap_tools, stack, made)
    assert not (differences := truth.differences(at)), differences
    ldap_tenant(at, 0, 0)
    assert not (differences := truth.differences(at)), differences
    assert truth.verified(at) is None
    assert workers[0].get(f"/api/v1/tenants/{hand.slug}/users").status_code == 404
    rest_add(at, 1, 1)
    assert [asked(each, at.users, at)[2]["pagination"]["total_items"] for each in workers] == [3, 3]
    assert ldap_tools.delete("-r", at.base).code == 0
    truth.caught_up()
    assert [each.get(at.users).status_code for each in workers] == [404, 404]


def test_members_that_the_gateway_changes_are_known_at_once(
    workers: tuple[httpx.Client, ...], truth: Judge, stack: Stack, ldap_tools: LdapTools
) -> None:
    """Nobody has to ask the directory for a group again, nor for anybody's groups."""
    at = _tenant(workers, ldap_tools, stack, new_tenant(workers[0]))
    for n in range(4):
        rest_add(at, 1, n)
    rest_group(at, 0, 1)
    group = f"/api/v1/admin/groups/{at.group(0)}/members"
    ids = [str(at.user(n)) for n in range(4)]
    at.ask("POST", group, {"member_ids": ids[:1]})
    truth.caught_up()
    assert truth.verified(at) is None
    with sources(at.workers) as counted:
        for id_ in ids[1:]:
            at.ask("POST", group, {"member_ids": [id_]})
            for worker in at.workers:
                assert id_ in [each["id"] for each in asked(worker, group, at)[2]["data"]]
            at.ask("DELETE", f"{group}/{id_}")
            for worker in at.workers:
                assert [each["id"] for each in asked(worker, group, at)[2]["data"]] == ids[:1]
                user = asked(worker, f"{at.users}/{id_}", at)[2]["data"]
                assert user["groups"] == []
    assert counted["directory unsettled"] == 0, counted
    assert truth.verified(at) is None
