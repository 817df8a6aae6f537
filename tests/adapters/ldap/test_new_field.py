"""Adding a field: one row, one line of schema, one field of a dataclass, and nothing else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

import mappings
from adapters.ldap.client import LdapClient
from adapters.ldap.codec import decode_fields
from adapters.ldap.dn import Dn
from adapters.ldap.filters import EVERYTHING
from adapters.ldap.modlist import modifications, new_entry
from adapters.ldap.queries import Context, translate
from adapters.ldap.schema import check
from adapters.ldap.settings import LdapSettings
from adapters.ldap.subschema import read_subschema
from adapters.ldap.values import Scope
from gateway.devstack.slapd import SlapdServer
from gateway.domain.ids import Kind
from gateway.domain.model import User
from gateway.domain.query import Compare
from mappings.loader import load, parse, parse_common
from mappings.table import ResourceMapping
from tests.stack.native import SERVICE_PASSWORD, private_slapd, started
from tests.stack.tools import LdapTools

pytestmark = pytest.mark.native_only

ROW = """
[fields.nickname]
attribute = "dgwNickname"
auxiliary = true
sort = true
search = true
filter = true
rest = "nickname"
"""
SCHEMA_LINE = (
    "( 2.25.126684641046443135295264081545998772555.1.4242 NAME 'dgwNickname' "
    "EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch "
    "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NicknamedUser(User):
    """A user with one field more."""

    nickname: str | None = None


@pytest.fixture
def user() -> ResourceMapping:
    """The mapping of users with the row."""
    folder = Path(mappings.__file__).parent / "default"
    common = parse_common((folder / "resource.toml").read_text(), "resource.toml")
    text = (folder / "user.toml").read_text()
    return parse(
        text.replace("[derived.tenant_id]", f"{ROW}\n[derived.tenant_id]", 1), common, "user.toml"
    )


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncIterator[LdapClient]:
    """A client of a slapd whose schema has the line."""

    def server() -> SlapdServer:
        return private_slapd(tmp_path / "slapd")

    slapd = started(server)
    tools = LdapTools(url=slapd.url, dn=slapd.site.rootdn, password="the-admin-of-tests")
    schema = tools.search("cn=schema,cn=config", "(cn=*dgw)", "olcObjectClasses", scope="one").entry
    (old,) = (text for text in schema.texts("olcObjectClasses") if "'dgwUser'" in text)
    new = old.replace("dgwStatus $", "dgwNickname $ dgwStatus $", 1)
    done = tools.modify(
        f"dn: {schema.dn}\nchangetype: modify\n"
        f"add: olcAttributeTypes\nolcAttributeTypes: {SCHEMA_LINE}\n-\n"
        f"delete: olcObjectClasses\nolcObjectClasses: {old}\n-\n"
        f"add: olcObjectClasses\nolcObjectClasses: {new}\n"
    )
    assert done.code == 0, done.err
    client = LdapClient(
        LdapSettings.model_validate({"url": slapd.url, "bind_password": SERVICE_PASSWORD})
    )
    yield client
    await client.close()
    slapd.stop()


async def test_one_row_one_line_and_one_field(client: LdapClient, user: ResourceMapping) -> None:
    """Reading, adding, changing, filtering, sorting, searching and checking follow from them."""
    assert user.fields.keys() | user.derived.keys() >= {f.name for f in fields(NicknamedUser)}
    assert check(replace(load("default"), user=user), await read_subschema(client)) == []
    assert "nickname" in user.sortable
    assert "nickname" in user.searchable

    dn = Dn.parse("uid=ann,ou=services,dc=example,dc=org")
    values = {"username": "ann", "email": "ann@x", "nickname": "Annie"}
    entry = await client.add(dn, new_entry(user, values), post_read=user.attributes)
    assert decode_fields(user, entry)["nickname"] == "Annie"

    context = Context(kind=Kind.USER, now=datetime.now(UTC))
    asked = translate(Compare("nickname", "sw", "ann"), user, context)
    assert [e.dn for e in await client.search(dn.parent, Scope.ONE, asked.text, ())] == [dn]

    changes = modifications(user, entry, {"nickname": None})
    entry = await client.modify(dn, changes, post_read=user.attributes)
    assert decode_fields(user, entry)["nickname"] is None
    assert await client.search(dn.parent, Scope.ONE, asked.text, ()) == []
    (kept,) = await client.search(dn, Scope.BASE, EVERYTHING, ["mail"])
    assert kept.text("mail") == "ann@x"
