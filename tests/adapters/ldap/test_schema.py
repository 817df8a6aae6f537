"""`gateway mappings check`: shipped mappings fit the live schema; what does not fit is found."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
import pytest_asyncio

from adapters.ldap.client import LdapClient
from adapters.ldap.schema import Finding, check
from adapters.ldap.subschema import Subschema, parse_subschema, read_subschema
from mappings.loader import load
from mappings.table import Codec, Custom, Field, Generated, Mappings, Standard, Values, Write


@pytest_asyncio.fixture(scope="module")
async def schema(client: LdapClient) -> Subschema:
    """What the stack's slapd publishes."""
    return await read_subschema(client)


@pytest.mark.parametrize("name", ["default", "posix"])
def test_shipped_mappings_fit(schema: Subschema, name: str) -> None:
    """The gateway's own schema carries the mappings that come with it."""
    assert check(load(name), schema) == []


def test_an_empty_schema_carries_nothing() -> None:
    """Each attribute and each class that a server lacks is named."""
    mappings = load("default")
    missing = {finding.attribute for finding in check(mappings, Subschema())}
    user = mappings.user
    assert {row.attribute for row in user.fields.values()} <= missing
    assert {"inetOrgPerson", "dgwUser", "cn", "title", "dgwCustomAttribute"} <= missing


def with_row(mappings: Mappings, **row: Any) -> Mappings:
    """The mapping with one row for users more."""
    added = Field(name="new", **row)
    rows = MappingProxyType({**mappings.user.fields, "new": added})
    return replace(mappings, user=replace(mappings.user, fields=rows))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"attribute": "shoeSize"}, "the server knows no such attribute"),
        ({"attribute": "host"}, "none of inetOrgPerson has it"),
        ({"attribute": "dgwTimezone"}, "has it: say auxiliary = true"),
        ({"attribute": "title", "auxiliary": True}, "the class dgwUser does not have it"),
        ({"attribute": "mail"}, "the codec text does not fit its syntax"),
        ({"attribute": "title", "codec": Codec.TIME}, "the codec time does not fit its syntax"),
        ({"attribute": "title", "codec": Codec.IA5}, None),
        ({"attribute": "title"}, None),
        ({"attribute": "employeeNumber", "values": Values.MANY}, "takes a single value"),
        ({"attribute": "employeeNumber", "values": Values.FIRST}, None),
        ({"attribute": "pwdChangedTime", "codec": Codec.TIME}, "the server alone writes it"),
        ({"attribute": "pwdChangedTime", "codec": Codec.TIME, "write": Write.NEVER}, None),
        ({"attribute": "jpegPhoto", "codec": Codec.OPAQUE, "filter": True}, "has no EQUALITY"),
        ({"attribute": "labeledURI", "codec": Codec.IA5, "search": True}, "has no SUBSTR"),
        ({"attribute": "entryCSN", "write": Write.NEVER}, None),
        ({"attribute": "surname"}, None),
    ],
)
def test_rows_that_do_not_fit_are_found(
    schema: Subschema, row: dict[str, Any], problem: str | None
) -> None:
    """The finding names resource, row and attribute, and says what is wrong."""
    findings = check(with_row(load("default"), **row), schema)
    assert [(f.resource, f.row, f.attribute) for f in findings] == (
        [("user", "fields.new", row["attribute"])] if problem else []
    )
    assert not problem or problem in findings[0].problem
    assert not problem or str(findings[0]).startswith(f"user: fields.new: {row['attribute']}: ")


def test_times_need_an_order() -> None:
    """A time that is filtered by needs an ordering rule."""
    syntax = "SYNTAX 1.3.6.1.4.1.1466.115.121.1.24"
    schema = parse_subschema(
        [f"( 1.1 NAME 'bare' EQUALITY generalizedTimeMatch {syntax} )"],
        ["( 1.2 NAME 'inetOrgPerson' MAY bare )"],
    )
    row = {"attribute": "bare", "codec": Codec.TIME, "filter": True}
    found = [f for f in check(with_row(load("default"), **row), schema) if f.row == "fields.new"]
    assert [f.problem for f in found] == ["has no ORDERING rule to sort or filter by"]


