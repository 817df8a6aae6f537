"""The schema holds what the gateway keeps, and all of it can be searched."""

import pytest

from tests.stack.entries import HandmadeTenant, change, done
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

PROVIDER = "idp_0123456789abcdef0123456789abcdef"
USER = {
    "dgwStatus": "DISABLED",
    "dgwIdentitySource": "OIDC",
    "dgwFederatedIdentity": f"{PROVIDER} 20260101000000Z primary auth0|Ann Example",
    "dgwMfaEnabled": "TRUE",
    "dgwMfaFactor": "totp:JBSWY3DPEHPK3PXP",
    "dgwEmailVerified": "FALSE",
    "dgwTimezone": "Europe/Berlin",
    "dgwCustomAttribute": 'shirt={"size":"M"}',
    "dgwTokensValidFrom": "20260101000000Z",
    "dgwOneTimeToken": "reset 20260101000000Z abcdef",
    "dgwDeletedAt": "20260101000000Z",
    "dgwFormerParent": "ou_0123456789abcdef0123456789abcdef",
    "dgwFormerMail": "ann@example.org",
}


@pytest.mark.parametrize(
    "filter_",
    [
        "(dgwStatus=disabled)",
        "(dgwIdentitySource=oidc)",
        f"(dgwFederatedIdentity={PROVIDER} *)",
        "(dgwFederatedIdentity=* primary auth0|Ann Example)",
        "(dgwMfaEnabled=TRUE)",
        "(dgwMfaFactor=totp:JBSWY3DPEHPK3PXP)",
        "(dgwEmailVerified=FALSE)",
        "(dgwTimezone=europe/*)",
        "(dgwCustomAttribute=shirt=*)",
        "(dgwTokensValidFrom>=20250101000000Z)",
        "(dgwOneTimeToken=reset *)",
        "(dgwDeletedAt<=20270101000000Z)",
        "(dgwFormerParent=ou_0123456789abcdef0123456789abcdef)",
        "(dgwFormerMail=ANN@example.org)",
    ],
)
def test_every_attribute_of_a_user_is_searchable(
    tenant: HandmadeTenant, service_tools: LdapTools, filter_: str
) -> None:
    """Equality, order and substrings work as the attribute's meaning asks, and find one of two."""
    ann = tenant.add_user("ann", *(f"{name}: {value}" for name, value in USER.items()))
    tenant.add_user("bob")
    found = service_tools.search(tenant.base, filter_, "1.1").entries
    assert [entry.dn for entry in found] == [ann]


def test_case_counts_where_values_are_opaque(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """External ids and custom values that differ in case alone are two values."""
    ann = tenant.add_user("ann")
    for name in ("dgwFederatedIdentity", "dgwCustomAttribute"):
        done(service_tools.modify(change(ann, "add", name, "x=a", "x=A")))
        assert set(service_tools.read(ann, name).texts(name)) == {"x=a", "x=A"}


def test_a_custom_attribute_holds_64_kib(tenant: HandmadeTenant, service_tools: LdapTools) -> None:
    """A value of 64 KiB comes back byte by byte."""
    value = "big=" + "äx" * (21 * 1024)
    assert len(value.encode()) > 60 * 1024
    ann = tenant.add_user("ann")
    done(service_tools.modify(change(ann, "add", "dgwCustomAttribute", value)))
    read = service_tools.read(ann, "dgwCustomAttribute")
    assert read.text("dgwCustomAttribute") == value


@pytest.mark.parametrize(
    "name",
    ["dgwStatus", "dgwIdentitySource", "dgwMfaEnabled", "dgwTokensValidFrom", "dgwDeletedAt"],
)
def test_what_there_is_one_of_has_one_value(
    tenant: HandmadeTenant, service_tools: LdapTools, name: str
) -> None:
    """A second value is refused by the directory."""
    ann = tenant.add_user("ann", f"{name}: {USER[name]}")
    other = {"TRUE": "FALSE", "20260101000000Z": "20270101000000Z"}.get(USER[name], "OTHER")
    assert service_tools.modify(change(ann, "add", name, other)).code != 0


def test_the_other_entries_are_standard_ones_with_a_class_of_ours(
    tenant: HandmadeTenant, stack: Stack, service_tools: LdapTools
) -> None:
    """Partners, identity providers and applications stand beside standard structural classes."""
    partner = f"cn=p-{tenant.slug},ou=partners,{stack.suffix}"
    placeholder = f"cn=placeholder,ou=services,{stack.suffix}"
    entries = {
        partner: ["organizationalRole", "dgwPartnerOrganization"],
        f"cn=Okta,{tenant.base}": ["organizationalRole", "dgwIdentityProvider"],
        f"cn=crm,{tenant.base}": ["groupOfNames", "dgwApplication"],
    }
    values = {
        partner: ["displayName: Partner", "dgwStatus: DISABLED"],
        f"cn=Okta,{tenant.base}": ["dgwProviderType: OIDC", "displayName: Okta"],
        f"cn=crm,{tenant.base}": [
            "displayName: CRM",
            "dgwScope: users:read",
            "userPassword: An-app-secret-1",
            f"member: {placeholder}",
        ],
    }
    for dn, classes in entries.items():
        lines = [f"dn: {dn}", *(f"objectClass: {name}" for name in classes)]
        done(service_tools.add("\n".join([*lines, *values[dn], ""])))
    done(service_tools.modify(change(tenant.base, "add", "dgwPartner", partner)))
    assert service_tools.search(stack.suffix, f"(dgwPartner={partner})", "1.1").entries
    stored = service_tools.read(f"cn=crm,{tenant.base}", "userPassword").all("userPassword")[0]
    assert stored.startswith(b"{ARGON2}")
    assert tenant.tools.as_user(f"cn=crm,{tenant.base}", "An-app-secret-1").whoami().code == 0
    done(service_tools.delete(partner))


def test_a_provider_without_type_is_refused(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """An identity provider says of what kind it is."""
    lines = [f"dn: cn=Okta,{tenant.base}", "objectClass: organizationalRole"]
    refused = service_tools.add("\n".join([*lines, "objectClass: dgwIdentityProvider", ""]))
    assert refused.code != 0
