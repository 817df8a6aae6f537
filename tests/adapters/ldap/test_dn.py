"""DNs: parsed, written, compared; held against what slapd makes of them."""

import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn, InvalidDn, Rdn, parse_rdns
from adapters.ldap.errors import EntryAlreadyExists, NoSuchObject, UnexpectedResult
from adapters.ldap.values import Scope
from tests.adapters.ldap.sampling import on_slapd

HOSTILE = '#+,"\\;<>= *()\x01\n\r\t\x7fäÄßſKéİﬁ日\U0001f600\u0301'
texts = st.text(
    st.one_of(st.sampled_from(HOSTILE), st.characters(codec="utf-8")), min_size=1, max_size=30
)
held_texts = texts.filter(lambda text: text.strip() != "" and "\x00" not in text)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", []),
        ("dc=org", [[("dc", "org")]]),
        ("UID=jsmith,DC=example", [[("UID", "jsmith")], [("DC", "example")]]),
        ("OU=Sales+CN=J.  Smith,DC=x", [[("OU", "Sales"), ("CN", "J.  Smith")], [("DC", "x")]]),
        (r"CN=James \"Jim\" Smith\, III", [[("CN", 'James "Jim" Smith, III')]]),
        (r"CN=Before\0dAfter", [[("CN", "Before\rAfter")]]),
        (r"CN=Lu\C4\8Di\C4\87", [[("CN", "Lučić")]]),
        ("1.3.6.1.4.1.1466.0=#04024869", [[("1.3.6.1.4.1.1466.0", b"\x04\x02Hi")]]),
        (r"cn=\20 a \20", [[("cn", "  a  ")]]),
        ("cn = a b , ou = c", [[("cn", "a b")], [("ou", "c")]]),
        ('cn="a, b+c" ; ou=d', [[("cn", "a, b+c")], [("ou", "d")]]),
        ("cn=a#b=c", [[("cn", "a#b=c")]]),
        (r"cn=\#a\=b", [[("cn", "#a=b")]]),
        (r"cn=\ff\c3\a4", [[("cn", "\udcffä")]]),
        ("cn=", [[("cn", "")]]),
    ],
)
def test_text_is_read_as_the_rfc_says(text: str, pairs: list[list[tuple[str, object]]]) -> None:
    """The forms of RFC 4514, section 4, and the older ones of RFC 2253 are understood."""
    assert [list(rdn.pairs) for rdn in Dn.parse(text).rdns] == pairs


@pytest.mark.parametrize(
    "text",
    ["foo", "cn=a,", ",cn=a", "=a", "cn=a,b", "1a=b", 'cn="a', 'cn=a"b', "cn=a\\", r"cn=\zz", "+"],
)
def test_what_is_no_dn_is_refused(text: str) -> None:
    """A text that is no DN raises, and never reads as some other entry's name."""
    with pytest.raises(InvalidDn):
        Dn.parse(text)


@pytest.mark.parametrize("value", ["\ud800", "a\udfff"])
def test_values_that_are_no_text_are_refused(value: str) -> None:
    """A lone surrogate that stands for no octet cannot be put into a DN."""
    with pytest.raises(InvalidDn):
        Rdn.of("cn", value)


@given(st.lists(st.tuples(st.sampled_from(["cn", "ou", "2.5.4.3"]), texts), min_size=1, max_size=4))
def test_what_is_written_is_read_back(pairs: list[tuple[str, str]]) -> None:
    """Each value comes back as it was, whatever characters it has."""
    dn = Dn(tuple(Rdn((pair,)) for pair in pairs))
    assert Dn.parse(str(dn)).rdns == dn.rdns
    assert [rdn.pairs for rdn in Dn.parse(str(dn)).rdns] == [(pair,) for pair in pairs]


@given(st.binary(min_size=1, max_size=12))
def test_values_that_are_no_utf8_are_read_back(octets: bytes) -> None:
    """Octets that are no UTF-8 survive being parsed and written."""
    text = "cn=" + "".join(f"\\{octet:02x}" for octet in octets)
    value = Dn.parse(text).rdn.value("cn")
    assert value is not None
    assert value.encode("utf-8", "surrogateescape") == octets
    assert Dn.parse(str(Dn.parse(text))) == Dn.parse(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CN=Alice,O=X", "cn=alice,o=x"),
        ("cn=A   B", "cn=a b"),
        (r"cn=\ a\ ", "cn=a"),
        ("commonName=a", "cn=a"),
        ("2.5.4.3=a", "cn=a"),
        ("userid=a,domainComponent=b", "uid=a,dc=b"),
        ("cn=a+ou=b", "ou=b+cn=a"),
        ("cn=\u00e9", "cn=E\u0301"),
        (r"cn=\2c", r"cn=\,"),
    ],
)
def test_equal_names_are_equal_and_hash_alike(one: str, other: str) -> None:
    """Case, blanks, aliases of types and the order in an RDN make no difference."""
    assert Dn.parse(one) == Dn.parse(other)
    assert hash(Dn.parse(one)) == hash(Dn.parse(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("cn=a,o=x", "cn=a"), ("cn=a", "ou=a"), ("cn=a b", "cn=ab"), ("cn=straße", "cn=strasse")],
)
def test_different_names_differ(one: str, other: str) -> None:
    """Names of different entries are not confused."""
    assert Dn.parse(one) != Dn.parse(other)


