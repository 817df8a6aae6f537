"""After anything that was done, by whomever: mirror, views and answers are the directory's."""

import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import new_tenant
from tests.e2e.doings import BY_GATEWAY, BY_TOOLS, Doing, Tenant, ldap_add, rest_add
from tests.e2e.live import EFFORT, live_gateway, settings_file
from tests.e2e.truth import Judge, asked, judge
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

Step = tuple[Doing, int, int]


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
        shown = [asked(each, path, at) for each in at.workers]
        expected = asked(truth.direct, path, at)
        for n, each in enumerate(shown):
            if "/scim/" in path and each[2] and expected[2]:
                each[2].pop("groups", None)  # slapd takes members away when it has answered
                expected[2].pop("groups", None)
            if each != expected:
                yield f"{n} {path}: {each} instead of {expected}"


@pytest.mark.parametrize("_number", range(4 * EFFORT))
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
    for n in range(3):
        (rest_add, ldap_add)[n % 2](at, n, n)
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
    assert not (differences := truth.differences(at)), (_told(steps), differences)
    assert truth.verified(at) is None, _told(steps)


def _told(steps: list[Step]) -> list[str]:
    return [f"{doing.__name__}({a}, {b})" for doing, a, b in steps]
