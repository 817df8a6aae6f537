"""What an address looks like, and what stands in for one."""

import pytest

from gateway.domain.email import is_stand_in, looks_like_address, stand_in


@pytest.mark.parametrize(
    "text", ["ann@example.org", "a+b.c@x", "test.user@okta.local", "x" * 64 + "@a-b.example"]
)
def test_addresses(text: str) -> None:
    """Also of a domain that only one site has."""
    assert looks_like_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@example.org",
        "ann@",
        "ann@x@example.org",
        "ann lee@example.org",
        " ann@example.org",
        "ann@example.org\n",
        "jürgen@example.org",
        ".ann@example.org",
        "ann@-x.org",
        "x" * 65 + "@example.org",
        "a@" + ".".join(["x" * 60] * 5),
    ],
)
def test_what_is_no_address(text: str) -> None:
    """Nothing that a mail system, or LDAP's `mail`, would refuse."""
    assert not looks_like_address(text)


def test_a_stand_in_is_an_address_of_nobody() -> None:
    """It fits where an address must be, is new each time, and is known again in any case."""
    one, other = stand_in(), stand_in()
    assert one != other
    assert looks_like_address(one)
    assert is_stand_in(one)
    assert is_stand_in(one.upper())
    assert not any(map(is_stand_in, ["ann@email.invalid", f"x{one}", f"{one}.org", f"{one}\n"]))
