"""Fixtures that every test may ask for: the servers and the tools to look at them."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.e2e.live import live_feed
from tests.stack.containers import ContainerProvider, engine_answers
from tests.stack.native import NativeProvider
from tests.stack.stack import Provider, Stack
from tests.stack.tools import LdapTools, admin_tools

_CHOSEN = pytest.StashKey[str]()

# A busy machine is no reason to fail.
settings.register_profile(
    "unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --stack."""
    parser.addoption(
        "--stack",
        choices=("auto", "native", "containers"),
        default="auto",
        help="what runs slapd and Redis: processes here, containers, or containers where a "
        "container engine answers (default)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Decide once what `auto` means here."""
    chosen = config.getoption("--stack")
    if chosen == "auto":
        chosen = "containers" if engine_answers() else "native"
    config.stash[_CHOSEN] = chosen


def pytest_report_header(config: pytest.Config) -> str:
    """Say what the tests run against."""
    return f"stack: {config.stash[_CHOSEN]}"


@pytest.hookimpl(trylast=True)  # after they were put in any order
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs processes of its own on this host, where containers were chosen.

    Tests with a feed come last: it follows all that the others do to the directory. Those that
    start feeds of their own come first, while there is little to follow.
    """
    items.sort(key=_turn)
    if config.stash[_CHOSEN] == "native":
        return
    left_out = [item for item in items if item.get_closest_marker("native_only")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not item.get_closest_marker("native_only")]


def _turn(item: pytest.Item) -> int:
    names = getattr(item, "fixturenames", ())
    if "feeds" in names:
        return 0
    callspec = getattr(item, "callspec", None)
    if callspec is not None and callspec.params.get("directory") == "mirror":
        return 1  # followed by a feed of the contract suite's own
    return 3 if "feed" in names else 2


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One slapd and one Redis for all tests of this worker."""
    native = pytestconfig.stash[_CHOSEN] == "native"
    provider: Provider = NativeProvider() if native else ContainerProvider()
    with provider.run(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def feed(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A running feed of the mirror that the live gateways of this worker read from."""
    with live_feed(stack, tmp_path_factory.mktemp("feed")):
        yield


@pytest.fixture
def ldap_tools(stack: Stack) -> LdapTools:
    """The real LDAP tools, bound as the directory's administrator; see `as_user`."""
    return admin_tools(stack)


@pytest.fixture
def service_tools(stack: Stack, ldap_tools: LdapTools) -> LdapTools:
    """The real LDAP tools, bound as the gateway's own account."""
    return ldap_tools.as_user(stack.service_dn, stack.service_password)
