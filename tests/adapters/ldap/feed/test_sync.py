"""The messages of RFC 4533 are read and written as an independent encoder has them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber.decoder import decode

from adapters.ldap.answers import UnreadableError
from adapters.ldap.feed.sync import (
    Ended,
    Found,
    IdSet,
    NewCookie,
    PhaseEnd,
    State,
    read_message,
    sync_request,
)
from tests.adapters.ldap import messages
from tests.adapters.ldap.feed import replies

ids = st.integers(1, 2**31 - 1)
uuids = st.binary(min_size=16, max_size=16)
cookies = st.binary(max_size=300)
maybe_cookies = st.none() | cookies


@given(maybe_cookies)
def test_the_request_is_for_refresh_and_persist(cookie: bytes | None) -> None:
    """Mode 3, the cookie if there is one, and no hint to reload."""
    request, rest = decode(sync_request(cookie), asn1Spec=replies.sync_request())
    assert rest == b""
    assert int(request["mode"]) == 3
    assert not request["reloadHint"]
    assert request["cookie"].hasValue() == (cookie is not None)
    if cookie is not None:
        assert bytes(request["cookie"]) == cookie


@given(ids, st.sampled_from(State), uuids, st.binary(max_size=200), maybe_cookies)
def test_entries_come_with_state_and_uuid(
    id_: int, state: State, uuid: bytes, value: bytes, cookie: bytes | None
) -> None:
    """An entry is read with what the server says of it."""
    octets = replies.found(id_, state, uuid, "cn=a,dc=b", {"displayName": [value]}, cookie)
    found = read_message(octets)
    assert isinstance(found, Found)
    assert (found.state, found.uuid, found.cookie) == (state, uuid, cookie)
    assert str(found.entry.dn) == "cn=a,dc=b"
    assert found.entry.get("displayname") == (value,)


@given(ids, cookies)
def test_new_cookies(id_: int, cookie: bytes) -> None:
    """A cookie alone is read, whatever its octets."""
    assert read_message(replies.new_cookie(id_, cookie)) == NewCookie(cookie)


@given(ids, st.booleans(), maybe_cookies, st.booleans())
def test_ends_of_phases(id_: int, deletes: bool, cookie: bytes | None, done: bool) -> None:
    """Both forms are read; a refresh that says nothing about it is done."""
    octets = replies.phase_end(id_, deletes=deletes, cookie=cookie, done=done)
    assert read_message(octets) == PhaseEnd(deletes, cookie, done)


@given(ids, st.booleans(), st.lists(uuids, unique=True, max_size=40), maybe_cookies)
def test_sets_of_uuids(id_: int, deletes: bool, named: list[bytes], cookie: bytes | None) -> None:
    """Sets are read whole, and what they mean."""
    read = read_message(replies.id_set(id_, *named, deletes=deletes, cookie=cookie))
    assert isinstance(read, IdSet)
    assert (read.deletes, sorted(read.uuids), read.cookie) == (deletes, sorted(named), cookie)


def test_the_end_of_the_search() -> None:
    """Its result is read with the server's words."""
    read = read_message(replies.ended(3, 53, "consumer state is newer than provider!"))
    assert isinstance(read, Ended)
    assert (read.answer.code, read.answer.diagnostic) == (
        53,
        "consumer state is newer than provider!",
    )


@pytest.mark.parametrize(
    "octets",
    [replies.other_info(1, "1.3.6.1.1"), messages.bound(1)],
    ids=["another intermediate response", "another operation"],
)
def test_what_says_nothing_is_passed_over(octets: bytes) -> None:
    """Messages of other operations and extensions mean nothing here."""
    assert read_message(octets) is None


@pytest.mark.parametrize(
    "octets",
    [
        messages.entry(1, "cn=a", {}),
        replies.found(1, 7, b"u" * 16, "cn=a"),
        replies.found(1, 1, b"short", "cn=a"),
        replies.found(1, 1, b"u" * 16, "no dn"),
        replies.id_set(1, b"short", deletes=False),
        replies.found(1, 1, b"u" * 16, "cn=a", {"cn": [b"x"]})[:-3],
    ],
    ids=["no control", "no such state", "no UUID", "no DN", "no UUID in a set", "cut off"],
)
def test_nonsense_is_told(octets: bytes) -> None:
    """What cannot be understood is an error, never a change."""
    with pytest.raises(UnreadableError):
        read_message(octets)


@given(st.binary(max_size=80), st.data())
def test_any_octets_end_in_the_documented_error(octets: bytes, data: st.DataObject) -> None:
    """Random octets, and messages with one octet changed, raise nothing else."""
    whole = replies.found(1, 1, b"u" * 16, "cn=a", {"cn": [b"x"]}, b"c")
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at + 1 :]
    for candidate in (octets, changed):
        with suppress(UnreadableError):
            read_message(candidate)
