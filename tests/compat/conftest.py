"""A running gateway on the test servers, and a tenant with a SCIM token for each test."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.compat.site import Site
from tests.e2e.live import live_gateway
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools


@pytest.fixture(scope="session")
def api(
    stack: Stack, feed: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A client of a running gateway, as super admin unless a request says otherwise."""
    with live_gateway(stack, tmp_path_factory.mktemp("compat")) as client:
        yield client


@pytest.fixture
def site(stack: Stack, api: httpx.Client, ldap_tools: LdapTools) -> Site:
    """A new tenant of its own, and a token for it."""
    slug = f"t-{uuid4().hex[:12]}"
    made = api.post("/api/v1/admin/tenants/", json={"slug": slug})
    assert made.status_code == 201, made.text
    tenant_id = made.json()["data"]["id"]
    token = api.post("/api/v1/admin/scim-tokens/", json={"tenant_id": tenant_id, "name": "idp"})
    assert token.status_code == 201, token.text
    base = ldap_tools.search(stack.suffix, f"(o={slug})", "1.1").entry.dn
    return Site(api, ldap_tools, tenant_id, slug, base, token.json()["data"]["token"])
