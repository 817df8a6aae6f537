"""The password policy of the server holds for everybody but its administrator."""

import pytest

from tests.stack.entries import PASSWORD, HandmadeTenant, change, done, user
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

CONSTRAINT_VIOLATION = 19
INVALID_CREDENTIALS = 49
LIMIT = 5


def test_the_service_account_cannot_add_a_short_password(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """A password below the minimal length is refused on add, with a reason."""
    refused = service_tools.add(user("ann", tenant.people, password="abc"))
    assert refused.code == CONSTRAINT_VIOLATION
    assert "quality" in refused.err


def test_the_service_account_cannot_set_a_short_or_former_password(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """Length and history hold for a password that the gateway sets."""
    ann = tenant.add_user("ann")
    short = service_tools.modify(change(ann, "replace", "userPassword", "abc"))
    assert short.code == CONSTRAINT_VIOLATION
    done(service_tools.modify(change(ann, "replace", "userPassword", "Another-one-8")))
    again = service_tools.modify(change(ann, "replace", "userPassword", PASSWORD))
    assert again.code == CONSTRAINT_VIOLATION
    assert "history" in again.err


def test_a_cleartext_password_is_hashed(tenant: HandmadeTenant, service_tools: LdapTools) -> None:
    """What the gateway sends in clear is stored as argon2, and binds."""
    done(service_tools.add(user("ann", tenant.people)))
    ann = f"uid=ann,{tenant.people}"
    stored = tenant.tools.read(ann, "userPassword").all("userPassword")[0]
    assert stored.startswith(b"{ARGON2}$argon2")
    assert tenant.tools.as_user(ann, PASSWORD).whoami().code == 0


def test_a_hashed_password_of_the_administrator_is_taken(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """Users may be brought along with hashes that other servers made."""
    ann = tenant.add_user("ann")
    # slapd's argon2 module stores up to two bytes of its buffer behind the text of the hash.
    stored = tenant.tools.read(ann, "userPassword").all("userPassword")[0].split(b"\0")[0].decode()
    bob = tenant.add_user("bob", password=stored)
    assert tenant.tools.as_user(bob, PASSWORD).whoami().code == 0
    done(service_tools.modify(change(bob, "replace", "userPassword", stored)))


def test_failed_binds_lock_and_the_service_account_unlocks(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """The limit of failures locks; deleting the lock ends it with all failures counted."""
    ann = tenant.add_user("ann")
    for _ in range(LIMIT):
        assert tenant.tools.as_user(ann, "wrong").whoami().code == INVALID_CREDENTIALS
    assert tenant.tools.as_user(ann, PASSWORD).whoami().code == INVALID_CREDENTIALS
    locked = service_tools.read(ann)
    assert locked.text("pwdAccountLockedTime")
    done(service_tools.modify(change(ann, "delete", "pwdAccountLockedTime")))
    assert not service_tools.read(ann).texts("pwdFailureTime")
    assert tenant.tools.as_user(ann, PASSWORD).whoami().code == 0
    assert service_tools.read(ann).text("pwdLastSuccess")


def test_the_service_account_locks_for_good(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """The lock time that never expires refuses the right password."""
    ann = tenant.add_user("ann")
    done(service_tools.modify(change(ann, "add", "pwdAccountLockedTime", "000001010000Z")))
    assert tenant.tools.as_user(ann, PASSWORD).whoami().code == INVALID_CREDENTIALS


@pytest.mark.parametrize("name", ["gateway", "decoy"])
def test_guessing_locks_no_account_of_the_gateway(
    stack: Stack, ldap_tools: LdapTools, name: str
) -> None:
    """Neither the service account nor the decoy can be locked out from outside."""
    dn = f"cn={name},ou=services,{stack.suffix}"
    for _ in range(LIMIT + 2):
        assert ldap_tools.as_user(dn, "wrong").whoami().code == INVALID_CREDENTIALS
    assert not ldap_tools.read(dn).texts("pwdAccountLockedTime")
    assert ldap_tools.as_user(stack.service_dn, stack.service_password).whoami().code == 0


def test_the_decoy_is_hashed_like_everybody(
    tenant: HandmadeTenant, stack: Stack, service_tools: LdapTools
) -> None:
    """The decoy's hash has the parameters of a user's, so that a bind takes the same time."""
    ann = tenant.add_user("ann")
    decoy = f"cn=decoy,ou=services,{stack.suffix}"
    hashes = [service_tools.read(dn, "userPassword").all("userPassword")[0] for dn in (ann, decoy)]
    assert hashes[0].split(b"$")[:4] == hashes[1].split(b"$")[:4]


def test_a_user_who_must_change_the_password_can_do_that_alone(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """With pwdReset everything is refused but a new password, which ends it."""
    ann = tenant.add_user("ann")
    done(service_tools.modify(change(ann, "replace", "pwdReset", "TRUE")))
    herself = tenant.tools.as_user(ann, PASSWORD)
    assert "must be changed" in herself.whoami("-e", "ppolicy").err
    assert herself.search(ann, scope="base").code != 0
    done(herself.set_password("A-new-one-9"))
    assert not service_tools.read(ann).texts("pwdReset")
    assert tenant.tools.as_user(ann, "A-new-one-9").search(ann, scope="base").code == 0


def test_a_user_changes_the_own_password_within_the_policy(tenant: HandmadeTenant) -> None:
    """`ldappasswd` works for the own entry, refuses a short one, and no other entry."""
    ann, bob = tenant.add_user("ann"), tenant.add_user("bob")
    herself = tenant.tools.as_user(ann, PASSWORD)
    assert "Constraint violation" in herself.set_password("abc").out
    assert herself.set_password("A-new-one-9", dn=bob).code != 0
    done(herself.set_password("A-new-one-9", old=PASSWORD))
    assert tenant.tools.as_user(ann, "A-new-one-9").whoami().code == 0


def test_a_policy_of_its_own_can_be_given_on_add(
    tenant: HandmadeTenant, stack: Stack, service_tools: LdapTools
) -> None:
    """The service account adds users under a policy of their tenant."""
    policy = f"cn=strict,{tenant.base}"
    done(
        service_tools.add(
            f"dn: {policy}\nobjectClass: applicationProcess\nobjectClass: pwdPolicy\ncn: strict\n"
            "pwdAttribute: userPassword\npwdLockout: TRUE\npwdMaxFailure: 2\npwdMinLength: 20\n"
            "pwdCheckQuality: 1\n"
        )
    )
    line = f"pwdPolicySubentry: {policy}"
    refused = service_tools.add(user("ann", tenant.people, line))
    assert refused.code == CONSTRAINT_VIOLATION
    done(service_tools.add(user("ann", tenant.people, line, password=PASSWORD * 2)))
    ann = f"uid=ann,{tenant.people}"
    for _ in range(2):
        assert tenant.tools.as_user(ann, "wrong").whoami().code == INVALID_CREDENTIALS
    assert service_tools.read(ann).text("pwdAccountLockedTime")
