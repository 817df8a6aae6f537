"""Settings: what is unsafe or makes no sense is refused; what follows from them."""

from typing import Any

import pytest
from pydantic import ValidationError

from adapters.ldap.dn import Dn
from adapters.ldap.settings import Layout, LdapSettings
from mappings.loader import load


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"url": "ldap://ldap.example.org"}, "clear text"),
        ({"url": "ldap://127.0.0.1 ldap://ldap.example.org"}, "clear text"),
        ({"url": "http://127.0.0.1"}, "no ldap://"),
        ({"url": "ldap://"}, "no ldap://"),
        ({"url": " "}, "names no server"),
        ({"suffix": "example.org"}, "suffix"),
        ({"suffix": ""}, "empty DN"),
        ({"bind_dn": "gateway"}, "bind_dn"),
        ({"deleted_rdn": "deleted"}, "no relative DN"),
        ({"policies_rdn": "ou=a,ou=b"}, "no relative DN"),
        ({"pool_size": 0}, "pool_size"),
        ({"operation_timeout": 0}, "operation_timeout"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, Any], reason: str) -> None:
    """A wrong setting is named before anything is tried with it."""
    with pytest.raises(ValidationError, match=reason):
        LdapSettings.model_validate(values)


@pytest.mark.parametrize(
    "values",
    [
        {"url": "ldap://localhost:389"},
        {"url": "ldap://[::1]"},
        {"url": "ldapi://%2Frun%2Fslapd%2Fldapi"},
        {"url": "ldaps://ldap.example.org"},
        {"url": "ldap://ldap.example.org", "start_tls": True},
        {"url": "ldap://ldap.example.org", "allow_plaintext": True},
    ],
)
def test_safe_ways_are_taken(values: dict[str, Any]) -> None:
    """Loopback, sockets and TLS are safe; anything else has to be said in so many words."""
    assert LdapSettings.model_validate(values).urls == (values["url"],)


def test_the_password_does_not_show() -> None:
    """Settings can be printed."""
    settings = LdapSettings.model_validate({"bind_password": "hush"})
    assert "hush" not in repr(settings)
    assert "hush" not in settings.model_dump_json()


def test_the_account_is_in_the_services_container() -> None:
    """Unless another one is named, the account is the one that `gateway init` makes."""
    settings = LdapSettings.model_validate({"suffix": "o=x", "services_rdn": "ou=daemons"})
    assert settings.account == Dn.parse("cn=gateway,ou=daemons,o=x")
    named = settings.model_copy(update={"bind_dn": "cn=other,o=x"})
    assert named.account == Dn.parse("cn=other,o=x")


@pytest.mark.parametrize(
    ("mapping", "people", "groups"),
    [("default", "ou=people", "ou=groups"), ("posix", "ou=accounts", "ou=teams")],
)
def test_the_layout_follows_from_settings_and_mapping(
    mapping: str, people: str, groups: str
) -> None:
    """Every container has its DN from the suffix, the tenant and the mapping."""
    settings = LdapSettings.model_validate({"suffix": "o=x", "deleted_rdn": "ou=gone"})
    layout = Layout(settings, load(mapping))
    assert layout.suffix == Dn.parse("o=x")
    assert layout.tenants == Dn.parse("ou=tenants,o=x")
    assert layout.partners == Dn.parse("ou=partners,o=x")
    assert layout.default_policy == Dn.parse("cn=default,ou=policies,o=x")
    assert layout.placeholder == Dn.parse("cn=placeholder,ou=services,o=x")
    assert layout.decoy == Dn.parse("cn=decoy,ou=services,o=x")
    base = layout.tenants.child("o", "a, b")
    tenant = layout.tenant(base)
    assert tenant.people.parent == base
    assert str(tenant.people.rdn) == people
    assert str(tenant.groups.rdn) == groups
    assert tenant.deleted == base.child("ou", "gone")
    assert tenant.default_policy == base.child("ou", "policies").child("cn", "default")
    assert tenant.identity_providers == base.child("ou", "identity-providers")
    assert tenant.applications == base.child("ou", "applications")
