"""What SCIM asks, asked of documents."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.scim.filters import sort_of
from gateway.domain.ids import Kind
from gateway.domain.model import FederatedIdentity, User
from gateway.domain.predicate import predicate
from gateway.domain.query import Everything, Sort
from gateway.mirror.documents import Documents
from gateway.mirror.identity import question
from gateway.mirror.keys import members_in
from gateway.mirror.membership import Judge
from gateway.ports.mirror import Document
from tests.adapters.scim.filters.people import DOCUMENTS, people, questions, transpiled
from tests.gateway.mirror.people import (
    ANN,
    AROUND,
    KNOWN,
    NOW,
    PROVIDERS,
    SEARCHED,
    settled,
    unhurried,
)

LINK = FederatedIdentity(identity_provider_id=PROVIDERS[0], external_id="Acc 1", linked_at=NOW)
USERS = Documents(User)


@unhurried
@given(people, questions)
def test_documents_are_found_as_users_are(values: dict[str, Any], text: str) -> None:
    """What a filter's functions look at is among what it says that it reads."""
    user = settled(replace(ANN, **values))
    filter_ = transpiled(text, PROVIDERS[0])
    if filter_ is not None:
        names = Sort("username", descending=False)
        placed = Judge(question(filter_, names, SEARCHED), USERS).placed(AROUND, KNOWN)
        found = bool(placed([Document(user.id, "1", USERS.encode(user))]))
        assert found == predicate(filter_, AROUND)(user), filter_


PATHS = ["title", "userName", "name.familyName", "emails.value", "externalId", "active", "locale"]


@pytest.mark.parametrize("path", [*PATHS, "meta.lastModified", "phoneNumbers"])
@unhurried
@given(values=people, descending=st.booleans())
def test_documents_stand_as_users_do(path: str, values: dict[str, Any], descending: bool) -> None:
    """Also orders that are no field's find all that they look at in a document."""
    user = settled(replace(ANN, **values, federated_identities=(LINK,)))
    sort = sort_of(path, descending, Kind.USER, DOCUMENTS, PROVIDERS[0])
    placed = Judge(question(Everything(), sort, SEARCHED), USERS).placed(AROUND, KNOWN)
    rows = placed([Document(user.id, "1", USERS.encode(user))])
    assert rows == {user.id: (members_in(sort)(user), "")}
