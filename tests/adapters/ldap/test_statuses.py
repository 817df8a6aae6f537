"""The derived status as a filter: on a real slapd the same as `gateway.domain.status`."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest_asyncio
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.ldap.client import LdapClient
from adapters.ldap.codec import decode_fields
from adapters.ldap.dn import Dn
from adapters.ldap.statuses import status_filter
from adapters.ldap.values import Entry, Scope
from gateway.domain.status import LockoutPolicy, UserStatus, derive, locked_until
from mappings.table import Mappings, ResourceMapping
from tests.adapters.ldap.conftest import remove
from tests.adapters.ldap.sampling import on_slapd

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
OWN = (None, b"DISABLED", b"disabled", b"PENDING_APPROVAL", b"PENDING_EMAIL_VERIFICATION", b"odd")
LOCKS = (
    None,
    b"000001010000Z",
    b"00000202000000Z",
    b"20240601115959Z",
    b"20240601115959.5Z",
    b"20240601120000Z",
    b"20240601120001Z",
    b"202406011200Z",
    b"20240601140000+0200",
    b"20200101000000Z",
    b"20990101000000Z",
    b"00010101000000Z",
)
STRICT, LENIENT, GONE = (Dn.parse(f"cn={name},ou=policies,dc=x") for name in "abc")
POLICIES = (None, STRICT, LENIENT, GONE)

policies = st.builds(
    LockoutPolicy,
    enabled=st.booleans(),
    duration=st.one_of(
        st.just(timedelta(0)),
        st.sampled_from([timedelta(seconds=1), timedelta(minutes=15), timedelta(days=3 * 10**5)]),
        st.integers(1, 10**8).map(lambda s: timedelta(seconds=s)),
        st.just(timedelta.max),
    ),
)
offsets = st.one_of(
    st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0, 2.0]), st.floats(-(10**8), 10**8, allow_nan=False)
)


class Crowd:
    """Entries below one place, and the rows by which they are read."""

    def __init__(self, base: Dn, entries: list[Entry], mapping: ResourceMapping) -> None:
        self.base = base
        self.entries = entries
        self.mapping = mapping

    def __repr__(self) -> str:
        return "the crowd"

    def status(
        self, entry: Entry, known: Mapping[Dn | None, LockoutPolicy], now: datetime
    ) -> UserStatus:
        """The status as the domain derives it from what the entry holds."""
        values = decode_fields(self.mapping, entry)
        own, policy_dn, locked_at = (values[n] for n in ("own_status", "policy_dn", "locked_at"))
        assert policy_dn is None or isinstance(policy_dn, Dn)
        assert locked_at is None or isinstance(locked_at, datetime)
        until = locked_until(locked_at, known.get(policy_dn, LockoutPolicy()))
        return derive(UserStatus(str(own)) if own else None, until, now)


@pytest_asyncio.fixture(scope="module")
async def crowd(client: LdapClient, place: Dn, mappings: Mappings) -> AsyncIterator[Crowd]:
    """An entry for each combination of own status, lock and policy."""
    base = place.child("ou", "crowd")
    await client.add(base, {"objectClass": [b"organizationalUnit"]})
    for number, (own, lock, policy) in enumerate(product(OWN, LOCKS, POLICIES)):
        attributes = {
            "objectClass": (b"inetOrgPerson", b"dgwUser"),
            "cn": (b"A",),
            "sn": (b"B",),
            "dgwStatus": (own,),
            "pwdAccountLockedTime": (lock,),
            "pwdPolicySubentry": (str(policy).encode() if policy else None,),
        }
        held = {name: [v for v in values if v] for name, values in attributes.items()}
        await client.add(base.child("uid", f"u{number}"), {n: v for n, v in held.items() if v})
    found = await client.search(
        base, Scope.ONE, "(objectClass=inetOrgPerson)", mappings.user.attributes
    )
    yield Crowd(base, found, mappings.user)
    await remove(client, base)


@on_slapd
@example({STRICT: LockoutPolicy(enabled=True, duration=timedelta(seconds=1))}, LockoutPolicy(), 0.0)
@example({}, LockoutPolicy(enabled=True), 0.0)
@given(st.dictionaries(st.sampled_from([STRICT, LENIENT]), policies, max_size=2), policies, offsets)
async def test_filter_and_rule_agree_for_every_combination(
    client: LdapClient,
    crowd: Crowd,
    known: dict[Dn | None, LockoutPolicy],
    default: LockoutPolicy,
    offset: float,
) -> None:
    """For each status slapd finds exactly the entries from which the domain derives it."""
    now = NOW + timedelta(seconds=offset)
    in_force = {**known, None: default}
    wanted: dict[UserStatus, set[str]] = {status: set() for status in UserStatus}
    for entry in crowd.entries:
        wanted[crowd.status(entry, in_force, now)].add(str(entry.dn))
    for status, names in wanted.items():
        filter_ = status_filter(status, crowd.mapping, in_force, now)
        found = await client.search(crowd.base, Scope.ONE, f"(&(uid=*){filter_})", ())
        assert {str(entry.dn) for entry in found} == names, filter_


async def test_every_status_is_reached(crowd: Crowd) -> None:
    """The crowd has users of each status, so that the agreement above means something."""
    known: dict[Dn | None, LockoutPolicy] = {
        None: LockoutPolicy(enabled=True, duration=timedelta(minutes=15))
    }
    assert len(crowd.entries) == len(OWN) * len(LOCKS) * len(POLICIES)
    assert {crowd.status(entry, known, NOW) for entry in crowd.entries} == set(UserStatus)
