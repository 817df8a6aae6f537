"""One-time links as values, and what passwords are tried as."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ldap.logins import read_link, tried, written_link
from gateway.ports import OneTimeSecret

WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
TIMES = st.datetimes(timezones=st.just(UTC))


@given(WORDS, WORDS, TIMES, st.none() | WORDS.filter(lambda word: word != "-"))
def test_a_link_reads_as_it_was_written(
    digest: str, purpose: str, expires_at: datetime, target: str | None
) -> None:
    """Whatever words it is made of, to the second."""
    link = OneTimeSecret(
        digest=digest,
        purpose=purpose,
        expires_at=expires_at.replace(microsecond=0),
        redirect_uri=target,
    )
    assert read_link(written_link(link)) == link


@pytest.mark.parametrize(
    "value", [b"", b"a b c d", b"reset 00 20300101000000Z", b"a b 20300101000000Z d e", b"\xff" * 9]
)
def test_what_is_no_link_reads_as_none(value: bytes) -> None:
    """Values that somebody else put there are left alone."""
    assert read_link(value) is None


def test_passwords_that_no_bind_can_have_are_tried_as_wrong_ones() -> None:
    """The empty one would be anonymous and succeed; each try is another text that nobody has."""
    assert tried("right") == "right"
    for password in ("", "\0", "a\0b"):
        assert len({tried(password) for _ in range(3)}) == 3
        assert "\0" not in tried(password)
