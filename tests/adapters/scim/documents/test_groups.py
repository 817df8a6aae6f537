"""Documents of groups."""

from typing import Any

import pytest

from adapters.scim.documents import Documents
from adapters.scim.models import GROUP, GroupResource
from gateway.domain.errors import Invalid
from gateway.domain.model import FederatedIdentity, Group, Member
from gateway.services.provisioning import WantedGroup
from mappings.loader import load
from tests.adapters.scim.documents.samples import MADE

PROVIDER = f"idp_{'3' * 32}"
ANN = Member(id=f"usr_{'a' * 32}", name="ann")
STAFF = Member(id=f"grp_{'b' * 32}", name="Staff")
LINK = FederatedIdentity(identity_provider_id=PROVIDER, external_id="G-1", linked_at=MADE)
TEAM = Group(
    id=f"grp_{'c' * 32}",
    version="v1",
    created_at=MADE,
    tenant_id=f"tnt_{'d' * 32}",
    name="Team, A",
    federated_identities=(LINK,),
)


@pytest.fixture(scope="session", params=["default", "posix"])
def documents(request: pytest.FixtureRequest) -> Documents:
    """Documents by the rows of a shipped mapping."""
    return Documents(load(request.param))


def resource(**payload: Any) -> Any:
    """What a client wants a group to be."""
    return GroupResource.model_validate({"schemas": [GROUP], "displayName": "Team, A", **payload})


def test_a_group_in_full(documents: Documents) -> None:
    """Users and nested groups as members, with references relative to the base path."""
    assert documents.group(TEAM, [ANN, STAFF], PROVIDER) == {
        "schemas": [GROUP],
        "id": TEAM.id,
        "externalId": "G-1",
        "meta": {
            "resourceType": "Group",
            "created": "2026-03-01T12:30:15Z",
            "lastModified": "2026-03-01T12:30:15Z",
            "version": 'W/"v1-0"',
        },
        "displayName": "Team, A",
        "members": [
            {"value": ANN.id, "$ref": f"Users/{ANN.id}", "type": "User", "display": "ann"},
            {"value": STAFF.id, "$ref": f"Groups/{STAFF.id}", "type": "Group", "display": "Staff"},
        ],
    }


def test_what_was_not_read_and_what_is_anothers_is_not_shown(documents: Documents) -> None:
    """Neither members that nobody asked for nor the external id of another provider."""
    document = documents.group(TEAM, None, f"idp_{'4' * 32}")
    assert "members" not in document
    assert "externalId" not in document


def test_attributes_are_those_of_the_document(documents: Documents) -> None:
    """Each attribute alone is what the document has, by its name in any case or with its URN."""
    document = documents.group(TEAM, [ANN], PROVIDER)
    for name, value in document.items():
        for spelled in (name, name.upper(), f"{GROUP}:{name}"):
            assert documents.group_attribute(TEAM, spelled, PROVIDER, [ANN]) == value
    assert documents.group_fields("displayName") == {"name"}
    assert documents.group_fields("members") == frozenset()
    with pytest.raises(KeyError):
        documents.group_attribute(TEAM, "description", PROVIDER)


def test_writing_what_is_there_changes_nothing(documents: Documents) -> None:
    """Not the name, not the link, and, where they are known, not the members."""
    members = [{"value": ANN.id}, {"$ref": f"https://here/scim/v2/Groups/{STAFF.id}"}]
    same = resource(externalId="G-1", members=members)
    assert documents.wanted_group(same, TEAM, PROVIDER, [STAFF, ANN]) is None
    assert documents.wanted_group(same, TEAM, PROVIDER) == WantedGroup(
        members=frozenset({ANN.id, STAFF.id})
    )


def test_a_replacement_clears_what_it_leaves_out(documents: Documents) -> None:
    """The whole list of members is wanted, and no link."""
    wanted = documents.wanted_group(resource(displayName="B"), TEAM, PROVIDER, [ANN])
    assert wanted == WantedGroup(values={"name": "B"}, external_id=None, members=frozenset())


def test_a_new_group_is_always_wanted(documents: Documents) -> None:
    """Also one without members; ids are taken in any spelling."""
    assert documents.wanted_group(resource(members=[]), None, PROVIDER) == WantedGroup(
        values={"name": "Team, A"}
    )
    spelled = f"usr_{'A' * 32}"
    wanted = documents.wanted_group(resource(members=[{"value": spelled}]), None, PROVIDER)
    assert wanted is not None
    assert wanted.members == frozenset({ANN.id})


def test_members_that_name_nobody_are_told(documents: Documents) -> None:
    """An unknown id goes on to who can look; an element without any is refused here."""
    wanted = documents.wanted_group(resource(members=[{"value": "nobody"}]), None, PROVIDER)
    assert wanted is not None
    assert wanted.members == frozenset({"nobody"})
    with pytest.raises(Invalid, match="members"):
        documents.wanted_group(resource(members=[{"type": "User"}]), None, PROVIDER)
