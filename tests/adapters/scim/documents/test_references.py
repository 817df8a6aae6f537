"""What a user's document says of others: the account at the provider, and the manager."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.scim.documents import Documents
from adapters.scim.models import ENTERPRISE
from gateway.domain.model import (
    FederatedIdentity,
)
from gateway.services.provisioning import UNCHANGED
from tests.adapters.scim.documents.samples import (
    MADE,
    SOMEBODY,
    details,
    made,
    resource,
)

PROVIDER = f"idp_{'3' * 32}"


def test_external_ids_are_linked_and_unlinked(documents: Documents) -> None:
    """The caller's own link shows; writing it again changes nothing, leaving it out unlinks."""
    link = FederatedIdentity(identity_provider_id=PROVIDER, external_id="E", linked_at=MADE)
    user = replace(made(documents), federated_identities=(link,))
    same = resource({"userName": "ann", "externalId": "E"})
    assert documents.wanted(same, details(user), PROVIDER) is None
    other = documents.wanted(
        resource({"userName": "ann", "externalId": "e"}), details(user), PROVIDER
    )
    gone = documents.wanted(resource({"userName": "ann"}), details(user), PROVIDER)
    assert other is not None
    assert other.external_id == "e"
    assert gone is not None
    assert gone.external_id is None
    new = documents.wanted(resource({"userName": "ann", "password": "s3cret"}), None, PROVIDER)
    assert new is not None
    assert (new.external_id, new.password) == (UNCHANGED, "s3cret")
    assert "s3cret" not in str(new)


@pytest.mark.parametrize(
    ("manager", "kept"),
    [
        ({"value": SOMEBODY.upper().replace("USR", "usr")}, SOMEBODY),
        ({"value": "e-17", "$ref": "https://other.example/Users/e-17"}, "e-17"),
        ({"$ref": f"https://here/scim/v2/Users/{SOMEBODY}"}, SOMEBODY),
        ({"$ref": f"../Users/{SOMEBODY}"}, SOMEBODY),
    ],
)
def test_managers_are_named_by_id_or_reference(
    documents: Documents, manager: Any, kept: str
) -> None:
    """An id is kept as it is given out, any other name as it came."""
    user = made(documents, **{ENTERPRISE: {"manager": manager}})
    assert user.custom_attributes == {"manager": kept}
    expected = {"value": kept, "$ref": f"Users/{kept}"} if kept == SOMEBODY else {"value": kept}
    assert documents.attribute(user, f"{ENTERPRISE}:manager", None) == expected


def test_of_id_and_reference_the_new_one_names_the_manager(documents: Documents) -> None:
    """A PATCH of `manager.$ref` alone names another manager."""
    user = made(documents, **{ENTERPRISE: {"manager": {"value": SOMEBODY}}})
    other = f"usr_{'6' * 32}"
    manager = {"value": SOMEBODY, "$ref": f"https://here/Users/{other}"}
    given = resource({"userName": "ann", ENTERPRISE: {"manager": manager}})
    wanted = documents.wanted(given, details(user), None)
    assert wanted is not None
    assert wanted.custom_attributes == {"manager": other}
