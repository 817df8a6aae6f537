"""Answers: results and controls are read, and what cannot be read is an error."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ldap.answers import (
    PASSWORD_POLICY,
    POST_READ,
    Answer,
    UnreadableError,
    bind_result,
    post_read,
    read_answer,
)
from adapters.ldap.errors import NoSuchObject, UnexpectedResult
from adapters.ldap.values import BindResult
from tests.adapters.ldap import messages


def answer(oid: str, value: str) -> Answer:
    """A success with that control, its value in hexadecimal digits."""
    return Answer(0, "", "", {oid: bytes.fromhex(value)})


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("3000", BindResult(ok=True)),
        ("3003810100", BindResult(ok=True, expired=True)),
        ("3003810101", BindResult(ok=True, locked=True)),
        ("3003810102", BindResult(ok=True, must_change=True)),
        ("3003810107", BindResult(ok=True)),
        ("3005a00380010a", BindResult(ok=True, expires_in=10)),
        ("3006a00480020100", BindResult(ok=True, expires_in=256)),
        ("3005a003810102", BindResult(ok=True, grace_logins=2)),
        ("3008a003810101810100", BindResult(ok=True, grace_logins=1, expired=True)),
    ],
)
def test_the_password_policy_is_understood(value: str, told: BindResult) -> None:
    """Warnings and errors of the response control are told."""
    assert bind_result(answer(PASSWORD_POLICY, value), ok=True) == told


def test_a_bind_without_the_control_says_only_yes_or_no() -> None:
    """A server without password policies is understood, too."""
    nothing = Answer(0, "", "", {})
    assert bind_result(nothing, ok=False) == BindResult(ok=False)
    assert post_read(nothing) is None


def test_refusals_carry_what_the_server_says() -> None:
    """Code, text and the lowest entry that is there."""
    with pytest.raises(NoSuchObject) as refused:
        Answer(32, "dc=org", "nothing there", {}).check()
    assert (refused.value.matched_dn, refused.value.diagnostic) == ("dc=org", "nothing there")
    read_answer(messages.done(1)).check()


@pytest.mark.parametrize("value", ["30", "3005a0", "64ff", "640300"])
def test_controls_that_nobody_can_read_are_errors(value: str) -> None:
    """Half a control is no entry."""
    with pytest.raises(UnexpectedResult):
        post_read(answer(POST_READ, value))


@given(st.binary(max_size=60))
def test_octets_that_are_no_answer_are_unreadable(octets: bytes) -> None:
    """Nothing but the documented error comes of nonsense."""
    with suppress(UnreadableError):
        read_answer(octets)
    with suppress(UnexpectedResult):
        bind_result(Answer(0, "", "", {PASSWORD_POLICY: octets}), ok=True)
