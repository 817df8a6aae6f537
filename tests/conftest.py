"""Fixtures that every test may ask for: the servers and the tools to look at them."""

from collections.abc import Iterator

import pytest

from tests.stack.native import NativeProvider
from tests.stack.stack import Provider, Stack
from tests.stack.tools import LdapTools, admin_tools


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --stack."""
    parser.addoption(
        "--stack",
        choices=("auto", "native", "containers"),
        default="auto",
        help="what runs slapd and Redis: processes here, containers, or containers where a "
        "container engine answers (default)",
    )


@pytest.fixture(scope="session")
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """One slapd and one Redis for all tests of this worker."""
    provider: Provider = NativeProvider()
    with provider.run(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
def ldap_tools(stack: Stack) -> LdapTools:
    """The real LDAP tools, bound as the directory's administrator; see `as_user`."""
    return admin_tools(stack)


@pytest.fixture
def service_tools(stack: Stack, ldap_tools: LdapTools) -> LdapTools:
    """The real LDAP tools, bound as the gateway's own account."""
    return ldap_tools.as_user(stack.service_dn, stack.service_password)
