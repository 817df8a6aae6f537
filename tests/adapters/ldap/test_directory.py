"""The directory as a whole: several tenants at once, and a server that is not there."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pytest
import pytest_asyncio

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.settings import LdapSettings
from gateway.domain.errors import NotFound, Unavailable
from gateway.domain.query import Below, Compare, MemberOf, Query, Sort, TextSearch
from gateway.ports import Directory, TenantDirectory
from tests.adapters.ldap.stores import directory_of
from tests.stack.entries import done, handmade_tenant
from tests.stack.native import SERVICE_PASSWORD, private_slapd, started
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

CALLS: dict[str, Callable[[Directory, TenantDirectory], Awaitable[object]]] = {
    "ping": lambda d, _: d.ping(),
    "tenant": lambda d, _: d.tenant("t"),
    "tenant of user": lambda d, _: d.tenant_of_user(f"usr_{uuid4().hex}"),
    "all users": lambda d, _: d.users(None).find(Query()),
    "get": lambda _, t: t.users.get(f"usr_{uuid4().hex}"),
    "find": lambda _, t: t.users.find(Query(filter=TextSearch("x"))),
    "login": lambda _, t: t.users.by_login("x"),
    "bind": lambda _, t: t.users.bind(None, "x"),
    "add": lambda _, t: t.users.add({"username": "x", "email": "x@example.org"}),
    "retire": lambda _, t: t.users.retire(f"usr_{uuid4().hex}"),
    "restore": lambda _, t: t.users.restore(f"usr_{uuid4().hex}"),
    "grant": lambda _, t: t.users.granted(f"usr_{uuid4().hex}", "d"),
    "policy": lambda _, t: t.users.lockout_policy(None),
    "memberships": lambda _, t: t.groups.memberships(f"usr_{uuid4().hex}"),
    "group": lambda _, t: t.groups.add({"name": "g"}),
    "unit": lambda _, t: t.ous.add({"name": "g"}),
    "secret": lambda _, t: t.applications.check_secret("c", "s"),
    "new tenant": lambda d, _: d.tenants.add({"slug": uuid4().hex}),
    "delete tenant": lambda d, t: d.tenants.delete(t.tenant.id),
    "partner": lambda d, _: d.partners.delete(f"prt_{uuid4().hex}"),
}


@pytest.fixture
def directory(client: LdapClient, settings: LdapSettings) -> LdapDirectory:
    """The directory."""
    return directory_of(client, settings)


@pytest_asyncio.fixture(scope="module")
async def orphans(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Directory, TenantDirectory]]:
    """A directory, and one tenant of it, whose server has died."""
    slapd = started(lambda: private_slapd(tmp_path_factory.mktemp("dying")))
    settings = LdapSettings.model_validate(
        {"url": slapd.url, "suffix": slapd.site.suffix, "bind_password": SERVICE_PASSWORD}
    )
    client = LdapClient(settings)
    directory = directory_of(client, settings)
    await directory.tenants.add({"slug": "t"})
    tenant = await directory.tenant("t")
    slapd.kill()
    yield directory, tenant
    await client.close()


@pytest.mark.native_only
@pytest.mark.parametrize("call", CALLS)
async def test_a_server_that_does_not_answer_is_unavailable(
    orphans: tuple[Directory, TenantDirectory], call: str
) -> None:
    """Whatever is asked: the domain's own error, never the driver's, never a wrong answer."""
    with pytest.raises(Unavailable):
        await CALLS[call](*orphans)


async def test_listings_over_tenants_see_what_ldap_tools_do(
    directory: LdapDirectory, stack: Stack, ldap_tools: LdapTools
) -> None:
    """Users, units and groups of a dozen tenants, some made by hand a moment ago."""
    mark = f"m{uuid4().hex[:8]}"
    ids = []
    for n in range(12):
        admin = handmade_tenant(stack, ldap_tools)
        admin.create()
        tops = [admin.add_unit("A"), admin.add_unit("B")]
        ids.append((await directory.tenants.by_slug(admin.slug)).id)
        for parent in (*tops, ""):
            admin.add_user(f"{mark}-{n:02}-{parent[3:4]}", parent=parent)
    admin.add_group("staff", f"uid={mark}-11-A,ou=A,{admin.people}")
    scope = frozenset(ids)
    by_name = Sort("username", descending=False)
    for tenants, filter_ in ((scope, TextSearch("-")), (None, TextSearch(mark))):
        page = await directory.users(tenants).find(
            Query(filter=filter_, sort=by_name, offset=33, limit=10)
        )
        assert [user.username for user in page.items] == [f"{mark}-11-{c}" for c in ("", "A", "B")]
        assert page.total == 36
        assert [user.ou_path for user in page.items] == [None, "/A", "/B"]
        assert {user.tenant_id for user in page.items} == {ids[-1]}
    last = await directory.tenant(ids[-1])
    (unit,) = (await last.ous.find(Query(filter=Compare("name", "eq", "A")))).items
    (staff,) = (await last.groups.find(Query())).items
    for narrow in (Below(unit.id), MemberOf(staff.id)):
        page = await directory.users(scope).find(Query(filter=narrow))
        assert [user.username for user in page.items] == [f"{mark}-11-A"]
        without = await directory.users(scope - {ids[-1]}).find(Query(filter=narrow))
        assert without.total == 0
    assert (await directory.groups(scope).find(Query())).items == (staff,)
    done(ldap_tools.delete("-r", admin.base))
    assert (await directory.users(scope).find(Query())).total == 33
    with pytest.raises(NotFound):
        await directory.users(scope).get(page.items[0].id)
