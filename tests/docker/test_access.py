"""The access rules of the server: who may bind, read and change what."""

import pytest

from tests.stack.entries import PASSWORD, UNIQUE_DN, HandmadeTenant, change, done
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

INVALID_CREDENTIALS = 49
INSUFFICIENT_ACCESS = 50
NO_SUCH_OBJECT = 32
SECRETS = {
    "userPassword": PASSWORD,
    "dgwMfaFactor": "totp:JBSWY3DPEHPK3PXP",
    "dgwOneTimeToken": "reset:20301231235959Z:abcdef",
    "dgwTokenDigest": "0a" * 32,
}
OF_A_TOKEN = ("objectClass: dgwScimToken", f"dgwProviderId: idp_{'0a' * 16}")
"""What an entry must have beside a digest, whoever it is of."""


@pytest.mark.parametrize(
    "line",
    [
        "dgwStatus: DISABLED",
        "dgwStatus: PENDING_EMAIL_VERIFICATION",
        "dgwStatus: PENDING_APPROVAL",
        "dgwDeletedAt: 20260101000000Z",
    ],
)
def test_a_status_of_its_own_refuses_the_bind(
    tenant: HandmadeTenant, service_tools: LdapTools, line: str
) -> None:
    """No password opens a disabled, pending or deleted user, until the value is gone."""
    ann = tenant.add_user("ann", line)
    assert tenant.tools.as_user(ann, PASSWORD).whoami().code == INVALID_CREDENTIALS
    done(service_tools.modify(change(ann, "replace", "userPassword", "Another-one-8")))
    assert tenant.tools.as_user(ann, "Another-one-8").whoami().code == INVALID_CREDENTIALS
    done(service_tools.modify(change(ann, "delete", line.partition(":")[0])))
    assert tenant.tools.as_user(ann, "Another-one-8").whoami().code == 0


def test_nobody_binds_below_the_deleted_container(tenant: HandmadeTenant) -> None:
    """A user in or below a tenant's ou=deleted cannot bind, and can again outside."""
    ann = tenant.add_user("ann")
    done(tenant.tools.rename(ann, "uid=usr_1", new_superior=tenant.deleted))
    gone = f"uid=usr_1,{tenant.deleted}"
    assert tenant.tools.as_user(gone, PASSWORD).whoami().code == INVALID_CREDENTIALS
    below = tenant.add_unit("2026", tenant.deleted)
    bob = tenant.add_user("bob", parent=below)
    assert tenant.tools.as_user(bob, PASSWORD).whoami().code == INVALID_CREDENTIALS
    done(tenant.tools.rename(gone, "uid=ann", new_superior=tenant.people))
    assert tenant.tools.as_user(ann, PASSWORD).whoami().code == 0


def test_a_unit_called_deleted_among_the_people_is_a_unit(tenant: HandmadeTenant) -> None:
    """Only the tenant's own container of deleted users forbids the bind."""
    ann = tenant.add_user("ann", parent=tenant.add_unit("deleted"))
    assert tenant.tools.as_user(ann, PASSWORD).whoami().code == 0


def test_anonymous_reads_no_entry(tenant: HandmadeTenant, ldap_tools: LdapTools) -> None:
    """Without a bind the tree is not there; the root DSE is."""
    ann = tenant.add_user("ann")
    nobody = ldap_tools.as_user(None)
    assert nobody.search(tenant.suffix).code == NO_SUCH_OBJECT
    assert nobody.search(ann, scope="base").code == NO_SUCH_OBJECT
    assert tenant.suffix in nobody.read("", "namingContexts").texts("namingContexts")


def test_a_user_reads_the_own_entry_and_no_other(tenant: HandmadeTenant) -> None:
    """Self is readable, everybody else is not there."""
    ann, bob = tenant.add_user("ann"), tenant.add_user("bob")
    herself = tenant.tools.as_user(ann, PASSWORD)
    assert herself.read(ann, "mail").text("mail") == "ann@example.org"
    assert herself.search(bob, scope="base").code == NO_SUCH_OBJECT
    assert herself.search(tenant.base).code == NO_SUCH_OBJECT


def test_a_user_changes_nothing_but_the_own_password(tenant: HandmadeTenant) -> None:
    """Self has no write access beside the password, least of all to the own status or lock."""
    ann = tenant.add_user("ann")
    herself = tenant.tools.as_user(ann, PASSWORD)
    for attribute, value in (
        ("mail", "other@example.org"),
        ("dgwMfaEnabled", "FALSE"),
        ("pwdPolicySubentry", f"cn=no-lockout,ou=policies,{tenant.suffix}"),
        ("pwdReset", "FALSE"),
    ):
        refused = herself.modify(change(ann, "replace", attribute, value))
        assert refused.code == INSUFFICIENT_ACCESS, attribute


@pytest.mark.parametrize("attribute", sorted(SECRETS))
def test_secrets_are_the_service_accounts_alone(
    tenant: HandmadeTenant, service_tools: LdapTools, attribute: str
) -> None:
    """No user reads, finds or compares a secret, not even the own one."""
    lines = [f"{name}: {value}" for name, value in SECRETS.items() if name != "userPassword"]
    ann = tenant.add_user("ann", *OF_A_TOKEN, *lines)
    herself = tenant.tools.as_user(ann, PASSWORD)
    assert not herself.read(ann, "*", "+").all(attribute)
    assert not herself.search(ann, f"({attribute}=*)", scope="base").entries
    assert herself.run("ldapcompare", ann, f"{attribute}:x").code == INSUFFICIENT_ACCESS
    assert service_tools.read(ann).all(attribute)


def test_the_service_account_lists_more_than_the_default_size_limit(
    stack: Stack, tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """The service account has no size limit; a user is held to the server's."""
    count = 1100
    text = "\n".join(
        f"dn: cn=r{number},{tenant.people}\nobjectClass: organizationalRole\ncn: r{number}\n"
        for number in range(count)
    )
    done(tenant.tools.add(text))
    found = done(service_tools.search(tenant.people, "(cn=r*)", "1.1"))
    assert len(found.entries) == count


def test_the_service_account_changes_the_unique_overlay_and_no_other_configuration(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """In cn=config it reads all but passwords and writes the unique overlay alone."""
    base = f"ou=people,o=other-{tenant.slug},ou=tenants,{tenant.suffix}"
    value = f"serialize ldap:///{base}?mail,uid?sub"
    done(service_tools.modify(change(UNIQUE_DN, "add", "olcUniqueURI", value)))
    assert value in service_tools.read(UNIQUE_DN).texts("olcUniqueURI")
    done(service_tools.modify(change(UNIQUE_DN, "delete", "olcUniqueURI", value)))
    database = "olcDatabase={1}mdb,cn=config"
    settings = service_tools.read(database)
    assert settings.texts("olcDbIndex")
    assert not settings.all("olcRootPW")
    refused = service_tools.modify(change(database, "replace", "olcReadOnly", "TRUE"))
    assert refused.code == INSUFFICIENT_ACCESS


def test_a_user_reads_no_configuration(tenant: HandmadeTenant) -> None:
    """cn=config is closed to users."""
    herself = tenant.tools.as_user(tenant.add_user("ann"), PASSWORD)
    assert herself.search("cn=config").code == NO_SUCH_OBJECT
