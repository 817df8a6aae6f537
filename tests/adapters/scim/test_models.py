"""What the models advertise."""

from typing import Any

import pytest
from pydantic import ValidationError
from scim2_models import Context, ScimPolicy, ServiceProviderConfig

from adapters.scim.models import (
    CORE,
    DIRECTORY,
    ENTERPRISE,
    GROUP,
    GroupResource,
    UserResource,
    provider,
)

FIXED = ("ServiceProviderConfig", "ResourceType", "Schema")


def schema(urn: str) -> dict[str, Any]:
    """What `/Schemas` tells of a schema: characteristics by the path of the attribute."""
    service = provider(ServiceProviderConfig(), ScimPolicy())
    (found,) = [one for one in service.schemas if one.id == urn]
    told: dict[str, Any] = {}
    for attribute in found.attributes or ():
        told[str(attribute.name)] = attribute
        for sub in attribute.sub_attributes or ():
            told[f"{attribute.name}.{sub.name}"] = sub
    return told


def test_the_service_has_users_with_two_extensions_and_groups() -> None:
    """Resource types name what they are composed of."""
    service = provider(ServiceProviderConfig(), ScimPolicy())
    assert service.model_for("User") is UserResource
    assert service.model_for("Group") is GroupResource
    fixed = [f"urn:ietf:params:scim:schemas:core:2.0:{name}" for name in FIXED]
    assert [one.id for one in service.schemas] == [CORE, ENTERPRISE, DIRECTORY, GROUP, *fixed]
    users = service.resource_types[0]
    assert [one.schema_ for one in users.schema_extensions or ()] == [ENTERPRISE, DIRECTORY]


def test_our_extension_is_read_only() -> None:
    """Nothing of it can be written, down to its sub-attributes."""
    assert {one.mutability.value for one in schema(DIRECTORY).values()} == {"readOnly"}


def test_names_and_addresses_are_unique_in_a_tenant() -> None:
    """As the directory enforces it."""
    core, group = schema(CORE), schema(GROUP)
    for one in (core["userName"], core["emails.value"], group["displayName"]):
        assert one.uniqueness.value == "server"


def test_what_follows_from_other_entries_is_not_written() -> None:
    """Members' names are shown on request only; a manager's name not at all; groups are read."""
    group = schema(GROUP)
    assert group["members.display"].mutability.value == "readOnly"
    assert group["members.display"].returned.value == "request"
    assert "manager.displayName" not in schema(ENTERPRISE)
    assert schema(CORE)["groups"].mutability.value == "readOnly"


def test_passwords_never_return() -> None:
    """Write-only, returned never."""
    password = schema(CORE)["password"]
    assert (password.mutability.value, password.returned.value) == ("writeOnly", "never")


@pytest.mark.parametrize("value", ["ann", "ann@", "@x", "a b@x", "a\n@x"])
def test_what_is_no_address_is_refused_to_clients_and_shown_from_ldap(value: str) -> None:
    """Reading is lenient, since LDAP tools write what they like."""
    payload = {"schemas": [CORE], "userName": "ann", "id": "1", "emails": [{"value": value}]}
    with pytest.raises(ValidationError, match="emails"):
        UserResource.model_validate(payload, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    shown = UserResource.model_validate(payload, scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    assert shown.model_dump()["emails"][0]["value"] == value


@pytest.mark.parametrize("value", ["ann@corp.local", "Ann@EXAMPLE.org", "ännchen@example.org"])
def test_addresses_are_kept_to_the_letter(value: str) -> None:
    """Neither the case of the domain nor a site's own domain is anybody's business."""
    payload = {"schemas": [CORE], "userName": "ann", "emails": [{"value": value}]}
    user = UserResource.model_validate(payload, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    assert user.model_dump()["emails"][0]["value"] == value


def test_a_manager_needs_no_reference() -> None:
    """Clients send the id alone."""
    payload = {"schemas": [CORE], "userName": "ann", ENTERPRISE: {"manager": {"value": "1"}}}
    UserResource.model_validate(payload, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
