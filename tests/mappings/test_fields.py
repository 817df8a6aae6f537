"""Rows and the domain's dataclasses: no field without a row, no row without a use."""

from dataclasses import fields

import pytest

from gateway.domain import model
from mappings.loader import load

# What services keep about a user without showing it as a field of the user.
INTERNAL = {
    "user": {
        *("locked_at", "failed_at", "policy_dn", "mfa_factors", "password", "one_time_secrets"),
        *("former_parent", "former_email"),
    },
    "application": {"secret"},
    "scim_token": {"digest"},
}


@pytest.mark.parametrize("name", ["default", "posix"])
@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("user", model.User),
        ("group", model.Group),
        ("organizational_unit", model.OrganizationalUnit),
        ("tenant", model.Tenant),
        ("partner", model.Partner),
        ("identity_provider", model.IdentityProvider),
        ("application", model.Application),
        ("scim_token", model.ScimToken),
    ],
)
def test_every_field_has_a_row(name: str, resource: str, kind: type[model.Resource]) -> None:
    """A field of the domain is stored in an attribute or derived, and says so in a row."""
    mapping = getattr(load(name), resource)
    rows = mapping.fields.keys() | mapping.derived.keys()
    assert rows - INTERNAL.get(resource, set()) == {field.name for field in fields(kind)}
    assert rows >= INTERNAL.get(resource, set())
