"""Passwords before the directory judges them, and generated ones."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import Invalid
from gateway.services.passwords import TEMPORARY_LENGTHS, check_password, temporary_password


@pytest.mark.parametrize("password", ["{SSHA}abc", "{ARGON2}$argon2id$", "{x}", "{}", "", "a\0b"])
def test_refused(password: str) -> None:
    """What the directory would take as a hash, or not as text, is refused without repeating it."""
    with pytest.raises(Invalid) as refused:
        check_password(password, field="new_password")
    assert [p.loc for p in refused.value.problems] == [("body", "new_password")]
    assert not password or password not in refused.value.detail


@pytest.mark.parametrize("password", ["a", "{half", "a{SSHA}", "pässwörd 🔑", " {SSHA}x"])
def test_taken(password: str) -> None:
    """Everything else is the directory's to judge."""
    check_password(password)


@given(st.sampled_from(TEMPORARY_LENGTHS))
def test_generated(length: int) -> None:
    """A generated password has its length and every class of characters, and is taken."""
    password = temporary_password(length)
    assert len(password) == length
    for characters in (string.ascii_lowercase, string.ascii_uppercase, string.digits):
        assert set(password) & set(characters)
    assert set(password) - set(string.ascii_letters + string.digits)
    check_password(password)


def test_generated_ones_differ() -> None:
    """No two of many generated passwords are the same."""
    assert len({temporary_password(16) for _ in range(200)}) == 200
