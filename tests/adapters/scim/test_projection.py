"""What an answer does not show is not read."""

from dataclasses import replace
from typing import Any

import pytest
from scim2_models import ResponseParameters

from adapters.scim.assembly import make_face
from adapters.scim.documents import Documents
from adapters.scim.models import CORE, ENTERPRISE, GROUP, GroupResource, UserResource
from adapters.scim.projection import fields_shown, shows
from adapters.scim.settings import ScimSettings
from gateway.http.settings import HttpSettings
from mappings.loader import load
from tests.adapters.scim.conftest import Client


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, True),
        ({"attributes": "displayName"}, False),
        ({"attributes": "displayName,members"}, True),
        ({"attributes": "MEMBERS.value"}, True),
        ({"attributes": f"{GROUP}:members"}, True),
        ({"attributes": GROUP}, True),
        ({"excludedAttributes": "members"}, False),
        ({"excludedAttributes": f"displayName,{GROUP}:Members"}, False),
        ({"excludedAttributes": "members.display"}, True),
        ({"excludedAttributes": "displayName"}, True),
    ],
)
def test_whether_an_answer_shows_members(asked: dict[str, str], shown: bool) -> None:
    """Names have no case, may have their schema's, and parts of an attribute are some of it."""
    parameters = ResponseParameters[GroupResource].model_validate(asked)
    assert shows(parameters, GROUP, "members") is shown


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("userName", {"username"}),
        ("NAME.givenName", {"first_name", "last_name", "custom_attributes"}),
        (f"{CORE}:active", {"status"}),
        (f"{ENTERPRISE}:manager.value", {"custom_attributes"}),
        ("groups", set[str]()),
        (CORE, None),
    ],
)
def test_fields_that_an_answer_looks_at(asked: str, read: set[str] | None) -> None:
    """Those of the attributes that are named, and of what every answer has."""
    documents = Documents(load("default"))
    parameters = ResponseParameters[UserResource].model_validate({"attributes": asked})
    always = {"id", "version", "created_at", "updated_at", "status", "ou_id", "ou_path"}
    shown = fields_shown(parameters, documents.fields)
    assert shown == (None if read is None else always | read)


def test_without_a_list_of_attributes_all_fields_are_read() -> None:
    """Also where some are excluded: what is left may be anything."""
    documents = Documents(load("default"))
    for asked in ({}, {"excludedAttributes": "emails"}):
        parameters = ResponseParameters[UserResource].model_validate(asked)
        assert fields_shown(parameters, documents.fields) is None


class _Unread:
    """The provisioning service, where nothing of other entries can be read."""

    def __init__(self, provisioning: Any) -> None:
        self._provisioning = provisioning

    def __getattr__(self, name: str) -> Any:
        if name in {"members", "details"}:
            raise RuntimeError(f"{name} would be read")
        if name == "of_one_request":
            return lambda: _Unread(self._provisioning.of_one_request())
        return getattr(self._provisioning, name)


async def test_members_and_memberships_are_not_read_unless_shown(scim: Client) -> None:
    """Reading, searching and changing single members read nothing that is not shown."""
    ann = await scim.user("ann")
    team = await scim.group("team", ann["id"])
    services = scim.house.world.services
    unread: Any = _Unread(services.provisioning)
    scim.house.app.state.scim = make_face(
        replace(services, provisioning=unread),
        load("default"),
        http=HttpSettings(),
        scim=ScimSettings(),
        cursor_secret="the same everywhere",
    )
    for path, parameters in (
        (f"/Groups/{team['id']}", {"excludedAttributes": "members"}),
        ("/Groups", {"attributes": "displayName"}),
        ("/Users", {"excludedAttributes": "groups"}),
        ("/", {"attributes": "displayName,userName"}),
    ):
        answer = await scim.ask("GET", path, params=parameters)
        assert answer.status_code == 200, answer.text
    leaving = {"op": "remove", "path": f'members[value eq "{ann["id"]}"]'}
    assert (await scim.patch(f"/Groups/{team['id']}", leaving)).status_code == 204
    assert (await scim.ask("GET", f"/Groups/{team['id']}")).status_code == 500
