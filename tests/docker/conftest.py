"""A tenant made by hand, for what the server itself must do."""

from collections.abc import Iterator

import pytest

from tests.stack.entries import HandmadeTenant, handmade_tenant
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools


@pytest.fixture
def tenant(stack: Stack, ldap_tools: LdapTools) -> Iterator[HandmadeTenant]:
    """A tenant of its own, removed afterwards."""
    made = handmade_tenant(stack, ldap_tools)
    made.create()
    yield made
    made.remove()
