"""Entries are read out of messages as ldap3 reads them, and odd octets are an error."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.utils.asn1 import decode_message_fast

from adapters.ldap import ber
from tests.adapters.ldap import messages

attributes = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9;-]{0,20}", fullmatch=True),
    st.lists(st.one_of(st.binary(max_size=20), st.just(b"x" * 300)), max_size=4),
    max_size=5,
)


@given(st.integers(0, 2**31 - 1), st.text(max_size=200), attributes)
def test_entries_are_read_as_they_were_written(
    id_: int, name: str, held: dict[str, list[bytes]]
) -> None:
    """Id, DN, names and values come back, whatever their lengths."""
    octets = messages.entry(id_, name, held)
    found, tag, at = ber.operation(octets)
    assert (found, tag) == (id_, ber.ENTRY)
    assert decode_message_fast(octets)["messageID"] == id_
    assert ber.entry(octets, at) == (
        name.encode(),
        {described.lower(): tuple(values) for described, values in held.items()},
    )


def test_names_are_given_in_lower_case() -> None:
    """Slapd spells attributes as its schema does; readers need one spelling."""
    octets = messages.entry(1, "", {"displayName": [b"x"]})
    assert ber.entry(octets, ber.operation(octets)[2])[1] == {"displayname": (b"x",)}


@given(st.binary(max_size=60))
def test_odd_octets_end_in_an_error_that_is_caught(octets: bytes) -> None:
    """Nothing but the two documented errors comes of octets that are no entry."""
    with suppress(IndexError, UnicodeDecodeError):
        _, _, at = ber.operation(octets)
        ber.entry(octets, at)


def test_a_message_that_ends_too_early_is_an_error() -> None:
    """Half an entry is never taken for a whole one."""
    octets = messages.entry(1, "cn=x", {"cn": [b"x"]})
    with pytest.raises(IndexError):
        ber.entry(octets[:12], ber.operation(octets)[2])
