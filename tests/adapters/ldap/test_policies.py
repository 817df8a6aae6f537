"""Password policies as administrators write them."""

from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn
from adapters.ldap.places import Backend
from adapters.ldap.policies import Policies, existing_policy, of_entry, policy_dn
from adapters.ldap.settings import Layout, LdapSettings
from adapters.ldap.values import Entry
from gateway.domain.status import LockoutPolicy
from mappings.table import Mappings
from tests.stack.entries import done
from tests.stack.tools import LdapTools


@pytest.fixture
def backend(client: LdapClient, settings: LdapSettings, mappings: Mappings) -> Backend:
    """What stores work with; no test here asks for the time."""
    layout = Layout(settings, mappings)
    return Backend(client=client, mappings=mappings, layout=layout, clock=lambda: NotImplemented)


@pytest_asyncio.fixture
async def policy(client: LdapClient, place: Dn, ldap_tools: LdapTools) -> Dn:
    """A policy of its own."""
    dn = place.child("cn", uuid4().hex)
    done(
        ldap_tools.add(
            f"dn: {dn}\nobjectClass: applicationProcess\nobjectClass: pwdPolicy\n"
            f"pwdAttribute: userPassword\npwdLockout: TRUE\npwdMaxFailure: 3\n"
            f"pwdFailureCountInterval: 60\npwdLockoutDuration: 2147483647\n"
        )
    )
    return dn


async def test_a_policy_reads_as_it_is_written(backend: Backend, policy: Dn) -> None:
    """Limits, window and duration; what is not said is zero, and no lockout without the word."""
    named = await Policies(backend).named([policy, None])
    assert named[policy] == LockoutPolicy(
        enabled=True,
        max_failures=3,
        window=timedelta(minutes=1),
        duration=timedelta(seconds=2147483647),
    )
    assert named[None].locks
    plain = (await Policies(backend).named([backend.layout.no_lockout_policy])).values()
    assert list(plain) == [LockoutPolicy()]


async def test_an_entry_has_its_own_policy_or_the_one_for_all(
    backend: Backend, policy: Dn, place: Dn
) -> None:
    """One that names a policy that is not there, or no DN at all, is told apart from none."""
    gone = place.child("cn", "gone")
    in_force = await Policies(backend).named([policy, gone, None])
    for text, expected in (
        (str(policy).upper(), in_force[policy]),
        (str(gone), LockoutPolicy()),
        (None, in_force[None]),
    ):
        held = {} if text is None else {"pwdpolicysubentry": (text.encode(),)}
        entry = Entry(place, held)
        assert of_entry(entry, in_force) == expected
    assert policy_dn(Entry(place, {"pwdpolicysubentry": (b"no dn",)})) is None
    assert await existing_policy(backend, policy) == policy
    assert await existing_policy(backend, gone) is None
    assert await existing_policy(backend, place) is None
