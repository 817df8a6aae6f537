"""What an entry is, as the feed sees it, against the filters that the stores use."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.ldap.errors import LdapError
from adapters.ldap.feed.attributes import feed_attributes
from adapters.ldap.places import recognised, recognising
from adapters.ldap.subschema import read_subschema
from adapters.ldap.values import Scope
from mappings.loader import RESOURCES, load
from mappings.table import Mappings, ResourceMapping
from tests.adapters.ldap.feed.scene import Scene

pytestmark = pytest.mark.native_only

Classes = Sequence[tuple[str, Mapping[str, str]]]
"""Names, and what they demand."""

STRUCTURAL: Classes = (
    ("inetOrgPerson", {"sn": "x"}),
    ("organizationalRole", {}),
    ("groupOfNames", {"member": "cn=nobody"}),
    ("organizationalUnit", {"ou": "x"}),
    ("organization", {"o": "x"}),
    ("person", {"sn": "x"}),
)
AUXILIARY: Classes = (
    ("dgwUser", {}),
    ("dgwTenant", {}),
    ("dgwApplication", {}),
    ("dgwScimToken", {"dgwTokenDigest": "x", "dgwProviderId": "x"}),
    ("dgwIdentityProvider", {"dgwProviderType": "LDAP"}),
    ("dgwIdentityProvider", {"dgwProviderType;lang-en": "LDAP"}),
    ("posixAccount", {"uidNumber": "1", "gidNumber": "1", "homeDirectory": "/", "uid": "x"}),
)
WORDS = (
    "LDAP",
    "oidc",
    "\u017faml",
    "\uff2cDAP",
    "oid\u0441",
    " Saml ",
    "scim x",
    "sc im",
    "KERBEROS",
    "disabled",
    "Pending_Approval",
)
words = st.sampled_from(WORDS) | st.text("LDAPldap \u00df\u0130", min_size=1, max_size=4)
worded = st.sampled_from(("mail", "dgwProviderType", "dgwStatus", "displayName"))
tags = st.sampled_from(("", "", ";lang-en", ";lang-de"))
values = st.dictionaries(st.tuples(worded, tags).map("".join), words, max_size=4)
marks = st.sampled_from(({}, {}, {"dgwDeletedAt": "20260101000000Z"}))
entries = st.tuples(
    st.sampled_from(STRUCTURAL), st.lists(st.sampled_from(AUXILIARY), max_size=2), values, marks
)
Drawn = tuple[tuple[str, Mapping[str, str]], Classes, Mapping[str, str], Mapping[str, str]]


@given(drawn=st.lists(entries, min_size=40, max_size=60))
@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
async def test_entries_are_recognised_as_the_directory_does(
    scene: Scene, drawn: Sequence[Drawn]
) -> None:
    """By classes with their superiors, what is demanded, words, and marks of deletion."""
    client = scene.world.client
    await scene.world.begin()
    base = scene.world.base("a")
    for number, (structural, auxiliary, held, mark) in enumerate(drawn):
        given_by = dict([structural, *auxiliary])
        demanded = {name: value for some in given_by.values() for name, value in some.items()}
        # What the classes have no room for makes the others extensible.
        whole = {"cn": "x", **demanded, **held, **mark}
        every = {
            "objectClass": [*given_by, "extensibleObject"],
            **{n: [v] for n, v in whole.items()},
        }
        octets = {name: [text.encode() for text in texts] for name, texts in every.items()}
        with suppress(LdapError):  # not all of them fit the schema
            await client.add(base.child("cn", f"e{number}"), octets)
    schema, rows = await read_subschema(client), load(scene.settings.mapping)
    found = await client.search(base, Scope.SUBTREE, "(objectClass=*)", feed_attributes(rows))
    assert len(found) > 4
    lines = {
        entry.dn: schema.line(value.decode() for value in entry.get("objectClass"))
        for entry in found
    }
    for row in variants(rows):
        theirs = await client.search(base, Scope.SUBTREE, recognising(row), ())
        ours = {entry.dn for entry in found if recognised(row, entry, lines[entry.dn])}
        assert ours == {entry.dn for entry in theirs}, recognising(row)


def variants(rows: Mappings) -> Iterator[ResourceMapping]:
    """All kinds, as they are, and by other classes, demands and words."""
    provider, user = rows.identity_provider, rows.user
    for resource in RESOURCES:
        row: ResourceMapping = getattr(rows, resource)
        yield from (row, replace(row, recognise="top"), replace(row, recognise="person"))
        yield replace(row, recognise="top", demands=("mail", "displayName"))
    yield replace(provider, recognise="top")
    status = replace(user.field("own_status"), required=True)
    for recognise in ("top", "dgwUser"):
        yield replace(
            user, recognise=recognise, fields={**user.fields, "own_status": status}, demands=()
        )
    type_ = provider.field("type")
    both = {"type": type_, "own_status": status}
    yield replace(provider, recognise="top", fields=both)
