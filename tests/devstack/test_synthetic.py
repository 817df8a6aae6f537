"""Synthetic users: how many go where, and that any number can follow any other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.devstack.synthetic import Place, records, shares

PLACE = Place(
    slug="acme",
    people="ou=people,o=acme,dc=example,dc=org",
    groups="ou=groups,o=acme,dc=example,dc=org",
    policy="cn=default,ou=policies,o=acme,dc=example,dc=org",
)


@pytest.mark.parametrize(
    ("count", "expected"), [(0, (0, 0)), (10, (10, 0)), (11_000, (10_000, 1000)),
                            (101_000, (100_000, 1000))]
)  # fmt: skip
def test_the_second_tenant_gets_a_few(count: int, expected: tuple[int, int]) -> None:
    """One in eleven, and never more than a thousand, so that sizes can be compared."""
    assert shares(count) == expected


@given(st.integers(0, 10**6), st.integers(0, 10**4))
def test_more_users_never_mean_fewer_of_a_tenant(count: int, more: int) -> None:
    """A folder that has some is filled up, nothing is taken away."""
    before, after = shares(count), shares(count + more)
    assert sum(before) == count
    assert before[0] <= after[0]
    assert before[1] <= after[1]


@given(st.integers(0, 500), st.integers(0, 500))
def test_two_loads_make_the_users_of_one(first: int, more: int) -> None:
    """User number n is the same person, however the number was reached."""

    def users(start: int, end: int) -> dict[str, object]:
        made = records(PLACE, start, end, "{ARGON2}x")
        return {record.dn: record.values for record in made if record.dn.startswith("uid=")}

    assert users(0, first) | users(first, first + more) == users(0, first + more)


def test_names_are_unique_and_groups_hold_everybody() -> None:
    """What slapadd does not check is so by itself."""
    made = list(records(PLACE, 0, 250, "{ARGON2}x"))
    users = [record for record in made if record.dn.startswith("uid=")]
    groups = [record for record in made if record.dn.startswith("cn=crew-")]
    assert len({record.text("mail") for record in users}) == 250
    assert len({record.dn for record in made}) == len(made) == 253
    members = [dn for group in groups for dn in group.texts("member")]
    assert sorted(members) == sorted(record.dn for record in users)
