"""Custom attributes: any JSON under any name comes back, in plain LDAP attributes where it can."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.ldap.client import LdapClient
from adapters.ldap.custom import decode_custom, encode_custom, opaque_name
from adapters.ldap.dn import Dn
from adapters.ldap.values import Entry, Modification
from gateway.domain.errors import Invalid
from mappings.table import Codec, Custom, Mappings, Standard
from tests.adapters.ldap.conftest import person
from tests.adapters.ldap.sampling import on_slapd

CUSTOM = Custom(
    attribute="dgwCustomAttribute",
    standard={"title": Standard(), "mobile": Standard(codec=Codec.TELEPHONE), "l": Standard()},
)
names = st.one_of(
    st.sampled_from(["title", "mobile", "l", "userPassword", "", "a=b%3D"]), st.text()
)
json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
        st.sampled_from(["", " ", "\x00", "+49 (0) 30", " a  b "]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def entry(*opaque: bytes, **standard: bytes) -> Entry:
    """An entry with these values of the attribute for named JSON, and of standard ones."""
    held = {name.lower(): (value,) for name, value in standard.items()}
    return Entry(Dn(), {"dgwcustomattribute": opaque, **held})


@on_slapd
@example({"title": "Boss", "mobile": "no number", "l": "", "é": "e\u0301", "x": 1.0})
@example({"a b": "  ", "A B": [], "A": {"": None}, "n": 10**60})
@given(st.dictionaries(names, json_values.filter(lambda v: v is not None), max_size=4))
async def test_what_is_written_reads_back(
    client: LdapClient, place: Dn, values: dict[str, object]
) -> None:
    """Names and values come back from slapd as they were, types and characters alike."""
    homes: dict[str, tuple[bytes, ...]] = {}
    for attribute, octets in encode_custom(CUSTOM, values).values():
        homes[attribute] = (*homes.get(attribute, ()), octets)
    async with person(client, place) as dn:
        changes = [Modification("add", name, held) for name, held in homes.items()]
        wanted = [CUSTOM.attribute, *CUSTOM.standard]
        found = await client.modify(dn, changes, post_read=wanted)
    read = decode_custom(CUSTOM, found)
    assert read == values
    assert {n: repr(v) for n, v in read.items()} == {n: repr(v) for n, v in values.items()}


def test_a_text_goes_to_the_standard_attribute_that_can_hold_it() -> None:
    """LDAP tools find a title in `title`; what that cannot hold is named JSON."""
    assert encode_custom(CUSTOM, {"title": "Boss", "mobile": "+49 1", "Title": "x"}) == {
        "title": ("title", b"Boss"),
        "mobile": ("mobile", b"+49 1"),
        "Title": ("dgwCustomAttribute", b'Title="x"'),
    }
    assert encode_custom(CUSTOM, {"title": 5, "mobile": "n*", "l": " "}) == {
        "title": ("dgwCustomAttribute", b"title=5"),
        "mobile": ("dgwCustomAttribute", b'mobile="n*"'),
        "l": ("dgwCustomAttribute", b'l=" "'),
    }


def test_no_name_reaches_another_attribute() -> None:
    """Names of LDAP attributes that are no custom attributes are opaque like any other."""
    assert encode_custom(CUSTOM, {"userPassword": "x", "uid": "y"}) == {
        "userPassword": ("dgwCustomAttribute", b'userPassword="x"'),
        "uid": ("dgwCustomAttribute", b'uid="y"'),
    }


def test_null_is_stored_as_nothing() -> None:
    """A null under a name is the absence of that name."""
    assert encode_custom(CUSTOM, {"a": None}) == {}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([1], "is no object"),
        ({"a": float("nan")}, "is no JSON value"),
        ({"a": object()}, "is no JSON value"),
        ({"a": "\ud800"}, "has characters that are no Unicode text"),
        ({"\ud800": 1}, "has characters that are no Unicode text"),
        ({"a": "x" * 65536}, "is larger than 64 KiB"),
        ({str(n): "x" * 1024 for n in range(64)}, "is larger than 64 KiB"),
    ],
)
def test_what_is_no_json_or_too_large_is_refused(values: object, reason: str) -> None:
    """The refusal names the field."""
    with pytest.raises(Invalid) as refused:
        encode_custom(CUSTOM, values)
    assert [(p.loc, p.message) for p in refused.value.problems] == [
        (("body", "custom_attributes"), reason)
    ]


def test_what_a_tool_has_set_wins() -> None:
    """A standard attribute that an LDAP tool has set shows, whatever JSON has the same name."""
    assert decode_custom(CUSTOM, entry(b"title=5", title=b"Boss")) == {"title": "Boss"}


@pytest.mark.parametrize(
    ("octets", "values"),
    [
        (b"a=no json", {"a": "no json"}),
        (b"a=NaN", {"a": "NaN"}),
        (b"a=1e999", {"a": "1e999"}),
        (b"a=" + b"[" * 10**5, {"a": "[" * 10**5}),
        (b"a=" + b"9" * 10**4, {"a": "9" * 10**4}),
        (b"no name", {}),
        (b"a=\xff", {"a": "\ufffd"}),
        ("größe=1".encode(), {"größe": 1}),
    ],
)
def test_what_nobody_can_read_is_shown_as_text(octets: bytes, values: dict[str, object]) -> None:
    """Odd values that an LDAP tool has written break no entry."""
    assert decode_custom(CUSTOM, entry(octets)) == values


@given(st.text())
def test_the_name_of_a_value_is_known(name: str) -> None:
    """What stands under a name is found again, to be replaced."""
    ((_, octets),) = encode_custom(CUSTOM, {name: 1}).values()
    assert opaque_name(octets) == name
    assert opaque_name(b"no name") is None


def test_standard_names_of_the_mapping_hold_texts(mappings: Mappings) -> None:
    """The default mapping keeps what inetOrgPerson has a place for in its place."""
    assert mappings.user.custom is not None
    assert {"title", "employeeNumber", "mobile"} <= mappings.user.custom.standard.keys()
