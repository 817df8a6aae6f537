"""The table of actions by role, every cell of it."""

import pytest

from gateway.domain.access import ACTIONS, NO_SCOPE, Principal, Reach, Role, reach
from gateway.domain.errors import Forbidden

# For each action the reach of super_admin, partner_admin, tenant_admin, platform_write,
# platform_read, application, scim; the other roles reach nothing. A all, P partner, T tenant,
# S assigned, - nothing. Written out here a second time, on purpose.
TABLE = """
admin.users.list                          A P T A A - -
admin.users.create                        A P T A - - -
admin.users.mismatches                    A P T A A - -
admin.users.mismatches.fix                A P T A - - -
admin.users.get                           A P T A A - -
admin.users.update                        A P T A - - -
admin.users.delete                        A P T A - - -
admin.users.restore                       A P T A - - -
admin.users.groups                        A P T A A - -
admin.users.mfa.disable                   A P T A - - -
admin.users.reset_password                A P T A - - -
admin.users.unlock                        A P T A - - -
admin.users.federated_identities.list     A P T A A - -
admin.users.federated_identities.link     A P T A - - -
admin.users.federated_identities.unlink   A P T A - - -
tenant.users.list                         A P T A A - -
tenant.users.create                       A P T A - - -
tenant.users.get                          A P T A A S -
tenant.users.update                       A P T A - - -
tenant.users.delete                       A P T A - - -
tenant.users.password_reset               A P T A - - -
tenant.users.status                       A P T A - - -
tenant.users.authenticate                 A P T A - T -
tenant.applications.effective_users       A P T A A S -
tenants.list                              A P T A A - -
tenants.get                               A P T A A - -
tenants.create                            A P - A - - -
tenants.delete                            A P - A - - -
partners.list                             A P - A A - -
partners.get                              A P - A A - -
partners.create                           A - - A - - -
partners.delete                           A - - A - - -
ous.list                                  A P T A A - -
ous.get                                   A P T A A - -
ous.create                                A P T A - - -
ous.delete                                A P T A - - -
groups.list                               A P T A A - -
groups.get                                A P T A A - -
groups.create                             A P T A - - -
groups.delete                             A P T A - - -
groups.members.list                       A P T A A - -
groups.members.add                        A P T A - - -
groups.members.remove                     A P T A - - -
identity_providers.list                   A P T A A - -
identity_providers.get                    A P T A A - -
identity_providers.create                 A P T A - - -
identity_providers.delete                 A P T A - - -
applications.list                         A P T A A - -
applications.get                          A P T A A - -
applications.create                       A P T A - - -
applications.delete                       A P T A - - -
applications.members.list                 A P T A A - -
applications.members.add                  A P T A - - -
applications.members.remove               A P T A - - -
scim_tokens.list                          A P T A A - -
scim_tokens.get                           A P T A A - -
scim_tokens.create                        A P T A - - -
scim_tokens.delete                        A P T A - - -
scim.discovery                            A P T A A - T
scim.users.read                           A P T A A - T
scim.users.create                         A P T A - - T
scim.users.update                         A P T A - - T
scim.users.delete                         A P T A - - T
scim.groups.read                          A P T A A - T
scim.groups.create                        A P T A - - T
scim.groups.update                        A P T A - - T
scim.groups.delete                        A P T A - - T
"""

COLUMNS = (
    Role.SUPER_ADMIN,
    Role.PARTNER_ADMIN,
    Role.TENANT_ADMIN,
    Role.PLATFORM_WRITE,
    Role.PLATFORM_READ,
    Role.APPLICATION,
    Role.SCIM,
)
LETTERS = {
    "A": Reach.ALL,
    "P": Reach.PARTNER,
    "T": Reach.TENANT,
    "S": Reach.ASSIGNED,
    "-": None,
}
EXPECTED = {
    line.split()[0]: dict(zip(COLUMNS, line.split()[1:], strict=True))
    for line in TABLE.strip().splitlines()
}


def test_the_table_has_these_actions_and_no_other() -> None:
    """Every action is listed here, so that a new one is thought about twice."""
    assert set(ACTIONS) == set(EXPECTED)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", sorted(EXPECTED))
def test_every_cell(action: str, role: Role) -> None:
    """Each role reaches with each action exactly as far as the table says."""
    expected = LETTERS[EXPECTED[action].get(role, "-")]
    caller = Principal(subject="x", role=role)
    if expected is None:
        with pytest.raises(Forbidden):
            reach(caller, action)
    else:
        assert reach(caller, action) is expected


@pytest.mark.parametrize("action", sorted(EXPECTED))
def test_a_platform_token_without_scopes_is_told_which_it_needs(action: str) -> None:
    """The refusal names both scopes, word for word."""
    with pytest.raises(Forbidden) as caught:
        reach(Principal(subject="x", role=Role.PLATFORM_NONE), action)
    assert caught.value.detail == NO_SCOPE
    assert caught.value.code == "insufficient_scope"


def test_a_platform_token_that_may_only_read_is_told_what_writing_needs() -> None:
    """The refusal of a write names the scope that is missing."""
    with pytest.raises(Forbidden) as caught:
        reach(Principal(subject="x", role=Role.PLATFORM_READ), "tenant.users.create")
    assert "admin:write" in caught.value.detail
    assert caught.value.code == "insufficient_scope"
