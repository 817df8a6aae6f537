"""Filters as text: every value is literal, to ldap3's parser and to slapd."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.ldap import filters
from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn
from adapters.ldap.filters import EVERYTHING, NOTHING
from adapters.ldap.values import Scope
from tests.adapters.ldap.conftest import person
from tests.adapters.ldap.sampling import on_slapd


def unescaped(text: str) -> bytes:
    """What a server reads in an escaped value (RFC 4515, 3)."""
    octets = text.encode("ascii")
    result = bytearray()
    position = 0
    while position < len(octets):
        if octets[position] == ord("\\"):
            result.append(int(octets[position + 1 : position + 3], 16))
            position += 3
        else:
            result.append(octets[position])
            position += 1
    return bytes(result)


@example(bytes(range(256)))
@given(st.binary())
def test_every_octet_is_escaped_or_harmless(octets: bytes) -> None:
    """An escaped value has none of the characters that mean something, and reads back."""
    escaped = filters.escape(octets)
    assert not set(escaped) & set("()*\x00 ")
    assert unescaped(escaped) == octets


@given(st.text())
def test_texts_are_escaped_as_utf8(text: str) -> None:
    """Non-ASCII text arrives as UTF-8."""
    assert unescaped(filters.escape(text)) == text.encode()


@pytest.mark.parametrize(
    ("built", "text"),
    [
        (filters.eq("cn", "a*(b)"), r"(cn=a\2a\28b\29)"),
        (filters.eq("member", Dn.parse("cn=a b")), r"(member=cn\3da\20b)"),
        (filters.ge("n", "1"), "(n>=1)"),
        (filters.le("n", "1"), "(n<=1)"),
        (filters.present("cn"), "(cn=*)"),
        (filters.substring("cn", initial="a", any_="b", final="c"), "(cn=a*b*c)"),
        (filters.substring("cn", any_="b"), "(cn=*b*)"),
        (filters.substring("cn", final="*"), r"(cn=*\2a)"),
        (filters.substring("cn"), "(cn=*)"),
        (filters.ext("ou", "", "x", dn=True), "(ou:dn:=x)"),
        (filters.ext("cn", "caseExactMatch", "x"), "(cn:caseExactMatch:=x)"),
        (filters.and_(), EVERYTHING),
        (filters.and_("(a=1)"), "(a=1)"),
        (filters.and_("(a=1)", EVERYTHING, "(b=1)", "(a=1)"), "(&(a=1)(b=1))"),
        (filters.and_("(a=1)", NOTHING), NOTHING),
        (filters.or_(), NOTHING),
        (filters.or_("(a=1)", NOTHING), "(a=1)"),
        (filters.or_("(a=1)", "(b=1)"), "(|(a=1)(b=1))"),
        (filters.or_("(a=1)", EVERYTHING), EVERYTHING),
        (filters.not_("(a=1)"), "(!(a=1))"),
        (filters.not_("(!(a=1))"), "(a=1)"),
        (filters.not_(NOTHING), EVERYTHING),
    ],
)
def test_filters_are_written_as_the_rfc_says(built: str, text: str) -> None:
    """RFC 4515, with the combinations that mean everything or nothing put shortly."""
    assert built == text


@on_slapd
@example("*")
@example(") (cn=*")
@example("\\2a")
@example(" a  b ")
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30))
async def test_slapd_takes_values_literally(client: LdapClient, place: Dn, value: str) -> None:
    """An entry is found by any value that it has, and not by that value with one more letter."""
    async with person(client, place, displayName=value.encode()) as dn:
        for filter_, found in (
            (filters.eq("displayName", value), True),
            (filters.eq("displayName", value + "x"), False),
            (filters.not_(filters.eq("displayName", value)), False),
            (filters.not_(filters.eq("title", value)), True),
            (EVERYTHING, True),
            (NOTHING, False),
        ):
            entries = await client.search(dn, Scope.BASE, filter_, ())
            assert bool(entries) is found, filter_