def test_places_follow_from_names() -> None:
    """Parent, child, and what is below what come from the parsed name, not from its text."""
    base = Dn.parse("ou=People,dc=example")
    child = base.child("uid", "x, ou=People")
    assert child.parent == base
    assert child.rdn.value("UID") == "x, ou=People"
    assert child.rdn.value("cn") is None
    assert child.is_below(Dn.parse("OU=people,DC=EXAMPLE"))
    assert child.is_below(Dn())
    assert not base.is_below(base)
    assert not Dn.parse("uid=x,ou=Other,dc=example").is_below(base)
    assert child.relative_to(base) == (child.rdn,)
    assert base.relative_to(child) is None
    assert Dn().parent == Dn()
    with pytest.raises(InvalidDn):
        _ = Dn().rdn
    assert str(Dn.parse("dc=org").below(*parse_rdns(["cn=a", "ou=b"]))) == "cn=a,ou=b,dc=org"


@on_slapd
@example("#a")
@example(" x ")
@example('a,b+c=d"e\\f;g<h>i#j')
@example("\u00e9")
@given(held_texts)
async def test_slapd_returns_names_that_parse_and_equal(
    client: LdapClient, place: Dn, value: str
) -> None:
    """An entry is found under the name it was added with, however slapd writes that name."""
    dn = place.child("cn", value)
    try:
        await client.add(dn, {"objectClass": [b"organizationalRole"]})
    except EntryAlreadyExists:  # an example before was equal to slapd, and is gone by now
        raise AssertionError(value) from None
    try:
        (found,) = await client.search(dn, Scope.BASE, "(objectClass=*)", ["cn", "entryDN"])
        assert found.dn == dn
        assert found.text("cn") == value
        assert Dn.parse(found.text("entryDN") or "") == dn
    finally:
        await client.delete(dn)


@on_slapd
@given(held_texts, held_texts)
async def test_names_of_several_values_parse_and_equal(
    client: LdapClient, place: Dn, one: str, other: str
) -> None:
    """An RDN with two attributes is found again, in either order."""
    rdn = Rdn((("cn", one), ("ou", other)))
    assume(rdn.storable)
    dn = place.below(rdn)
    await client.add(dn, {"objectClass": [b"organizationalRole"]})
    try:
        swapped = place.below(Rdn(tuple(reversed(rdn.pairs))))
        (found,) = await client.search(swapped, Scope.BASE, "(objectClass=*)", ())
        assert found.dn == dn == swapped
    finally:
        await client.delete(dn)


@on_slapd
@given(held_texts, st.data())
async def test_names_that_are_equal_here_are_equal_to_slapd(
    client: LdapClient, place: Dn, value: str, data: st.DataObject
) -> None:
    """Two names are never taken for the same entry where slapd has two."""
    change = data.draw(
        st.sampled_from(
            [
                str.upper,
                str.lower,
                str.swapcase,
                lambda t: unicodedata.normalize("NFD", t),
                lambda t: unicodedata.normalize("NFKC", t),
                lambda t: f" {t}  ",
                lambda t: t.replace(" ", "   "),
            ]
        )
    )
    dn, other = place.child("cn", value), place.child("cn", change(value))
    assume(dn == other)
    await client.add(dn, {"objectClass": [b"organizationalRole"]})
    try:
        (found,) = await client.search(other, Scope.BASE, "(objectClass=*)", ())
        assert found.dn == dn
    except NoSuchObject:
        raise AssertionError(f"{dn} and {other}") from None
    finally:
        await client.delete(dn)


@on_slapd
@example("a" * 242)
@example("a" * 243)
@example("," * 80)
@given(st.text(st.characters(codec="utf-8"), min_size=30, max_size=260).filter(str.strip))
async def test_names_that_are_called_storable_are(
    client: LdapClient, place: Dn, value: str
) -> None:
    """What is said to fit into the database's keys does fit, and plain letters to the last."""
    assume("\x00" not in value)
    dn = place.child("cn", value)
    if not dn.rdn.storable:
        assume(value.isascii() and value.isalpha())
        with pytest.raises(UnexpectedResult):
            await client.add(dn, {"objectClass": [b"organizationalRole"]})
        return
    await client.add(dn, {"objectClass": [b"organizationalRole"]})
    await client.delete(dn)


async def test_values_without_text_form_parse(client: LdapClient, place: Dn) -> None:
    """What slapd writes as `#` and hexadecimal digits is read, and names the entry again."""
    dn = place.below(Rdn((("cn", "x"), ("x121Address", "123"), ("description", "#4"))))
    await client.add(dn, {"objectClass": [b"organizationalRole"]})
    (found,) = await client.search(dn, Scope.BASE, "(objectClass=*)", ())
    assert found.dn == dn
    await client.delete(found.dn)
