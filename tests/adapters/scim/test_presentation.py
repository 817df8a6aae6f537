"""Documents that no model read are what the library's models would have made of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import Context, ResponseParameters

from adapters.scim.models import GroupResource, UserResource
from adapters.scim.presentation import chosen, located

BASE = "https://gateway.example/scim/v2"
META = {
    "resourceType": "User",
    "created": "2026-03-01T12:00:00Z",
    "lastModified": "2026-03-01T12:00:00Z",
    "version": 'W/"1-0"',
}
ANN = {
    "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "urn:directory-gateway:scim:schemas:extension:2.0:User",
    ],
    "id": "usr_1",
    "externalId": "e1",
    "meta": META,
    "userName": "ann",
    "name": {"givenName": "Ann", "familyName": "Lee", "middleName": "M."},
    "active": True,
    "emails": [
        {"value": "ann@x.example", "type": "work", "primary": True, "display": "at work"},
        {"value": "ann@y.example"},
    ],
    "groups": [{"value": "grp_1", "$ref": "Groups/grp_1", "display": "team", "type": "direct"}],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
        "department": "R&D",
        "manager": {"value": "usr_2", "$ref": "Users/usr_2"},
    },
    "urn:directory-gateway:scim:schemas:extension:2.0:User": {
        "identitySource": "SCIM",
        "mfaEnabled": False,
        "federatedIdentities": [{"externalId": "e1", "linkedAt": "2026-03-01T12:00:00Z"}],
    },
}
TEAM = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
    "id": "grp_1",
    "meta": META | {"resourceType": "Group"},
    "displayName": "team",
    "members": [
        {"value": "usr_1", "$ref": "Users/usr_1", "type": "User", "display": "Ann"},
        {"value": "grp_2", "$ref": "Groups/grp_2", "type": "Group", "display": "crew"},
    ],
}
PATHS = (
    "userName",
    "USERNAME",
    "id",
    "meta.version",
    "name",
    "name.givenName",
    "emails.value",
    "groups",
    "groups.display",
    "members",
    "members.display",
    "displayName",
    "nothing",
    "urn:ietf:params:scim:schemas:core:2.0:User:emails.type",
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "urn:ietf:params:scim:schemas:core:2.0:Group",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
    "urn:directory-gateway:scim:schemas:extension:2.0:User:identitySource",
)


def whole(document: dict[str, Any]) -> dict[str, Any]:
    """A document with addresses."""
    return located(document, lambda reference: f"{BASE}/{reference}", f"{BASE}/x")


@pytest.mark.parametrize(("document", "model"), [(ANN, UserResource), (TEAM, GroupResource)])
@given(paths=st.lists(st.sampled_from(PATHS), max_size=3), excluding=st.booleans())
def test_a_document_is_what_the_models_show(
    document: dict[str, Any], model: Any, paths: list[str], excluding: bool
) -> None:
    """Whatever is asked for or left out, what is not read makes no difference."""
    name = "excludedAttributes" if excluding else "attributes"
    asked = {name: ",".join(paths)} if paths else {}
    parameters = ResponseParameters[model].model_validate(asked)
    by_model = model.model_validate(whole(document)).model_dump(
        scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=parameters
    )
    shown = chosen(whole(document), model, parameters)
    assert shown == by_model
    assert list(map(str.casefold, shown["schemas"])) == list(map(str.casefold, by_model["schemas"]))


def test_references_become_addresses_wherever_they_are() -> None:
    """In lists, in extensions, and the resource's own; the given document stays as it was."""
    before = repr(ANN)
    shown = whole(ANN)
    assert shown["groups"][0]["$ref"] == f"{BASE}/Groups/grp_1"
    enterprise = shown["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]
    assert enterprise["manager"]["$ref"] == f"{BASE}/Users/usr_2"
    assert shown["meta"]["location"] == f"{BASE}/x"
    assert repr(ANN) == before