def test_what_classes_demand_must_be_given(schema: Subschema) -> None:
    """A structural class whose mandatory attributes no row fills is found."""
    mappings = load("default")
    user = replace(mappings.user, object_classes=("inetOrgPerson", "posixAccount"), generated=())
    found = check(replace(mappings, user=user), schema)
    assert {f.attribute for f in found} == {"cn", "uidnumber", "gidnumber", "homedirectory"}
    assert all(f.row == "object_classes" and "demands it" in f.problem for f in found)


def test_generated_attributes_must_take_what_is_made(schema: Subschema) -> None:
    """Numbers need a syntax for numbers, and a rule to be kept unique by."""
    mappings = load("posix")
    made = (
        Generated(attribute="homeDirectory", random_integer=(1, 9)),
        Generated(attribute="uidNumber", text="u{username}"),
        Generated(attribute="shoeSize", text="1"),
        *(g for g in mappings.user.generated if g.attribute in ("cn", "gidNumber")),
    )
    found = check(replace(mappings, user=replace(mappings.user, generated=made)), schema)
    assert [(f.row, f.attribute) for f in found] == [
        ("generated", "homeDirectory"),
        ("generated", "uidNumber"),
        ("generated", "shoeSize"),
    ]


def test_custom_attributes_must_have_homes(schema: Subschema) -> None:
    """Named JSON needs many values; standard attributes must be there and of their syntax."""
    mappings = load("default")
    custom = Custom(
        attribute="employeeNumber",
        standard={"host": Standard(), "pager": Standard(), "shoeSize": Standard()},
    )
    found = check(replace(mappings, user=replace(mappings.user, custom=custom)), schema)
    assert {(f.row, f.attribute) for f in found} == {
        ("custom", name) for name in ("employeeNumber", "host", "pager", "shoeSize")
    }


def test_descriptions_are_read_with_all_their_parts() -> None:
    """Names, quoted texts, lists, extensions and inheritance, as RFC 4512 writes them."""
    schema = parse_subschema(
        [
            "( 2.5.4.41 NAME 'name' DESC 'a ( $ ) b' EQUALITY x SUBSTR x SYNTAX 1.2{9} )",
            "( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name X-ORIGIN ( 'RFC 4519' 'other' ) )",
            "( 1.1 NAME 'one' SUP name SINGLE-VALUE NO-USER-MODIFICATION USAGE dSAOperation )",
            "( 1.9 SYNTAX 1.2 )",
            "( 1.10 NAME 'circle' SUP circle )",
        ],
        [
            "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )",
            "( 1.2 NAME 'thing' SUP top STRUCTURAL MUST ( commonName $ one ) MAY name )",
        ],
    )
    common = schema.attribute("COMMONNAME")
    assert common == schema.attribute("2.5.4.3") == schema.attribute("cn")
    assert common is not None
    assert (common.syntax, common.equality, common.ordering, common.substrings) == (
        *("1.2", True),
        *(False, True),
    )
    one = schema.attribute("one")
    assert one is not None
    assert (one.single, one.operational, one.user_modifiable) == (True, True, False)
    assert schema.attribute("1.9") is not None
    assert schema.attribute("other") is None
    thing = schema.object_class("Thing")
    assert thing is not None
    assert thing.must == {"objectclass", "cn", "one"}
    assert thing.may == {"name"}


def test_findings_are_values() -> None:
    """A finding can be compared, kept and shown."""
    finding = Finding("user", "fields.x", "x", "is odd")
    assert finding == Finding("user", "fields.x", "x", "is odd")
    assert str(finding) == "user: fields.x: x: is odd"
